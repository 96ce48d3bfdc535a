"""Faults of storage: each context manager provokes one on entering and ends it on leaving."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from bench.drills.stage import SECOND_WATCH, Stage

_LOCKER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
"""
# holds a database with its log, and is full within a second
_DISK_MB = 24


@contextmanager
def lock(stage: Stage) -> Iterator[None]:
    """Hold the write lock from another process."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _LOCKER, str(stage.running.database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    try:
        yield
    finally:
        holder.communicate(b"")


@contextmanager
def lock_and_edit(stage: Stage) -> Iterator[None]:
    """Add a watch while the database is locked; it is in force for all that is published afterwards."""
    with lock(stage):
        stage.configure(SECOND_WATCH)
        yield
    stage.wait(lambda: bool(stage.running.ask("SELECT 1 FROM watches WHERE name = 'second'")), 20)
    stage.recipients = ("first@example.org", "second@example.org")


@contextmanager
def disk_full(stage: Stage) -> Iterator[None]:
    """Fill the database's disk."""
    # SQLite reuses the space of a long write-ahead log, and would not notice a full disk for a while
    with closing(sqlite3.connect(stage.running.database, timeout=10)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    ballast = stage.running.database.with_name("ballast")
    fill(ballast)
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def disk_full_at_start(stage: Stage) -> Iterator[None]:
    """Start the daemon on a full disk; if it ends with a reason, start it again once there is room."""
    stage.running.stop()
    ballast = stage.running.database.with_name("ballast")
    fill(ballast)
    stage.mark_log()
    stage.start()
    try:
        yield
    finally:
        ballast.unlink()
    restart_if_ended(stage)


def restart_if_ended(stage: Stage) -> None:
    """Start the daemon again if it refused to start, as a service manager would."""
    if not stage.running.is_alive:
        stage.check("it ended with a code that says so", stage.running.exit_code in {1, 2}, f"code {stage.running.exit_code}")  # fmt: skip
        stage.start()


def fill(ballast: Path) -> None:
    """Write until a disk is full, first in large pieces and then in small ones."""
    with ballast.open("wb", buffering=0) as file:
        for piece in (65536, 4096, 1):
            with suppress(OSError):
                while True:
                    file.write(b"\1" * piece)


@contextmanager
def io_error(stage: Stage) -> Iterator[None]:
    """Make the files immutable, so that each write fails, also through open files."""
    # not the shared memory file: a failed write to mapped memory is no error, it kills the process
    files = list_files(stage.running.database)[:2]
    subprocess.run(["chattr", "+i", *map(str, files)], check=True)
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", *map(str, files)], check=True)


@contextmanager
def read_only(stage: Stage) -> Iterator[None]:
    """Make ext4 find an error and turn read-only; only unmounting ends that, so the daemon is stopped for it."""
    folder = stage.running.database.parent
    command = ["findmnt", "-n", "-o", "SOURCE", str(folder)]
    device = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    Path(f"/sys/fs/ext4/{Path(device).name}/trigger_fs_error").write_text("1")
    try:
        yield
    finally:
        stage.check("it outlives the fault", stage.running.is_alive)
        seconds = stage.running.stop()
        stage.check("SIGTERM ends it on a read-only disk", seconds is not None)
        stage.running.clear()
        subprocess.run(["umount", str(folder)], check=True)
        image = folder.with_name("image")
        subprocess.run(["e2fsck", "-fy", str(image)], check=False, capture_output=True)
        mount_image(image, folder)
        stage.start()


@contextmanager
def deleted(stage: Stage) -> Iterator[None]:
    """Delete the database; on leaving, put a backup in its place."""
    backup = back_up(stage)
    for file in list_files(stage.running.database):
        file.unlink()
    yield
    shutil.copy(backup, stage.running.database.with_name("restored"))
    stage.running.database.with_name("restored").replace(stage.running.database)


@contextmanager
def moved_away(stage: Stage) -> Iterator[None]:
    """Rename the database; on leaving, rename it back."""
    away = stage.running.database.with_name("away.db")
    stage.running.database.rename(away)
    yield
    away.replace(stage.running.database)


@contextmanager
def replaced(stage: Stage) -> Iterator[None]:
    """Put a backup in the place of the database, as a restore does."""
    restore(stage, back_up(stage))
    yield


@contextmanager
def corrupt(stage: Stage) -> Iterator[None]:
    """Overwrite pages of the database with noise; on leaving, put a backup in its place."""
    backup = back_up(stage)
    with closing(sqlite3.connect(stage.running.database, timeout=10)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size, page = stage.running.database.stat().st_size, 4096
    with stage.running.database.open("r+b") as file:
        file.seek(5 * page)
        file.write(os.urandom(size - 5 * page))
    yield
    restore(stage, backup)


def back_up(stage: Stage) -> Path:
    """Copy the database once no work is under way."""
    stage.wait(lambda: not stage.running.ask("SELECT 1 FROM entries WHERE state = 'waiting'"), 10)
    backup = stage.running.database.with_name("backup.db")
    with (
        closing(sqlite3.connect(stage.running.database)) as source,
        closing(sqlite3.connect(backup)) as target,
    ):
        source.backup(target)
    return backup


def restore(stage: Stage, backup: Path) -> None:
    """Put a copy in the place of the database, and delete the write-ahead log of the old one."""
    for file in list_files(stage.running.database)[1:]:
        file.unlink()
    backup.replace(stage.running.database)


def list_files(database: Path) -> list[Path]:
    """Return the existing files of a database, the database itself first."""
    names = (database, *(database.with_name(database.name + end) for end in ("-wal", "-shm")))
    return [file for file in names if file.exists()]


@contextmanager
def own_disk(folder: Path, *, kind: str) -> Iterator[Path]:
    """Mount a small disk in a folder, ``tmpfs`` or ``ext4``; needs root."""
    place, image = folder / "disk", folder / "image"
    place.mkdir()
    if kind == "tmpfs":
        options = ["-t", "tmpfs", "-o", f"size={_DISK_MB}m", "tmpfs"]
        subprocess.run(["mount", *options, str(place)], check=True)
    else:
        with image.open("wb") as file:
            file.truncate(_DISK_MB * 1_000_000)
        subprocess.run(["mkfs.ext4", "-q", str(image)], check=True, capture_output=True)
        mount_image(image, place)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=False)


def mount_image(image: Path, place: Path) -> None:
    """Mount a file as an ext4 disk that turns read-only when an error is found on it."""
    command = ["mount", "-o", "loop,errors=remount-ro", str(image), str(place)]
    subprocess.run(command, check=True)
