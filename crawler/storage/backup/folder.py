"""The folder of backups: what their files are called, which is the newest, and which go. Nothing else remembers them."""

import glob
import re
import stat
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crawler.machine.processes.patience import ask_patiently
from crawler.storage.file.beside.set_aside import KEY_ENDINGS, beside

# to the second, and without colons, which FAT and SMB do not take
_STAMP = "%Y-%m-%dT%H%M%SZ"
_STAMPED = re.compile(r"(?P<stem>.+)-(?P<stamp>\d{4}-\d\d-\d\dT\d{6}Z)\.db", re.DOTALL)
# a part is renamed or deleted when its copy ends; older ones were left by a process that was killed
_PART_SECONDS = 86_400.0
# a name that lies further ahead is of a clock that was wrong; two machines' clocks may differ by some minutes
_AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup in a folder.

    stem     the name of its database, without ending
    made_at  aware UTC, by its name: what it holds is of a moment later
    key      of signed links, by which databases of one name are told apart; empty if there was none yet
    old_key  the one before it, empty if it was never changed
    """

    path: Path
    stem: str
    made_at: datetime
    size: int
    key: bytes = field(repr=False)
    old_key: bytes = field(repr=False)


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
        found, own = list_all(folder), read_keys(database)
    except OSError:
        return []
    ours = (one for one in found if one.stem == database.stem)
    return sort_newest_first(
        (one for one in ours if not (own and one.key) or one.key in own), now=now
    )


def sort_newest_first(backups: Iterable[Backup], *, now: datetime) -> list[Backup]:
    """Return backups newest first, and last those whose names lie more than a day ahead."""
    return sorted(backups, key=lambda one: (not is_ahead(one, now=now), one.made_at), reverse=True)


def is_ahead(backup: Backup, *, now: datetime) -> bool:
    """Return whether the name of a backup lies so far ahead that the clock was wrong when it was made."""
    return backup.made_at > now + _AHEAD


def read_keys(database: Path) -> frozenset[bytes]:
    """Return the keys beside a database; none if it has none yet."""
    return frozenset(_read(beside(database, ending)) for ending in KEY_ENDINGS) - {b""}


def find_newest(folder: Path, database: Path, *, now: datetime) -> Backup | None:
    """Return the newest backup, None if there is none, or only such as a clock made that was ahead."""
    listed = list_backups(folder, database, now=now)
    return listed[0] if listed and not is_ahead(listed[0], now=now) else None


def list_all(folder: Path) -> list[Backup]:
    """Return the backups of all databases in a folder, in no order; raises OSError if it cannot be read or does not answer."""
    return ask_patiently(str(folder), lambda: [*filter(None, map(_find, folder.iterdir()))])


def _find(path: Path) -> Backup | None:
    """Return what a file is as a backup, None if it is none."""
    named = _STAMPED.fullmatch(path.name)
    if named is None:
        return None
    with suppress(ValueError, OSError):
        status = path.stat()
        made_at = datetime.strptime(named["stamp"], _STAMP).replace(tzinfo=UTC)
        if stat.S_ISREG(status.st_mode):
            key, old_key = (_read(beside(path, ending)) for ending in KEY_ENDINGS)
            return Backup(
                path=path,
                stem=named["stem"],
                made_at=made_at,
                size=status.st_size,
                key=key,
                old_key=old_key,
            )
    return None


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
                beside(path, ending).unlink(missing_ok=True)
            old.append(path)
    for part in folder.glob(f".{glob.escape(database.stem)}-*.part"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > _PART_SECONDS:
                part.unlink()
    return old
