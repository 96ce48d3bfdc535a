"""The key index is searched newest first, in steps, and by a sample."""

import sqlite3
from datetime import UTC, datetime

import pytest

from crawler.storage.file.database import to_text
from crawler.storage.watch.key_search import (
    KeySearch,
    count_found,
    list_indexed_languages,
    sample_found,
    walk_found,
)
from crawler.storage.watch.keys import begin_key_index, find_first_revision, save_keys
from tests.fakes import START
from tests.newsroom import Newsroom, make_story

# more than two steps of a walk
COUNT = 7_000
EVERY = KeySearch(keys='"=even" OR "=odd"')


@pytest.fixture
def many(newsroom: Newsroom) -> sqlite3.Connection:
    """Return a database of 7,000 texts, the even and the odd ones with a key each."""
    begin_key_index(newsroom.database, "1")
    newsroom.keep(make_story(1))
    database = newsroom.database
    database.execute("BEGIN")
    for number in range(2, COUNT + 1):
        database.execute(
            """INSERT INTO revisions (id, article_id, visit_id, fetched_at, fingerprint, headline, body, word_count, reason)
               VALUES (?, 1, 1, ?, 'f', 'h', 'b', 1, 'r')""",
            [number, to_text(START)],
        )
        save_keys(database, number, ["@lang:de", "=odd" if number % 2 else "=even"])
    database.execute("COMMIT")
    return database


def test_a_walk_is_newest_first_and_complete(many: sqlite3.Connection) -> None:
    assert list(walk_found(many, EVERY)) == list(range(COUNT, 1, -1))
    assert list(walk_found(many, KeySearch(keys='"=even"'))) == list(range(COUNT, 1, -2))


def test_older_texts_are_left_out(many: sqlite3.Connection) -> None:
    recent = KeySearch(keys='"=even"', first_id=COUNT - 9)

    assert list(walk_found(many, recent)) == [7000, 6998, 6996, 6994, 6992]
    assert count_found(many, recent) == len(sample_found(many, recent, share=1.0)) == 5


def test_texts_from_an_end_on_are_left_out_and_not_counted(many: sqlite3.Connection) -> None:
    old = KeySearch(keys='"=even"', end_id=6)

    assert list(walk_found(many, old)) == [4, 2]
    assert count_found(many, old) == len(sample_found(many, old, share=1.0)) == 2


def test_the_first_text_of_a_recent_hour_is_found_without_looking_at_all(
    many: sqlite3.Connection,
) -> None:
    many.execute("UPDATE revisions SET fetched_at = '2026-12-31T00:00:00.000Z' WHERE id > 6990")
    steps = []
    many.set_progress_handler(lambda: steps.append(1), 100)

    first = find_first_revision(many, since=datetime(2026, 12, 30, tzinfo=UTC))

    assert first == 6991
    # each of 7,000 texts takes several steps
    assert len(steps) * 100 < COUNT


def test_a_text_that_was_indexed_again_keeps_its_place(many: sqlite3.Connection) -> None:
    save_keys(many, 20, ["=even", "=twenty"])
    many.execute("UPDATE indexed_texts SET revision_id = NULL WHERE revision_id = 22")

    found = list(walk_found(many, KeySearch(keys='"=even"')))

    assert found == [number for number in range(COUNT, 1, -2) if number != 22]
    assert count_found(many, KeySearch(keys='"=even"')) == len(found)
    assert list(walk_found(many, KeySearch(keys='"=twenty"'))) == [20]


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
def test_a_sample_is_spread_evenly(many: sqlite3.Connection, share: float) -> None:
    sample = sample_found(many, EVERY, share=share)

    assert sample == tuple(sorted(sample, reverse=True))
    assert abs(len(sample) - share * COUNT) < 0.1 * share * COUNT
    assert abs(sum(one % 2 for one in sample) / len(sample) - 1 / 2) < 0.03
    assert abs(sum(one % 14 == 3 for one in sample) / len(sample) - 1 / 14) < 0.03
    assert abs(sum(one <= COUNT / 4 for one in sample) / len(sample) - 1 / 4) < 0.03


def test_languages_are_those_of_the_index(many: sqlite3.Connection) -> None:
    assert set(list_indexed_languages(many)) == {"de", "en"}
