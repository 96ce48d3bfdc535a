"""The folder of backups: what their files are called, which is the newest, and which go. Nothing else remembers them."""

import glob
import re
import stat
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crawler.machine.processes.patience import ask_patiently
from crawler.storage.file.beside.set_aside import KEY_ENDINGS

# to the second, and without colons, which FAT and SMB do not take
_STAMP = "%Y-%m-%dT%H%M%SZ"
_STAMPED = re.compile(r"-(\d{4}-\d\d-\d\dT\d{6}Z)\.db")
# a part is renamed or deleted when its copy ends; older ones were left by a process that was killed
_PART_SECONDS = 86_400.0
# a name that lies further ahead is of a clock that was wrong; two machines' clocks may differ by some minutes
_AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup in a folder.

    made_at  aware UTC, by its name: what it holds is of a moment later
    """

    path: Path
    made_at: datetime
    size: int


def name_backup(folder: Path, database: Path, *, now: datetime) -> Path:
    """Return where a backup of a database made now is kept; the name is free."""
    at = now.astimezone(UTC)
    while (file := folder / f"{database.stem}-{at:{_STAMP}}.db").exists():
        at += timedelta(seconds=1)
    return file


def list_backups(folder: Path, database: Path, *, now: datetime) -> list[Backup]:
    """Return the backups of a database in a folder, newest first; none if the folder cannot be read or does not answer.

    Those whose names lie more than a day ahead come last: a clock was wrong when they were made, and is right now. Those of
    another database of that name, whose key is another one, are left out.
    """
    try:
        found = ask_patiently(str(folder), lambda: _list(folder, database))
    except OSError:
        return []
    return sorted(found, key=lambda one: (one.made_at <= now + _AHEAD, one.made_at), reverse=True)


def find_newest(folder: Path, database: Path, *, now: datetime) -> Backup | None:
    """Return the newest backup, None if there is none, or only such as a clock made that was ahead."""
    listed = list_backups(folder, database, now=now)
    return listed[0] if listed and listed[0].made_at <= now + _AHEAD else None


def _list(folder: Path, database: Path) -> list[Backup]:
    found, own = [], {_read(_beside(database, ending)) for ending in KEY_ENDINGS} - {b""}
    for path in folder.iterdir():
        stamp = _STAMPED.fullmatch(path.name.removeprefix(database.stem))
        if not stamp or not path.name.startswith(database.stem):
            continue
        key = _read(_beside(path, KEY_ENDINGS[0]))
        if own and key and key not in own:
            continue
        with suppress(ValueError, OSError):
            status = path.stat()
            made_at = datetime.strptime(stamp[1], _STAMP).replace(tzinfo=UTC)
            if stat.S_ISREG(status.st_mode):
                found.append(Backup(path=path, made_at=made_at, size=status.st_size))
    return found


def _beside(file: Path, ending: str) -> Path:
    return file.with_name(file.name + ending)


def _read(key: Path) -> bytes:
    try:
        return key.read_bytes()
    except OSError:
        return b""


def drop_older(folder: Path, database: Path, *, keep: int, made: Path, now: datetime) -> list[Path]:
    """Delete all backups of a database but ``made`` and the newest others, ``keep`` in all; return those that went.

    Parts that a killed process left go too. What cannot be deleted stays, and is tried again after the next backup.
    """
    others = [one.path for one in list_backups(folder, database, now=now) if one.path != made]
    old = []
    for path in others[keep - 1 :]:
        with suppress(OSError):
            for ending in ("", *KEY_ENDINGS):
                _beside(path, ending).unlink(missing_ok=True)
            old.append(path)
    for part in folder.glob(f".{glob.escape(database.stem)}-*.part"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > _PART_SECONDS:
                part.unlink()
    return old
