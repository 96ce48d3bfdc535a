"""Opens the database file; its transactions, and the form of instants in it."""

import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path

from crawler.errors import DatabaseUnusable
from crawler.log import log_event
from crawler.machine.access import explain_access, give_away
from crawler.storage.file.beside.set_aside import explain_beginning
from crawler.storage.file.functions import add_functions
from crawler.storage.file.owners import OwnedConnection, Owner, keep_to
from crawler.storage.file.read_only import open_read_only, refuse_others

# how long a command waits for another process's lock: transactions of ours last a fifth of a second, a backup's some seconds
BUSY_SECONDS = 5.0
# room that many deleted rows leave can be given back to the disk bit by bit; in an older file it would only take the write lock
_IN_A_NEW_FILE = "PRAGMA auto_vacuum = INCREMENTAL"
_PRAGMAS = (
    # WAL: readers (commands, web pages) and the one writer do not block each other
    "PRAGMA journal_mode = WAL",
    # FULL: an alert whose commit was reported must survive a power cut, not only a crash
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    # Debian's SQLite zeroes what is deleted, through the log: on a full disk no old page could be deleted to make room
    "PRAGMA secure_delete = FAST",
    "PRAGMA temp_store = MEMORY",
)


# the name of the work under way, for the log line of a slow transaction
work_name: ContextVar[str] = ContextVar("work_name", default="a command")
# transactions that last longer are logged, as the other process waits: one of 8.8 s stopped beats and messages (decision 021)
_SLOW_SECONDS = 0.5
_log = logging.getLogger("watchword.storage")


def open_for_writing(
    path: Path, *, owner: Owner = Owner.ALL, busy_seconds: float = BUSY_SECONDS
) -> sqlite3.Connection:
    """Open or create the file and return a connection, in WAL mode, with rows by name and explicit transactions.

    owner         whose tables may be written through this connection
    busy_seconds  how long a statement waits for another process's lock before it fails

    The schema is not touched: see ``schema.migrate``.
    raises  DatabaseUnusable if the file cannot be opened or written, is no database of this program and release,
            or is missing while one that was moved aside lies beside it
    """
    if obstacle := explain_beginning(path):
        raise DatabaseUnusable(obstacle)
    refuse_others(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _make_private(path)
        connection = sqlite3.connect(
            path,
            timeout=busy_seconds,
            isolation_level=None,
            check_same_thread=False,
            factory=OwnedConnection,
        )
        try:
            if path.stat().st_size == 0:
                connection.execute(_IN_A_NEW_FILE)
            for pragma in _PRAGMAS:
                connection.execute(pragma)
        except BaseException:
            # whoever waits for storage opens it again and again, and an open file would remain of each try
            connection.close()
            raise
    except (OSError, sqlite3.DatabaseError) as error:
        raise DatabaseUnusable(
            f"the database {path} cannot be opened for writing: {explain_access(error, path)}"
        ) from error
    connection.row_factory = sqlite3.Row
    add_functions(connection)
    keep_to(connection, owner)
    return connection


def _make_private(path: Path) -> None:
    """Create a new file that only its owner reads, as it holds who is mailed what; SQLite uses its mode for -wal and -shm.

    The mode of an existing file stays: somebody may have set it.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        give_away(path, like=path.parent)


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open an existing file so that nothing can be changed through it.

    raises  DatabaseUnusable if there is no such file, it cannot be read, or it is of another release
    """
    return open_read_only(path, wait_seconds=BUSY_SECONDS)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Run a block as one write transaction: all of it is kept, or nothing. Inside another it is a part of that one.

    IMMEDIATE takes the write lock at once and so waits for its turn; a read lock that is upgraded later fails at once.
    """
    if connection.in_transaction:
        yield connection
        return
    connection.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        # SQLite rolls back by itself when the disk is full; the error of our ROLLBACK must not hide that one
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
    held = time.monotonic() - began
    if held > _SLOW_SECONDS:
        log_event(
            _log, logging.WARNING, "slow transaction", work=work_name.get(), seconds=round(held, 1)
        )


@contextmanager
def savepoint(connection: sqlite3.Connection) -> Iterator[None]:
    """Run a block inside a transaction; if it raises, what it wrote is undone and the rest stays."""
    connection.execute("SAVEPOINT block")
    try:
        yield
    except BaseException:
        # SQLite has ended the transaction itself if the disk is full; the error of ours must not hide that one
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK TO block")
            connection.execute("RELEASE block")
        raise
    connection.execute("RELEASE block")


def read_version(connection: sqlite3.Connection) -> int:
    """Return a number that changes when any other connection has written."""
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


def to_text(instant: datetime) -> str:
    """Return an aware instant as UTC text with milliseconds, so that text order is time order."""
    # fifty an article: isoformat takes a third of strftime's time
    return f"{instant.astimezone(UTC).isoformat(timespec='milliseconds')[:-6]}Z"


def to_text_or_none(instant: datetime | None) -> str | None:
    """Return an instant as text, or None."""
    return None if instant is None else to_text(instant)


def to_instant(text: str) -> datetime:
    """Return the instant of what ``to_text`` returned."""
    return datetime.fromisoformat(text)


def to_instant_or_none(text: str | None) -> datetime | None:
    """Return the instant of what ``to_text_or_none`` returned."""
    return None if text is None else to_instant(text)
