"""The crawl process's line to the daemon: orders come on standard input, beats and answers go out on a pipe.

Standard output is not used for them: a stray print of a library was once read as a beat there, and ended the daemon.
"""

import asyncio
import atexit
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from typing import NoReturn

from crawler.log import log_event

_log = logging.getLogger("watchword.worker")
# a configuration is one line, and may have thousands of sources
_LONGEST_LINE_BYTES = 64 * 1024 * 1024
# a daemon that does not read gets no more beats, as they would pile up in memory; answers are few and always sent
_MOST_UNREAD_BYTES = 64 * 1024
# how often to check whether the parent has ended: adds at most this much to an orphan's grace period
_LOOK_SECONDS = 1.0


class Lifeline:
    """The line in both directions, in JSON lines.

    beats_fd  descriptor of the pipe for beats and answers, None if nobody listens
    """

    def __init__(self, beats_fd: int | None) -> None:
        self._beats_fd = beats_fd
        self._beats: asyncio.WriteTransport | None = None
        if beats_fd is not None:
            # otherwise the parse pool would hold the pipe open after our end: an orphan once hid a death for 59.5 s
            os.set_inheritable(beats_fd, False)

    async def open(self) -> None:
        """Connect the pipe to the event loop, so that a slow reader never makes us wait."""
        if self._beats_fd is None:
            return
        pipe = os.fdopen(self._beats_fd, "wb", buffering=0)
        self._beats, _ = await asyncio.get_running_loop().connect_write_pipe(asyncio.Protocol, pipe)

    def beat(self, **facts: object) -> None:
        """Send a beat, or nothing if 64 KB of beats are unread."""
        if self._beats is not None and self._beats.get_write_buffer_size() < _MOST_UNREAD_BYTES:
            self._send(facts)

    def answer(self, request_id: object, *, is_done: bool, text: str) -> None:
        """Send the answer to a request."""
        self._send({"answer": {"id": request_id, "is_done": is_done, "text": text}})

    def _send(self, message: dict[str, object]) -> None:
        if self._beats is not None and not self._beats.is_closing():
            self._beats.write(json.dumps(message).encode() + b"\n")

    async def orders(self) -> AsyncIterator[dict[str, object]]:
        """Yield orders until standard input ends; a line that is no order is logged and skipped."""
        reader = asyncio.StreamReader(limit=_LONGEST_LINE_BYTES)
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await _read_line(reader):
            try:
                order = json.loads(line)
            except ValueError:
                order = None
            if isinstance(order, dict):
                yield order
            else:
                log_event(_log, logging.ERROR, "order not understood", size_bytes=len(line))


async def _read_line(reader: asyncio.StreamReader) -> bytes:
    """Return a line; an empty one, which is skipped, in place of a line that is too long."""
    try:
        return await reader.readline()
    except ValueError:
        return b"\n"


def end_without_parent(grace_seconds: float) -> None:
    """Kill this process and its parse pool if they still run ``grace_seconds`` after the parent has ended.

    Normally the end of standard input stops us. A thread watches, because the event loop may be what hangs. Does nothing
    unless we lead a process group of our own: the processes of other groups are not ours to kill.
    """
    if os.getpgid(0) != os.getpid():
        return
    parent, waiting = os.getppid(), threading.Event()

    def watch() -> None:
        while os.getppid() == parent:
            waiting.wait(_LOOK_SECONDS)
        waiting.wait(grace_seconds)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, name="parent watch", daemon=True).start()


def end_now(exit_code: int = 0) -> NoReturn:
    """End this process without waiting for its threads: a name server that does not answer holds one for half a minute."""
    # what would run next; its place in the order is before the threads are waited for, which cannot be left out otherwise
    atexit._run_exitfuncs()
    os._exit(exit_code)


def end_by_signal(number: int, _frame: object = None) -> None:
    """End this process as a signal does, but after what is done at an exit, such as writing the last counts of the log.

    A handler of signals; it does not wait for threads either.
    """
    atexit._run_exitfuncs()
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)


def measure_rss_bytes() -> int:
    """Return the resident memory of this process in bytes, 0 if the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123  # read at each beat; needs no Path object
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
