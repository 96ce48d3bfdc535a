"""Which stories Today lists and counts as new: by the first match of an active watch."""

import sqlite3
from datetime import timedelta

from crawler.storage.file.database import to_text
from crawler.storage.web_reading.today import count_new_stories, list_matched_stories
from tests.fakes import START
from tests.newsroom import Newsroom, make_story

LATER = START + timedelta(hours=5)


def add_match(database: sqlite3.Connection, *, watch: int, like: int, hours: float) -> None:
    """Add a match of a watch with the article of another match, some hours after the beginning."""
    database.execute("PRAGMA foreign_keys = OFF")
    database.execute(
        """INSERT INTO matches (watch_id, revision_id, article_id, story_id, matched_at, terms, hit_count, in_headline, score,
               snippet, snippet_marks)
           SELECT ?, 1000 + (SELECT count(*) FROM matches), article_id, story_id, ?, terms, hit_count, in_headline, score,
               snippet, snippet_marks FROM matches WHERE id = ?""",
        [watch, to_text(START + timedelta(hours=hours)), like],
    )


def add_watch(database: sqlite3.Connection, name: str, *, is_active: bool) -> int:
    cursor = database.execute(
        "INSERT INTO watches (name, query, alert, is_active) VALUES (?, 'x', 'now', ?)",
        [name, int(is_active)],
    )
    return cursor.lastrowid or 0


def test_a_story_that_a_removed_watch_matched_first_is_listed(newsroom: Newsroom) -> None:
    database = newsroom.database
    newsroom.keep(make_story(1))
    removed = add_watch(database, "removed", is_active=False)
    database.execute("UPDATE matches SET watch_id = ?", [removed])
    add_match(database, watch=1, like=1, hours=1)

    assert [story for story, _ in list_matched_stories(database, limit=5)] == [1]
    assert [story for story, _ in list_matched_stories(database, limit=5, watch_id=1)] == [1]
    assert [story for story, _ in list_matched_stories(database, limit=5, watch_id=removed)] == [1]


def test_only_what_is_matched_for_the_first_time_is_new(newsroom: Newsroom) -> None:
    database = newsroom.database
    newsroom.keep(make_story(1))
    # an edit that says the words again, and another watch that has it only now
    add_match(database, watch=1, like=1, hours=6)
    other = add_watch(database, "other", is_active=True)
    add_match(database, watch=other, like=1, hours=6)

    total, by_watch = count_new_stories(database, since=LATER)

    assert total == 0
    assert dict(by_watch) == {"drones": 0, "other": 1}
    assert count_new_stories(database, since=START - timedelta(hours=1))[0] == 1


def test_a_story_whose_articles_were_withdrawn_is_no_news(newsroom: Newsroom) -> None:
    newsroom.keep(make_story(1))
    newsroom.database.execute("UPDATE articles SET withdrawn_at = ?", [to_text(LATER)])

    assert count_new_stories(newsroom.database, since=START - timedelta(hours=1)) == (
        0,
        (("drones", 0),),
    )
