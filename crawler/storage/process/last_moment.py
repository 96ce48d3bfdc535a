"""The last moment in the database: when something was written last, to notice a clock that cannot be right. Reads only."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from crawler.errors import DatabaseUnusable
from crawler.storage.file.database import open_for_reading, to_instant

# the rows written last, not the latest moments: a clock that was ahead for a while leaves rows that lie ahead for years
_LATEST = (
    "SELECT last_seen_at FROM uptimes ORDER BY id DESC LIMIT 1",
    "SELECT started_at FROM visits ORDER BY id DESC LIMIT 1",
)


def find_last_moment(connection: sqlite3.Connection) -> datetime | None:
    """Return what the clock showed when something was written last, None if nothing ever was."""
    moments: list[datetime] = []
    for sql in _LATEST:
        row = connection.execute(sql).fetchone()
        if row is not None:
            moments.append(to_instant(row[0]))
    return max(moments, default=None)


def find_first_start(connection: sqlite3.Connection) -> datetime | None:
    """Return when a daemon or crawl first worked on the database, None if none ever did."""
    row = connection.execute("SELECT started_at FROM uptimes ORDER BY id LIMIT 1").fetchone()
    return None if row is None else to_instant(row[0])


def read_last_moment(path: Path) -> datetime | None:
    """Return the last moment of a file, None if it cannot be read: missing, locked, of another release, damaged."""
    try:
        with closing(open_for_reading(path)) as connection:
            return find_last_moment(connection)
    except (DatabaseUnusable, sqlite3.Error, OSError, ValueError, TypeError):
        return None
