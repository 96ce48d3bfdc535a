"""One writer a database: a lock file beside it that says who holds it, and whether storage answers.

Held by the daemon, by ``watchword crawl``, by ``scrapy crawl feed``, and for a moment by every command that does in the daemon's
place what it would else ask it for. Its note names which of them it is.

On Linux the lock is an open-file-description lock (fcntl(2), F_OFD_SETLK). flock(2) cannot be asked about without
taking it, so that whoever looked could turn away a daemon that started in the same moment; a classic POSIX lock is
lost as soon as any part of the process closes any descriptor of the file.
"""

import contextlib
import errno
import fcntl
import json
import os
import socket
import struct
import sys
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Self

from crawler.clock import utc_now
from crawler.errors import AlreadyRunning, DatabaseUnusable
from crawler.machine.access import explain_access
from crawler.machine.temporary import ensure_temporary_folder
from crawler.text.instants import write_instant, write_iso

# the daemon is asked to do things; whoever else holds the lock is waited for, or named
DAEMON = "daemon"
# one size for ever: rewriting blocks that are there works on a full disk, growing or truncating may not
_NOTE_BYTES = 1024
_LONGEST_REASON = 400
_SHORTEST_REASON = 100
# struct flock of fcntl(2): l_type, l_whence, l_start, l_len, l_pid; the C compiler's own alignment
_FLOCK = "hhqqi"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockNote:
    """What the lock file says of its last holder, whether that one lives or not.

    holder   "daemon", or the command that works there, such as "watchword crawl"; empty where that is not known
    storage  why the database cannot be written and since when, None while all is well
    waits_for  what is waited for before work begins, empty once it has begun
    """

    pid: int
    host: str
    started_at: datetime
    holder: str = ""
    storage: str | None = None
    waits_for: str = ""

    @property
    def name(self) -> str:
        """What holds it, in words that go into a sentence."""
        if not self.holder:
            return "another process"
        return "the daemon" if self.holder == DAEMON else f"`{self.holder}`"


class InstanceLock:
    """Held while its process lives; the kernel lets go of it even after kill -9, and no child inherits it.

    The file stays behind: removing it would let two daemons lock two different files of one name.

    holder  who we are, as the note says it
    """

    def __init__(self, database: Path, *, holder: str = DAEMON) -> None:
        self._path = _lock_file(database)
        self._file = -1
        self._note = LockNote(
            pid=os.getpid(), host=socket.gethostname(), started_at=utc_now(), holder=holder
        )

    def __enter__(self) -> Self:
        """Take the lock; raises AlreadyRunning naming the holder, DatabaseUnusable without a place for it."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # not inheritable (PEP 446): a child must not hold the lock of a daemon that died
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            is_taken = _take(self._file)
            if is_taken:
                self._write()  # at once: whoever looks would read the name of the last holder
            ensure_temporary_folder(self._path)
        except OSError as error:
            self.__exit__()
            raise DatabaseUnusable(
                f"the lock file {self._path} cannot be used: {explain_access(error, self._path)}"
            ) from error
        if not is_taken:
            self.__exit__()
            raise AlreadyRunning(describe_holder(self._path))
        with contextlib.suppress(OSError):
            os.fchmod(self._file, 0o600)  # files of earlier releases were open to all
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the lock."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def note(self, *, storage: str | None, waits_for: str = "") -> None:
        """Say in the file that the database cannot be written, or with None that it can; and what is waited for.

        Works on a full disk, where it is needed.
        """
        reason = None if storage is None else storage[:_LONGEST_REASON]
        self._note = replace(self._note, storage=reason, waits_for=waits_for)
        self._write()

    def _write(self) -> None:
        """Write the note; a disk that does not take it is no reason not to hold the lock."""
        note = self._note
        facts = {
            "pid": note.pid,
            "host": note.host[:64],
            "started_at": write_iso(note.started_at),
            "holder": note.holder[:64],
            "storage": note.storage,
            "waits_for": note.waits_for[:64],
        }
        text = _encode(facts)
        if len(text) > _NOTE_BYTES and note.storage is not None:
            # a letter takes up to six bytes
            facts["storage"] = note.storage[:_SHORTEST_REASON]
            text = _encode(facts)
        with contextlib.suppress(OSError):
            os.pwrite(self._file, text.ljust(_NOTE_BYTES), 0)
            if os.fstat(self._file).st_size > _NOTE_BYTES:
                os.ftruncate(self._file, _NOTE_BYTES)


def _encode(facts: dict[str, object]) -> bytes:
    """Write JSON; a path that is no UTF-8 holds signs that only escapes can write."""
    return json.dumps(facts, ensure_ascii=False).encode("utf-8", "backslashreplace")


def read_note(database: Path) -> LockNote | None:
    """Return what the last holder of a database's lock wrote; None where there is nothing to read."""
    return _read(_lock_file(database))


def find_holder(database: Path) -> LockNote | None:
    """Return who works on this database now, None where nobody does; looks without touching the lock."""
    if not is_held(database):
        return None
    note = read_note(database)
    return note or LockNote(pid=0, host="", started_at=utc_now())


def find_wait(database: Path) -> str:
    """Return what a daemon that was started waits for before it begins, empty where none does."""
    holder = find_holder(database)
    return holder.waits_for if holder is not None and holder.holder == DAEMON else ""


def is_held(database: Path) -> bool:
    """Return whether somebody works on this database now; looks without touching the lock."""
    try:
        file = os.open(_lock_file(database), os.O_RDONLY)
    except OSError:
        return False
    try:
        return _is_taken(file)
    except OSError:
        return False
    finally:
        os.close(file)


def describe_holder(lock_file: Path) -> str:
    """Say who holds a lock, and what to do, for the person whose daemon or command does not start."""
    note = _read(lock_file)
    database = lock_file.with_name(lock_file.name.removesuffix(".lock"))
    if note is None:
        who = f"another process works on {database}"
    else:
        since = write_instant(note.started_at)
        which = "another daemon" if note.holder == DAEMON else note.name
        who = (
            f"{which} works on {database}: process {note.pid} on {note.host}, running since {since}"
        )
    if note is not None and note.holder not in {"", DAEMON}:
        return f"{who}. Wait until it has ended, or give this one another [store] path."
    return f"{who}. Stop it first, or give this one another [store] path."


def _lock_file(database: Path) -> Path:
    return database.with_name(database.name + ".lock")


def _read(lock_file: Path) -> LockNote | None:
    try:
        facts = json.loads(lock_file.read_text(encoding="utf-8"))
        storage = facts.get("storage")
        return LockNote(
            pid=int(facts["pid"]),
            host=str(facts["host"]),
            started_at=datetime.fromisoformat(facts["started_at"]),
            holder=str(facts.get("holder", "")),
            storage=None if storage is None else str(storage),
            waits_for=str(facts.get("waits_for", "")),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


if sys.platform == "linux":

    def _take(file: int) -> bool:
        """Take the lock without waiting and return whether it is ours."""
        wanted = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        try:
            fcntl.fcntl(file, fcntl.F_OFD_SETLK, wanted)
        except OSError as error:
            if error.errno in {errno.EAGAIN, errno.EACCES}:
                return False
            raise
        return True

    def _is_taken(file: int) -> bool:
        """Ask the kernel who would be in the way of a lock of ours."""
        wanted = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        found = fcntl.fcntl(file, fcntl.F_OFD_GETLK, wanted)
        return bool(struct.unpack(_FLOCK, found)[0] != fcntl.F_UNLCK)

else:

    def _take(file: int) -> bool:
        """Take the lock without waiting and return whether it is ours."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _is_taken(file: int) -> bool:
        """Look whether the process of the note lives: flock cannot be asked about."""
        try:
            os.kill(int(json.loads(os.pread(file, _NOTE_BYTES, 0))["pid"]), 0)
        except PermissionError:
            return True
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return True
