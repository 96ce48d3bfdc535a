"""Throttled hosts, and robots.txt files: tables ``domains`` and ``robots``.

Owner: crawl process.
"""

import sqlite3
from datetime import datetime

from crawler.model.site import RobotsFile, Throttle
from crawler.storage.file.database import to_instant, to_text


def list_throttles(connection: sqlite3.Connection, *, now: datetime) -> tuple[Throttle, ...]:
    """Return the hosts that are throttled now."""
    rows = connection.execute("SELECT * FROM domains WHERE throttled_until > ?", [to_text(now)])
    return tuple(
        Throttle(
            domain=row["domain"],
            until=to_instant(row["throttled_until"]),
            reason=row["throttle_reason"] or "",
            refusal_count=row["refusal_count"],
        )
        for row in rows
    )


def save_throttle(connection: sqlite3.Connection, throttle: Throttle) -> None:
    """Save a throttle; a known one that ends later stays."""
    connection.execute(
        """INSERT INTO domains (domain, throttled_until, throttle_reason, refusal_count) VALUES (?, ?, ?, ?)
           ON CONFLICT (domain) DO UPDATE SET
               throttle_reason = iif(excluded.throttled_until > coalesce(throttled_until, ''),
                   excluded.throttle_reason, throttle_reason),
               throttled_until = max(coalesce(throttled_until, ''), excluded.throttled_until),
               refusal_count = excluded.refusal_count""",
        [throttle.domain, to_text(throttle.until), throttle.reason, throttle.refusal_count],
    )


def find_robots(connection: sqlite3.Connection, origin: str) -> RobotsFile | None:
    """Return the robots.txt kept for an origin, however old."""
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
    """Save a robots.txt for later crawls."""
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
