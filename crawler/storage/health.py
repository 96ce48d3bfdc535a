"""What ``doctor`` asks the database."""

import sqlite3
from datetime import datetime

from crawler.storage.database import to_text


def check_integrity(connection: sqlite3.Connection) -> str:
    """Run SQLite's quick check: ``ok``, or what is damaged."""
    return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])


def list_failing_sources(connection: sqlite3.Connection) -> tuple[sqlite3.Row, ...]:
    """List active sources that need a look: failing, quiet or degraded, longest unread first."""
    return tuple(
        connection.execute(
            """SELECT name, health, health_since, health_reason, failure_count, last_failure,
                   last_success_at, next_due_at
               FROM sources WHERE is_active = 1
                   AND (failure_count > 0 OR health IN ('failing', 'quiet', 'degraded'))
               ORDER BY coalesce(last_success_at, ''), name"""
        )
    )


def list_quiet_now(connection: sqlite3.Connection, *, now: str) -> tuple[str, ...]:
    """List why domains are left alone at an instant, as text."""
    rows = connection.execute(
        "SELECT quiet_reason FROM domains WHERE quiet_until > ? ORDER BY domain", [now]
    )
    return tuple(row["quiet_reason"] for row in rows)


def count_sources(connection: sqlite3.Connection) -> dict[str, int]:
    """Count active sources: all of them, those never read, those failing."""
    row = connection.execute(
        """SELECT count(*) AS active, count(*) FILTER (WHERE visited_at IS NULL) AS never_read,
               count(*) FILTER (WHERE failure_count > 0) AS failing,
               count(*) FILTER (WHERE health = 'quiet') AS quiet,
               count(*) FILTER (WHERE health = 'degraded') AS degraded
           FROM sources WHERE is_active = 1"""
    ).fetchone()
    return dict(row)


def find_oldest_owed(connection: sqlite3.Connection, *, now: datetime) -> str | None:
    """Give when the oldest alert still owed was to leave; one that waits for a digest is not owed yet."""
    row = connection.execute(
        "SELECT min(due_at) FROM deliveries WHERE state = 'owed' AND due_at <= ?", [to_text(now)]
    ).fetchone()
    return row[0]  # type: ignore[no-any-return]  # text or None


def count_owed(
    connection: sqlite3.Connection, *, since: datetime, until: datetime
) -> tuple[int, int]:
    """Count alerts that were tried and are still owed, and those given up in a period.

    A letter counts for what it brings, and is given up when its last attempt was made. What is due this very moment is on its way, and not owed yet.
    """
    row = connection.execute(
        """SELECT count(*) FILTER (WHERE state = 'owed' AND attempt_count > 0) AS owed,
               count(*) FILTER (WHERE state = 'dead' AND EXISTS (
                   SELECT 1 FROM attempts WHERE attempts.delivery_id = deliveries.id AND outcome = 'refused'
                       AND attempted_at >= :since AND attempted_at < :until)) AS dead
           FROM deliveries LEFT JOIN delivery_alerts ON delivery_alerts.delivery_id = deliveries.id AND left_out IS NULL
           WHERE state <> 'sent' AND state IN ('owed', 'dead') AND due_at <= :until""",
        {"since": to_text(since), "until": to_text(until)},
    ).fetchone()
    return row["owed"], row["dead"]


def list_dead_letters(
    connection: sqlite3.Connection, *, since: datetime
) -> tuple[sqlite3.Row, ...]:
    """Group the dead letters that were given up since then by recipient and reason.

    By the attempt that was the last: how long before it they were due depends on how much the machine slept.
    """
    return tuple(
        connection.execute(
            """SELECT recipient, answer, count(*) AS count FROM deliveries
               WHERE state <> 'sent' AND state = 'dead' AND EXISTS (SELECT 1 FROM attempts
                   WHERE attempts.delivery_id = deliveries.id AND outcome = 'refused' AND attempted_at >= ?)
               GROUP BY recipient, answer ORDER BY count(*) DESC LIMIT 20""",
            [to_text(since)],
        )
    )
