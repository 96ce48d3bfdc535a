"""The room of the file: how large it is day by day, what a row takes, and giving free room back to the disk.

Owner: daemon.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.storage.file.database import to_text

# of a table's newest rows this many are measured; its indexes take about as much as its narrow columns
_SAMPLE = 300
_INDEX_SHARE = 1.3


@dataclass(frozen=True, slots=True)
class FileSize:
    """The size of the database in bytes: what its rows take, and what is free in it for the next ones."""

    bytes: int
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Growth:
    """How the file grew: bytes a day, measured over so many days."""

    bytes_a_day: float
    days: int


def measure_file(connection: sqlite3.Connection) -> FileSize:
    """Return how large the database is now."""
    page, pages, free = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_size", "page_count", "freelist_count")
    )
    return FileSize(bytes=(pages - free) * page, free_bytes=free * page)


def note_size(connection: sqlite3.Connection, *, now: datetime) -> bool:
    """Record how large the file is today; return whether this was the first time today."""
    size = measure_file(connection)
    cursor = connection.execute(
        "INSERT OR IGNORE INTO file_sizes (day, bytes, free_bytes) VALUES (?, ?, ?)",
        [to_text(now)[:10], size.bytes, size.free_bytes],
    )
    return cursor.rowcount > 0


def find_growth(connection: sqlite3.Connection, *, now: datetime, days: int) -> Growth | None:
    """Return how the file grew within the last so many days; None while less than a day is known."""
    first = connection.execute(
        "SELECT day, bytes FROM file_sizes WHERE day >= ? AND day <= ? ORDER BY day LIMIT 1",
        [to_text(now - timedelta(days=days))[:10], to_text(now)[:10]],
    ).fetchone()
    last = connection.execute(
        "SELECT day, bytes FROM file_sizes WHERE day <= ? ORDER BY day DESC LIMIT 1",
        [to_text(now)[:10]],
    ).fetchone()
    if first is None or last is None or first["day"] >= last["day"]:
        return None
    between = (datetime.fromisoformat(last["day"]) - datetime.fromisoformat(first["day"])).days
    return Growth((last["bytes"] - first["bytes"]) / between, between)


def forget_sizes(connection: sqlite3.Connection, *, before: datetime) -> None:
    """Delete the sizes of days before an instant."""
    connection.execute("DELETE FROM file_sizes WHERE day < ?", [to_text(before)[:10]])


def estimate_row_bytes(connection: sqlite3.Connection, table: str) -> float:
    """Return about how many bytes a row of a table takes with its indexes, by its newest rows; 0 of an empty table."""
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    lengths = " + ".join(f"coalesce(length(CAST({name} AS BLOB)), 0)" for name in names)
    row = connection.execute(
        f"SELECT avg({lengths}) FROM (SELECT * FROM {table} ORDER BY 1 DESC LIMIT ?)",  # noqa: S608  # names of our schema
        [_SAMPLE],
    ).fetchone()
    return 0.0 if row[0] is None else _INDEX_SHARE * row[0] + 2 * len(names)


def release_room(connection: sqlite3.Connection, *, pages: int) -> None:
    """Give so many free pages at the end of the file back to the disk; without effect in a file of an early release."""
    # each step of the statement frees one page, and `execute` takes a single step
    connection.executescript(f"PRAGMA incremental_vacuum({pages})")


def optimize(connection: sqlite3.Connection) -> None:
    """Let SQLite renew its statistics where they are out of date, from some hundred rows of an index and not all of them."""
    connection.execute("PRAGMA analysis_limit = 400")
    connection.execute("PRAGMA optimize").fetchall()


def compact(connection: sqlite3.Connection) -> None:
    """Write the file anew without free room, and so that later room can be given back by and by; needs its size again on the disk."""
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint (TRUNCATE)").fetchall()
