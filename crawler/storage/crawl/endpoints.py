"""The ways table: the feeds, sitemaps, sections and pages through which a source's news is found.

Owner: crawl process. A way belongs to a version of its source: to the address and kind it was found for.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta

from crawler.model.source import Reading, Way, WayKind
from crawler.model.visit import Visit
from crawler.storage.file.database import to_instant_or_none, to_text


def list_ways(connection: sqlite3.Connection, source_id: int, *, version: str) -> tuple[Way, ...]:
    """List the active ways into a source as it is now, those read at each visit first."""
    rows = connection.execute(
        """SELECT * FROM ways WHERE source_id = ? AND version = ? AND is_active = 1
           ORDER BY due_at IS NOT NULL, id""",
        [source_id, version],
    )
    return tuple(_way(row) for row in rows)


def _way(row: sqlite3.Row) -> Way:
    return Way(
        id=row["id"],
        kind=WayKind(row["kind"]),
        url=row["url"],
        origin=row["origin"],
        pattern=row["pattern"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        body_hash=row["body_hash"],
        read_at=to_instant_or_none(row["read_at"]),
        read_in_full_at=to_instant_or_none(row["read_in_full_at"]),
        window=row["window"],
        failure_count=row["failure_count"],
        due_at=to_instant_or_none(row["due_at"]),
    )


def save_way(
    connection: sqlite3.Connection, visit: Visit, kind: WayKind, url: str, *, origin: str
) -> Way:
    """Add a way into a source, or take up again one that was known. Call inside a transaction.

    One that was found for an earlier address is read anew: what it announced then is not what is missing now.
    """
    row = connection.execute(
        """INSERT INTO ways (source_id, kind, url, origin, version) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (source_id, kind, url) DO UPDATE SET is_active = 1, failure_count = 0,
               etag = iif(version = excluded.version, etag, NULL),
               last_modified = iif(version = excluded.version, last_modified, NULL),
               body_hash = iif(version = excluded.version, body_hash, NULL), version = excluded.version
           RETURNING *""",
        [visit.source_id, kind.value, url, origin, visit.version],
    ).fetchone()
    return _way(row)


def retire_way(connection: sqlite3.Connection, way_id: int) -> None:
    """Stop using a way in that a home page led to; another search may take it up again."""
    connection.execute("UPDATE ways SET is_active = 0 WHERE id = ?", [way_id])


def save_reading(
    connection: sqlite3.Connection, reading: Reading, *, window: bytes, now: datetime
) -> None:
    """Keep what the next conditional request needs. Call in the transaction that saves the entries."""
    connection.execute(
        """UPDATE ways SET etag = ?, last_modified = ?, body_hash = ?, window = ?, pattern = ?,
               pause_seconds = ?, read_at = coalesce(read_at, ?), read_in_full_at = ?,
               last_success_at = ?, failure_count = 0
           WHERE id = ?""",
        [
            reading.etag,
            reading.last_modified,
            reading.body_hash,
            window,
            reading.pattern,
            None if reading.pause is None else reading.pause.total_seconds(),
            to_text(now),
            to_text(now),
            to_text(now),
            reading.way.id,
        ],
    )


def mark_way_read(connection: sqlite3.Connection, way_id: int, *, now: datetime) -> None:
    """Record that a way in answered that nothing changed."""
    connection.execute(
        "UPDATE ways SET last_success_at = ?, failure_count = 0 WHERE id = ?",
        [to_text(now), way_id],
    )


def forget_answer(connection: sqlite3.Connection, entry_id: int) -> None:
    """Have the endpoint that announced an entry read in full next time: what it answered could not be understood."""
    connection.execute(
        """UPDATE ways SET etag = NULL, last_modified = NULL, body_hash = NULL
           WHERE id = (SELECT way_id FROM entries WHERE id = ?)""",
        [entry_id],
    )


def mark_way_failed(
    connection: sqlite3.Connection, way_id: int, reason: str, *, is_counted: bool
) -> None:
    """Record that a way in could not be read; not counted is what is not its own fault."""
    connection.execute(
        "UPDATE ways SET failure_count = failure_count + ?, last_failure = ? WHERE id = ?",
        [int(is_counted), reason, way_id],
    )


def count_found(
    connection: sqlite3.Connection, way_id: int, *, found_count: int, first_count: int
) -> None:
    """Add to a way's statistics: articles it announced, and those it announced before every other."""
    connection.execute(
        "UPDATE ways SET found_count = found_count + ?, first_count = first_count + ? WHERE id = ?",
        [found_count, first_count, way_id],
    )


def rest_way(
    connection: sqlite3.Connection, way_id: int, *, first: timedelta, most: timedelta, now: datetime
) -> None:
    """Leave a way alone for a while that brought nothing of its own, each time twice as long, up to ``most``."""
    connection.execute(
        """UPDATE ways SET wait_seconds = min(coalesce(wait_seconds * 2, :first), :most)
           WHERE id = :id""",
        {"first": first.total_seconds(), "most": most.total_seconds(), "id": way_id},
    )
    seconds = connection.execute("SELECT wait_seconds FROM ways WHERE id = ?", [way_id]).fetchone()
    due_at = now + timedelta(seconds=seconds["wait_seconds"])
    connection.execute("UPDATE ways SET due_at = ? WHERE id = ?", [to_text(due_at), way_id])


def wake_ways(connection: sqlite3.Connection, source_id: int) -> None:
    """Have every way into a source read at the next visit."""
    connection.execute(
        "UPDATE ways SET due_at = NULL, wait_seconds = NULL WHERE source_id = ? AND is_active = 1",
        [source_id],
    )


def list_way_rows(connection: sqlite3.Connection, source_id: int) -> Sequence[sqlite3.Row]:
    """List the ways into a source with their statistics, most useful first; those of an earlier address are left out."""
    return connection.execute(
        """SELECT ways.* FROM ways JOIN sources ON sources.id = ways.source_id AND sources.version = ways.version
           WHERE source_id = ? ORDER BY ways.is_active DESC, first_count DESC, ways.id""",
        [source_id],
    ).fetchall()
