"""Older texts are compressed, and everybody reads them as before."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from crawler.config.schema import Config
from crawler.model.visit import PageOutcome
from crawler.storage.backup.snapshot import write_snapshot
from crawler.storage.file.database import transaction
from crawler.storage.news.article_reading import find_article_details
from crawler.storage.news.articles import rewrite_article
from crawler.storage.retention.file_room import measure_file
from crawler.storage.retention.packed_texts import pack_texts
from crawler.storage.watch.keys import find_text
from tests.fakes import START
from tests.flows.retention.sweeping import DAY, sweep, text_of
from tests.newsroom import BODY, Newsroom, make_story


def test_older_texts_are_compressed_and_read_as_before(newsroom: Newsroom, config: Config) -> None:
    database, story = newsroom.database, make_story(1)
    newsroom.keep(story)
    before = find_text(database, 1)
    details = find_article_details(database, "1")

    done = sweep(database, config, now=START + 31 * DAY)

    assert done["revisions"] == 1
    assert database.execute("SELECT body FROM revisions").fetchone()[0] == ""
    assert text_of(database, 1) == story.body
    after = find_text(database, 1)
    assert before is not None
    assert after is not None
    assert tuple(before) == tuple(after)
    again = find_article_details(database, "1")
    assert details is not None
    assert again is not None
    assert again[0]["body"] == story.body
    assert [row["body"] for row in again[1]] == [row["body"] for row in details[1]]


def test_a_compressed_text_that_is_corrected_is_the_new_one(
    newsroom: Newsroom, config: Config
) -> None:
    database = newsroom.database
    newsroom.keep(make_story(1))
    sweep(database, config, now=START + 31 * DAY)

    with transaction(database):
        rewrite_article(database, 1, make_story(2), fingerprint="f")

    assert text_of(database, 1) == make_story(2).body
    assert newsroom.count("packed_texts") == 0


def test_a_compressed_text_is_compared_with_what_its_page_says_later(
    newsroom: Newsroom, config: Config
) -> None:
    newsroom.keep(make_story(1))
    sweep(newsroom.database, config, now=START + 31 * DAY)
    newsroom.clock.advance(days=31)

    assert newsroom.keep(make_story(1)) is PageOutcome.SEEN
    assert newsroom.count("revisions") == 1


def test_texts_are_not_compressed_inside_a_transaction(newsroom: Newsroom) -> None:
    newsroom.keep(make_story(1))
    newsroom.keep(make_story(2))

    with pytest.raises(RuntimeError, match="of their own"), transaction(newsroom.database):
        pack_texts(newsroom.database, START + DAY, 0, 100)

    assert newsroom.count("revisions") == newsroom.count("matches") == 2
    assert newsroom.database.execute("PRAGMA foreign_keys").fetchone()[0] == 1


def test_compressed_texts_take_less_than_half_the_room_of_the_file(
    newsroom: Newsroom, config: Config
) -> None:
    database, words = newsroom.database, Random(1).choices(BODY.split(), k=500)
    for number in range(40):
        newsroom.keep(replace(make_story(number), body=f"{' '.join(words)} {number}"))
    before = measure_file(database).bytes

    sweep(database, config, now=START + 31 * DAY)

    assert measure_file(database).bytes < before - 40 * 2000


def test_very_short_and_very_long_texts_stay_as_they_are(
    newsroom: Newsroom, config: Config
) -> None:
    newsroom.keep(replace(make_story(1), body="A drone fell into the harbour."))
    newsroom.keep(replace(make_story(2), body=make_story(2).body + " quay" * 20_000))

    assert "revisions" not in sweep(newsroom.database, config, now=START + 31 * DAY)
    assert newsroom.count("packed_texts") == 0


def test_a_copy_to_be_served_elsewhere_has_texts_that_every_program_reads(
    newsroom: Newsroom, config: Config, tmp_path: Path
) -> None:
    newsroom.keep(make_story(1))
    sweep(newsroom.database, config, now=START + 31 * DAY)

    write_snapshot(newsroom.database, tmp_path / "copy.db")

    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT body FROM revisions").fetchone()[0] == make_story(1).body
        assert copy.execute("SELECT count(*) FROM packed_texts").fetchone()[0] == 0
    assert text_of(newsroom.database, 1) == make_story(1).body
