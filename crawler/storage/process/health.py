"""What ``doctor`` asks the database."""

import sqlite3
from datetime import datetime

from crawler.storage.file.database import to_text


def check_integrity(connection: sqlite3.Connection) -> str:
    """Run SQLite's quick check: ``ok``, or what is damaged."""
    return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])


def read_through(connection: sqlite3.Connection, table: str) -> int:
    """Read every page of a table and return how many rows it has; raises sqlite3.DatabaseError where one is damaged."""
    row = connection.execute(f"SELECT count(*) FROM {table} NOT INDEXED").fetchone()  # noqa: S608  # our own names
    return int(row[0])


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
