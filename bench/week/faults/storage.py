"""Faults of storage: the file locked by another program, and a full disk; each returns its visible effect."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bench.week.faults.hands import Hands

# only written bytes take memory; with less than 500 MB free the daemon would complain
_DISK_BYTES = 2_000_000_000
_TRIES = 20


def lock(hands: Hands, seconds: float) -> str:
    """Hold the database's lock from another connection, as a backup or a browser of databases does."""
    mark = hands.mark_log()
    with closing(sqlite3.connect(hands.week.running.database, timeout=30)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        hands.last(seconds)
        connection.rollback()
    return _see_hold(hands, mark, "lock", "busy")


def fill_disk(hands: Hands, seconds: float) -> str:
    """Fill the database's disk; ``watchword doctor`` must report it."""
    disk = hands.week.disk
    if disk is None:
        return ""
    mark = hands.mark_log()
    hands.empty_write_ahead_log()
    if not _shrink(hands, disk):
        return ""
    try:
        done = hands.week.running.command("doctor")
        hands.last(seconds, until=lambda: bool(hands.list_log_lines(mark, "storage unavailable")))
    finally:
        _resize(disk, _DISK_BYTES)
    if "full" not in done.stdout or done.returncode != 1:
        hands.week.troubles.append(f"doctor does not report the full disk: {done.stdout[-300:]}")
    return _see_hold(hands, mark, "full", "space")


def _see_hold(hands: Hands, mark: int, *words: str) -> str:
    """Return how the daemon logged that storage did not answer and then did again; empty if it did not."""
    held = hands.list_log_lines(mark, "storage unavailable")
    is_it = any(word in line for line in held for word in words)
    is_back = hands.wait(lambda: bool(hands.list_log_lines(mark, "storage answers again")))
    return "storage was away, and back" if is_it and is_back else ""


def _shrink(hands: Hands, disk: Path) -> bool:
    """Shrink a disk to the size of its content; return whether that was possible."""
    for _ in range(_TRIES):
        stated = os.statvfs(disk)
        if _resize(disk, (stated.f_blocks - stated.f_bfree) * stated.f_frsize):
            return True
        hands.last(0.1)  # so that something is written in between
    return False


def _resize(disk: Path, size_bytes: int) -> bool:
    options = f"remount,size={size_bytes // 1024}k"
    done = subprocess.run(["mount", "-o", options, str(disk)], check=False, capture_output=True)
    return done.returncode == 0


@contextmanager
def own_disk(folder: Path) -> Iterator[Path]:
    """Mount a disk in memory in a folder; at the end its content is copied into the folder. Needs root."""
    place = folder / "disk"
    place.mkdir(exist_ok=True)
    options = ["-t", "tmpfs", "-o", f"size={_DISK_BYTES // 1024}k", "tmpfs"]
    subprocess.run(["mount", *options, str(place)], check=True)
    try:
        yield place
    finally:
        for file in place.iterdir():
            if file.is_file():
                shutil.copy(file, folder / file.name)
        subprocess.run(["umount", "--lazy", str(place)], check=False)
        place.rmdir()
