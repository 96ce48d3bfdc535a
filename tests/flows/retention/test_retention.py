"""What is old is deleted, a few rows at a time, and nothing that still matters goes with it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from crawler.config.schema import Config
from crawler.flows.retention import Sweeper
from crawler.model.source import FeedEntry
from crawler.storage.crawl.entries.announcements import Announcement, save_entries
from crawler.storage.crawl.entries.entries import EntryState, mark_entry
from crawler.storage.file.database import to_text, transaction
from crawler.storage.news.boilerplate import find_boilerplate_keys, note_lines
from crawler.storage.watch.story_marks import mark_stories
from crawler.text.web.urls import article_key
from tests.fakes import START
from tests.flows.retention.sweeping import DAY, RULES, sweep, with_store
from tests.newsroom import Newsroom, make_story


def test_nothing_is_old_on_the_first_day(newsroom: Newsroom, config: Config) -> None:
    newsroom.keep(make_story(1))

    assert sweep(newsroom.database, config, now=newsroom.clock()) == {}


# entries


def announce(
    newsroom: Newsroom,
    key: str,
    *,
    guid: str | None = None,
    title: str = "",
    mark: str = "",
    at: datetime = START,
) -> int:
    """Have the courier list an entry; return how many were new.

    guid  None: as many feeds have it, the address; empty: the courier's sitemap lists it
    mark  other entries have the same page, and this tells it from them
    """
    url = f"https://courier.org/{key}"
    entry = FeedEntry(url=url, guid=url if guid is None else guid, title=title or key, stated_at=at)
    item = Announcement(
        url=url,
        key=article_key(url),
        entry=entry,
        state=EntryState.WAITING,
        entry_key=f"{article_key(url)} {mark}" if mark else article_key(url),
        is_shared=bool(mark),
        has_own_guid=guid != "",
    )
    with transaction(newsroom.database):
        return save_entries(
            newsroom.database, newsroom.visits["courier"].source_id, [item], endpoint_id=1, now=at
        )


@pytest.fixture
def endpoint(newsroom: Newsroom) -> Newsroom:
    newsroom.database.execute(
        "INSERT INTO endpoints (id, source_id, kind, url, origin) VALUES (1, ?, 'feed', 'u', 'stated')",
        [newsroom.visits["courier"].source_id],
    )
    return newsroom


def state_of(newsroom: Newsroom, key: str) -> tuple[str, int | None] | None:
    row = newsroom.database.execute(
        "SELECT state, article_id FROM entries WHERE url = ?", [f"https://courier.org/{key}"]
    ).fetchone()
    return None if row is None else (row["state"], row["article_id"])


@pytest.mark.parametrize("state", ["skipped", "refused", "failed"])
def test_an_entry_that_was_deleted_is_no_news_when_it_is_listed_again(
    endpoint: Newsroom, config: Config, state: str
) -> None:
    assert announce(endpoint, "7") == 1
    endpoint.database.execute("UPDATE entries SET state = ?", [state])

    assert sweep(endpoint.database, config, now=START + 91 * DAY)["entries"] == 1
    assert endpoint.count("entries") == 0
    assert announce(endpoint, "7", at=START + 92 * DAY) == 0

    assert state_of(endpoint, "7") == ("skipped", None)


LATER = START + 92 * DAY


def keep_announced(newsroom: Newsroom, key: str) -> None:
    """Store an article that no watch matches, with its entry as a sitemap announces it; it is not looked at again."""
    newsroom.keep(make_story(int(key), word="lamp"))
    newsroom.database.execute(
        "UPDATE entries SET revisit_at = NULL, entry_key = ?, url_key = ?",
        [article_key(f"https://courier.org/{key}")] * 2,
    )


def forget(newsroom: Newsroom, config: Config) -> None:
    newsroom.database.execute("UPDATE entries SET state = 'skipped'")
    sweep(newsroom.database, config, now=START + 91 * DAY)
    assert newsroom.count("entries") == 0


@pytest.mark.parametrize(
    ("then", "now"),
    [
        # moved to another address
        ({"key": "7", "guid": "tag:7", "title": "Quay"}, {"key": "moved/7", "guid": "tag:7", "title": "Quay!"}),
        # a feed makes new guids at each fetch
        ({"key": "7", "guid": "a1", "title": "Quay"}, {"key": "7", "guid": "b2", "title": "Quay"}),
        # an edited title
        ({"key": "7", "guid": "a1", "title": "Quay"}, {"key": "7", "guid": "a1", "title": "Quay closed"}),
        # listed by the sitemap later, or by the feed later
        ({"key": "7", "guid": "a1", "title": "Quay"}, {"key": "7", "guid": "", "title": "Pier"}),
        ({"key": "7", "guid": "", "title": "Quay"}, {"key": "7", "guid": "a1", "title": "Pier"}),
        # one of several notices of a page
        ({"key": "live", "mark": "n1", "guid": "n1"}, {"key": "live", "mark": "n1", "guid": "n1"}),
    ],
)  # fmt: skip
def test_what_is_the_same_entry_is_no_news(
    endpoint: Newsroom, config: Config, then: dict[str, Any], now: dict[str, Any]
) -> None:
    announce(endpoint, **then)
    forget(endpoint, config)

    assert announce(endpoint, **now, at=LATER) == 0


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ({"key": "7", "guid": "tag:7"}, {"key": "8", "guid": "tag:8"}),
        # feeds that number their entries from one again
        ({"key": "7", "guid": "1", "title": "Quay"}, {"key": "8", "guid": "1", "title": "Pier"}),
        # a feed that only ever lists its newest notice, all of one page
        ({"key": "status", "guid": "n1", "title": "Quay shut"}, {"key": "status", "guid": "n2", "title": "Quay open"}),
        # a live blog: all its posts have one page
        ({"key": "live", "mark": "n1", "guid": "n1", "title": "One"}, {"key": "live", "mark": "n2", "guid": "n2", "title": "Two"}),
        ({"key": "live", "mark": "n1", "guid": "n1", "title": "One"}, {"key": "live", "guid": "n3", "title": "Three"}),
        ({"key": "live", "guid": "n1", "title": "One"}, {"key": "live", "mark": "n2", "guid": "n2", "title": "Two"}),
    ],
)  # fmt: skip
def test_what_only_looks_like_a_forgotten_entry_is_news(
    endpoint: Newsroom, config: Config, then: dict[str, Any], now: dict[str, Any]
) -> None:
    announce(endpoint, **then)
    forget(endpoint, config)

    assert announce(endpoint, **now, at=LATER) == 1


def test_an_entry_listed_again_knows_the_article_it_became(
    endpoint: Newsroom, config: Config
) -> None:
    keep_announced(endpoint, "7")
    sweep(endpoint.database, config, now=START + 91 * DAY)
    assert state_of(endpoint, "7") is None

    assert announce(endpoint, "7", at=START + 92 * DAY) == 0

    assert state_of(endpoint, "7") == ("fetched", 1)


def test_what_waits_and_what_a_watch_matched_is_kept(endpoint: Newsroom, config: Config) -> None:
    endpoint.keep(make_story(1))
    endpoint.database.execute("UPDATE entries SET revisit_at = NULL")
    announce(endpoint, "9")

    assert "entries" not in sweep(endpoint.database, config, now=START + 300 * DAY)
    assert endpoint.count("entries") == 2


# what was learned


def test_texts_outside_the_window_are_no_candidates_any_more(
    newsroom: Newsroom, config: Config
) -> None:
    newsroom.keep(make_story(1))
    newsroom.clock.advance(days=25)
    newsroom.keep(make_story(2))
    numbers = newsroom.count("shingles")

    done = sweep(newsroom.database, config, now=START + 31 * DAY)

    assert done["shingles"] == 16
    assert newsroom.count("shingles") == numbers - 16


def test_a_rare_line_is_forgotten_and_a_known_one_stays(newsroom: Newsroom, config: Config) -> None:
    database = newsroom.database
    for number in range(60):
        lines = [("menu", "Menu"), (f"line{number}", "Once")]
        note_lines(database, "courier.org", lines, url_key=f"{number}", now=START)

    done = sweep(database, config, now=START + 91 * DAY)

    assert done["boilerplate"] == 60
    assert find_boilerplate_keys(database, "courier.org", ["menu"]) == {"menu"}
    # further pages are not remembered: one line of a menu was on every page of a site
    assert newsroom.count("boilerplate_sightings") == 50


# stories


def test_by_default_no_article_is_ever_deleted(newsroom: Newsroom, config: Config) -> None:
    newsroom.keep(make_story(1, word="lamp"))

    assert "stories" not in sweep(newsroom.database, config, now=START + 3000 * DAY)
    assert newsroom.count("articles") == 1


def test_old_stories_that_nobody_watched_are_deleted_with_all_that_belongs_to_them(
    newsroom: Newsroom, config: Config
) -> None:
    database = newsroom.database
    newsroom.keep(make_story(1, word="lamp"))
    newsroom.keep(make_story(2))  # says drone
    newsroom.keep(make_story(3, word="lamp"))
    database.execute("UPDATE entries SET revisit_at = NULL")
    with transaction(database):
        mark_stories(database, "owner", [3], "starred_at", START)
    newsroom.clock.advance(days=399)
    newsroom.keep(make_story(4, word="lamp"))

    done = sweep(database, with_store(config, article_retention=400 * DAY), now=START + 401 * DAY)

    assert done["stories"] == 1
    kept = [row[0] for row in database.execute("SELECT id FROM articles ORDER BY id")]
    assert kept == [2, 3, 4]
    assert newsroom.count("revisions") == newsroom.count("stories") == 3
    assert newsroom.count("article_sources") == 3


def test_an_article_that_was_deleted_is_no_news_when_it_is_listed_again(
    endpoint: Newsroom, config: Config
) -> None:
    keep_announced(endpoint, "7")
    shorter = with_store(config, article_retention=100 * DAY)
    sweep(endpoint.database, shorter, now=START + 101 * DAY)
    assert endpoint.count("articles") == 0

    assert announce(endpoint, "7", at=START + 102 * DAY) == 0
    assert state_of(endpoint, "7") == ("skipped", None)


def test_a_story_is_as_old_as_its_newest_article(newsroom: Newsroom, config: Config) -> None:
    database = newsroom.database
    newsroom.keep(make_story(1, word="lamp"))
    newsroom.keep(make_story(1, word="lamp"), source="gazette")
    newsroom.clock.advance(days=50)
    newsroom.keep(make_story(2, word="lamp"))
    database.execute("UPDATE articles SET story_id = 1")
    database.execute("UPDATE entries SET revisit_at = NULL")

    shorter = with_store(config, article_retention=100 * DAY)
    assert "stories" not in sweep(database, shorter, now=START + 149 * DAY)
    assert newsroom.count("articles") == 2


# records of the daemon


def test_old_attempts_requests_and_events_are_deleted_and_the_last_word_stays(
    newsroom: Newsroom, config: Config
) -> None:
    database = newsroom.database
    newsroom.keep(make_story(1))
    source = newsroom.visits["courier"].source_id
    database.execute("UPDATE deliveries SET state = 'sent', answer = '250 ok'")
    for at in (START, START + DAY):
        database.execute(
            """INSERT INTO attempts (delivery_id, attempted_at, outcome, answer) VALUES (1, ?, 'sent', '250')""",
            [to_text(at)],
        )
        database.execute(
            """INSERT INTO source_events (source_id, happened_at, health, health_before, reason)
               VALUES (?, ?, 'ok', 'failing', 'r')""",
            [source, to_text(at)],
        )
        database.execute(
            """INSERT INTO requests (kind, arguments, asked_by, asked_at, done_at) VALUES ('visit', '{}', 'x', ?, ?)""",
            [to_text(at), to_text(at)],
        )
    database.execute(
        "INSERT INTO requests (kind, arguments, asked_by, asked_at) VALUES ('visit', '{}', 'x', ?)",
        [to_text(START)],
    )

    done = sweep(database, config, now=START + 400 * DAY)

    assert (done["attempts"], done["requests"], done["source_events"]) == (2, 2, 1)
    assert newsroom.count("requests") == 1  # nobody answered it yet
    assert newsroom.count("deliveries") == 1


def test_the_attempts_of_a_message_that_was_given_up_stay(
    newsroom: Newsroom, config: Config
) -> None:
    newsroom.keep(make_story(1))
    newsroom.database.execute("UPDATE deliveries SET state = 'dead'")
    newsroom.database.execute(
        "INSERT INTO attempts (delivery_id, attempted_at, outcome, answer) VALUES (1, ?, 'refused', '550')",
        [to_text(START)],
    )

    assert "attempts" not in sweep(newsroom.database, config, now=START + 800 * DAY)


def test_a_rule_that_is_done_rests_for_a_while(newsroom: Newsroom, config: Config) -> None:
    sweeper, now = Sweeper(RULES), START + 20 * DAY
    newsroom.clock.advance(days=9)
    newsroom.keep(make_story(1))
    while sweeper.sweep(newsroom.database, config, now=now):
        pass
    newsroom.database.execute("UPDATE revisions SET fetched_at = ?", [to_text(START)])

    sweeper.sweep(newsroom.database, config, now=now + timedelta(minutes=4))
    assert sweeper.count == 0
    sweeper.sweep(newsroom.database, config, now=now + timedelta(minutes=6))
    assert sweeper.counts["revisions"] == 1


def test_a_clock_that_was_set_back_does_not_let_it_rest_for_days(
    newsroom: Newsroom, config: Config
) -> None:
    sweeper, now = Sweeper(RULES), START + 20 * DAY
    while sweeper.sweep(newsroom.database, config, now=now + 900 * DAY):
        pass
    newsroom.keep(make_story(1))

    sweeper.sweep(newsroom.database, config, now=now)

    assert sweeper.counts["revisions"] == 1


def test_many_rows_are_done_in_many_turns(newsroom: Newsroom, config: Config) -> None:
    database, source = newsroom.database, newsroom.visits["courier"].source_id
    with transaction(database):
        for number in range(1200):
            database.execute(
                "INSERT INTO entries (source_id, entry_key, announced_url, first_seen_at, state) VALUES (?, ?, '', ?, ?)",
                [source, str(number), to_text(START), "waiting" if number % 3 == 0 else "skipped"],
            )
            mark_entry(database, number + 1, EntryState.SKIPPED) if number % 5 == 0 else None
    sweeper, turns = Sweeper(RULES), 1

    while sweeper.sweep(database, config, now=START + 91 * DAY):
        turns += 1

    assert turns > 2
    left = {row[0] for row in database.execute("SELECT state FROM entries")}
    assert left == {"waiting"}
