"""Standard output and standard error that never stop a command's work.

A terminal or pipe may be closed, full, gone, stopped (Ctrl-S), or unable to show a character. So both streams accept
everything: what cannot be written is dropped and counted, and the command goes on to its own exit code. Commands that
run for a long time write from a thread, so that a reader who stops reading stops neither visits nor beats.
"""

import atexit
import codecs
import fcntl
import io
import os
import select
import stat
import sys
import threading
import time
from collections import deque
from typing import TextIO

# bytes kept for a reader who does not read, a few thousand lines; what comes after them is dropped and counted
_MOST_WAITING_BYTES = 1_000_000
# the longest wait for such a reader at the end, within the ten seconds after which docker stop kills a container
_GOODBYE_SECONDS = 2.0
_ERRORS = "watchword"


class Output(io.RawIOBase):
    """A raw stream over a descriptor that accepts everything and never raises.

    fault  why the last dropped bytes could not be written, None while nothing was dropped
    """

    def __init__(self, descriptor: int, *, encoding: str = "utf-8") -> None:
        super().__init__()
        self.fault: OSError | None = None
        self._descriptor = descriptor
        self._encoding = encoding
        self._lost_count = 0
        self._unread_count = 0
        self._writer: _Writer | None = None

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def writable(self) -> bool:
        return True

    def write(self, data: "bytes | bytearray | memoryview", /) -> int:  # type: ignore[override]  # typeshed: any buffer
        """Write bytes now, or hand them to the writing thread; return their number, dropped or not."""
        chunk = bytes(data)
        if self._writer is None:
            self.put(chunk)
        elif self._writer.add(self, self._loss_line(self._unread_count, "nobody read") + chunk):
            self._unread_count = 0
        else:
            self._unread_count += 1
        return len(chunk)

    @property
    def writer(self) -> "_Writer | None":
        """The thread that does the writing, None without one."""
        return self._writer

    def write_from(self, writer: "_Writer") -> None:
        """Let a thread do the writing from now on."""
        self._writer = writer

    def put(self, chunk: bytes) -> None:
        """Write to the descriptor; blocks while nobody reads."""
        why = "" if self.fault is None else str(self.fault.strerror)
        # only logs have a writer: they go on and say what they lost. A listing that lost something ends with an error
        notice = b"" if self._writer is None else self._loss_line(self._lost_count, why)
        try:
            _write_all(self._descriptor, notice + chunk)
        except OSError as error:
            self.fault = error
            self._lost_count += 1
        else:
            self._lost_count = 0

    def _loss_line(self, count: int, why: str) -> bytes:
        """Return the line that stands for dropped lines, empty if none was dropped."""
        if not count:
            return b""
        return f"\n[lost here: {count} lines, because {why}]\n".encode(self._encoding, "replace")


class _Writer:
    """A thread that writes the bytes it is handed, in order; at most 1 MB waits."""

    def __init__(self) -> None:
        self._chunks: deque[tuple[Output, bytes]] = deque()
        self._waiting_bytes = 0
        # re-entrant: a signal handler may log in the middle of a line
        self._changed = threading.Condition(threading.RLock())
        threading.Thread(target=self._run, name="output", daemon=True).start()

    def add(self, output: Output, chunk: bytes) -> bool:
        """Queue bytes for writing; return False, and drop them, if too many wait."""
        with self._changed:
            if self._waiting_bytes + len(chunk) > _MOST_WAITING_BYTES:
                return False
            self._waiting_bytes += len(chunk)
            self._chunks.append((output, chunk))
            self._changed.notify_all()
        return True

    def drain(self, deadline: float) -> None:
        """Wait until everything is written, at most until ``deadline`` on the monotonic clock."""
        with self._changed:
            self._changed.wait_for(
                lambda: not self._waiting_bytes, max(0.0, deadline - time.monotonic())
            )

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._chunks)
                output, chunk = self._chunks.popleft()
            output.put(chunk)
            with self._changed:
                self._waiting_bytes -= len(chunk)
                self._changed.notify_all()


def make_outputs_safe() -> None:
    """Make standard output and standard error accept everything; must be called before anything opens a file.

    Streams that somebody else has replaced, such as a test, stay.
    """
    _fill_descriptors()
    if sys.stdin is None:  # what Python makes of a closed descriptor
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  # descriptor 0, open until the end
    codecs.register_error(_ERRORS, _spell_out)
    if sys.stdout is sys.__stdout__:
        sys.stdout = _wrap(1, sys.stdout)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _wrap(2, sys.stderr)


def write_in_background() -> None:
    """Write from threads from now on, for work that must not stop when nobody reads its output."""
    found_outputs = map(_find_output, (sys.stdout, sys.stderr))
    outputs = [output for output in found_outputs if output and output.writer is None]
    writers: dict[tuple[int, int], _Writer] = {}
    for output in outputs:
        found = os.fstat(output.fileno())
        if stat.S_ISREG(found.st_mode):
            _append(output.fileno())
        place = (found.st_dev, found.st_ino)
        # one thread if both streams lead to the same file, so that the lines stay in order
        writers[place] = writers.get(place) or _Writer()
        output.write_from(writers[place])
    if outputs:
        atexit.register(write_rest)


def write_rest() -> None:
    """Wait until everything is written, at most some seconds; for a process that becomes another one, which Python does not end."""
    sys.stdout.flush()
    sys.stderr.flush()
    deadline = time.monotonic() + _GOODBYE_SECONDS
    for output in map(_find_output, (sys.stdout, sys.stderr)):
        if output is not None and output.writer is not None:
            output.writer.drain(deadline)


def _append(descriptor: int) -> None:
    """Write at the end of a file, wherever that is: logrotate's `copytruncate` empties a log that a shell's `>` opened."""
    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_APPEND)


def find_fault() -> OSError | None:
    """Return why part of standard output could not be written, None if all was.

    A closed pipe is no fault: `watchword ... | head` ends well.
    """
    output = _find_output(sys.stdout)
    if output is None:
        return None
    sys.stdout.flush()
    return None if isinstance(output.fault, BrokenPipeError) else output.fault


def _fill_descriptors() -> None:
    """Open /dev/null in place of every standard descriptor that is closed.

    Otherwise the next file opened gets its number: a lock file or a database, into which a library then prints.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)
            # open() returns the lowest free number, which is this one unless a thread opened a file meanwhile
            if null != descriptor:
                os.dup2(null, descriptor)
                os.close(null)
            os.set_inheritable(descriptor, True)


def _wrap(descriptor: int, stream: TextIO | None) -> TextIO:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    output = Output(descriptor, encoding=encoding)
    return io.TextIOWrapper(output, encoding=encoding, errors=_ERRORS, line_buffering=True)  # type: ignore[type-var]  # typeshed wants a buffer's methods that are never called


def _find_output(stream: TextIO | None) -> Output | None:
    output = getattr(stream, "buffer", None)
    return output if isinstance(output, Output) else None


def _spell_out(error: UnicodeError) -> tuple[str, int]:
    r"""Return characters that an encoding lacks as ``\u4e2d``, as in JSON, so that a listing in JSON stays valid."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    pairs = (units[at : at + 2].hex() for at in range(0, len(units), 2))
    return "".join(f"\\u{pair}" for pair in pairs), error.end


def _write_all(descriptor: int, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BlockingIOError:
            # another program made the pipe or terminal that we share non-blocking
            poll = select.poll()
            poll.register(descriptor, select.POLLOUT)
            poll.poll()
