"""Findings about the daemon that holds a database: what it says of its storage, and whether it has this very file open."""

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from crawler.storage.file.faults import identify
from crawler.storage.file.instance_lock import DAEMON, is_held
from watchword.doctor.findings import Finding, Verdict

_PROC = Path("/proc")
_DELETED = " (deleted)"


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file a process has open.

    link      the link under /proc through which it can still be read
    name      the path it had when it was last named, without the mark of a deleted file
    identity  device and inode
    """

    link: Path
    name: str
    identity: tuple[int, int]
    is_deleted: bool


def look_at_holder(database: Path) -> Finding:
    """Look whether a daemon works on this database, what it says of its storage, and on which file it works."""
    lock_file = database.with_name(f"{database.name}.lock")
    if lock_file.exists() and not os.access(lock_file, os.R_OK):
        return Finding(
            subject="storage",
            verdict=Verdict.OK,
            summary=f"this user may not open {lock_file}, so it cannot be told whether a daemon has it in use",
        )
    if not is_held(database):
        return Finding(subject="storage", verdict=Verdict.OK, summary="no daemon has it in use")
    stated = _read_lock_file(database)
    pid = stated.get("pid")
    return _describe_use(stated, pid) or _look_at_daemon(database, stated, pid)


def _describe_use(stated: Mapping[str, object], pid: object) -> Finding | None:
    """Say who has the database in use, None where that is a daemon at work."""
    holder, waits_for = stated.get("holder"), stated.get("waits_for")
    if isinstance(holder, str) and holder not in {"", DAEMON}:
        summary = f"in use by `{holder}` (pid {pid})"
        return Finding(subject="storage", verdict=Verdict.OK, summary=summary)
    if waits_for:
        summary = f"the daemon (pid {pid}) waits for {waits_for}; it goes on by itself"
        return Finding(subject="storage", verdict=Verdict.LOOK, summary=summary)
    return None


def _look_at_daemon(database: Path, stated: Mapping[str, object], pid: object) -> Finding:
    """Look what a daemon at work says of its storage, and on which file it works."""
    complaint = _read_complaint(stated.get("storage"))
    if complaint:
        return Finding(
            subject="storage",
            verdict=Verdict.BROKEN,
            summary=f"the daemon (pid {pid}) waits for its storage: {complaint}",
            remedy="mend that; the daemon looks every few seconds and goes on by itself, nothing is lost meanwhile",
        )
    foreign = _find_foreign(database, stated)
    if foreign is None:
        return Finding(
            subject="storage", verdict=Verdict.OK, summary=f"in use by the daemon (pid {pid})"
        )
    return Finding(
        subject="storage",
        verdict=Verdict.BROKEN,
        summary=f"the daemon (pid {pid}) works on another file than the one at {database}: {foreign}",
        details=_name_rescue(database, pid),
        remedy="save what it holds if you need it, stop the daemon, put the right file in place, and start it again",
    )


def _read_lock_file(database: Path) -> Mapping[str, object]:
    """Read what the daemon wrote into its lock file; half a file, or one of another release, says nothing."""
    try:
        text = database.with_name(f"{database.name}.lock").read_text(encoding="utf-8")
        stated = json.loads(text)
    except (OSError, ValueError):
        return {}
    return stated if isinstance(stated, dict) else {}


def _read_complaint(stated: object) -> str:
    """Return why the daemon's storage does not answer, and since when; empty where it does."""
    if isinstance(stated, Mapping) and stated:
        reason, since = str(stated.get("reason") or "no reason given"), stated.get("since")
        return f"{reason}, since {str(since)[:16].replace('T', ' ')} UTC" if since else reason
    return str(stated) if stated else ""


def _find_foreign(database: Path, stated: Mapping[str, object]) -> str | None:
    """Say how the daemon's file differs from the one at the path; None where it does not, or cannot be seen."""
    here = identify(database)
    # a daemon of another machine or container has another process of ours by its number
    is_ours = stated.get("host", socket.gethostname()) == socket.gethostname()
    opened = list_opened(stated.get("pid"), database) if is_ours else None
    if opened is not None:
        if any(file.identity == here and not file.is_deleted for file in opened):
            return None
        if not opened:
            return "it does not have that one open, it was moved or replaced"
        mark = _DELETED if opened[0].is_deleted else ""
        return f"it has {opened[0].name}{mark} open, inode {opened[0].identity[1]}"
    inode = stated.get("inode")
    if isinstance(inode, int) and (here is None or inode != here[1]):
        found = "nothing" if here is None else f"inode {here[1]}"
        return f"it opened inode {inode}, and {found} is there now"
    return None


def list_opened(pid: object, database: Path) -> tuple[OpenFile, ...] | None:
    """List the files of a database's name or identity that a process has open; None where that cannot be seen."""
    if not isinstance(pid, int):
        return None
    here, wanted, found = identify(database), str(database.absolute().resolve()), []
    try:
        links = sorted((_PROC / str(pid) / "fd").iterdir())
    except OSError:  # another user's process, another container's, or no /proc at all
        return None
    for link in links:
        try:
            name, identity = str(link.readlink()), identify(link)
        except OSError:
            continue
        bare = name.removesuffix(_DELETED)
        if identity is not None and (bare == wanted or identity == here):
            found.append(OpenFile(link, bare, identity, name.endswith(_DELETED)))
    return tuple(found)


def _name_rescue(database: Path, pid: object) -> tuple[str, ...]:
    """Say how a deleted file can still be copied out of the process that has it open, its log with it."""
    lost = [
        (file.link, database.name + end)
        for end in ("", "-wal")
        for file in (list_opened(pid, database.with_name(database.name + end)) or ())[:1]
        if file.is_deleted
    ]
    return tuple(
        f"to save it: cp {link} {os.fspath(database.parent)}/rescued-{name}" for link, name in lost
    )
