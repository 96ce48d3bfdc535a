"""A database of an earlier release, with what people had in it, brought to this one."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from crawler.config.schema import Config
from crawler.flows.configure import apply_config
from crawler.storage.crawl_queue import claim_due_visits
from crawler.storage.database import open_for_writing, transaction
from crawler.storage.migrations.registry import MIGRATIONS
from crawler.storage.schema import migrate
from tests.conftest import make_config
from tests.fakes import START

OLD = f"""
INSERT INTO sources (id, name, url, kind, tags, feed_url, etag, visited_at, last_success_at, next_due_at, body_hash)
    VALUES (1, 'courier', 'http://courier.example/rss', 'feed', '[]', NULL, '"v1"', '{START.isoformat()}',
            '{START.isoformat()}', '{START.isoformat()}', 'abc'),
           (2, 'gazette', 'http://gazette.example/rss', 'auto', '[]', 'http://gazette.example/feed', NULL, NULL, NULL,
            '{START.isoformat()}', NULL);
INSERT INTO entries (source_id, url, announced_url, title, state, first_seen_at)
    VALUES (1, 'http://courier.example/a', 'http://courier.example/a', 'A', 'skipped', '{START.isoformat()}'),
           (1, 'http://www.courier.example/a', 'http://www.courier.example/a', 'A', 'skipped', '{START.isoformat()}'),
           (1, 'http://courier.example/b/', 'http://courier.example/b/', 'B', 'skipped', '{START.isoformat()}')
"""


@pytest.fixture
def old(tmp_path: Path) -> Iterator[tuple[sqlite3.Connection, Config]]:
    config = make_config(tmp_path)
    connection = open_for_writing(config.store.path)
    MIGRATIONS.apply(Database(connection, execute_plugins=False), stop_before="m002_ways_in")
    yield connection, config
    connection.close()


def test_sources_keep_their_feeds_and_entries_their_meaning(
    old: tuple[sqlite3.Connection, Config],
) -> None:
    connection, config = old
    for statement in OLD.split(";\n"):
        connection.execute(statement)

    assert migrate(connection)[0] == "m002_ways_in"

    ways = [tuple(row) for row in connection.execute("SELECT source_id, kind, url, origin, etag, body_hash FROM ways ORDER BY source_id")]  # fmt: skip
    assert ways == [
        (1, "feed", "http://courier.example/rss", "stated", '"v1"', "abc"),
        (2, "feed", "http://gazette.example/feed", "link", None, None),
    ]
    assert [tuple(row) for row in connection.execute("SELECT health, domain FROM sources")] == [
        ("ok", "courier.example"),
        ("new", "gazette.example"),
    ]
    keys = [row[0] for row in connection.execute("SELECT url_key FROM entries ORDER BY id")]
    assert keys[0] == "courier.example/a"
    assert keys[2] == "courier.example/b"
    apply_config(connection, config, now=START)
    with transaction(connection):
        claimed = claim_due_visits(connection, now=START + timedelta(minutes=1), limit=10)
    assert len(claimed) == 2


def test_a_database_of_today_has_nothing_to_upgrade(
    old: tuple[sqlite3.Connection, Config],
) -> None:
    connection, _ = old
    migrate(connection)

    assert migrate(connection) == ()
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
