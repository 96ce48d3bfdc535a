"""The kinds of faults behind SQLite's errors: a lock that passes, or a disk that a person has to repair."""

import errno
import os
import shutil
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryFile

from crawler.errors import DatabaseUnusable
from crawler.machine.access import folder_of

# SQLite needs room for a page of the log and its index; with less free, its "I/O error" means a full disk
_FULL_BELOW_BYTES = 256 * 1024
# a day of a few hundred sources is some 50 MB of rows and pages, and SQLite needs room for its log too
TOO_LITTLE_BYTES = 50_000_000
# less than either is reported by `doctor` and status reports, while there is still time for a person to act
_LITTLE_BYTES = 500_000_000
_LITTLE_SHARE = 0.05


class FaultKind(StrEnum):
    """The kinds of storage faults."""

    LOCKED = "locked"
    FULL = "full"
    READ_ONLY = "read-only"
    BROKEN = "I/O error"
    DAMAGED = "damaged"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageFault:
    """A fault: storage cannot be written for now.

    reason  one line for a person: what is wrong and what ends it
    since   aware UTC
    """

    kind: FaultKind
    reason: str
    since: datetime


_KINDS = {
    sqlite3.SQLITE_BUSY: FaultKind.LOCKED,
    sqlite3.SQLITE_LOCKED: FaultKind.LOCKED,
    sqlite3.SQLITE_PROTOCOL: FaultKind.LOCKED,
    sqlite3.SQLITE_FULL: FaultKind.FULL,
    sqlite3.SQLITE_READONLY: FaultKind.READ_ONLY,
    sqlite3.SQLITE_PERM: FaultKind.READ_ONLY,
    sqlite3.SQLITE_IOERR: FaultKind.BROKEN,
    sqlite3.SQLITE_CANTOPEN: FaultKind.BROKEN,
    sqlite3.SQLITE_CORRUPT: FaultKind.DAMAGED,
    sqlite3.SQLITE_NOTADB: FaultKind.DAMAGED,
}
_SENTENCES = {
    FaultKind.LOCKED: "another process keeps the database {path} locked",
    FaultKind.FULL: "the disk of {path} is full ({free:.1f} MB free); make room on it",
    FaultKind.READ_ONLY: "the database {path} cannot be written: it, or its file system, is read-only",
    FaultKind.BROKEN: "the disk under {path} does not answer as it should: {error}",
    FaultKind.DAMAGED: "the database {path} is damaged ({error}); stop the daemon and put a backup in its place",
}


_PROBED = {
    errno.ENOSPC: FaultKind.FULL,
    errno.EDQUOT: FaultKind.FULL,
    errno.EROFS: FaultKind.READ_ONLY,
    errno.EACCES: FaultKind.READ_ONLY,
    errno.EPERM: FaultKind.READ_ONLY,
}


def is_fault(error: BaseException) -> bool:
    """Return whether an error of SQLite passes by waiting, or once a person has seen to the disk."""
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _KINDS


def find_kind(error: BaseException, path: Path) -> FaultKind | None:
    """Return the kind of storage fault behind an error, None if it is another error, such as a fault of ours."""
    if isinstance(error, DatabaseUnusable) and error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, OSError):
        return FaultKind.FULL if error.errno in {errno.ENOSPC, errno.EDQUOT} else None
    code = getattr(error, "sqlite_errorcode", None)
    kind = None if code is None else _KINDS.get(code & 0xFF)
    if kind is FaultKind.BROKEN:
        return _look_closer(path)
    return kind


def _look_closer(path: Path) -> FaultKind:
    """Return whether a disk is full, read-only or broken: SQLite reports "I/O error" for all of them where it maps memory."""
    free = free_bytes(path)
    if free is not None and free < _FULL_BELOW_BYTES:
        return FaultKind.FULL
    if path.exists() and not os.access(path, os.W_OK):
        return FaultKind.READ_ONLY
    return probe_folder(folder_of(path)) or FaultKind.BROKEN


def probe_folder(folder: Path) -> FaultKind | None:
    """Return why nothing can be written into a folder, None if it can; tried with a temporary file.

    A disk that turned read-only after an error still claims to be writable (ext4 on kernels since 6.15).
    """
    try:
        with TemporaryFile(dir=folder, buffering=0) as file:
            file.write(b"x")
            os.fsync(file.fileno())
    except OSError as error:
        return _PROBED.get(error.errno or 0, FaultKind.BROKEN)
    return None


def identify(path: Path) -> tuple[int, int] | None:
    """Return the identity of a file (device and inode), by which a replaced one is noticed; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def free_bytes(path: Path) -> int | None:
    """Return the free bytes on the disk of a file, None if they are not known."""
    try:
        return shutil.disk_usage(folder_of(path)).free
    except OSError:
        return None


def is_little(free: int, total: int) -> bool:
    """Return whether a disk has so little room left that somebody should look."""
    return free < _LITTLE_BYTES or free < total * _LITTLE_SHARE


def find_little_room(path: Path) -> int | None:
    """Return the free bytes on the disk of a file if they are few; None if there are enough or they are not known."""
    try:
        room = shutil.disk_usage(folder_of(path))
    except OSError:
        return None
    return room.free if is_little(room.free, room.total) else None


def describe(
    kind: FaultKind, path: Path, error: BaseException | None, *, since: datetime
) -> StorageFault:
    """Return a fault with the sentence a person reads."""
    free = (free_bytes(path) or 0) / 1e6
    reason = _SENTENCES[kind].format(path=path, error=error, free=free)
    return StorageFault(kind=kind, reason=reason, since=since)
