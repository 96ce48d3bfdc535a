"""The endpoints table: the feeds, sitemaps, sections and pages a source is read at (decision 008).

Owner: crawl process. An endpoint belongs to a version of its source: to the address and kind it was found for.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta

from crawler.model.source import Endpoint, EndpointKind, FetchResult
from crawler.model.visit import Visit
from crawler.storage.file.database import to_instant_or_none, to_text


def list_endpoints(
    connection: sqlite3.Connection, source_id: int, *, version: str
) -> tuple[Endpoint, ...]:
    """Return the active endpoints of a source's present version, those read at each visit first."""
    rows = connection.execute(
        """SELECT * FROM endpoints WHERE source_id = ? AND version = ? AND is_active = 1
           ORDER BY due_at IS NOT NULL, id""",
        [source_id, version],
    )
    return tuple(_endpoint(row) for row in rows)


def _endpoint(row: sqlite3.Row) -> Endpoint:
    return Endpoint(
        id=row["id"],
        kind=EndpointKind(row["kind"]),
        url=row["url"],
        origin=row["origin"],
        pattern=row["pattern"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        body_hash=row["body_hash"],
        read_at=to_instant_or_none(row["read_at"]),
        read_in_full_at=to_instant_or_none(row["read_in_full_at"]),
        seen_keys=row["seen_keys"],
        failure_count=row["failure_count"],
        due_at=to_instant_or_none(row["due_at"]),
    )


def save_endpoint(
    connection: sqlite3.Connection, visit: Visit, kind: EndpointKind, url: str, *, origin: str
) -> Endpoint:
    """Save an endpoint of a source, or activate a known one again, and return it. Call inside a transaction.

    One that was found for an earlier address of the source counts as never read: earlier visits do not count for another
    address, and what it listed then, months ago perhaps, says nothing on what is new or has rolled over since.
    """
    row = connection.execute(
        """INSERT INTO endpoints (source_id, kind, url, origin, version) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (source_id, kind, url) DO UPDATE SET is_active = 1, failure_count = 0,
               etag = iif(version = excluded.version, etag, NULL),
               last_modified = iif(version = excluded.version, last_modified, NULL),
               body_hash = iif(version = excluded.version, body_hash, NULL),
               read_at = iif(version = excluded.version, read_at, NULL),
               read_in_full_at = iif(version = excluded.version, read_in_full_at, NULL),
               seen_keys = iif(version = excluded.version, seen_keys, x''),
               due_at = iif(version = excluded.version, due_at, NULL),
               wait_seconds = iif(version = excluded.version, wait_seconds, NULL), version = excluded.version
           RETURNING *""",
        [visit.source_id, kind.value, url, origin, visit.version],
    ).fetchone()
    return _endpoint(row)


def deactivate_endpoint(connection: sqlite3.Connection, endpoint_id: int) -> None:
    """Deactivate an endpoint that was found by search; another search may activate it again."""
    connection.execute("UPDATE endpoints SET is_active = 0 WHERE id = ?", [endpoint_id])


def save_fetch_result(
    connection: sqlite3.Connection, result: FetchResult, *, seen_keys: bytes, now: datetime
) -> None:
    """Save what the next conditional request needs. Call in the transaction that saves the entries."""
    connection.execute(
        """UPDATE endpoints SET etag = ?, last_modified = ?, body_hash = ?, seen_keys = ?, pattern = ?,
               pause_seconds = ?, read_at = coalesce(read_at, ?), read_in_full_at = ?,
               last_success_at = ?, failure_count = 0
           WHERE id = ?""",
        [
            result.etag,
            result.last_modified,
            result.body_hash,
            seen_keys,
            result.pattern,
            None if result.pause is None else result.pause.total_seconds(),
            to_text(now),
            to_text(now),
            to_text(now),
            result.endpoint.id,
        ],
    )


def mark_endpoint_read(connection: sqlite3.Connection, endpoint_id: int, *, now: datetime) -> None:
    """Record that an endpoint answered that nothing changed."""
    connection.execute(
        "UPDATE endpoints SET last_success_at = ?, failure_count = 0 WHERE id = ?",
        [to_text(now), endpoint_id],
    )


def forget_answer(connection: sqlite3.Connection, entry_id: int) -> None:
    """Forget the ETag of the endpoint that announced an entry, so that it is read in full: its answer was not understood."""
    connection.execute(
        """UPDATE endpoints SET etag = NULL, last_modified = NULL, body_hash = NULL
           WHERE id = (SELECT endpoint_id FROM entries WHERE id = ?)""",
        [entry_id],
    )


def mark_endpoint_failed(
    connection: sqlite3.Connection, endpoint_id: int, reason: str, *, is_counted: bool
) -> None:
    """Record that an endpoint could not be read; ``is_counted`` False: not through its own fault."""
    connection.execute(
        "UPDATE endpoints SET failure_count = failure_count + ?, last_failure = ? WHERE id = ?",
        [int(is_counted), reason, endpoint_id],
    )


def count_found(
    connection: sqlite3.Connection, endpoint_id: int, *, found_count: int, first_count: int
) -> None:
    """Add to an endpoint's statistics: articles it announced, and those it announced first."""
    connection.execute(
        "UPDATE endpoints SET found_count = found_count + ?, first_count = first_count + ? WHERE id = ?",
        [found_count, first_count, endpoint_id],
    )


def back_off_endpoint(
    connection: sqlite3.Connection,
    endpoint_id: int,
    *,
    first: timedelta,
    most: timedelta,
    now: datetime,
) -> None:
    """Let an endpoint that brought nothing of its own rest, each time twice as long, up to ``most``."""
    connection.execute(
        """UPDATE endpoints SET wait_seconds = min(coalesce(wait_seconds * 2, :first), :most)
           WHERE id = :id""",
        {"first": first.total_seconds(), "most": most.total_seconds(), "id": endpoint_id},
    )
    seconds = connection.execute(
        "SELECT wait_seconds FROM endpoints WHERE id = ?", [endpoint_id]
    ).fetchone()
    due_at = now + timedelta(seconds=seconds["wait_seconds"])
    connection.execute(
        "UPDATE endpoints SET due_at = ? WHERE id = ?", [to_text(due_at), endpoint_id]
    )


def reset_endpoints(connection: sqlite3.Connection, source_id: int) -> None:
    """End the rest of a source's endpoints, so that all are read at the next visit."""
    connection.execute(
        "UPDATE endpoints SET due_at = NULL, wait_seconds = NULL WHERE source_id = ? AND is_active = 1",
        [source_id],
    )


def list_endpoint_rows(connection: sqlite3.Connection, source_id: int) -> Sequence[sqlite3.Row]:
    """Return the endpoints of a source's present version with their statistics, most useful first."""
    return connection.execute(
        """SELECT endpoints.* FROM endpoints JOIN sources ON sources.id = endpoints.source_id AND sources.version = endpoints.version
           WHERE source_id = ? ORDER BY endpoints.is_active DESC, first_count DESC, endpoints.id""",
        [source_id],
    ).fetchall()
