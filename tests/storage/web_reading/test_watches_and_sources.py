"""What the pages of watches, sources and reports read, in an empty period and for what never worked too."""

from dataclasses import replace
from datetime import timedelta

import pytest

from crawler.storage.file.database import to_text, transaction
from crawler.storage.mail.mutes import Mute, save_mute
from crawler.storage.web_reading.coverage import list_covered_stories
from crawler.storage.web_reading.health import find_health
from crawler.storage.web_reading.sources import (
    find_source_page,
    list_last_articles,
    list_last_visits,
    list_source_rows,
    measure_quality,
)
from crawler.storage.web_reading.today import (
    count_articles,
    count_matched_stories,
    count_new_stories,
    list_edits,
)
from crawler.storage.web_reading.watches import (
    WatchRow,
    count_by_day,
    count_by_source,
    count_rejected,
    count_watches,
    list_first_matches,
    list_watch_names,
    list_watch_rows,
)
from tests.fakes import START
from tests.newsroom import ARTICLE, BODY, Newsroom, make_story

DAY, MONTH = timedelta(days=1), timedelta(days=30)
NOW = START + timedelta(hours=6)


def _list(newsroom: Newsroom, *, skip: int = 0) -> tuple[WatchRow, ...]:
    return list_watch_rows(
        newsroom.database, since=START, recent=NOW - MONTH, now=NOW, skip=skip, limit=9
    )


def test_a_watch_that_never_matched_has_no_last_match_and_no_days(newsroom: Newsroom) -> None:
    [row] = _list(newsroom)

    assert (row.name, row.new_count, row.recent_count) == ("drones", 0, 0)
    assert (row.last_matched_at, row.is_muted, row.muted_until) == (None, False, None)
    assert count_by_day(newsroom.database, [1], end=NOW, days=3) == {1: (0, 0, 0)}
    assert list_first_matches(newsroom.database, 1, since=START) == ()
    assert count_by_source(newsroom.database, 1, since=START) == ()
    assert count_rejected(newsroom.database, 1) == 0
    assert _list(newsroom, skip=1) == ()


def test_stories_are_counted_once_a_day_however_many_texts_match(newsroom: Newsroom) -> None:
    newsroom.keep()
    newsroom.keep(replace(ARTICLE, body=BODY.replace("pilot", "keeper, a drone man")))
    newsroom.clock.advance(minutes=10)
    newsroom.keep(make_story(2), source="gazette")
    newsroom.database.execute(
        "UPDATE matches SET matched_at = ? WHERE story_id = 2", [to_text(NOW - DAY)]
    )
    newsroom.database.execute(
        "UPDATE matches SET matched_at = ? WHERE story_id = 1", [to_text(START)]
    )

    [row] = _list(newsroom)

    assert (row.new_count, row.recent_count, row.last_matched_at) == (1, 2, START)
    # a day ends where the next begins: the very instant belongs to the later one
    assert count_by_day(newsroom.database, [1], end=NOW, days=3) == {1: (0, 0, 2)}
    assert count_by_day(newsroom.database, [1], end=NOW - DAY, days=2) == {1: (0, 0)}
    moved = NOW + timedelta(seconds=1)
    assert count_by_day(newsroom.database, [1], end=moved, days=3) == {1: (0, 1, 1)}
    assert count_by_source(newsroom.database, 1, since=NOW - MONTH) == (
        ("courier", 1),
        ("gazette", 1),
    )
    assert list_covered_stories(newsroom.database, 1, since=NOW - MONTH, until=START, limit=9) == (
        2,
    )


def test_a_watch_has_as_many_new_stories_as_today_says(newsroom: Newsroom) -> None:
    since = START + timedelta(hours=1)
    newsroom.keep()
    newsroom.clock.advance(hours=2)
    # the first story's article is edited; the second is new; the third is new and turns out to be no article
    newsroom.keep(replace(ARTICLE, body=BODY.replace("pilot", "keeper, a drone man")))
    newsroom.keep(make_story(2))
    newsroom.keep(make_story(3))
    newsroom.database.execute(
        "UPDATE articles SET withdrawn_at = ? WHERE story_id = 3", [to_text(since)]
    )

    [row] = list_watch_rows(newsroom.database, since=since, recent=START, now=NOW, skip=0, limit=9)

    assert (row.new_count, count_new_stories(newsroom.database, since=since)[0]) == (1, 1)
    matched = newsroom.database.execute("SELECT count(*) FROM matches").fetchone()[0]
    assert matched == 4


def test_an_edit_of_a_withdrawn_article_is_not_shown(newsroom: Newsroom) -> None:
    newsroom.keep()
    newsroom.keep(replace(ARTICLE, body=BODY.replace("pilot", "keeper, a drone man")))
    assert len(list_edits(newsroom.database, limit=4)) == 1

    newsroom.database.execute("UPDATE articles SET withdrawn_at = ?", [to_text(START)])

    assert list_edits(newsroom.database, limit=4) == ()


@pytest.mark.parametrize(
    ("mute", "is_muted"),
    [
        (Mute(watch_id=1), True),
        (Mute(watch_id=1, until=NOW + DAY), True),
        (Mute(watch_id=1, until=NOW), False),
        (Mute(watch_id=1, recipient="me@example.org"), False),
        (Mute(watch_id=1, story_id=1), False),
        (Mute(watch_id=1, source_id=1), False),
    ],
)
def test_a_watch_is_muted_if_nobody_is_alerted_about_anything(
    newsroom: Newsroom, mute: Mute, is_muted: bool
) -> None:
    newsroom.keep()
    with transaction(newsroom.database):
        save_mute(newsroom.database, mute, now=START)

    [row] = _list(newsroom)

    assert (row.is_muted, row.muted_until) == (is_muted, mute.until if is_muted else None)


def test_only_active_watches_are_listed(newsroom: Newsroom) -> None:
    newsroom.database.execute("UPDATE watches SET is_active = 0")

    assert _list(newsroom) == ()
    assert count_watches(newsroom.database) == 0
    assert list_watch_names(newsroom.database, limit=9) == ()


def test_page_and_health_line_agree_on_every_source(newsroom: Newsroom) -> None:
    late = to_text(NOW - MONTH)
    for change, state, counted in (
        ("last_success_at = NULL, failure_count = 0, next_due_at = '2999'", "new", "new_count"),
        ("last_success_at = NULL, failure_count = 2, next_due_at = '2999'", "never", "never_count"),
        (
            f"last_success_at = NULL, failure_count = 0, next_due_at = '{late}'",
            "never",
            "never_count",
        ),
        (
            f"last_success_at = '{late}', failure_count = 1, next_due_at = '2999'",
            "failing",
            "failing_count",
        ),
        (
            f"last_success_at = '{late}', failure_count = 0, next_due_at = '{late}'",
            "late",
            "late_count",
        ),
        (
            f"last_success_at = '{late}', failure_count = 0, next_due_at = '2999'",
            "ok",
            "on_time_count",
        ),
    ):
        newsroom.database.execute(f"UPDATE sources SET {change} WHERE name = 'courier'")
        newsroom.database.execute("UPDATE sources SET is_active = 0 WHERE name = 'gazette'")

        rows = {row["name"]: row["state"] for row in list_source_rows(newsroom.database, now=NOW)}
        health = find_health(newsroom.database, now=NOW)

        assert rows == {"courier": state}
        assert (health.source_count, getattr(health, counted)) == (1, 1)


def test_a_source_without_articles_has_shares_of_nothing(newsroom: Newsroom) -> None:
    empty = measure_quality(newsroom.database, 1)
    newsroom.keep()
    newsroom.database.execute("UPDATE entries SET state = 'refused'")
    one = measure_quality(newsroom.database, 1)

    assert (empty.article_count, empty.undated_count, empty.page_count) == (0, 0, 0)
    assert (one.article_count, one.undated_count) == (1, 1)
    assert (one.page_count, one.refused_count) == (1, 1)
    assert list_last_visits(newsroom.database, 1, limit=5) == ()
    assert [row["id"] for row in list_last_articles(newsroom.database, 1, limit=5)] == [1]
    assert find_source_page(newsroom.database, "nobody", now=NOW) is None


def test_a_story_that_was_withdrawn_counts_nowhere(newsroom: Newsroom) -> None:
    newsroom.keep()
    newsroom.keep(make_story(2))
    database, tomorrow = newsroom.database, START + DAY
    database.execute("UPDATE articles SET withdrawn_at = first_seen_at WHERE id = 2")

    [row] = _list(newsroom)

    assert (row.new_count, row.recent_count) == (1, 1)
    assert count_by_day(database, [1], end=tomorrow, days=1) == {1: (1,)}
    assert len(list_first_matches(database, 1, since=START)) == 1
    assert count_by_source(database, 1, since=START) == (("courier", 1),)
    assert list_covered_stories(database, 1, since=START, until=tomorrow, limit=9) == (1,)
    assert count_matched_stories(database, since=START, until=tomorrow) == 1
    assert count_articles(database, since=START, until=tomorrow) == 1
    database.execute("UPDATE articles SET withdrawn_at = first_seen_at")
    assert _list(newsroom)[0].last_matched_at is None
