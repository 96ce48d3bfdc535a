"""Findings about the database as a file: whether it is undamaged, can be written, and has room on its disk."""

import os
import shutil
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.machine.access import folder_of
from crawler.storage.file.faults import TOO_LITTLE_BYTES, is_little, probe_folder
from crawler.storage.file.read_only import NEEDS_ROOM, explain_failure, name_obstacle, result_code
from crawler.storage.process.health import check_integrity, take_write_lock
from crawler.text.counts import write_number
from watchword.doctor.findings import Finding, Verdict

if TYPE_CHECKING:  # for types only: --help must not wait for pydantic
    from crawler.config.schema import Config

# the daemon's own transactions take milliseconds, so a lock that lasts longer is worth a finding
_WRITE_WAIT_SECONDS = 2.0
_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def look_at_file(connection: sqlite3.Connection, path: Path) -> Finding:
    """Return whether the file passes SQLite's integrity check; if not, nothing that is read from it can be trusted."""
    state = check_integrity(connection)
    size = f"{path.stat().st_size / 1e6:.1f} MB"
    if state == "ok":
        return Finding(subject="database", verdict=Verdict.OK, summary=f"{path} ({size})")
    return Finding(
        subject="database",
        verdict=Verdict.BROKEN,
        summary=f"{path} is damaged: {state}",
        remedy="stop the daemon, and put the last backup back with `watchword restore`; the damaged file is kept",
    )


def look_at_space(config: "Config") -> Finding:
    """Return how much room is left on the disks of the database and the Maildir."""
    places = {"database": config.store.path} | (
        {} if config.mail.transport else {"Maildir": config.maildir}
    )
    details, verdicts = [], [Verdict.OK]
    for name, path in places.items():
        room = shutil.disk_usage(_existing(path.absolute()))
        verdicts.append(judge_space(room.free, room.total))
        details.append(f"{name}: {_write_room(room.free)} of {_write_room(room.total)} are free")
    verdict = max(verdicts, key=list(Verdict).index)
    return Finding(
        subject="disk",
        verdict=verdict,
        summary="; ".join(details),
        remedy=""
        if verdict is Verdict.OK
        else "free some space, or lower [store] page_retention: without room nothing new is stored and nothing is sent",
    )


def judge_space(free_bytes: int, total_bytes: int) -> Verdict:
    """Return the verdict on the free room of a disk: BROKEN if writing stops, LOOK if it soon may."""
    if free_bytes < TOO_LITTLE_BYTES:
        return Verdict.BROKEN
    return Verdict.LOOK if is_little(free_bytes, total_bytes) else Verdict.OK


def _write_room(count: int) -> str:
    return f"{write_number(round(count / 1e9, 1))} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _existing(path: Path) -> Path:
    """Return the path, or the nearest folder above it that exists."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def look_at_writing(path: Path) -> Finding:
    """Return whether the database can be written: take the write lock and release it. Nothing is changed."""
    if not os.access(path, os.W_OK) and not _is_read_only(path):
        return Finding(
            subject="writing",
            verdict=Verdict.LOOK,
            summary=f"this user (uid {os.geteuid()}) may not write {path}, so writing was not tested",
            remedy="run doctor as the user of the daemon to test it",
        )
    try:
        take_write_lock(path, wait_seconds=_WRITE_WAIT_SECONDS)
    except sqlite3.Error as error:
        if result_code(error) in _LOCKED:
            return Finding(
                subject="writing",
                verdict=Verdict.LOOK,
                summary=f"locked by another process for more than {_WRITE_WAIT_SECONDS:.0f} s",
                remedy=f"`fuser -v {path}` shows who has it open; the daemon waits, and continues by itself",
            )
        is_barred = result_code(error) in NEEDS_ROOM
        return Finding(
            subject="writing",
            verdict=Verdict.BROKEN,
            summary=f"{path} cannot be written: {name_obstacle(folder_of(path))}"
            if is_barred
            else explain_failure(error, str(path)),
            remedy="until that is fixed, nothing new is stored and nothing is sent",
        )
    # taking the lock writes nothing: only a write shows that a disk turned read-only after an error
    barred = probe_folder(folder_of(path))
    if barred is not None:
        return Finding(
            subject="writing",
            verdict=Verdict.BROKEN,
            summary=f"nothing can be written into {folder_of(path)}: the disk is {barred.value}",
            remedy="until that is fixed, nothing new is stored and nothing is sent",
        )
    return Finding(subject="writing", verdict=Verdict.OK, summary="the database can be written")


def _is_read_only(path: Path) -> bool:
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
