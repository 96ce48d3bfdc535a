"""A page whose reading was cut off is tried again, the third time alone, and only then refused."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.errors import HostThrottled, ParsePostponed
from crawler.flows.news.pages.held_pages import hold_page
from crawler.flows.news.pages.unread_pages import fail_page
from crawler.model.article import Article, Occasion
from crawler.model.source import EndpointKind
from crawler.model.visit import PageFailure, WaitingEntry
from crawler.storage.crawl.endpoints import save_endpoint
from crawler.storage.crawl.entries.entries import (
    EntryState,
    list_waiting_entries,
    mark_entry,
    plan_revisit,
)
from crawler.storage.file.database import open_for_writing, to_instant, transaction
from tests.fakes import Asked, FakeSite, Reply, article_page
from tests.newsroom import ARTICLE, BODY, Newsroom
from tests.spiders.test_crawl import DRONES, PROSE, configure, crawl, rows, settings

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("forked_crawls")]

CUT = PageFailure(reason="it took more than 20 s to be read", is_interrupted=True)
# ten megabytes of short paragraphs: more than a second's work on any machine
SLOW = Reply(
    b"<html><body><h1>Ferry</h1>"
    + b"".join(b"<p>%d %s</p>" % (n, PROSE.encode()) for n in range(80_000))
)


def waiting(newsroom: Newsroom) -> list[WaitingEntry]:
    visit = newsroom.visits["courier"]
    return [*list_waiting_entries(newsroom.database, visit.source_id, now=newsroom.clock())]


def cut_off(newsroom: Newsroom, entry: WaitingEntry) -> None:
    visit = newsroom.visits["courier"]
    rules, now = newsroom.rules, newsroom.clock()
    fail_page(newsroom.database, visit, newsroom.unread(entry.url), CUT, rules=rules, now=now)


def announce(newsroom: Newsroom) -> WaitingEntry:
    newsroom.page(newsroom.visits["courier"], "https://courier.org/a")
    newsroom.database.execute("UPDATE entries SET next_try_at = first_seen_at")
    (entry,) = waiting(newsroom)
    return entry


def test_a_page_that_was_cut_off_waits_and_its_interruption_is_stored(newsroom: Newsroom) -> None:
    entry = announce(newsroom)

    waits = []
    for _ in range(2):
        cut_off(newsroom, entry)
        assert waiting(newsroom) == []
        row = newsroom.database.execute("SELECT * FROM entries").fetchone()
        waits.append(to_instant(row["next_try_at"]) - newsroom.clock())
        newsroom.clock.advance(hours=1)
        (entry,) = waiting(newsroom)

    assert waits == [timedelta(minutes=5), timedelta(minutes=30)]
    assert (entry.interrupted_count, row["state"], row["reason"]) == (2, "waiting", CUT.reason)


def test_an_interruption_is_not_final_although_only_one_try_is_allowed(newsroom: Newsroom) -> None:
    entry = replace(announce(newsroom), attempt_count=5)

    cut_off(newsroom, entry)

    assert newsroom.database.execute("SELECT state FROM entries").fetchone()[0] == "waiting"


def test_a_held_page_does_not_count_as_a_try(newsroom: Newsroom) -> None:
    announce(newsroom)

    wait = ParsePostponed("it had its share", until=newsroom.clock() + timedelta(minutes=7))
    hold(newsroom, wait)
    newsroom.clock.advance(minutes=8)

    (again,) = waiting(newsroom)
    assert (again.attempt_count, again.interrupted_count) == (0, 0)


def hold(
    newsroom: Newsroom, wait: HostThrottled | ParsePostponed, words: Article | None = None
) -> None:
    visit, now = newsroom.visits["courier"], newsroom.clock()
    unread = newsroom.unread("https://courier.org/a", words=words)
    hold_page(newsroom.database, visit, unread, wait, rules=newsroom.rules, now=now)


def announce_by_feed(newsroom: Newsroom) -> Article:
    announce(newsroom)
    visit = newsroom.visits["courier"]
    endpoint = save_endpoint(
        newsroom.database, visit, EndpointKind.FEED, "https://courier.org/rss", origin="stated"
    )
    newsroom.database.execute("UPDATE entries SET endpoint_id = ?", [endpoint.id])
    return replace(ARTICLE, url="https://courier.org/a", from_feed="its host asked for silence")


def test_the_text_of_a_feed_causes_an_alert_while_its_host_is_throttled_for_hours(
    newsroom: Newsroom,
) -> None:
    words = announce_by_feed(newsroom)

    for _ in range(2):
        hold(newsroom, HostThrottled("429", until=newsroom.clock() + timedelta(hours=3)), words)

    assert newsroom.kinds() == ["new"]
    newsroom.clock.advance(hours=4)
    (entry,) = waiting(newsroom)
    assert (entry.attempt_count, entry.occasion) == (0, Occasion.NEWS)
    newsroom.keep(replace(words, from_feed="", body=f"{BODY} The page says more."))
    assert newsroom.kinds() == ["new"]


def test_a_host_that_is_throttled_again_and_again_delays_the_text_of_a_feed_by_five_minutes(
    newsroom: Newsroom,
) -> None:
    words = announce_by_feed(newsroom)

    alerted = []
    for _ in range(7):
        hold(newsroom, HostThrottled("429", until=newsroom.clock() + timedelta(minutes=1)), words)
        alerted.append(len(newsroom.kinds()))
        newsroom.clock.advance(minutes=1)

    assert alerted == [0, 0, 0, 0, 0, 1, 1]


def test_the_interruptions_of_a_page_that_is_read_after_all_are_forgotten(
    newsroom: Newsroom,
) -> None:
    entry = announce(newsroom)
    cut_off(newsroom, entry)

    with transaction(newsroom.database):
        mark_entry(newsroom.database, entry.id, EntryState.FETCHED)

    row = newsroom.database.execute("SELECT state, interrupted_count FROM entries").fetchone()
    assert tuple(row) == ("fetched", 0)


def test_a_known_article_stays_what_it_is(newsroom: Newsroom) -> None:
    newsroom.keep(replace(ARTICLE, url="https://courier.org/a"))
    plan_revisit(newsroom.database, 1, "", at=newsroom.clock())
    (entry,) = waiting(newsroom)
    assert entry.occasion is Occasion.REVISIT

    cut_off(newsroom, entry)

    row = newsroom.database.execute("SELECT state, interrupted_count FROM entries").fetchone()
    assert tuple(row) == ("fetched", 0)


async def test_the_third_interruption_refuses_and_a_third_try_that_ends_is_kept(
    site: FakeSite, tmp_path: Path
) -> None:
    tries = [SLOW, SLOW, Reply(article_page("Ferry Leaves Late", PROSE, DRONES))]

    def mended(_asked: Asked) -> Reply:
        # the last answer serves every further request: a broken connection is retried automatically
        return tries.pop(0) if len(tries) > 1 else tries[0]

    site.pages.update({"/slow": SLOW, "/mended": mended})
    config = configure(
        tmp_path,
        settings(f"{site.url}/slow.rss", name="slow"),
        settings(f"{site.url}/mended.rss", name="mended"),
        parse_timeout="1s",
        max_size="40MB",
        max_attempts=1,
    )
    for name in ("slow", "mended"):
        site.put_feed(f"/{name}.rss", f"/{name}")
    ask = "SELECT url, state, interrupted_count, reason FROM entries ORDER BY url"

    await crawl(config)
    first = rows(config, ask)
    for _ in range(6):
        with closing(open_for_writing(config.store.path)) as connection:
            connection.execute("UPDATE entries SET next_try_at = '' WHERE state = 'waiting'")
        await crawl(config)

    reason = "it took more than 1 s to be read"
    assert first == [
        (f"{site.url}/mended", "waiting", 1, reason),
        (f"{site.url}/slow", "waiting", 1, reason),
    ]
    assert rows(config, ask) == [
        (f"{site.url}/mended", "fetched", 0, None),
        (f"{site.url}/slow", "refused", 2, f"{reason} (3 tries, the last one alone)"),
    ]
    assert rows(config, "SELECT from_feed FROM revisions ORDER BY from_feed") == [
        (None,),
        (f"the page could not be read: {reason} (3 tries, the last one alone)",),
    ]
