"""A database of an earlier release, with what people had in it, brought to this one."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from crawler.config.schema import Config
from crawler.errors import DatabaseUnusable
from crawler.flows.process.configure import apply_config
from crawler.storage.crawl.crawl_queue import claim_due_visits
from crawler.storage.file.database import (
    NEWEST_MIGRATION,
    open_for_reading,
    open_for_writing,
    transaction,
)
from crawler.storage.file.migrations.registry import MIGRATIONS
from crawler.storage.file.owners import unrestricted
from crawler.storage.file.schema import migrate
from crawler.text.web.urls import article_key
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


def test_a_file_of_an_earlier_release_is_not_read_but_explained(
    old: tuple[sqlite3.Connection, Config],
) -> None:
    connection, config = old

    with pytest.raises(DatabaseUnusable, match="earlier release"):
        open_for_reading(config.store.path)
    assert migrate(connection)[-1] == NEWEST_MIGRATION
    open_for_reading(config.store.path).close()


def test_a_database_of_today_has_nothing_to_upgrade(
    old: tuple[sqlite3.Connection, Config],
) -> None:
    connection, _ = old
    migrate(connection)

    assert migrate(connection) == ()
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


ALERTED = f"""
INSERT INTO sources (id, name, url, kind) VALUES (1, 'courier', 'http://courier.example/rss', 'feed');
INSERT INTO runs (id, source_id, started_at) VALUES (1, 1, '{START.isoformat()}');
INSERT INTO stories (id, headline, first_seen_at) VALUES (1, 'H', ''), (2, 'H', '');
INSERT INTO articles (id, url, source_id, story_id, headline, language, first_seen_at, last_seen_at)
    VALUES (1, 'http://courier.example/a', 1, 1, 'H', 'en', '', ''), (2, 'http://courier.example/b', 1, 2, 'H', 'en', '', '');
INSERT INTO revisions (id, article_id, run_id, fetched_at, fingerprint, headline, body, word_count, reason)
    VALUES (7, 1, 1, '', 'x', 'H', 'B', 1, ''), (8, 2, 1, '', 'y', 'H', 'B', 1, '');
INSERT INTO watches (id, name, query, alert) VALUES (1, 'drones', 'drone', 'now');
INSERT INTO matches (id, watch_id, revision_id, article_id, story_id, matched_at, terms, hit_count, in_headline, snippet, snippet_marks)
    VALUES (1, 1, 7, 1, 1, '', '[]', 1, 0, '', '[]'), (2, 1, 8, 2, 2, '', '[]', 1, 0, '', '[]');
INSERT INTO alerts (id, match_id, watch_id, story_id, kind, raised_at)
    VALUES (1, 1, 1, 1, 'new', '2026-11-20T10:00:00.000Z'), (2, 2, 1, 2, 'new', '2026-11-21T10:00:00.000Z');
INSERT INTO deliveries (id, alert_id, recipient, message_id, state, attempt_count, next_try_at, due_at)
    VALUES (1, 1, 'me@example.org', '<a@b>', 'sent', 1, '2026-11-20T10:00:00.000Z', NULL),
           (2, 2, 'me@example.org', '<c@b>', 'owed', 0, '2026-11-22T08:00:00.000Z', '2026-11-22T08:00:00.000Z');
INSERT INTO attempts (delivery_id, attempted_at, outcome, answer) VALUES (1, '', 'sent', 'ok')
"""


def test_alerts_and_what_was_sent_of_them_are_kept(tmp_path: Path) -> None:
    connection = open_for_writing(tmp_path / "w.db")
    MIGRATIONS.apply(Database(connection, execute_plugins=False), stop_before="m006_deliveries")
    for statement in ALERTED.split(";\n"):
        connection.execute(statement)

    assert migrate(connection)[0] == "m006_deliveries"

    rows = connection.execute(
        "SELECT kind, message_id, state, made_at, due_at, closed_at IS NULL FROM deliveries ORDER BY id"
    )
    assert [tuple(row) for row in rows] == [
        ("alert", "<a@b>", "sent", "2026-11-20T10:00:00.000Z", "2026-11-20T10:00:00.000Z", 0),
        ("alert", "<c@b>", "owed", "2026-11-21T10:00:00.000Z", "2026-11-22T08:00:00.000Z", 1),
    ]
    assert [
        tuple(row)
        for row in connection.execute("SELECT delivery_id, alert_id FROM delivery_alerts")
    ] == [
        (1, 1),
        (2, 2),
    ]
    assert [row[0] for row in connection.execute("SELECT revision_id FROM alerts")] == [7, 8]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()


def test_entries_known_under_keys_of_earlier_releases_are_known_still(tmp_path: Path) -> None:
    connection = open_for_writing(make_config(tmp_path).store.path)
    MIGRATIONS.apply(Database(connection, execute_plugins=False), stop_before="m013_keys")
    links = ["http://x.org/a/index.html", "http://x.org/caf%c3%a9", "http://x.org/b?ref=1041", "http://x.org/c"]  # fmt: skip
    keys = ["x.org/a/index.html", "x.org/caf%c3%a9", "x.org/b", "a key of another make"]
    urls = [link.partition("?")[0] for link in links]
    with unrestricted(connection):
        connection.execute(
            "INSERT INTO sources (id, name, url, kind, tags, next_due_at) VALUES (1, 'x', 'http://x.org/', 'auto', '[]', ?)",
            [START.isoformat()],
        )
        for link, url, key in zip(links, urls, keys, strict=True):
            connection.execute(
                "INSERT INTO entries (source_id, url, announced_url, title, state, first_seen_at, url_key, entry_key)"
                " VALUES (1, ?1, ?2, 'T', 'skipped', ?3, ?4, ?4)",
                [url, link, START.isoformat(), key],
            )
        for kind in ("sitemap", "feed"):
            connection.execute(
                "INSERT INTO ways (source_id, kind, url, origin, window, body_hash) VALUES (1, ?, 'http://x.org/', 'stated', x'00', 'h')",
                [kind],
            )

    migrate(connection)

    found = [row[0] for row in connection.execute("SELECT url_key FROM entries ORDER BY id")]
    assert found == [*(article_key(link) for link in links[:3]), keys[3]]
    assert found == [row[0] for row in connection.execute("SELECT entry_key FROM entries ORDER BY id")]  # fmt: skip
    windows = connection.execute("SELECT window, body_hash FROM ways ORDER BY id")
    assert [tuple(row) for row in windows] == [(b"", None), (b"\x00", "h")]
    connection.close()


def test_logins_that_an_earlier_release_kept_are_gone(tmp_path: Path) -> None:
    file = make_config(tmp_path).store.path
    connection = open_for_writing(file)
    MIGRATIONS.apply(Database(connection, execute_plugins=False), stop_before="m014_logins")
    address, said = "http://ada:s3cret@x.org/rss", "invalid hostname: ada:s3cret@x.org"
    with unrestricted(connection):
        connection.execute(
            "INSERT INTO sources (id, name, url, kind, tags, next_due_at, last_failure) VALUES (1, 'x', ?, 'feed', '[]', '', ?)",
            [address, said],
        )
        connection.execute(
            "INSERT INTO runs (source_id, started_at, note) VALUES (1, '', ?)",
            [f"feed {address}: {said}"],
        )
        for url in (address, "http://x.org/rss", "http://ada:s3cret@y.org/rss"):
            connection.execute(
                "INSERT INTO ways (source_id, kind, url, origin, last_failure) VALUES (1, 'feed', ?, 'stated', ?)",
                [url, said],
            )

    migrate(connection)

    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    urls = [row[0] for row in connection.execute("SELECT url FROM ways ORDER BY id")]
    assert urls == ["http://x.org/rss#earlier-1", "http://x.org/rss", "http://y.org/rss"]
    assert connection.execute("SELECT note FROM runs").fetchone()[0].startswith("feed http://x.org/rss: ")  # fmt: skip
    assert b"s3cret" not in file.read_bytes()
    connection.close()
