"""Opening the database file, its transactions, and how instants are written in it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from crawler.errors import DatabaseUnusable

BUSY_SECONDS = 5.0
# the last step of the schema: a file that lacks it is of an earlier release, or still being made
NEWEST_MIGRATION = "m009_deliveries"
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    # FULL: an alert whose commit was reported must survive a power cut, not only a crash
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
)


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open or create the file, in WAL mode, rows by name, transactions only where we say so.

    The schema is not touched: see ``schema.migrate``.
    raises  DatabaseUnusable where the file cannot be opened, written, or is no database
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        for pragma in _PRAGMAS:
            connection.execute(pragma)
    except (OSError, sqlite3.DatabaseError) as error:
        raise DatabaseUnusable(
            f"the database {path} cannot be opened for writing: {error}"
        ) from error
    connection.row_factory = sqlite3.Row
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open an existing file so that nothing can be changed through it.

    raises  DatabaseUnusable where there is no such file, it is no database of ours, or of an earlier release
    """
    if not path.exists():
        raise DatabaseUnusable(
            f"there is no database at {path} yet; `watchword run` or `watchword crawl` makes it"
        )
    try:
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode=ro", uri=True, timeout=BUSY_SECONDS, isolation_level=None
        )
        connection.row_factory = sqlite3.Row
        step = "SELECT 1 FROM _sqlite_migrations WHERE name = ?"
        is_current = connection.execute(step, [NEWEST_MIGRATION]).fetchone() is not None
    except sqlite3.DatabaseError as error:
        raise DatabaseUnusable(f"{path} cannot be read as a Watchword database: {error}") from error
    if not is_current:
        connection.close()
        raise DatabaseUnusable(
            f"{path} is of an earlier release; `watchword run` or `watchword crawl` brings it up to date"
        )
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Run a block as one write transaction: all of it is kept, or none.

    IMMEDIATE: taking the write lock first waits for its turn, where upgrading a read lock fails at once.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def to_text(instant: datetime) -> str:
    """Write an aware instant as UTC with milliseconds, so that text order is time order."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03d}Z"


def to_text_or_none(instant: datetime | None) -> str | None:
    """Write an instant, or None."""
    return None if instant is None else to_text(instant)


def to_instant(text: str) -> datetime:
    """Read what ``to_text`` wrote."""
    return datetime.fromisoformat(text)


def to_instant_or_none(text: str | None) -> datetime | None:
    """Read what ``to_text_or_none`` wrote."""
    return None if text is None else to_instant(text)
