"""A whole copy of the database and its key, made while the daemon works, and checked before it gets its name."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from crawler.errors import BackupFailed
from crawler.machine.access import give_away
from crawler.storage.backup.parts import part_of, put_in_place
from crawler.storage.file.beside.set_aside import KEY_ENDINGS, beside
from crawler.storage.file.migrations.release import read_schema_version
from crawler.storage.file.read_only import explain_failure

# pages a step, 8 MB: a bar that moves, and a stop that is heard within a moment
_PAGES_AT_ONCE = 2000
# every SQLite file begins with it: https://www.sqlite.org/fileformat.html#magic_header_string
_HEAD = b"SQLite format 3\0"

Progress = Callable[[int, int], None]


def copy_database(source: sqlite3.Connection, target: Path, *, on_progress: Progress) -> None:
    """Write what a database holds at one moment into ``target``, which is replaced only by a copy that was checked.

    source       a connection that reads; whoever writes meanwhile is not held up
    on_progress  called with pages copied and pages in all; what it raises ends the copying
    raises       BackupFailed if the copy cannot be written or is damaged; then ``target`` is as before
    """
    with part_of(target) as part:
        try:
            with closing(sqlite3.connect(part, isolation_level=None)) as copy:
                # one transaction for all steps: otherwise each write of the daemon would begin the copy anew
                with _one_moment(source):
                    source.backup(
                        copy,
                        pages=_PAGES_AT_ONCE,
                        progress=lambda _, left, count: on_progress(count - left, count),
                    )
                # one file, with no -wal beside it that could be left behind
                copy.execute("PRAGMA journal_mode = DELETE")
                check_whole(copy, str(target))
        except sqlite3.Error as error:
            raise BackupFailed(explain_failure(error, str(target))) from error
        put_in_place(part, target)


def check_whole(connection: sqlite3.Connection, subject: str) -> None:
    """Read a whole file; raises BackupFailed if any page, index or row is damaged, DatabaseUnusable if it is not ours."""
    if not read_schema_version(connection, subject):
        raise BackupFailed(f"{subject} has no tables")
    found = [row[0] for row in connection.execute("PRAGMA integrity_check(3)")]
    if found != ["ok"]:
        raise BackupFailed(f"{subject} is damaged: {'; '.join(map(str, found))}")
    broken = connection.execute("PRAGMA foreign_key_check").fetchone()
    if broken is not None:
        raise BackupFailed(f"{subject} is damaged: a row of {broken[0]} refers to nothing")


def is_database(file: Path) -> bool:
    """Return whether a file is an SQLite database, by its first bytes; a pipe or a device is not opened, as that may wait for ever.

    raises  OSError if the file cannot be read
    """
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        return opened.read(len(_HEAD)) == _HEAD


def copy_keys(source: Path, target: Path, *, like: Path | None = None) -> None:
    """Copy the key files of the database ``source`` beside ``target``, readable by their owner only.

    like  whose owner gets them, if root copies
    """
    for ending in KEY_ENDINGS:
        key = beside(source, ending)
        if not key.exists():
            continue
        with part_of(beside(target, ending)) as part:
            shutil.copyfile(key, part)
            if like is not None:
                give_away(part, like=like)
            put_in_place(part, beside(target, ending))


@contextmanager
def _one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN")
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        yield
    finally:
        connection.execute("ROLLBACK")
