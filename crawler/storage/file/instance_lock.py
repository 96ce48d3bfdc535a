"""The instance lock: a file beside the database that one process holds, with a note of who that is and of storage faults.

Held by the daemon, by ``watchword crawl``, by ``scrapy crawl feed``, and for a moment by every command that does a request
itself because no daemon runs. Its note names the holder.

On Linux the lock is an open-file-description lock (fcntl(2), F_OFD_SETLK). flock(2) can only be tested by taking it, which
could turn away a daemon that starts in the same moment; a classic POSIX lock is lost as soon as any part of the process
closes any descriptor of the file.
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
from crawler.machine.access import explain_access, give_away
from crawler.machine.temporary import ensure_temporary_folder
from crawler.storage.file.beside.set_aside import beside, find_place, undo_cut_off
from crawler.text.instants import write_instant, write_iso

# a command asks the daemon to do things; for any other holder it waits, or names it
DAEMON = "daemon"
# a constant size: rewriting existing blocks works on a full disk, growing or truncating may not
_NOTE_BYTES = 1024
# characters of a storage fault in the note; the shorter one fits even if each takes six bytes
_LONGEST_REASON = 400
_SHORTEST_REASON = 100
# struct flock of fcntl(2): l_type, l_whence, l_start, l_len, l_pid; the C compiler's own alignment
_FLOCK = "hhqqi"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockNote:
    """The note of the last holder in the lock file, whether that process is alive or not.

    holder   "daemon", or a command such as "watchword crawl"; empty if that is not known
    storage  why the database cannot be written and since when, None while all is well
    waits_for  what the holder waits for before it begins work, empty once it has begun
    """

    pid: int
    host: str
    started_at: datetime
    holder: str = ""
    storage: str | None = None
    waits_for: str = ""

    @property
    def name(self) -> str:
        """The holder, in words for a sentence."""
        if not self.holder:
            return "another process"
        return "the daemon" if self.holder == DAEMON else f"`{self.holder}`"


class InstanceLock:
    """The lock, held while its process lives: the kernel releases it even after kill -9, and no child inherits it.

    The file is never removed: otherwise two daemons could lock two different files of one name.

    holder  our name in the note
    """

    def __init__(self, database: Path, *, holder: str = DAEMON) -> None:
        self._database, self._path = database, find_lock_file(database)
        self._file = -1
        self._note = LockNote(
            pid=os.getpid(), host=socket.gethostname(), started_at=utc_now(), holder=holder
        )

    def __enter__(self) -> Self:
        """Take the lock; raises AlreadyRunning with the holder, DatabaseUnusable if the file cannot be used."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # not inheritable (PEP 446): a child must not hold the lock of a daemon that died
            is_new = not self._path.exists()
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            if is_new:
                give_away(self._path, like=self._path.parent)
            is_taken = _take(self._file)
            if is_taken:
                self._write()  # at once: until then the note names the last holder
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
        with contextlib.suppress(
            OSError
        ):  # what cannot be undone keeps the database from being written
            undo_cut_off(self._database)
        return self

    def __exit__(self, *_: object) -> None:
        """Release the lock."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def note(self, *, storage: str | None, waits_for: str = "") -> None:
        """Write into the file why the database cannot be written, None if it can, and what the holder waits for.

        Works on a full disk, where the database cannot say it.
        """
        reason = None if storage is None else storage[:_LONGEST_REASON]
        self._note = replace(self._note, storage=reason, waits_for=waits_for)
        self._write()

    def _write(self) -> None:
        """Write the note, if the disk takes it; the lock is held in any case."""
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
            # backslashreplace makes up to six bytes of a character
            facts["storage"] = note.storage[:_SHORTEST_REASON]
            text = _encode(facts)
        with contextlib.suppress(OSError):
            os.pwrite(self._file, text.ljust(_NOTE_BYTES), 0)
            if os.fstat(self._file).st_size > _NOTE_BYTES:
                os.ftruncate(self._file, _NOTE_BYTES)


def _encode(facts: dict[str, object]) -> bytes:
    """Return facts as JSON; characters of a path that is no UTF-8 are escaped."""
    return json.dumps(facts, ensure_ascii=False).encode("utf-8", "backslashreplace")


def read_note(database: Path) -> LockNote | None:
    """Return the note of the last holder of a database's lock; None if there is none."""
    return _read(find_lock_file(database))


def find_holder(database: Path) -> LockNote | None:
    """Return the note of the process that holds the lock now, None if none does; does not touch the lock."""
    if not is_held(database):
        return None
    note = read_note(database)
    return note or LockNote(pid=0, host="", started_at=utc_now())


def find_wait(database: Path) -> str:
    """Return what a starting daemon waits for before it begins; empty if none waits."""
    holder = find_holder(database)
    return holder.waits_for if holder is not None and holder.holder == DAEMON else ""


def is_held(database: Path) -> bool:
    """Return whether a process holds the lock now; does not touch the lock."""
    try:
        file = os.open(find_lock_file(database), os.O_RDONLY)
    except OSError:
        return False
    try:
        return _is_taken(file)
    except OSError:
        return False
    finally:
        os.close(file)


def describe_holder(lock_file: Path) -> str:
    """Return who holds a lock, and what to do, for the person whose daemon or command does not start."""
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


def find_lock_file(database: Path) -> Path:
    """Return the lock file, which is beside the file itself: a link to it in another folder leads to the same lock."""
    return beside(find_place(database), ".lock")


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
        """Return whether another process holds the lock, by asking the kernel."""
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
        """Return whether the process of the note lives: flock has no way to ask."""
        try:
            os.kill(int(json.loads(os.pread(file, _NOTE_BYTES, 0))["pid"]), 0)
        except PermissionError:
            return True
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return True
