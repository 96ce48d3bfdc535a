"""``python -m crawler.storage.backup DATABASE FOLDER KEEP``: the daemon's backup, in a process of its own.

Copying and checking takes minutes with a large file: in the daemon it would stand in the way of messages, and here it has a
lower priority. It prints one line, and ends with 1 if there is no new backup.
"""

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from crawler.clock import utc_now
from crawler.errors import BackupFailed, WatchwordError
from crawler.machine.processes.patience import ask_patiently
from crawler.storage.backup.copying import copy_database, copy_keys
from crawler.storage.backup.folder import drop_older, name_backup
from crawler.storage.backup.known_folders import find_vanished, remember_folder
from crawler.storage.file.database import open_for_reading
from crawler.storage.file.read_only import explain_failure

_LOWER_PRIORITY = 10


def main(database: Path, folder: Path, keep: int) -> str:
    """Make a backup, delete those beyond ``keep``, and return where it is."""
    # a folder of a server that is away would be waited for without end
    ask_patiently(str(folder), lambda: _prepare(folder, database))
    file = name_backup(folder, database, now=utc_now())
    with closing(open_for_reading(database)) as connection:
        copy_database(connection, file, on_progress=lambda _done, _count: None)
    copy_keys(database, file)
    remember_folder(folder, database)
    drop_older(folder, database, keep=keep, made=file, now=utc_now())
    return str(file)


def _prepare(folder: Path, database: Path) -> None:
    if vanished := find_vanished(folder, database):
        raise BackupFailed(vanished)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


if __name__ == "__main__":
    os.nice(_LOWER_PRIORITY)
    try:
        print(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))  # noqa: T201  # its answer
    except (WatchwordError, OSError) as error:
        sys.exit(f"{error}")
    except sqlite3.Error as error:
        sys.exit(explain_failure(error, sys.argv[1]))
