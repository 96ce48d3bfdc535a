"""The database that a restore replaces: it gets a second name first, so that its own name always leads to a whole file.

A restore that is killed half-way leaves two names of one file. Whoever holds the instance lock next undoes that. Where a file
system knows no second names, the database is renamed, and a killed restore leaves none: then no empty one is made in its place.
"""

import errno
import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crawler.machine.flush import flush

# the key of signed links, and the one before it (file.signing_key): without them the links of sent messages are dead
KEY_ENDINGS = (".key", ".key.old")
_STAMP = ".before-restore-%Y-%m-%dT%H%M%SZ"
_STAMPED = re.compile(r"\.before-restore-\d{4}-\d\d-\d\dT\d{6}Z")
_RESCUED = ".rescued"
# changes that are not in the file yet, or must be undone: they belong to it, and must never meet another one
_LOGS = ("-wal", "-journal")
# a file system that knows no second names (FAT, some shares) answers one of these
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EXDEV})


def name_aside(database: Path, *, now: datetime) -> Path:
    """Return the name that the database gets when it is replaced now; it is free."""
    place, at = find_place(database), now.astimezone(UTC)
    while (aside := place.with_name(f"{place.name}{at:{_STAMP}}")).exists():
        at += timedelta(seconds=1)
    return aside


def set_aside(database: Path, aside: Path, *, with_keys: bool) -> None:
    """Give the database and what belongs to it their second names, and take its logs away from its own name.

    with_keys  its keys too. Call while holding the instance lock, with what the logs held played into the file if possible.
    """
    place = find_place(database)
    # first the file: a log without its file is played into nothing, and this name is what an undo goes by
    _link(place, aside)
    for ending in _LOGS:
        if _size_of(beside(place, ending)):
            _link(beside(place, ending), beside(aside, ending))
    # what replaces a key leaves its second name alone; a key is never away from its first
    for ending in KEY_ENDINGS if with_keys else ():
        _link(beside(database, ending), beside(aside, ending), otherwise=_copy)
    flush(place.parent)
    for ending in (*_LOGS, "-shm"):
        beside(place, ending).unlink(missing_ok=True)


def replace_database(draft: Path, database: Path) -> None:
    """Let the name of the database lead to another whole file, and wait until that is on disk."""
    place = find_place(database)
    draft.replace(place)
    flush(place.parent)


def undo_cut_off(database: Path) -> None:
    """Take the second names away again that a restore gave before it was killed or failed; do nothing if all is well.

    Each step can be cut off, too: the next call goes on. Call while holding the instance lock.
    """
    place = find_place(database)
    for aside in list_asides(place):
        if not (place.exists() and place.samefile(aside)):
            continue
        _return_all(aside, database)
        aside.unlink()


def bring_back(database: Path, aside: Path) -> None:
    """Undo a replacement that failed, where the database had to be renamed too."""
    place = find_place(database)
    if not place.exists() and aside.exists():
        _return_all(aside, database)
        aside.rename(place)
    undo_cut_off(database)


def list_asides(database: Path) -> list[Path]:
    """Return the databases that restores replaced, the newest first."""
    place = find_place(database)
    try:
        files = sorted(place.parent.iterdir(), reverse=True)
    except OSError:
        return []
    return [
        file
        for file in files
        if file.name.startswith(place.name) and _STAMPED.fullmatch(file.name[len(place.name) :])
    ]


def explain_beginning(database: Path) -> str:
    """Return why no empty database may begin here, or why this one may not be written; empty if nothing stands against it.

    Where a database is missing, but one that was moved aside or rescued lies beside it, somebody has lost it.
    """
    place = find_place(database)
    asides = list_asides(place)
    if _size_of(place):
        cut_off = [one for one in asides if _lacks_log(place, one)]
        return _CUT_OFF.format(database=database, aside=cut_off[0]) if cut_off else ""
    rescued = place.with_name(place.name + _RESCUED)
    left = [one for one in (rescued, *asides) if _size_of(one)]
    if not left:
        return ""
    state = "is empty" if place.exists() else "is gone"
    return _LEFT.format(database=database, state=state, left=left[0], place=place)


_LEFT = (
    "the database {database} {state}, but {left} lies beside it, which holds what a database of that name held. "
    "Put it back: `mv {left} {place}`, or restore a backup: `watchword restore BACKUP`. To begin an empty database, move "
    "such files to another folder first"
)
_CUT_OFF = (
    "a restore of the database {database} was cut off, and its last changes are with {aside}: "
    "`watchword run`, `crawl` or `restore` puts them back"
)


def _lacks_log(place: Path, aside: Path) -> bool:
    with suppress(OSError):
        return place.samefile(aside) and any(
            # who only reads makes an empty log
            _size_of(beside(aside, ending)) and not _size_of(beside(place, ending))
            for ending in _LOGS
        )
    return False


def find_place(database: Path) -> Path:
    """Return where the file itself lies: SQLite keeps its logs there, and a link to it must stay a link."""
    return Path(os.path.realpath(database))


def beside(file: Path, ending: str) -> Path:
    """Return the file of this ending that belongs to a file."""
    return file.with_name(file.name + ending)


def _link(old: Path, new: Path, *, otherwise: Callable[[Path, Path], object] = Path.rename) -> None:
    """Give a file a second name, if it is there; ``otherwise`` is done where the file system knows none."""
    if not old.exists():
        return
    try:
        os.link(old, new)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        otherwise(old, new)


def _copy(old: Path, new: Path) -> None:
    os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    shutil.copyfile(old, new)


def _return_all(aside: Path, database: Path) -> None:
    """Give logs and keys of a database their own names back."""
    place = find_place(database)
    for ending in _LOGS:
        _return(beside(aside, ending), beside(place, ending))
    for ending in KEY_ENDINGS:
        _return(beside(aside, ending), beside(database, ending))


def _return(aside: Path, own: Path) -> None:
    """Give a file its own name back, and take the second one away."""
    if aside.exists():
        aside.replace(own)
        # two names of one file: renaming does nothing then, and both are left
        aside.unlink(missing_ok=True)


def _size_of(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
