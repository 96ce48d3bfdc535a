"""Rules of sites, and settings of sources: robots.txt, Retry-After, headers, proxies."""

import time
from pathlib import Path

import pytest

from tests.fakes import Asked, FakeSite, Reply, article_page
from tests.spiders.test_crawl import DRONES, PROSE, configure, crawl, rows, settings

HOUR = 3600


async def test_a_429_throttles_the_whole_host_and_outlasts_a_restart(
    site: FakeSite, tmp_path: Path
) -> None:
    site.pages["/rss"] = Reply(status=429, headers={"Retry-After": str(2 * HOUR)})
    site.put_feed("/other", "/a")
    first = settings(f"{site.url}/rss")
    config = configure(tmp_path, first)
    await crawl(config)
    due = rows(config, "SELECT (julianday(next_due_at) - julianday('now')) * 24 FROM sources")
    both = configure(tmp_path, first, settings(f"{site.url}/other", name="other"))

    await crawl(both)
    await crawl(both)

    assert site.paths() == ["/rss"]
    throttle = rows(
        config, "SELECT (julianday(throttled_until) - julianday('now')) * 24 FROM domains"
    )
    assert 1.9 < float(str(throttle[0][0])) < 2.1
    assert float(str(due[0][0])) > 1.9


async def test_a_page_of_a_throttled_host_waits_without_counting_a_try(
    site: FakeSite, tmp_path: Path
) -> None:
    site.put_feed("/rss", "/a", "/b", "/c")
    site.pages["/a"] = Reply(status=503, headers={"Retry-After": str(HOUR)})
    site.pages["/b"] = site.pages["/c"] = site.pages["/a"]
    config = configure(tmp_path, settings(f"{site.url}/rss"), per_domain={"concurrency": 1, "delay": "0s"})  # fmt: skip

    await crawl(config)

    assert len(site.paths()) == 3  # the feed, and the two pages that are needed to throttle a host
    assert rows(config, "SELECT state, attempt_count FROM entries ORDER BY attempt_count") == [
        ("waiting", 0),
        ("waiting", 1),
        ("waiting", 1),
    ]


async def test_a_pause_is_never_shorter_than_asked_and_begins_with_the_end_of_an_answer(
    site: FakeSite, tmp_path: Path
) -> None:
    pause = 0.3
    answered: list[float] = []
    pauses: list[float] = []

    def answer_slowly(asked: Asked) -> Reply:
        pauses.extend(time.monotonic() - before for before in answered[-1:])
        time.sleep(pause)  # Scrapy would count this, and ask again at once
        answered.append(time.monotonic())
        return Reply(article_page(f"Ferry {asked.path}", asked.path * 40))

    links = [f"/{number}" for number in range(6)]
    site.put_feed("/rss", *links)
    site.pages |= dict.fromkeys(links, answer_slowly)
    config = configure(tmp_path, settings(f"{site.url}/rss"), per_domain={"concurrency": 1, "delay": f"{pause}s"})  # fmt: skip

    await crawl(config)

    assert len(pauses) == 5
    assert min(pauses) >= pause


async def test_robots_txt_is_kept_across_crawls(site: FakeSite, tmp_path: Path) -> None:
    site.pages["/robots.txt"] = Reply(b"User-agent: *\nCrawl-delay: 0.2\nDisallow: /private", content_type="text/plain")  # fmt: skip
    site.put_feed("/rss", "/private/a")
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)
    await crawl(config)

    asked = [asked.path for asked in site.asked]
    assert asked == ["/robots.txt", "/rss", "/rss"]
    assert rows(config, "SELECT state, reason FROM entries") == [
        ("failed", f"robots.txt of {site.url[7:]} does not allow robots at this address")
    ]


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_a_broken_robots_txt_means_no_for_now(
    site: FakeSite, tmp_path: Path, status: int
) -> None:
    site.pages["/robots.txt"] = Reply(status=status)
    site.put_feed("/rss", "/a")
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    assert site.paths() == []
    assert "robots.txt" in str(rows(config, "SELECT last_failure FROM sources")[0][0])


async def test_a_huge_robots_txt_is_cut(site: FakeSite, tmp_path: Path) -> None:
    lines = b"".join(b"Disallow: /x%d\n" % n for n in range(300_000))
    site.pages["/robots.txt"] = Reply(b"User-agent: *\n" + lines, content_type="text/plain")
    site.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
    site.put_feed("/rss", "/a")
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    assert rows(config, "SELECT count(*) FROM articles") == [(1,)]
    assert rows(config, "SELECT length(body) <= 512000 FROM robots") == [(1,)]


async def test_headers_cookies_and_login_of_a_source_are_sent(
    site: FakeSite, tmp_path: Path
) -> None:
    site.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
    site.put_feed("/rss", "/a")
    (tmp_path / "secret").write_text("pass\n")
    config = configure(
        tmp_path,
        settings(
            f"{site.url}/rss",
            headers={"X-Reader": "desk 7"},
            cookies={"consent": "yes", "lang": "en"},
            username="me",
            password_file=str(tmp_path / "secret"),
        ),
    )

    await crawl(config)

    for asked in site.asked:
        assert asked.headers["x-reader"] == "desk 7"
        assert asked.headers["cookie"] == "consent=yes; lang=en"
        assert asked.headers["authorization"] == "Basic bWU6cGFzcw=="


async def test_a_proxy_is_used_where_the_source_sets_it_and_never_from_the_environment(
    site: FakeSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeSite() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        site.put_feed("/rss", "/a")
        proxy.pages["http://news.example/rss"] = Reply(status=410)
        config = configure(
            tmp_path,
            settings(f"{site.url}/rss"),
            settings("http://news.example/rss", name="far", proxy=proxy.url, allow_private=False),
        )

        await crawl(config)

        assert "/rss" in site.paths()
        assert [asked.path for asked in proxy.asked] == [
            "http://news.example/robots.txt",
            "http://news.example/rss",
        ]


async def test_a_redirect_to_a_private_address_is_refused_and_its_target_reported(
    site: FakeSite, tmp_path: Path
) -> None:
    inside = site.url.replace("127.0.0.1", "localhost")
    site.pages["/a"] = Reply(status=302, headers={"Location": f"{inside}/secret"})
    site.put_feed("/rss", "/a")
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    state, reason = rows(config, "SELECT state, reason FROM entries")[0]
    assert state == "failed"
    assert "localhost is an address of this machine" in str(reason)
    assert "/secret" not in site.paths()


async def test_the_user_agent_names_the_program_and_a_contact(
    site: FakeSite, tmp_path: Path
) -> None:
    site.put_feed("/rss", "/a")
    config = configure(tmp_path, settings(f"{site.url}/rss"), contact="https://desk.example/bot")

    await crawl(config)

    agents = {asked.headers["user-agent"] for asked in site.asked}
    assert agents == {"Watchword/0.1 (self-hosted news watch) +https://desk.example/bot"}


async def test_the_pace_of_a_domain_is_shared_by_its_sources(
    site: FakeSite, tmp_path: Path
) -> None:
    seen: list[int] = []
    open_now: list[int] = [0]

    def answer(asked: Asked) -> Reply:
        open_now[0] += 1
        seen.append(open_now[0])
        body = b"<rss version='2.0'><channel><title>x</title></channel></rss>"
        open_now[0] -= 1
        return Reply(body, content_type="application/rss+xml")

    site.pages["/r0"] = site.pages["/r1"] = site.pages["/r2"] = answer
    config = configure(
        tmp_path,
        *(settings(f"{site.url}/r{number}", name=f"s{number}") for number in range(3)),
        per_domain={"concurrency": 1, "delay": "0s"},
    )

    await crawl(config)

    assert seen == [1, 1, 1]
