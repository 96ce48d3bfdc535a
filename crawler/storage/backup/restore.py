"""Putting a backup in place of the database, which is moved aside and never deleted."""

import glob
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path

from crawler.errors import BackupFailed, DatabaseUnusable
from crawler.machine.access import folder_of, give_away
from crawler.storage.backup.copying import (
    Progress,
    check_whole,
    copy_database,
    copy_keys,
    is_database,
)
from crawler.storage.file.beside.set_aside import (
    bring_back,
    name_aside,
    replace_database,
    set_aside,
)
from crawler.storage.file.database import open_for_writing
from crawler.storage.file.faults import FaultKind, find_kind
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.file.read_only import explain_failure, open_any

# seconds: nobody else has a backup open for long
_WAIT = 5.0
# somebody can end these; with any other fault the old file is moved aside as it is
_PASSING = frozenset({FaultKind.LOCKED, FaultKind.FULL, FaultKind.READ_ONLY})


@contextmanager
def open_backup(backup: Path) -> Iterator[sqlite3.Connection]:
    """Open a backup of this release or an earlier one for reading, and read it through.

    raises  BackupFailed if it is damaged, DatabaseUnusable if it cannot be read, is another program's or of a newer release
    """
    # a pipe would be waited for
    if not backup.is_file():
        raise BackupFailed(f"{backup} is no file")
    if not is_database(backup):
        raise BackupFailed(f"{backup} is no backup of Watchword: it is no SQLite database")
    with ExitStack() as stack:
        try:
            connection = stack.enter_context(closing(open_any(backup, _WAIT)))
            check_whole(connection, str(backup))
        except (DatabaseUnusable, sqlite3.DatabaseError) as error:
            # the advice of its sentence is for the database
            cause = error.__cause__ if isinstance(error, DatabaseUnusable) else error
            if not isinstance(cause, sqlite3.Error) or find_kind(cause, backup) in _PASSING:
                raise
            raise BackupFailed(f"{backup} is damaged ({cause}): put an earlier one back") from error
        yield connection


def put_back(
    source: sqlite3.Connection,
    backup: Path,
    database: Path,
    *,
    on_progress: Progress,
    now: datetime,
    prepare: Callable[[sqlite3.Connection], object] = lambda _: None,
) -> Path | None:
    """Put a backup in place of the database, brought up to this release; return where the old database is now, None without one.

    source   the open backup. Call while holding the instance lock.
    prepare  changes the copy before it takes its place
    raises   BackupFailed, DatabaseUnusable or OSError if it cannot be written: then the database is as before. Killed at any
             moment, it leaves the database as it was or the backup in its place (file.beside.set_aside)
    """
    database.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(f"{os.path.realpath(database)}.restoring")
    _clear(draft)  # of a restore that was killed
    try:
        copy_database(source, draft, on_progress=on_progress)
        give_away(draft, like=_find_owned(database))
        with _explained(draft), closing(open_for_writing(draft)) as connection:
            migrate(connection)
            prepare(connection)
        _play_log(database)
        return _swap(draft, backup, database, now=now)
    finally:
        _clear(draft)


def _swap(draft: Path, backup: Path, database: Path, *, now: datetime) -> Path | None:
    """Move the database aside with what belongs to it; its key stays if the backup brings none, so that sent links go on working."""
    aside = name_aside(database, now=now)
    has_key = backup.with_name(f"{backup.name}.key").exists()
    try:
        set_aside(database, aside, with_keys=has_key)
        copy_keys(backup, database, like=draft)
        replace_database(draft, database)
    except BaseException:
        bring_back(database, aside)
        raise
    if has_key and not backup.with_name(f"{backup.name}.key.old").exists():
        database.with_name(f"{database.name}.key.old").unlink(missing_ok=True)
    return aside if aside.exists() else None


def _find_owned(database: Path) -> Path:
    """Return what belongs to whom the database shall belong to."""
    return database if database.exists() else folder_of(database)


def _play_log(database: Path) -> None:
    """Write the changes of a killed process into the file, which then needs nothing beside it; a damaged file stays as it is.

    raises  BackupFailed if another program works on it, or its disk does not take them
    """
    if not database.exists() or not database.stat().st_size:
        return
    if database.is_dir():
        raise BackupFailed(f"{database} is a folder; set [store] path to a file")
    try:
        with closing(sqlite3.connect(database, timeout=_WAIT, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
            is_busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.Error as error:
        if find_kind(error, database) not in _PASSING:  # damaged: its log goes with it
            return
        raise BackupFailed(explain_failure(error, str(database))) from error
    if is_busy:
        raise BackupFailed(
            f"{database} is being read by another program, perhaps `watchword browse`: end that and try again"
        )


@contextmanager
def _explained(draft: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise BackupFailed(explain_failure(error, str(draft))) from error


def _clear(draft: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        draft.with_name(draft.name + ending).unlink(missing_ok=True)
    for part in draft.parent.glob(f".{glob.escape(draft.name)}.*.part*"):
        part.unlink(missing_ok=True)
