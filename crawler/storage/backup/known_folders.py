"""The folders on other disks that have held backups of a database: one that is gone or empty waits for its disk.

They are a list beside the database and not rows in it, as they say something about this machine: a database that was restored
on another one brings none. Whoever makes a backup writes it.
"""

import json
from contextlib import suppress
from pathlib import Path

from crawler.machine.access import explain_vanished, give_away
from crawler.storage.backup.parts import part_of, put_in_place
from crawler.storage.file.beside.set_aside import beside, find_place

FOLDERS_ENDING = ".folders"


def is_same_disk(folder: Path, database: Path) -> bool:
    """Return whether a folder lies on the disk of the database; no if it is not there."""
    try:
        return folder.stat().st_dev == database.stat().st_dev
    except OSError:
        return False


def remember_folder(folder: Path, database: Path) -> None:
    """Remember that a folder holds backups, if its disk may be away one day; a list that cannot be written stays as it is."""
    folder, known = folder.absolute(), _read(database)
    if str(folder) in known or is_same_disk(folder, database):
        return
    with suppress(OSError), part_of(_find_list(database)) as part:
        part.write_text(
            json.dumps([*known, str(folder)]), encoding="utf-8", errors="surrogateescape"
        )
        give_away(part, like=database)
        put_in_place(part, _find_list(database))


def find_vanished(folder: Path, database: Path) -> str:
    """Return why no backup may be written to a folder that held some; empty if it held none, or still holds any file.

    raises  OSError if the folder cannot be read
    """
    return explain_vanished(folder) if str(folder.absolute()) in _read(database) else ""


def _read(database: Path) -> list[str]:
    try:
        known = json.loads(
            _find_list(database).read_text(encoding="utf-8", errors="surrogateescape")
        )
    except (OSError, ValueError):
        return []
    return [one for one in known if isinstance(one, str)] if isinstance(known, list) else []


def _find_list(database: Path) -> Path:
    return beside(find_place(database), FOLDERS_ENDING)
