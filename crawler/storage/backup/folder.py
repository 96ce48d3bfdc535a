"""The folder of backups: what their files are called, which is the newest, and which go. Nothing else remembers them."""

import re
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crawler.storage.file.beside.set_aside import KEY_ENDINGS

# to the second, and without colons, which FAT and SMB do not take
_STAMP = "%Y-%m-%dT%H%M%SZ"
_STAMPED = re.compile(r"-(\d{4}-\d\d-\d\dT\d{6}Z)\.db")
# a part is renamed or deleted when its copy ends; older ones were left by a process that was killed
_PART_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup in a folder.

    made_at  aware UTC, by its name: what it holds is of a moment later
    """

    path: Path
    made_at: datetime
    size: int


def name_backup(folder: Path, database: Path, *, now: datetime) -> Path:
    """Return where a backup of a database made now is kept."""
    return folder / f"{database.stem}-{now.astimezone(UTC):{_STAMP}}.db"


def list_backups(folder: Path, database: Path) -> list[Backup]:
    """Return the backups of a database in a folder, newest first; none if the folder cannot be read."""
    found = []
    with suppress(OSError):
        for path in folder.iterdir():
            stamp = _STAMPED.fullmatch(path.name.removeprefix(database.stem))
            with suppress(ValueError, OSError):
                if stamp and path.name.startswith(database.stem):
                    made_at = datetime.strptime(stamp[1], _STAMP).replace(tzinfo=UTC)
                    found.append(Backup(path=path, made_at=made_at, size=path.stat().st_size))
    return sorted(found, key=lambda one: one.made_at, reverse=True)


def drop_older(folder: Path, database: Path, *, keep: int) -> list[Path]:
    """Delete all backups of a database but the newest ``keep``, and parts that a killed process left; return the former."""
    old = [one.path for one in list_backups(folder, database)[keep:]]
    for path in old:
        for ending in ("", *KEY_ENDINGS):
            path.with_name(path.name + ending).unlink(missing_ok=True)
    for part in folder.glob(f".{database.stem}-*.part"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > _PART_SECONDS:
                part.unlink()
    return old
