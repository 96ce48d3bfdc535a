"""Putting a backup in place of the database, which is moved aside and never deleted."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from crawler.errors import BackupFailed
from crawler.storage.backup.copying import (
    KEY_ENDINGS,
    Progress,
    check_whole,
    copy_database,
    copy_keys,
)
from crawler.storage.file.database import open_for_writing
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.file.read_only import open_any

_ASIDE = ".before-restore-%Y-%m-%dT%H%M%SZ"
# seconds: nobody else has a backup open for long
_WAIT = 5.0
_HEAD = b"SQLite format 3\0"


@contextmanager
def open_backup(backup: Path) -> Iterator[sqlite3.Connection]:
    """Open a backup of this release or an earlier one for reading, and read it through.

    raises  BackupFailed if it is damaged, DatabaseUnusable if it cannot be read, is another program's or of a newer release
    """
    with backup.open("rb") as file:
        if file.read(len(_HEAD)) != _HEAD:
            raise BackupFailed(f"{backup} is no backup of Watchword: it is no SQLite database")
    with closing(open_any(backup, _WAIT)) as connection:
        try:
            check_whole(connection, str(backup))
        except sqlite3.DatabaseError as error:
            raise BackupFailed(f"{backup} is damaged ({error}): put an earlier one back") from error
        yield connection


def put_back(
    source: sqlite3.Connection,
    backup: Path,
    database: Path,
    *,
    on_progress: Progress,
    now: datetime,
) -> Path | None:
    """Put a backup in place of the database, brought up to this release; return where the old database is now, None without one.

    source  the open backup. Call while holding the instance lock.
    raises  BackupFailed or OSError if it cannot be written: then the database is as before
    """
    draft = database.with_name(f"{database.name}.restoring")
    database.parent.mkdir(parents=True, exist_ok=True)
    try:
        copy_database(source, draft, on_progress=on_progress)
        with closing(open_for_writing(draft)) as connection:
            migrate(connection)
        aside = _move_aside(database, backup, now=now)
        draft.replace(database)
    finally:
        for ending in ("", "-wal", "-shm"):
            draft.with_name(draft.name + ending).unlink(missing_ok=True)
    copy_keys(backup, database)
    return aside


def _move_aside(database: Path, backup: Path, *, now: datetime) -> Path | None:
    """Rename the database with what belongs to it; its key stays if the backup brings none, so that sent links go on working."""
    aside = database.with_name(f"{database.name}{now.astimezone(UTC):{_ASIDE}}")
    has_key = backup.with_name(f"{backup.name}.key").exists()
    # first the file, as a -wal without its file is played into nothing
    for ending in ("", "-wal", "-shm", *(KEY_ENDINGS if has_key else ())):
        old = database.with_name(database.name + ending)
        if old.exists():
            old.rename(aside.with_name(aside.name + ending))
    return aside if aside.exists() else None
