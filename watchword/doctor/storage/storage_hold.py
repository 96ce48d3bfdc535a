"""The finding about the process that uses a database: what it reports of its storage, and which file it has open."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

from crawler.storage.file.faults import identify
from crawler.storage.file.instance_lock import DAEMON, LockNote, find_holder, find_lock_file
from watchword.doctor.findings import Finding, Verdict

_PROC = Path("/proc")
# what Linux appends to the name of a deleted file in /proc/PID/fd
_DELETED = " (deleted)"


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file that a process has open.

    link      the link under /proc through which it can still be read
    name      the path as /proc shows it, without the mark of a deleted file
    identity  device and inode
    """

    link: Path
    name: str
    identity: tuple[int, int]
    is_deleted: bool


def look_at_holder(database: Path) -> Finding:
    """Return who uses this database, whether that process can use its storage, and whether it has this file open."""
    lock_file = find_lock_file(database)
    if lock_file.exists() and not os.access(lock_file, os.R_OK):
        return Finding(
            subject="storage",
            verdict=Verdict.OK,
            summary=f"this user may not open {lock_file}, so it is unknown whether a daemon has it in use",
        )
    note = find_holder(database)
    if note is None:
        return Finding(subject="storage", verdict=Verdict.OK, summary="no daemon has it in use")
    return _describe_use(note) or _look_at_daemon(database, note)


def _describe_use(note: LockNote) -> Finding | None:
    """Return the finding about a user of the database that needs no further check; None for a daemon at work."""
    if note.holder not in {"", DAEMON}:
        summary = f"in use by `{note.holder}` (pid {note.pid})"
        return Finding(subject="storage", verdict=Verdict.OK, summary=summary)
    if note.waits_for:
        summary = f"the daemon (pid {note.pid}) waits for {note.waits_for}; it continues by itself"
        return Finding(subject="storage", verdict=Verdict.LOOK, summary=summary)
    return None


def _look_at_daemon(database: Path, note: LockNote) -> Finding:
    """Return whether a daemon at work can use its storage, and whether it has this file open."""
    pid = note.pid
    if note.storage:
        return Finding(
            subject="storage",
            verdict=Verdict.BROKEN,
            summary=f"the daemon (pid {pid}) waits for its storage: {note.storage}",
            remedy="fix that; the daemon checks every few seconds and continues by itself; nothing is lost meanwhile",
        )
    foreign = _find_foreign(database, note)
    if foreign is None:
        return Finding(
            subject="storage", verdict=Verdict.OK, summary=f"in use by the daemon (pid {pid})"
        )
    return Finding(
        subject="storage",
        verdict=Verdict.BROKEN,
        summary=f"the daemon (pid {pid}) works on a different file than the one at {database}: {foreign}",
        details=_name_rescue(database, pid),
        remedy="save its contents if you need them, stop the daemon, put the right file in place, and start it again",
    )


def _find_foreign(database: Path, note: LockNote) -> str | None:
    """Return how the daemon's file differs from the one at the path; None if it does not or cannot be seen."""
    here = identify(database)
    # the pid of a daemon on another machine or in another container belongs to some other process here
    is_ours = note.host[:64] == socket.gethostname()[:64]
    opened = list_opened(note.pid, database) if is_ours else None
    if opened is None or any(file.identity == here and not file.is_deleted for file in opened):
        return None
    if not opened:
        return "it does not have this file open; the file was moved or replaced"
    mark = _DELETED if opened[0].is_deleted else ""
    return f"it has {opened[0].name}{mark} open, inode {opened[0].identity[1]}"


def list_opened(pid: int, database: Path) -> tuple[OpenFile, ...] | None:
    """Return the open files of a process that have the database's name or identity; None if that cannot be seen."""
    here, wanted, found = identify(database), str(database.absolute().resolve()), []
    try:
        links = sorted((_PROC / str(pid) / "fd").iterdir())
    except OSError:  # another user's process, another container's, or no /proc at all
        return None
    for link in links:
        try:
            name, identity = str(link.readlink()), identify(link)
        except OSError:  # closed since the folder was listed
            continue
        bare = name.removesuffix(_DELETED)
        if identity is not None and (bare == wanted or identity == here):
            found.append(OpenFile(link, bare, identity, name.endswith(_DELETED)))
    return tuple(found)


def _name_rescue(database: Path, pid: int) -> tuple[str, ...]:
    """Return the commands that copy a deleted database and its WAL file out of the process that has them open."""
    lost = [
        (file.link, database.name + end)
        for end in ("", "-wal")
        for file in (list_opened(pid, database.with_name(database.name + end)) or ())[:1]
        if file.is_deleted
    ]
    return tuple(
        f"to save it: cp {link} {os.fspath(database.parent)}/rescued-{name}" for link, name in lost
    )
