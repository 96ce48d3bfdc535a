"""Feeds that announce a page before it exists: it is requested again while it is news."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from crawler.config.schema import Config
from crawler.flows.news.pages.feed_words import store_new_words
from crawler.flows.news.pages.unread_pages import fail_page, find_page_due, refuse_page
from crawler.flows.process.notebook import Refusal
from crawler.model.visit import PageFailure
from crawler.storage.crawl.entries.entries import list_waiting_entries
from crawler.storage.file.database import open_for_writing, to_text
from tests.fakes import START, FakeSite, Reply
from tests.newsroom import Newsroom, make_story
from tests.spiders.test_crawl import DRONES, PROSE, configure, crawl, rows, settings

URL = "https://courier.org/early"
STUB = b"<html><body><article><h1>Breaking</h1><p>More on this story follows in a few minutes.</p></article></body></html>"
EARLY = PageFailure(reason="HTTP 404: there is nothing at this address", gone_status=404)


@pytest.mark.parametrize(
    "first", [Reply(status=404), Reply(status=403), Reply(status=500), Reply(STUB)]
)
async def test_a_page_that_appears_later_causes_an_alert(
    site: FakeSite, tmp_path: Path, first: Reply
) -> None:
    site.pages["/a"] = first
    put_news(site, "/a")
    config = configure(tmp_path, settings(f"{site.url}/rss"))
    await crawl(config)
    site.put_article("/a", "Entry 0", PROSE, DRONES)
    await crawl(config)

    assert rows(config, "SELECT state FROM entries") == [("fetched",)]
    assert rows(config, "SELECT kind FROM alerts") == [("new",)]


def put_news(site: FakeSite, path: str) -> None:
    """Announce a page as of an hour ago: older ones are requested once."""
    ago = datetime.now(UTC) - timedelta(hours=1)
    item = f"<item><title>Entry 0</title><link>{site.url}{path}</link><pubDate>{ago:%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"
    site.pages["/rss"] = Reply(
        f'<rss version="2.0"><channel><title>T</title>{item}</channel></rss>'.encode(),
        content_type="application/rss+xml",
    )


def tries(newsroom: Newsroom, *, settle: str) -> list[timedelta]:
    """Return when a page that never appears is tried, from its announcement until it is given up."""
    newsroom.page(newsroom.visits["courier"], URL)
    visit, found = newsroom.visits["courier"], []
    while True:
        found.append(newsroom.clock() - START)
        unread = newsroom.unread(URL)
        if settle == "fail":
            fail_page(
                newsroom.database, visit, unread, EARLY, rules=newsroom.rules, now=newsroom.clock()
            )
        else:
            refusal = Refusal("no text", may_come=True)
            refuse_page(
                newsroom.database, unread, refusal, rules=newsroom.rules, now=newsroom.clock()
            )
        row = newsroom.database.execute("SELECT state, next_try_at FROM entries").fetchone()
        if row["state"] != "waiting":
            return found
        newsroom.clock.now = datetime.fromisoformat(row["next_try_at"])


@pytest.mark.parametrize("settle", ["fail", "refuse"])
def test_a_page_that_never_appears_is_tried_for_a_day_and_then_given_up(
    newsroom: Newsroom, settle: str
) -> None:
    found = tries(newsroom, settle=settle)

    assert len(found) < 12
    assert found[-1] > timedelta(days=1)
    waits = [later - earlier for earlier, later in pairwise(found)]
    assert waits == sorted(waits)


def test_a_page_that_is_gone_for_good_is_not_tried_again(newsroom: Newsroom) -> None:
    newsroom.page(newsroom.visits["courier"], URL)
    gone = PageFailure(reason="HTTP 410", is_final=True, gone_status=410)
    visit = newsroom.visits["courier"]
    fail_page(newsroom.database, visit, newsroom.unread(URL), gone, rules=newsroom.rules, now=START)

    assert newsroom.database.execute("SELECT state FROM entries").fetchone()[0] == "failed"


def announce_by(newsroom: Newsroom, kind: str) -> None:
    """Set the kind of endpoint that announced the entries."""
    newsroom.database.execute(
        "INSERT INTO endpoints (source_id, kind, url, origin) VALUES (1, ?, 'http://x.org', 'stated')",
        [kind],
    )
    newsroom.database.execute("UPDATE entries SET endpoint_id = (SELECT max(id) FROM endpoints)")


@pytest.mark.parametrize(
    ("kind", "counts"),
    # not at once: a site that restarts is available again in a minute
    [("feed", [0, 0, 1, 1]), ("sitemap", [0, 0, 1, 1]), ("section", [0, 0, 0, 0])],
)
def test_the_text_of_a_feed_is_used_once_its_page_has_been_missing_for_minutes(
    newsroom: Newsroom, kind: str, counts: list[int]
) -> None:
    words = make_story(1)
    unread = newsroom.unread(URL, words=words)
    announce_by(newsroom, kind)
    visit, found = newsroom.visits["courier"], []
    for minutes in (0, 1, 5, 30):
        newsroom.clock.advance(minutes=minutes)
        fail_page(
            newsroom.database, visit, unread, EARLY, rules=newsroom.rules, now=newsroom.clock()
        )
        found.append(newsroom.count("alerts"))

    assert found == counts


def test_new_words_cause_an_alert_at_once_and_the_page_is_requested_at_its_own_pace(
    newsroom: Newsroom,
) -> None:
    visit, asked = newsroom.visits["courier"], 0
    newsroom.page(visit, URL)
    announce_by(newsroom, "feed")
    for number in range(49):  # a day of visits, with other words at each
        newsroom.database.execute(
            """UPDATE entries SET text = 'x', state = 'waiting',
                   next_try_at = coalesce(next_try_at, first_seen_at)"""
        )
        (entry,) = list_waiting_entries(
            newsroom.database, visit.source_id, now=newsroom.clock() + timedelta(days=1)
        )
        due_at = find_page_due(entry)
        words = replace(make_story(number), url=URL, from_feed="the page could not be read")
        unread, now = newsroom.unread(URL, words=words), newsroom.clock()
        if due_at is None or due_at <= now:
            asked += 1
            refusal = Refusal("no text", may_come=True)
            refuse_page(newsroom.database, unread, refusal, rules=newsroom.rules, now=now)
        else:
            store_new_words(
                newsroom.database,
                unread,
                entry.reason,
                page_due_at=due_at,
                rules=newsroom.rules,
                now=now,
            )
            row = newsroom.database.execute("SELECT next_try_at, reason FROM entries").fetchone()
            assert (row["next_try_at"], row["reason"]) == (to_text(due_at), "no text")
        newsroom.clock.advance(minutes=30)

    assert newsroom.count("revisions") == 49
    assert asked <= 8


def test_a_wall_delays_the_text_of_its_feed_by_minutes_only(newsroom: Newsroom) -> None:
    unread = newsroom.unread(URL, words=make_story(1))
    announce_by(newsroom, "feed")
    wall, counts = Refusal("it asks for a login", may_come=True, is_wall=True), []
    for minutes in (0, 6):
        newsroom.clock.advance(minutes=minutes)
        refuse_page(newsroom.database, unread, wall, rules=newsroom.rules, now=newsroom.clock())
        counts.append(newsroom.count("alerts"))

    assert counts == [0, 1]


async def test_a_visit_on_request_tries_every_waiting_page(site: FakeSite, tmp_path: Path) -> None:
    site.pages["/a"] = Reply(status=500)
    site.put_feed("/rss", "/a")
    config = configure(tmp_path, settings(f"{site.url}/rss"))
    await crawl(config)
    _put_off(config)
    await crawl(config)

    assert site.paths() == ["/rss", "/a", "/rss", "/a"]


def _put_off(config: Config) -> None:
    with closing(open_for_writing(config.store.path)) as connection:
        later = to_text(datetime.fromisoformat("2999-01-01T00:00:00+00:00"))
        connection.execute("UPDATE entries SET next_try_at = ?", [later])
