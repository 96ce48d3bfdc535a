"""What domains have said of being visited: come back later, and their robots.txt.

Owner: crawl process.
"""

import sqlite3
from dataclasses import dataclass, field
from datetime import datetime

from crawler.storage.file.database import to_instant, to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """A domain that is left alone until a moment, and why."""

    domain: str
    until: datetime
    reason: str
    refusal_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsFile:
    """A robots.txt as it was answered.

    body     its text, empty where there is none
    refusal  why nothing of the site may be fetched for now, None where the file was read
    """

    origin: str
    fetched_at: datetime
    expires_at: datetime
    http_status: int | None
    body: str = field(repr=False)
    refusal: str | None


def list_quiet_domains(connection: sqlite3.Connection, *, now: datetime) -> tuple[Quiet, ...]:
    """List the domains that are to be left alone now."""
    rows = connection.execute("SELECT * FROM domains WHERE quiet_until > ?", [to_text(now)])
    return tuple(
        Quiet(
            domain=row["domain"],
            until=to_instant(row["quiet_until"]),
            reason=row["quiet_reason"] or "",
            refusal_count=row["refusal_count"],
        )
        for row in rows
    )


def save_quiet(connection: sqlite3.Connection, quiet: Quiet) -> None:
    """Keep that a domain asked to be left alone; a later moment already known stays."""
    connection.execute(
        """INSERT INTO domains (domain, quiet_until, quiet_reason, refusal_count) VALUES (?, ?, ?, ?)
           ON CONFLICT (domain) DO UPDATE SET
               quiet_reason = iif(excluded.quiet_until > coalesce(quiet_until, ''),
                   excluded.quiet_reason, quiet_reason),
               quiet_until = max(coalesce(quiet_until, ''), excluded.quiet_until),
               refusal_count = excluded.refusal_count""",
        [quiet.domain, to_text(quiet.until), quiet.reason, quiet.refusal_count],
    )


def find_robots(connection: sqlite3.Connection, origin: str) -> RobotsFile | None:
    """Find the robots.txt kept for an origin, however old."""
    row = connection.execute("SELECT * FROM robots WHERE origin = ?", [origin]).fetchone()
    if row is None:
        return None
    return RobotsFile(
        origin=origin,
        fetched_at=to_instant(row["fetched_at"]),
        expires_at=to_instant(row["expires_at"]),
        http_status=row["http_status"],
        body=row["body"],
        refusal=row["refusal"],
    )


def save_robots(connection: sqlite3.Connection, robots: RobotsFile) -> None:
    """Keep a robots.txt for the crawls to come."""
    connection.execute(
        "INSERT OR REPLACE INTO robots (origin, fetched_at, expires_at, http_status, body, refusal) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        [
            robots.origin,
            to_text(robots.fetched_at),
            to_text(robots.expires_at),
            robots.http_status,
            robots.body,
            robots.refusal,
        ],
    )
