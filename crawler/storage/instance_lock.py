"""One daemon a database: a lock file beside it that says who holds it."""

import fcntl
import json
import os
import socket
from datetime import datetime
from pathlib import Path
from typing import Self

from crawler.clock import utc_now
from crawler.errors import AlreadyRunning, DatabaseUnusable


class InstanceLock:
    """Held while the daemon lives; the kernel lets go of it even after kill -9.

    The file stays behind: removing it would let two daemons lock two different files of one name.
    """

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + ".lock")
        self._file = -1

    def __enter__(self) -> Self:
        """Take the lock; raises AlreadyRunning naming the holder, DatabaseUnusable without a place for it."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise DatabaseUnusable(
                f"the lock file {self._path} cannot be written: {error}"
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._file)
            raise AlreadyRunning(describe_holder(self._path)) from error
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, json.dumps(_ourselves()).encode(), 0)
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the lock."""
        os.close(self._file)


def _ourselves() -> dict[str, object]:
    started_at = utc_now().isoformat(timespec="seconds")
    return {"pid": os.getpid(), "host": socket.gethostname(), "started_at": started_at}


def describe_holder(lock_file: Path) -> str:
    """Say who holds a lock, for the person whose second daemon does not start."""
    try:
        holder = json.loads(lock_file.read_text(encoding="utf-8"))
        since = datetime.fromisoformat(holder["started_at"])
        who = (
            f"process {holder['pid']} on {holder['host']}, running since {since:%d %b %Y %H:%M} UTC"
        )
    except (OSError, ValueError, KeyError, TypeError):
        who = "another process"
    database = lock_file.with_name(lock_file.name.removesuffix(".lock"))
    return f"another daemon works on {database}: {who}. Stop it first, or give this one another [store] path."


def is_held(database: Path) -> bool:
    """Tell whether a daemon works on this database now."""
    try:
        file = os.open(database.with_name(database.name + ".lock"), os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False
