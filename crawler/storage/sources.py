"""The sources table: what is visited, and what the last visit left behind."""

import json
import sqlite3
from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from crawler.model.source import Source
from crawler.storage.database import to_instant_or_none, to_text
from crawler.storage.ways import list_ways
from crawler.text.urls import budget_key

if TYPE_CHECKING:  # a listing needs no pydantic
    from crawler.config.schema import SourceSettings


def sync_sources(
    connection: sqlite3.Connection, settings: Iterable["SourceSettings"], *, now: datetime
) -> None:
    """Make the table say what the configuration says.

    New and re-activated sources are due at once; a changed address forgets what belonged to the old one; a
    source that left the configuration is kept with its articles, inactive. Call inside a transaction.
    """
    wanted = [_row(source) for source in settings]
    stored = {
        row["name"]: tuple(row)
        for row in connection.execute("SELECT name, url, kind, tags, is_active FROM sources")
    }
    gone = stored.keys() - {row[0] for row in wanted}
    connection.executemany(
        "UPDATE sources SET is_active = 0 WHERE name = ? AND is_active = 1",
        [(name,) for name in gone],
    )
    for row in wanted:
        if stored.get(row[0]) != row:
            _sync_source(connection, row, now=now)


def _row(source: "SourceSettings") -> tuple[str, str, str, str, int]:
    tags = json.dumps(source.tags)
    return (source.name, source.url, source.kind.value, tags, int(not source.paused))


def _sync_source(
    connection: sqlite3.Connection, row: tuple[str, str, str, str, int], *, now: datetime
) -> None:
    name, url, kind, tags, is_active = row
    moved = connection.execute(
        "SELECT id FROM sources WHERE name = ? AND (url, kind) != (?, ?)", [name, url, kind]
    ).fetchone()
    connection.execute(
        """INSERT INTO sources (name, url, kind, tags, is_active, next_due_at, domain)
           VALUES (:name, :url, :kind, :tags, :is_active, :now, :domain)
           ON CONFLICT (name) DO UPDATE SET
               next_due_at = iif(url = excluded.url AND kind = excluded.kind AND is_active = 1,
                   next_due_at, excluded.next_due_at),
               is_active = excluded.is_active, kind = excluded.kind, tags = excluded.tags,
               url = excluded.url, domain = excluded.domain""",
        {
            "name": name,
            "url": url,
            "kind": kind,
            "tags": tags,
            "is_active": is_active,
            "now": to_text(now),
            "domain": budget_key(url),
        },
    )
    if moved:
        connection.execute(
            "UPDATE ways SET is_active = 0, etag = NULL, last_modified = NULL, body_hash = NULL "
            "WHERE source_id = ?",
            [moved["id"]],
        )
        connection.execute("UPDATE sources SET discovered_at = NULL WHERE id = ?", [moved["id"]])


def get_source(
    connection: sqlite3.Connection, source_id: int, settings: "SourceSettings", *, password: str
) -> Source:
    """Join a source's row and its ways in with its settings; raises LookupError for an unknown id.

    password  for HTTP authentication, empty where none is set
    """
    row = connection.execute("SELECT * FROM sources WHERE id = ?", [source_id]).fetchone()
    if row is None:
        raise LookupError(f"there is no source {source_id}")
    return Source(
        id=row["id"],
        name=settings.name,
        url=settings.url,
        kind=settings.kind,
        tags=settings.tags,
        timezone=settings.timezone or "UTC",
        language=settings.language,
        backfill=settings.backfill,
        backfill_from=to_instant_or_none(row["backfill_from"]),
        include=settings.include,
        exclude=settings.exclude,
        select={name: value for name, value in settings.select if value},
        headers=_write_headers(settings, password),
        proxy=settings.proxy,
        render=settings.render,
        allow_private=settings.allow_private,
        visited_at=to_instant_or_none(row["visited_at"]),
        last_success_at=to_instant_or_none(row["last_success_at"]),
        discovered_at=to_instant_or_none(row["discovered_at"]),
        failure_count=row["failure_count"],
        ways=list_ways(connection, source_id),
    )


def _write_headers(settings: "SourceSettings", password: str) -> dict[str, str]:
    """Give headers, cookies and credentials as the headers they are sent as."""
    headers = dict(settings.headers)
    if settings.cookies:
        headers["Cookie"] = "; ".join(f"{name}={text}" for name, text in settings.cookies.items())
    if settings.username:
        login = b64encode(f"{settings.username}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {login}"
    return headers


def mark_success(connection: sqlite3.Connection, source_id: int, *, now: datetime) -> None:
    """Record that the source was reached and read."""
    connection.execute(
        """UPDATE sources SET visited_at = coalesce(visited_at, :now), last_success_at = :now,
               failure_count = 0, backfill_from = NULL WHERE id = :id""",
        {"now": to_text(now), "id": source_id},
    )


def mark_failure(
    connection: sqlite3.Connection, source_id: int, reason: str, *, now: datetime
) -> int:
    """Record that the source could not be read; gives the failures in a row, this one included."""
    row = connection.execute(
        """UPDATE sources SET failure_count = failure_count + 1, last_failure = ?,
               last_failure_at = ? WHERE id = ? RETURNING failure_count""",
        [reason, to_text(now), source_id],
    ).fetchone()
    return int(row["failure_count"])


def mark_discovered(connection: sqlite3.Connection, source_id: int, *, now: datetime) -> None:
    """Record that the source's ways in were looked for."""
    connection.execute(
        "UPDATE sources SET discovered_at = ? WHERE id = ?", [to_text(now), source_id]
    )


def mark_due_now(connection: sqlite3.Connection, names: Iterable[str], *, now: datetime) -> int:
    """Make active sources due at once, and every way into them; gives how many."""
    wanted = json.dumps(list(names))
    connection.execute(
        """UPDATE ways SET due_at = NULL WHERE due_at IS NOT NULL AND source_id IN (
               SELECT id FROM sources WHERE name IN (SELECT value FROM json_each(?)))""",
        [wanted],
    )
    cursor = connection.execute(
        """UPDATE sources SET next_due_at = ? WHERE is_active = 1
               AND name IN (SELECT value FROM json_each(?))""",
        [to_text(now), wanted],
    )
    return cursor.rowcount


def start_backfill(
    connection: sqlite3.Connection, name: str, *, since: datetime, now: datetime
) -> int:
    """Ask for everything a source published since then; gives how many known entries are taken up again.

    Its ways in are read in full at the next visit, which is due at once. Call inside a transaction.
    """
    row = connection.execute("SELECT id FROM sources WHERE name = ?", [name]).fetchone()
    if row is None:
        return 0
    connection.execute(
        "UPDATE sources SET backfill_from = ?, next_due_at = ? WHERE id = ?",
        [to_text(since), to_text(now), row["id"]],
    )
    connection.execute(
        """UPDATE ways SET due_at = NULL, etag = NULL, last_modified = NULL, body_hash = NULL
           WHERE source_id = ?""",
        [row["id"]],
    )
    cursor = connection.execute(
        """UPDATE entries SET state = 'waiting', next_try_at = ?, attempt_count = 0, is_backfill = 1
           WHERE source_id = ? AND state = 'skipped' AND coalesce(stated_at, first_seen_at) >= ?""",
        [to_text(now), row["id"], to_text(since)],
    )
    return cursor.rowcount


def list_sources(connection: sqlite3.Connection) -> Sequence[sqlite3.Row]:
    """List sources with the counts people ask for, by name."""
    return connection.execute(
        """SELECT sources.*, coalesce(failed.count, 0) AS failed_entry_count,
               coalesce(waiting.count, 0) AS waiting_entry_count,
               domains.quiet_until, domains.quiet_reason
           FROM sources
           LEFT JOIN (SELECT source_id, count(*) AS count FROM entries WHERE state = 'failed'
                      GROUP BY source_id) AS failed ON failed.source_id = sources.id
           LEFT JOIN (SELECT source_id, count(*) AS count FROM entries WHERE state = 'waiting'
                      GROUP BY source_id) AS waiting ON waiting.source_id = sources.id
           LEFT JOIN domains ON domains.domain = sources.domain
           ORDER BY sources.name"""
    ).fetchall()


def find_source_row(connection: sqlite3.Connection, name: str) -> sqlite3.Row | None:
    """Find one source by name."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM sources WHERE name = ?", [name]
    ).fetchone()
    return row
