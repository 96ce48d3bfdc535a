"""Opens a database so that nothing can be changed through it, or says in plain words why that is not possible.

SQLite needs a ``-shm`` file beside a database in WAL mode even to read it. On a read-only file system, in a folder that
may not be written and on a full disk it cannot make one; such a file is opened as one that nobody changes
(``immutable=1``), which is only right while no ``-wal`` holds changes that are not in the file yet.
"""

import os
import sqlite3
import stat
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from crawler.errors import DatabaseUnusable
from crawler.machine.access import folder_of
from crawler.storage.file.beside.set_aside import beside, explain_beginning, find_place
from crawler.storage.file.functions import add_functions
from crawler.storage.file.migrations.release import SCHEMA_VERSION, read_schema_version

# SQLite's errors if it cannot create or fill the files beside the database
NEEDS_ROOM = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL})  # fmt: skip
_RESTORE = "stop the daemon and put the last backup back with `watchword restore`"
# primary result code -> words for a person; {error} is SQLite's own message
_MEANINGS = {
    sqlite3.SQLITE_BUSY: "is locked by another process, which did not let go of it in time: end that process and try again",
    sqlite3.SQLITE_LOCKED: "is locked by another process, which did not let go of it in time: end that process and try again",
    sqlite3.SQLITE_CORRUPT: f"is damaged ({{error}}): {_RESTORE}",
    sqlite3.SQLITE_NOTADB: "is no database, or its beginning is damaged: put the last backup back with `watchword restore`, or set [store] path "
    "to another file",
    sqlite3.SQLITE_FULL: "cannot be written, its disk is full: free some space, nothing else needs to be done",
    sqlite3.SQLITE_IOERR: "cannot be read or written, its disk gives errors ({error}): look whether the disk is full or "
    "failing",
    sqlite3.SQLITE_READONLY: "cannot be written: its file system, its folder or the file itself is read-only",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened ({error}): the folder must be writable for SQLite's -wal and -shm files",
    sqlite3.SQLITE_PERM: "may not be opened by this user",
    sqlite3.SQLITE_NOMEM: "cannot be read, memory is used up",
}


def explain_failure(error: sqlite3.Error, subject: str) -> str:
    """Return one sentence for a person: what is wrong with the database, and what to do."""
    meaning = _MEANINGS.get(result_code(error), "cannot be used: {error}")
    return f"{subject} {meaning.format(error=error)}"


def result_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code, without what extended codes add; 0 if the error has none."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    # the sqlite3 module has no code for this: bytes that we never wrote, so the file is damaged
    is_no_text = not code and str(error).startswith("Could not decode to UTF-8")
    return sqlite3.SQLITE_CORRUPT if is_no_text else code


def open_read_only(path: Path, *, wait_seconds: float) -> sqlite3.Connection:
    """Open an existing file of this release for reading.

    wait_seconds  how long an exclusive lock of another process is waited for
    raises        DatabaseUnusable, which says what stands in the way and what to do
    """
    _look_at_file(path)
    connection = open_any(path, wait_seconds)
    try:
        _check_release(connection, path)
    except DatabaseUnusable:
        connection.close()
        raise
    except sqlite3.Error as error:
        connection.close()
        raise DatabaseUnusable(explain_failure(error, str(path))) from error
    except UnicodeDecodeError as error:
        # SQLite's message names the malformed table, and that name is not UTF-8 any more
        connection.close()
        raise DatabaseUnusable(
            f"{path} is damaged (its list of tables is no text): {_RESTORE}"
        ) from error
    return connection


def refuse_others(path: Path) -> None:
    """Raise if a file is not ours, before it is opened for writing: that would change its head and play its log back.

    A file that cannot be read now passes: opening it reports the reason, or waits.
    raises  DatabaseUnusable if the file is another program's, from before the first release, or of a newer one
    """
    if not _size_of(path):
        return
    with (
        suppress(sqlite3.Error, UnicodeDecodeError),
        closing(_open(path, "mode=ro", wait_seconds=0.0)) as connection,
    ):
        read_schema_version(connection, str(path))


def is_frozen(path: Path) -> bool:
    """Return whether a file can only be read with ``immutable=1``, because no file can be created beside it."""
    try:
        _open(path, "mode=ro", wait_seconds=0.0).close()
    except sqlite3.Error as error:
        return result_code(error) in NEEDS_ROOM and not _list_unplayed(path)
    return False


def _look_at_file(path: Path) -> None:
    """Raise for paths that SQLite explains badly, or, like a pipe, would wait on for ever."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DatabaseUnusable(
            explain_beginning(path)
            or f"there is no database at {path} yet; `watchword run` or `watchword crawl` creates it"
        ) from error
    except PermissionError as error:
        raise DatabaseUnusable(
            f"this user may not enter the folder of {path}: use the user of the daemon, or change the folder's mode"
        ) from error
    except OSError as error:
        raise DatabaseUnusable(f"{path} cannot be looked at: {error.strerror}") from error
    if stat.S_ISDIR(found.st_mode):
        raise DatabaseUnusable(
            f"{path} is a folder, not a database: set [store] path to a file, such as {path / 'watchword.db'}"
        )
    if not stat.S_ISREG(found.st_mode):
        raise DatabaseUnusable(f"{path} is no file: set [store] path to a file")
    if not os.access(path, os.R_OK):
        raise DatabaseUnusable(
            f"this user may not read {path}: use the user of the daemon (uid {found.st_uid}), or change the file's mode"
        )
    if not found.st_size:
        raise DatabaseUnusable(
            explain_beginning(path)
            or f"{path} is empty: `watchword run` or `watchword crawl` creates its tables; was there something in it, {_RESTORE}"
        )


def open_any(path: Path, wait_seconds: float) -> sqlite3.Connection:
    """Open a file for reading, of any release, where nothing can be written beside it too; raises DatabaseUnusable."""
    try:
        return _open(path, "mode=ro", wait_seconds)
    except sqlite3.Error as error:
        if result_code(error) not in NEEDS_ROOM:
            raise DatabaseUnusable(explain_failure(error, str(path))) from error
        unplayed = _list_unplayed(path)
        if unplayed:
            raise DatabaseUnusable(_explain_unplayed(path, unplayed)) from error
    try:
        return _open(path, "mode=ro&immutable=1", wait_seconds)
    except sqlite3.Error as error:
        raise DatabaseUnusable(explain_failure(error, str(path))) from error


def _open(path: Path, how: str, wait_seconds: float) -> sqlite3.Connection:
    """Open the file and read its head: only then SQLite opens the files beside it, and fails if it cannot."""
    connection = sqlite3.connect(
        f"file:{quote(os.fsencode(path))}?{how}",
        uri=True,
        timeout=wait_seconds,
        isolation_level=None,
    )
    connection.row_factory = sqlite3.Row
    add_functions(connection)
    try:
        connection.execute("PRAGMA schema_version").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _list_unplayed(path: Path) -> tuple[str, ...]:
    """Return the files beside a database with changes that are not in it yet (-wal) or must be undone (-journal)."""
    names = [beside(find_place(path), end) for end in ("-wal", "-journal")]
    return tuple(str(name) for name in names if _size_of(name))


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _explain_unplayed(path: Path, unplayed: tuple[str, ...]) -> str:
    files = ", ".join((str(path), *unplayed))
    return (
        f"{path} cannot be read where it lies: its last changes are still in {' and '.join(unplayed)}, and nothing can be "
        f"written beside it ({name_obstacle(folder_of(path))}). The folder must be writable once, or copy the files "
        f"({files}) to a folder that is, and set [store] path to the copy"
    )


def name_obstacle(folder: Path) -> str:
    """Return why SQLite cannot create files in a folder."""
    try:
        facts = os.statvfs(folder)
    except OSError as error:
        return str(error.strerror)
    if facts.f_flag & os.ST_RDONLY:
        return "the file system is read-only"
    if facts.f_bavail * facts.f_frsize < 1_000_000:
        return "the disk is full"
    if not os.access(folder, os.W_OK):
        return "this user may not write in the folder"
    return "SQLite could not make its -wal and -shm files there"


def _check_release(connection: sqlite3.Connection, path: Path) -> None:
    number = read_schema_version(connection, str(path))
    if not number:
        raise DatabaseUnusable(
            f"{path} has no tables yet: set [store] path to a file of its own; `watchword run` or `watchword crawl` creates it"
        )
    if number < SCHEMA_VERSION:
        raise DatabaseUnusable(
            f"{path} is of an earlier release; `watchword run` or `watchword crawl` brings it up to date"
        )
