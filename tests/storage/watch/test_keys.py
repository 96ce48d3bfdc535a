"""The indexes of keys and of sketches: forgetting an article needs no text."""

import sqlite3

from crawler.storage.file.database import to_text
from crawler.storage.news.sketches import forget_sketch, save_sketch
from crawler.storage.watch.key_search import KeySearch, walk_found
from crawler.storage.watch.keys import (
    begin_key_index,
    forget_keys,
    is_indexed,
    save_keys,
)
from tests.fakes import START
from tests.newsroom import Newsroom, make_story


def keep_two(room: Newsroom) -> tuple[int, int]:
    """Keep two articles and return the ids of their texts."""
    begin_key_index(room.database, "1")
    room.keep(make_story(1))
    room.keep(make_story(2))
    one, other = (row[0] for row in room.database.execute("SELECT id FROM revisions ORDER BY id"))
    return one, other


def find(room: Newsroom, key: str) -> tuple[int, ...]:
    return tuple(walk_found(room.database, KeySearch(keys=f'"={key}"')))


def test_new_keys_replace_the_earlier_ones(newsroom: Newsroom) -> None:
    one, other = keep_two(newsroom)

    save_keys(newsroom.database, one, ["=xylophone"])

    assert find(newsroom, "xylophone") == (one,)
    assert find(newsroom, "drone") == (other,)


def test_a_forgotten_text_is_not_a_candidate(newsroom: Newsroom) -> None:
    one, other = keep_two(newsroom)

    forget_keys(newsroom.database, article_id=1)

    assert not is_indexed(newsroom.database, one)
    assert find(newsroom, "drone") == (other,)


def test_a_new_text_never_gets_the_keys_of_a_deleted_one(newsroom: Newsroom) -> None:
    _, other = keep_two(newsroom)
    database = newsroom.database
    row = database.execute("SELECT * FROM revisions WHERE id = ?", [other]).fetchone()
    database.execute("PRAGMA foreign_keys = OFF")  # those of the article, which stays
    database.execute("UPDATE indexed_texts SET revision_id = NULL WHERE revision_id = ?", [other])
    database.execute("DELETE FROM revisions WHERE id = ?", [other])
    database.execute(
        "INSERT INTO revisions (id, article_id, visit_id, fetched_at, fingerprint, headline, body, word_count, reason)"
        " VALUES (?, ?, ?, ?, 'f', 'h', 'b', 1, 'r')",
        [row["id"], row["article_id"], row["visit_id"], to_text(START)],
    )

    save_keys(database, other, ["=xylophone"])

    assert find(newsroom, "xylophone") == (other,)
    assert other not in find(newsroom, "drone")


def test_the_index_is_made_again_when_half_of_it_is_forgotten_texts(newsroom: Newsroom) -> None:
    one, other = keep_two(newsroom)
    for _ in range(2):
        save_keys(newsroom.database, one, ["=xylophone"])
    assert not begin_key_index(newsroom.database, "1"), "half of it belongs to texts"

    save_keys(newsroom.database, one, ["=xylophone"])

    assert begin_key_index(newsroom.database, "1")
    assert newsroom.count("indexed_texts") == 0
    assert not is_indexed(newsroom.database, other)


def test_a_new_sketch_replaces_the_earlier_one(database: sqlite3.Connection) -> None:
    save_sketch(database, 1, (10, 20))
    save_sketch(database, 2, (10, 30))

    save_sketch(database, 1, (20, 40))
    forget_sketch(database, 2)

    found = database.execute("SELECT key, article_id FROM shingles ORDER BY key").fetchall()
    assert [tuple(row) for row in found] == [(20, 1), (40, 1)]
