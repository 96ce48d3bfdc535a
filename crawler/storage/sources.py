"""The sources table: what is visited, and what the last visit left behind."""

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from crawler.model.source import FeedAnswer, Source, SourceKind
from crawler.storage.database import to_instant_or_none, to_text

if TYPE_CHECKING:  # a listing needs no pydantic
    from crawler.config.schema import SourceSettings


def sync_sources(
    connection: sqlite3.Connection, settings: Iterable["SourceSettings"], *, now: datetime
) -> None:
    """Make the table say what the configuration says.

    New and re-activated sources are due at once; a changed address forgets what belonged to the old one; a
    source that left the configuration is kept with its articles, inactive. Call inside a transaction.
    """
    connection.execute("UPDATE sources SET is_active = 0")
    for source in settings:
        connection.execute(
            """INSERT INTO sources (name, url, kind, tags, is_active, next_due_at)
               VALUES (:name, :url, :kind, :tags, :is_active, :now)
               ON CONFLICT (name) DO UPDATE SET
                   is_active = excluded.is_active, kind = excluded.kind, tags = excluded.tags,
                   url = excluded.url,
                   next_due_at = iif(url = excluded.url, next_due_at, excluded.next_due_at),
                   feed_url = iif(url = excluded.url, feed_url, NULL),
                   etag = iif(url = excluded.url, etag, NULL),
                   last_modified = iif(url = excluded.url, last_modified, NULL),
                   body_hash = iif(url = excluded.url, body_hash, NULL)""",
            {
                "name": source.name,
                "url": source.url,
                "kind": source.kind.value,
                "tags": json.dumps(source.tags),
                "is_active": int(not source.paused),
                "now": to_text(now),
            },
        )


def get_source(
    connection: sqlite3.Connection, source_id: int, settings: "SourceSettings"
) -> Source:
    """Join a source's row with its settings; raises LookupError for an unknown id."""
    row = connection.execute("SELECT * FROM sources WHERE id = ?", [source_id]).fetchone()
    if row is None:
        raise LookupError(f"there is no source {source_id}")
    return Source(
        id=row["id"],
        name=settings.name,
        url=row["feed_url"] or settings.url,
        kind=settings.kind,
        tags=settings.tags,
        timezone=settings.timezone or "UTC",
        language=settings.language,
        backfill=settings.backfill,
        allow_private=settings.allow_private,
        etag=row["etag"],
        last_modified=row["last_modified"],
        body_hash=row["body_hash"],
        visited_at=to_instant_or_none(row["visited_at"]),
        read_in_full_at=to_instant_or_none(row["read_in_full_at"]),
    )


def save_feed_answer(
    connection: sqlite3.Connection, source: Source, answer: FeedAnswer, *, now: datetime
) -> None:
    """Keep what the next conditional request needs. Call in the transaction that saves the entries.

    The way from a home page to its feed is remembered; a redirect of a stated feed is not, it may be for today.
    """
    connection.execute(
        """UPDATE sources SET feed_url = ?, etag = ?, last_modified = ?, body_hash = ?,
               read_in_full_at = ? WHERE id = ?""",
        [
            answer.url if source.kind is SourceKind.AUTO else None,
            answer.etag,
            answer.last_modified,
            answer.body_hash,
            to_text(now),
            source.id,
        ],
    )


def mark_success(connection: sqlite3.Connection, source_id: int, *, now: datetime) -> None:
    """Record that the source was reached and read."""
    connection.execute(
        """UPDATE sources SET visited_at = coalesce(visited_at, :now), last_success_at = :now,
               failure_count = 0 WHERE id = :id""",
        {"now": to_text(now), "id": source_id},
    )


def mark_failure(
    connection: sqlite3.Connection, source_id: int, reason: str, *, now: datetime
) -> int:
    """Record that the source could not be read; gives the failures in a row, this one included.

    From the third on, a feed that a home page led to is forgotten: it may have moved, and the home page knows.
    """
    row = connection.execute(
        """UPDATE sources SET failure_count = failure_count + 1, last_failure = ?,
               last_failure_at = ?,
               feed_url = iif(failure_count < 2, feed_url, NULL),
               etag = iif(failure_count < 2, etag, NULL),
               last_modified = iif(failure_count < 2, last_modified, NULL),
               body_hash = iif(failure_count < 2, body_hash, NULL)
           WHERE id = ? RETURNING failure_count""",
        [reason, to_text(now), source_id],
    ).fetchone()
    return int(row["failure_count"])


def mark_due_now(connection: sqlite3.Connection, names: Iterable[str], *, now: datetime) -> int:
    """Make active sources due at once; gives how many."""
    wanted = json.dumps(list(names))
    cursor = connection.execute(
        """UPDATE sources SET next_due_at = ? WHERE is_active = 1
               AND name IN (SELECT value FROM json_each(?))""",
        [to_text(now), wanted],
    )
    return cursor.rowcount


def list_sources(connection: sqlite3.Connection) -> tuple[sqlite3.Row, ...]:
    """List sources with the counts people ask for, by name."""
    return tuple(
        connection.execute(
            """SELECT sources.*,
                   (SELECT count(*) FROM articles WHERE source_id = sources.id) AS article_count,
                   (SELECT count(*) FROM entries WHERE source_id = sources.id
                        AND state = 'failed') AS failed_entry_count,
                   (SELECT count(*) FROM entries WHERE source_id = sources.id
                        AND state = 'waiting') AS waiting_entry_count
               FROM sources ORDER BY name"""
        )
    )
