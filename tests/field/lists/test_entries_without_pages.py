"""Entries without a page of their own: shared pages, no page, pages that cannot be read. Real crawls on loopback."""

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from crawler.config.schema import Config
from tests.fakes import FakeSite, Reply
from tests.spiders.test_crawl import DRONES, PROSE, configure, crawl, rows, settings

NOTICE = (
    "From Monday the ferry leaves the outer quay an hour later than it did all through the summer."
)
FOUND = "A drone was found on the roof of the harbour office early in the morning, and the police took it away."
APP = Reply(
    b"<html><head><title>App</title></head><body><div id=app></div><script src=/a.js></script></body></html>"
)


def item(**parts: str) -> str:
    """Return an entry; ``None`` leaves a part out."""
    ago = datetime.now(UTC) - timedelta(hours=1)
    stated = {"pubDate": f"{ago:%a, %d %b %Y %H:%M:%S} GMT", **parts}
    return (
        "<item>" + "".join(f"<{name}>{text}</{name}>" for name, text in stated.items()) + "</item>"
    )


def feed(*items: str) -> Reply:
    body = f'<rss version="2.0"><channel><title>T</title>{"".join(items)}</channel></rss>'
    return Reply(body.encode(), content_type="application/rss+xml")


def alerted(config: Config) -> list[tuple[object, ...]]:
    return rows(
        config,
        """SELECT revisions.headline, revisions.from_feed FROM matches
           JOIN revisions ON revisions.id = matches.revision_id ORDER BY matches.id""",
    )


def messages(folder: Path) -> list[str]:
    found = []
    for path in sorted((folder / "mail" / "new").iterdir()):
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        body = message.get_body(("plain",))
        assert body is not None
        found.append(re.sub(r"\s+", " ", body.get_content()))
    return found


async def test_several_notices_on_one_page_are_separate_news(
    site: FakeSite, tmp_path: Path
) -> None:
    def notice(number: int, title: str, text: str) -> str:
        return item(title=title, link=f"{site.url}/notices", guid=str(number), description=text)

    site.put_article("/notices", "Notices", PROSE, NOTICE, FOUND)
    site.pages["/rss"] = feed(notice(1, "Ferry later", NOTICE), notice(2, "Market closed", PROSE))
    config = configure(tmp_path, settings(f"{site.url}/rss", backfill="0s"))
    await crawl(config)
    site.pages["/rss"] = feed(
        notice(3, "Found on the roof", FOUND),
        notice(1, "Ferry later", NOTICE),
        notice(2, "Market closed", PROSE),
    )
    await crawl(config)
    await crawl(config)

    assert alerted(config) == [("Found on the roof", "several entries have one page")]
    assert site.paths() == ["/rss"] * 3
    (message,) = messages(tmp_path)
    assert "From the feed; several entries have one page." in message
    assert f"{site.url}/notices#:~:text=Found%20on%20the%20roof" in message


async def test_posts_of_a_live_blog_are_read_from_their_place_on_the_page(
    site: FakeSite, tmp_path: Path
) -> None:
    site.pages["/live"] = Reply(
        f"<html><body><article><h1>Live</h1><div id=p2><h2>12:04</h2><p>{DRONES}</p></div>"
        f"<div id=p1><h2>11:58</h2><p>{NOTICE}</p></div></article></body></html>".encode()
    )
    site.pages["/rss"] = feed(
        item(title="Live: the harbour", link=f"{site.url}/live#p2"),
        item(title="Live: the harbour", link=f"{site.url}/live#p1"),
    )
    config = configure(tmp_path, settings(f"{site.url}/rss"))
    await crawl(config)

    assert alerted(config) == [("Live: the harbour", None)]
    bodies = {str(row[0]) for row in rows(config, "SELECT body FROM revisions")}
    assert bodies == {f"12:04\n\n{DRONES}", f"11:58\n\n{NOTICE}"}
    assert rows(config, "SELECT url FROM articles ORDER BY url") == [
        (f"{site.url}/live#p1",),
        (f"{site.url}/live#p2",),
    ]


async def test_entries_without_an_address_cause_alerts_and_empty_ones_are_counted(
    site: FakeSite, tmp_path: Path
) -> None:
    site.pages["/rss"] = feed(
        item(title="Drone found", guid="post-1"),
        item(description=f"{DRONES} {NOTICE}"),
        item(guid="nothing"),
    )
    config = configure(tmp_path, settings(f"{site.url}/rss"))
    await crawl(config)

    assert [why for _, why in alerted(config)] == ["it names no page", "it names no page"]
    assert rows(config, "SELECT note, listed_count, found_count FROM visits") == [
        ("1 entry is empty: no address, no title, no text", 3, 2)
    ]


async def test_a_feed_without_a_usable_entry_is_degraded(site: FakeSite, tmp_path: Path) -> None:
    site.pages["/rss"] = feed(item(guid="1"), item(guid="2"))
    config = configure(tmp_path, settings(f"{site.url}/rss"))
    await crawl(config)

    ((health, reason),) = rows(config, "SELECT health, health_reason FROM sources")
    assert health == "degraded"
    assert "none of the 2 entries" in str(reason)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (APP, "the page contains no article text"),
        (
            Reply(b"ID3" + b"\x00" * 500, content_type="audio/mpeg"),
            "it is audio/mpeg and contains no text",
        ),
        (
            Reply(b"\x89PNG" + b"\x00" * 500, content_type="image/png"),
            "it is image/png and contains no text",
        ),
        (Reply(status=410), "HTTP 410"),
    ],
)
async def test_a_page_without_text_causes_an_alert_with_the_text_of_its_feed(
    site: FakeSite, tmp_path: Path, answer: Reply, why: str
) -> None:
    site.pages["/a"] = answer
    site.pages["/rss"] = feed(item(title="Evening show", link=f"{site.url}/a", description=FOUND))
    config = configure(tmp_path, settings(f"{site.url}/rss"))
    await crawl(config)

    ((headline, from_feed),) = alerted(config)
    assert headline == "Evening show"
    assert f"the page could not be read: {why}" in str(from_feed)
    (message,) = messages(tmp_path)
    assert f"From the feed; the page could not be read: {why}" in message
    assert rows(config, "SELECT health FROM sources") == [("ok",)]


async def test_a_page_that_shows_its_text_later_completes_the_article_without_a_second_message(
    site: FakeSite, tmp_path: Path
) -> None:
    site.pages["/a"] = APP
    site.pages["/rss"] = feed(item(title="Drone found", link=f"{site.url}/a", description=FOUND))
    config = configure(tmp_path, settings(f"{site.url}/rss"))
    await crawl(config)
    site.put_article("/a", "Drone found on roof", PROSE, FOUND, DRONES)
    await crawl(config)

    assert rows(config, "SELECT from_feed IS NULL, reason FROM revisions") == [
        (0, "seen for the first time"),
        (1, "the page came; only its feed's words were known before"),
    ]
    assert rows(config, "SELECT headline, revision_count FROM articles") == [
        ("Drone found on roof", 2)
    ]
    assert rows(config, "SELECT kind FROM alerts") == [("new",)]
    assert rows(config, "SELECT state, text FROM entries") == [("fetched", "")]


async def test_words_only_on_the_page_cause_an_alert_when_the_page_comes(
    site: FakeSite, tmp_path: Path
) -> None:
    site.pages["/a"] = APP
    site.pages["/rss"] = feed(item(title="Found on roof", link=f"{site.url}/a"))
    config = configure(tmp_path, settings(f"{site.url}/rss"))
    await crawl(config)
    assert alerted(config) == []
    site.put_article("/a", "Found on roof", PROSE, DRONES)
    await crawl(config)

    assert rows(config, "SELECT kind FROM alerts") == [("new",)]


async def test_changed_words_of_an_entry_whose_page_cannot_be_read_cause_an_alert(
    site: FakeSite, tmp_path: Path
) -> None:
    site.pages["/a"] = APP
    site.pages["/rss"] = feed(item(title="Outage", link=f"{site.url}/a", description=NOTICE))
    config = configure(tmp_path, settings(f"{site.url}/rss"))
    await crawl(config)
    site.pages["/rss"] = feed(
        item(title="Outage", link=f"{site.url}/a", description=f"{FOUND} {NOTICE}")
    )
    await crawl(config)

    assert [headline for headline, _ in alerted(config)] == ["Outage"]
    assert rows(config, "SELECT count(*) FROM articles") == [(1,)]


async def test_a_short_text_has_the_language_the_feed_claims(
    site: FakeSite, tmp_path: Path
) -> None:
    entry = item(title="Drone strike damages port", link=f"{site.url}/a")
    site.pages["/a"] = APP
    site.pages["/rss"] = feed("<language>en-GB</language>", entry)
    config = configure(tmp_path, settings(f"{site.url}/rss"))
    await crawl(config)

    assert rows(config, "SELECT language FROM articles") == [("en",)]
