"""304 and other empty answers: they count as unchanged only after a conditional request."""

from pathlib import Path

from tests.fakes import Asked, FakeSite, Reply, rss
from tests.spiders.test_crawl import DRONES, PROSE, configure, crawl, rows, settings

FIRST = "it answers 304 (not modified) to an unconditional request"


async def test_a_304_to_an_unconditional_request_is_requested_again_and_then_reported(site: FakeSite, tmp_path: Path) -> None:  # fmt: skip
    site.pages["/rss"] = Reply(status=304, headers={"ETag": '"x"'})
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)
    await crawl(config)

    assert rows(config, "SELECT last_failure, visited_at FROM sources") == [(FIRST, None)]
    assert rows(config, "SELECT outcome FROM visits") == [("failed",), ("failed",)]
    asked = [one.headers for one in site.asked if one.path == "/rss"]
    assert [one.get("cache-control") for one in asked] == [None, "no-cache"] * 2
    assert not any("if-none-match" in one or "if-modified-since" in one for one in asked)


async def test_a_cache_that_answers_304_to_everybody_is_bypassed(site: FakeSite, tmp_path: Path) -> None:  # fmt: skip
    body = rss([(f"{site.url}/a", "")])

    def answer(asked: Asked) -> Reply:
        return (
            Reply(body) if asked.headers.get("cache-control") == "no-cache" else Reply(status=304)
        )

    site.pages["/rss"] = answer
    site.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    assert rows(config, "SELECT last_failure FROM sources") == [(None,)]
    assert rows(config, "SELECT count(*) FROM articles") == [(1,)]


async def test_every_kind_of_endpoint_is_read_in_full_first(site: FakeSite, tmp_path: Path) -> None:  # fmt: skip
    site.default = Reply(status=304)
    kinds = ("auto", "feed", "sitemap", "section", "page")
    config = configure(tmp_path, *(settings(f"{site.url}/{kind}", name=kind, kind=kind) for kind in kinds))  # fmt: skip

    await crawl(config)

    assert rows(config, "SELECT DISTINCT last_failure, last_success_at FROM sources") == [(FIRST, None)]  # fmt: skip
    assert rows(config, "SELECT count(*) FROM endpoints WHERE read_at IS NOT NULL") == [(0,)]


async def test_a_feed_that_redirects_is_requested_conditionally_at_its_target(site: FakeSite, tmp_path: Path) -> None:  # fmt: skip
    body = rss([(f"{site.url}/a", "")])

    def answer(asked: Asked) -> Reply:
        known = asked.headers.get("if-none-match") == '"v1"'
        return Reply(b"" if known else body, 304 if known else 200, headers={"ETag": '"v1"'})

    site.pages["/old"] = Reply(status=301, headers={"Location": "/rss"})
    site.pages["/rss"] = answer
    site.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
    config = configure(tmp_path, settings(f"{site.url}/old"))

    await crawl(config)
    await crawl(config)

    assert rows(config, "SELECT outcome FROM visits") == [("ok",), ("unchanged",)]


async def test_pages_without_anything_to_read_are_tried_again(site: FakeSite, tmp_path: Path) -> None:  # fmt: skip
    for status in (204, 205, 304):
        site.pages[f"/{status}"] = Reply(status=status)
    site.pages["/nothing"] = Reply(b"")
    site.put_feed("/rss", "/204", "/205", "/304", "/nothing")
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    found = rows(config, "SELECT state, reason FROM entries ORDER BY id")
    assert {state for state, _ in found} == {"waiting"}
    assert [reason for _, reason in found] == [
        "HTTP 204: the server sent no content",
        "HTTP 205: the server sent no content",
        FIRST,
        "the answer is empty",
    ]


async def test_an_empty_feed_is_reported(site: FakeSite, tmp_path: Path) -> None:
    site.pages["/rss"] = Reply(status=204)
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    assert rows(config, "SELECT last_failure FROM sources") == [
        ("HTTP 204: the server sent no content",)
    ]


async def test_a_server_that_rejects_conditional_requests_is_asked_without_condition(site: FakeSite, tmp_path: Path) -> None:  # fmt: skip
    """Its 412, or a 400 for a date of its own, is no statement about the feed."""
    body = rss([(f"{site.url}/a", "")])
    marks = {"ETag": '"1"', "Last-Modified": "2026-11-25 10:00:00"}

    def answer(asked: Asked) -> Reply:
        is_conditional = "if-none-match" in asked.headers
        return Reply(status=412) if is_conditional else Reply(body, headers=marks)

    site.pages["/rss"] = answer
    config = configure(tmp_path, settings(f"{site.url}/rss", backfill="0s"))
    await crawl(config)

    await crawl(config)

    assert rows(config, "SELECT outcome, http_status FROM visits") == [("ok", 200), ("unchanged", 200)]  # fmt: skip
    assert site.paths().count("/rss") == 3
