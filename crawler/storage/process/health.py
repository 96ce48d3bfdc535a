"""Queries and checks of ``doctor``."""

import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from crawler.storage.file.database import to_text


def check_integrity(connection: sqlite3.Connection) -> str:
    """Return the result of SQLite's quick check: ``ok``, or what is damaged."""
    return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])


def take_write_lock(path: Path, *, wait_seconds: float) -> None:
    """Take a writer's lock and release it, to try whether it can be had; nothing is written.

    raises  sqlite3.Error if it cannot be taken in time
    """
    address = f"file:{quote(os.fsencode(path))}?mode=rw"
    with closing(
        sqlite3.connect(address, uri=True, timeout=wait_seconds, isolation_level=None)
    ) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")


def read_through(connection: sqlite3.Connection, table: str) -> int:
    """Read every page of a table and return how many rows it has; raises sqlite3.DatabaseError if one is damaged.

    NOT INDEXED: an index would answer the count alone, and damaged pages went unseen.
    """
    row = connection.execute(f"SELECT count(*) FROM {table} NOT INDEXED").fetchone()  # noqa: S608  # our own names
    return int(row[0])


def list_dead_messages(
    connection: sqlite3.Connection, *, since: datetime
) -> tuple[sqlite3.Row, ...]:
    """Return the messages given up since an instant, counted by recipient and reason.

    The last attempt counts, not when they were due: how far these are apart depends on how long the machine slept.
    """
    return tuple(
        connection.execute(
            """SELECT recipient, answer, count(*) AS count FROM deliveries
               WHERE state <> 'sent' AND state = 'dead' AND EXISTS (SELECT 1 FROM attempts
                   WHERE attempts.delivery_id = deliveries.id AND outcome = 'refused' AND attempted_at >= ?)
               GROUP BY recipient_key(recipient), answer ORDER BY count(*) DESC LIMIT 20""",
            [to_text(since)],
        )
    )
