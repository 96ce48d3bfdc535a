"""The sources table: the sources of the configuration, when each is due, and their state after the last visit.

Owner: daemon. The crawl process reads it when it claims a visit; what a visit finds out comes back in its row of ``visits``.
"""

import json
import sqlite3
from base64 import b64encode
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from crawler.model.source import Endpoint, Source
from crawler.storage.crawl.endpoints import list_endpoints
from crawler.storage.file.database import to_instant_or_none, to_text
from crawler.text.web.proxies import NO_PROXY, read_proxy
from crawler.text.web.urls import budget_key, source_version

if TYPE_CHECKING:  # listings start faster without pydantic
    from crawler.config.sections.sources import SourceSettings

# name, url, kind, tags, is_active
SourceRow = tuple[str, str, str, str, int]


def list_changed_sources(
    connection: sqlite3.Connection,
    settings: Iterable["SourceSettings"],
    names: Collection[str] | None = None,
) -> tuple[SourceRow, ...]:
    """Return the rows that differ from the configuration, as they should be; sources that left it are inactive.

    names  compare these alone, None for all
    """
    wanted = {
        source.name: _row(source) for source in settings if names is None or source.name in names
    }
    stored: dict[str, SourceRow] = {
        row["name"]: (row["name"], row["url"], row["kind"], row["tags"], row["is_active"])
        for row in connection.execute(
            """SELECT name, url, kind, tags, is_active FROM sources
               WHERE :names IS NULL OR name IN (SELECT value FROM json_each(:names))""",
            {"names": None if names is None else json.dumps(list(names))},
        )
    }
    gone = (row for name, row in stored.items() if name not in wanted and row[4])
    changed = (row for name, row in wanted.items() if stored.get(name) != row)
    return (*((*row[:4], 0) for row in gone), *changed)


def _row(source: "SourceSettings") -> SourceRow:
    tags = json.dumps(source.tags)
    return (source.name, source.url, source.kind.value, tags, int(not source.paused))


def save_sources(
    connection: sqlite3.Connection, rows: Iterable[SourceRow], *, now: datetime
) -> None:
    """Save changed rows. Call inside a transaction.

    New and re-activated sources are due at once. A changed address is another version, for which earlier visits do not
    count. A source that left the configuration stays with its articles, inactive.
    """
    for name, url, kind, tags, is_active in rows:
        connection.execute(
            """INSERT INTO sources (name, url, kind, tags, is_active, next_due_at, domain, version)
               VALUES (:name, :url, :kind, :tags, :is_active, :now, :domain, :version)
               ON CONFLICT (name) DO UPDATE SET
                   next_due_at = iif(version = excluded.version AND is_active = 1, next_due_at, :now),
                   wanted_at = iif(version = excluded.version AND is_active = 1, wanted_at, :now),
                   discovered_at = iif(version = excluded.version, discovered_at, NULL),
                   inactive_since = CASE WHEN excluded.is_active = 1 THEN NULL WHEN is_active = 1 THEN :now
                       ELSE inactive_since END,
                   is_active = excluded.is_active, kind = excluded.kind, tags = excluded.tags,
                   url = excluded.url, domain = excluded.domain, version = excluded.version""",
            {
                "name": name,
                "url": url,
                "kind": kind,
                "tags": tags,
                "is_active": is_active,
                "now": to_text(now),
                "domain": budget_key(url),
                "version": source_version(url, kind),
            },
        )


def get_source(
    connection: sqlite3.Connection, source_id: int, settings: "SourceSettings", *, password: str
) -> Source:
    """Return a source from its row, its endpoints and its settings; raises LookupError for an unknown id.

    password  for HTTP authentication, empty if none is set
    """
    row = connection.execute("SELECT * FROM sources WHERE id = ?", [source_id]).fetchone()
    if row is None:
        raise LookupError(f"there is no source {source_id}")
    looks_back = row["backfill_from"] is not None
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
        headers=write_headers(settings, password),
        headers_for=settings.headers_for,
        proxy=read_proxy(settings.proxy),
        is_direct=settings.proxy == NO_PROXY,
        ignores_robots=settings.robots == "ignore",
        render=settings.render,
        allow_private=settings.allow_private,
        visited_at=to_instant_or_none(row["visited_at"]),
        last_success_at=to_instant_or_none(row["last_success_at"]),
        discovered_at=to_instant_or_none(row["discovered_at"]),
        failure_count=row["failure_count"],
        every=timedelta(seconds=row["every_seconds"] or 0),
        endpoints=_list_endpoints(connection, row, in_full=looks_back),
    )


def _list_endpoints(
    connection: sqlite3.Connection, row: sqlite3.Row, *, in_full: bool
) -> tuple[Endpoint, ...]:
    """Return the endpoints of a source's present version; for a look back without their ETags, so that all answer in full."""
    endpoints = list_endpoints(connection, row["id"], version=row["version"])
    if not in_full:
        return endpoints
    return tuple(
        replace(endpoint, etag=None, last_modified=None, body_hash=None, due_at=None)
        for endpoint in endpoints
    )


def write_headers(settings: "SourceSettings", password: str) -> dict[str, str]:
    """Return headers, cookies and credentials as the headers that are sent."""
    headers = dict(settings.headers)
    if settings.cookies:
        headers["Cookie"] = "; ".join(f"{name}={text}" for name, text in settings.cookies.items())
    if settings.username or password:
        headers["Authorization"] = _write_login(settings.username, password)
    return headers


def _write_login(name: str, password: str) -> str:
    return f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"


def mark_due_now(connection: sqlite3.Connection, names: Iterable[str], *, now: datetime) -> int:
    """Make active sources due at once, with every endpoint; return how many. Call inside a transaction.

    A visit under way does not count for this: another one begins right after it.
    """
    cursor = connection.execute(
        """UPDATE sources SET next_due_at = :now, wanted_at = :now WHERE is_active = 1
               AND name IN (SELECT value FROM json_each(:names))""",
        {"now": to_text(now), "names": json.dumps(list(names))},
    )
    return cursor.rowcount


def start_backfill(
    connection: sqlite3.Connection, name: str, *, since: datetime, now: datetime
) -> int:
    """Start a look back to an instant; return how many known entries will be taken up again. Call inside a transaction.

    The source's endpoints are read in full at the next visit, which is due at once.
    """
    row = connection.execute(
        """UPDATE sources SET backfill_from = :since, next_due_at = :now, wanted_at = :now
           WHERE name = :name RETURNING id""",
        {"since": to_text(since), "now": to_text(now), "name": name},
    ).fetchone()
    if row is None:
        return 0
    count = connection.execute(
        """SELECT count(*) FROM entries WHERE source_id = ? AND state = 'skipped'
               AND coalesce(stated_at, first_seen_at) >= ?""",
        [row["id"], to_text(since)],
    ).fetchone()[0]
    return int(count)


def list_sources(connection: sqlite3.Connection) -> Sequence[sqlite3.Row]:
    """Return sources with the counts that listings show, by name."""
    return connection.execute(
        """SELECT sources.*, coalesce(failed.count, 0) AS failed_entry_count,
               coalesce(waiting.count, 0) AS waiting_entry_count,
               domains.throttled_until, domains.throttle_reason
           FROM sources
           LEFT JOIN (SELECT source_id, count(*) AS count FROM entries WHERE state = 'failed'
                      GROUP BY source_id) AS failed ON failed.source_id = sources.id
           LEFT JOIN (SELECT source_id, count(*) AS count FROM entries WHERE state = 'waiting'
                      GROUP BY source_id) AS waiting ON waiting.source_id = sources.id
           LEFT JOIN domains ON domains.domain = host_key(sources.url)
           WHERE sources.merged_into IS NULL ORDER BY sources.name"""
    ).fetchall()


def find_source_row(connection: sqlite3.Connection, name: str) -> sqlite3.Row | None:
    """Return a source's row by name, None without one."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM sources WHERE name = ?", [name]
    ).fetchone()
    return row


def find_source_name(connection: sqlite3.Connection, source_id: int) -> str | None:
    """Return the present name of a source, or of the one it was merged into; None if there is no such row."""
    row = connection.execute(
        """SELECT coalesce(other.name, sources.name) FROM sources
           LEFT JOIN sources AS other ON other.id = sources.merged_into WHERE sources.id = ?""",
        [source_id],
    ).fetchone()
    return None if row is None else str(row[0])
