"""One crawl process as a child: start it, send to it, read its beats, end it."""

import asyncio
import contextlib
import functools
import json
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from crawler.config.schema import Config
from crawler.log import VISIT_FAILURES, log_event
from crawler.machine.processes.python_child import child_environment, python_command

CRAWL_COMMAND = python_command("crawler")
_log = logging.getLogger("watchword.daemon")
# a beat has some hundred bytes, an answer to a request some thousand; a longer line is not ours
_LONGEST_LINE_BYTES = 1024 * 1024
# how often to look at the return code: wait() alone also waits for pipes that an orphan holds (CPython gh-119710);
# a death was hidden for 59.5 s by that
_LOOK_SECONDS = 0.5
# how long to read on after its end, for what it wrote last
_LAST_WORDS_SECONDS = 0.3
# a process that survives SIGKILL for this long is blocked in the kernel, as by a dead disk
_KILL_SECONDS = 5.0


class CrawlChild:
    """A running crawl process. Create it with ``start``; call ``close`` when it has ended."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        beats: asyncio.StreamReader,
        transport: asyncio.ReadTransport,
    ) -> None:
        self._process = process
        self._beats = beats
        self._transport = transport
        self._has_spoken = False
        self._exit = asyncio.create_task(_wait_for_exit(process))

    @classmethod
    async def start(
        cls,
        config: Config,
        *,
        number: int = 0,
        command: Sequence[str] = CRAWL_COMMAND,
        only: tuple[str, ...] | None = None,
        once: bool = False,
        max_pages: int | None = None,
    ) -> Self:
        """Start a crawl process and send it its configuration; it logs at the level of this process.

        number     the number of this configuration, which its beats repeat
        only       names of the sources it may visit, None for all
        once       end when nothing is due any more
        max_pages  at most this many pages in one visit, None for all
        raises     OSError if the system has no room for another process
        """
        _hear_ends_from_the_kernel(asyncio.get_running_loop())
        reading, writing = os.pipe()
        pipe = os.fdopen(reading, "rb", buffering=0)
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=2,  # into the log: a stray print of a library must not be taken for a beat
                pass_fds=(writing,),
                # its own session: Ctrl-C in the terminal reaches only the parent, which stops it in order
                start_new_session=True,
                env=child_environment(),
            )
            beats = asyncio.StreamReader(limit=_LONGEST_LINE_BYTES)
            loop = asyncio.get_running_loop()
            transport, _ = await loop.connect_read_pipe(
                lambda: asyncio.StreamReaderProtocol(beats), pipe
            )
        except BaseException:
            pipe.close()
            raise
        finally:
            os.close(writing)
        child = cls(process, beats, transport)
        first = {"config": config.for_crawl_process(), "number": number, "beats_fd": writing}
        # said apart, so that its parse pool starts before the configuration is understood
        first["parse_memory"] = config.fetch.parse_memory
        how = {"only": only, "once": once, "max_pages": max_pages}
        level = logging.getLogger().getEffectiveLevel()
        failure_level = logging.getLogger(VISIT_FAILURES).getEffectiveLevel()
        child.send({**first, **how, "log_level": level, "failure_level": failure_level})
        return child

    @property
    def pid(self) -> int:
        """Its process id, which is also the id of its process group."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        return self._process.returncode

    def cpu_seconds(self) -> float:
        """Return the processor time it has used, 0 if the system does not say."""
        try:
            stat = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii", errors="replace")
            # the second field is the program's name in brackets and may hold spaces and brackets, see proc(5)
            user, system = stat.rpartition(")")[2].split()[11:13]
            return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
        except (OSError, ValueError):
            return 0.0

    def send(self, message: dict[str, object]) -> None:
        """Write one JSON line without waiting. A dead child is not an error here: ``wait`` notices it."""
        if self._process.stdin is not None and not self._process.stdin.is_closing():
            with contextlib.suppress(ConnectionError):
                self._process.stdin.write(json.dumps(message).encode() + b"\n")

    def has_unread(self) -> bool:
        """Return whether the child has not yet read all that was sent to it."""
        stdin = self._process.stdin
        return stdin is not None and stdin.transport.get_write_buffer_size() > 0

    async def next_line(self) -> bytes:
        """Return the next line of its beats pipe; empty once the child has ended, even if an orphan holds the pipe open.

        raises  ValueError for a line of more than 1 MiB
        """
        reading = asyncio.ensure_future(self._beats.readline())
        try:
            await asyncio.wait({reading, self._exit}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                await asyncio.wait({reading}, timeout=_LAST_WORDS_SECONDS)
            if reading.done():
                line = reading.result()
                self._has_spoken = self._has_spoken or bool(line)
                return line
        finally:
            reading.cancel()
        return b""

    async def wait(self, within_seconds: float | None = None) -> bool:
        """Wait for its end, at most ``within_seconds``; return whether it has ended."""
        await asyncio.wait({self._exit}, timeout=within_seconds)
        return self._exit.done()

    async def end(self, *, within_seconds: float) -> None:
        """Close its standard input, which asks it to end, wait, then kill it; what it had claimed stays due.

        One that has said nothing yet is still being started and has begun nothing: it is not waited for.
        """
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._has_spoken and not await self.wait(within_seconds):
            facts = {"pid": self.pid, "next": "its visits are due again"}
            log_event(_log, logging.WARNING, "crawl process did not end in time", **facts)
        await self.kill()

    async def kill(self) -> None:
        """Kill whatever is left of it and of its parse pool."""
        self.kill_group()
        if not await self.wait(_KILL_SECONDS):
            log_event(_log, logging.ERROR, "crawl process cannot be killed", pid=self.pid)

    def kill_group(self) -> None:
        """Send SIGKILL to the process and its parse pool."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Close the pipe. Call it once, as the last thing."""
        self._transport.close()
        self._exit.cancel()


@functools.lru_cache(maxsize=1)
def _hear_ends_from_the_kernel(loop: asyncio.AbstractEventLoop) -> None:
    """Have the loop learn of a child's end from the kernel, as it does from Python 3.12 on, not from a thread per child.

    Without memory, such a thread ends before it has signalled its start, and CPython's Thread.start then waits for that
    signal for ever, and the whole daemon with it.
    """
    if sys.version_info >= (3, 12):
        return
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):  # another system, or a container that forbids it
        return
    watcher = asyncio.PidfdChildWatcher()
    watcher.attach_loop(loop)
    asyncio.set_child_watcher(watcher)


async def _wait_for_exit(process: asyncio.subprocess.Process) -> None:
    waiting = asyncio.ensure_future(process.wait())
    try:
        while process.returncode is None:
            await asyncio.wait({waiting}, timeout=_LOOK_SECONDS)
    finally:
        waiting.cancel()
