"""What a command prints: no reason for its work to stop.

A terminal may be closed, full, gone, stopped (Ctrl-S), or unable to show a sign. So standard output and standard error
take everything: what cannot be written is lost and counted, and the work goes on with the exit code it earns. Commands
that work for long write from a thread of their own, so that they do not stand still where nobody reads.
"""

import atexit
import codecs
import io
import os
import select
import sys
import threading
import time
from collections import deque
from typing import TextIO

# what waits for a reader who does not read, a few thousand lines; what comes on top is lost
_MOST_WAITING_BYTES = 1_000_000
# at the end somebody who does not read is waited for no longer: a daemon has ten seconds to stop
_GOODBYE_SECONDS = 2.0
_ERRORS = "watchword"


class Output(io.RawIOBase):
    """A descriptor that takes everything written to it; nothing is raised.

    fault  why the last thing lost could not be written, None while nothing was lost
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
        """Take bytes: write them now, or hand them to the thread that does."""
        chunk = bytes(data)
        if self._writer is None:
            self.put(chunk)
        elif self._writer.add(self, self._tell(self._unread_count, "nobody read") + chunk):
            self._unread_count = 0
        else:
            self._unread_count += 1
        return len(chunk)

    @property
    def has_writer(self) -> bool:
        """Whether a thread writes."""
        return self._writer is not None

    def write_from(self, writer: "_Writer") -> None:
        """Have a thread write from now on."""
        self._writer = writer

    def put(self, chunk: bytes) -> None:
        """Write to the descriptor; waits where nobody reads."""
        why = "" if self.fault is None else str(self.fault.strerror)
        # a listing that lost something fails; a log goes on
        notice = b"" if self._writer is None else self._tell(self._lost_count, why)
        try:
            _write_all(self._descriptor, notice + chunk)
        except OSError as error:
            self.fault = error
            self._lost_count += 1
        else:
            self._lost_count = 0

    def _tell(self, count: int, why: str) -> bytes:
        """Return what stands in the place of what was lost, nothing where nothing was."""
        if not count:
            return b""
        return f"\n[lost here: {count} lines, because {why}]\n".encode(self._encoding, "replace")


class _Writer:
    """A thread that writes what was handed to it, in order; bounded."""

    def __init__(self) -> None:
        self._chunks: deque[tuple[Output, bytes]] = deque()
        self._waiting_bytes = 0
        # re-entrant: a signal may be heard, and logged, in the middle of a line
        self._changed = threading.Condition(threading.RLock())
        threading.Thread(target=self._run, name="output", daemon=True).start()

    def add(self, output: Output, chunk: bytes) -> bool:
        """Take bytes to be written; return False where too many wait."""
        with self._changed:
            if self._waiting_bytes + len(chunk) > _MOST_WAITING_BYTES:
                return False
            self._waiting_bytes += len(chunk)
            self._chunks.append((output, chunk))
            self._changed.notify_all()
        return True

    def drain(self, deadline: float) -> None:
        """Wait until all is written, but not past a moment of the steady clock."""
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
    """Have standard output and standard error take everything; call first, before anything else opens a file.

    Streams that somebody else put in their place, such as a test, stay.
    """
    _fill_descriptors()
    if sys.stdin is None:  # what Python makes of a closed descriptor
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  # a number, and for life
    codecs.register_error(_ERRORS, _spell_out)
    if sys.stdout is sys.__stdout__:
        sys.stdout = _wrap(1, sys.stdout)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _wrap(2, sys.stderr)


def write_in_background() -> None:
    """Have threads do the writing from now on, for work that must not stand still where nobody reads what it says."""
    found_outputs = map(_find_output, (sys.stdout, sys.stderr))
    outputs = [output for output in found_outputs if output and not output.has_writer]
    writers: dict[tuple[int, int], _Writer] = {}
    for output in outputs:
        found = os.fstat(output.fileno())
        place = (found.st_dev, found.st_ino)
        # one thread where both are one file: the lines stay in order
        writers[place] = writers.get(place) or _Writer()
        output.write_from(writers[place])
    if outputs:
        atexit.register(_say_goodbye, list(writers.values()))


def find_fault() -> OSError | None:
    """Return why part of standard output could not be written, None where all was; that nobody reads it is no fault."""
    output = _find_output(sys.stdout)
    if output is None:
        return None
    sys.stdout.flush()
    return None if isinstance(output.fault, BrokenPipeError) else output.fault


def _fill_descriptors() -> None:
    """Open /dev/null for every standard descriptor that is closed.

    The next file opened would get its number: a lock file or a database that then takes what a library prints.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)
            # the lowest free number is this one, but not where threads open files meanwhile
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
    r"""Write what an encoding lacks as ``\u4e2d``, as JSON does: a listing in JSON stays JSON in any encoding."""
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
            # another program made the pipe or terminal we share non-blocking
            poll = select.poll()
            poll.register(descriptor, select.POLLOUT)
            poll.poll()


def _say_goodbye(writers: list[_Writer]) -> None:
    deadline = time.monotonic() + _GOODBYE_SECONDS
    sys.stdout.flush()
    sys.stderr.flush()
    for writer in writers:
        writer.drain(deadline)
