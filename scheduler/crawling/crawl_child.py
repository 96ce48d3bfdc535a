"""One started crawl process: what it says, what is said to it, and its end."""

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
from crawler.log import log_event
from crawler.machine.python_child import child_environment, python_command

CRAWL_COMMAND = python_command("crawler")
_log = logging.getLogger("watchword.daemon")
_LONGEST_LINE_BYTES = 1024 * 1024
# how often the return code is looked at: wait() alone may also wait for pipes that an orphan holds (CPython gh-119710)
_LOOK_SECONDS = 0.5
# for what it wrote last, before it ended
_LAST_WORDS_SECONDS = 0.3
# a process that SIGKILL does not end within this waits for a dead disk
_KILL_SECONDS = 5.0


class CrawlChild:
    """A crawl process under way; made by ``start``, and to be closed when it has ended."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        beats: asyncio.StreamReader,
        transport: asyncio.ReadTransport,
    ) -> None:
        self._process = process
        self._beats = beats
        self._transport = transport
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
        """Start a crawl process and hand it its configuration; it logs as much as we do.

        number     what its beats call this configuration
        only       names of the sources it may visit, None for all
        once       it ends by itself when nothing is due any more
        max_pages  most pages one visit fetches, None for all
        raises     OSError where the system has no room for another process
        """
        _hear_ends_from_the_kernel(asyncio.get_running_loop())
        reading, writing = os.pipe()
        pipe = os.fdopen(reading, "rb", buffering=0)
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=2,  # what a library prints belongs into the log
                pass_fds=(writing,),
                # its own group: Ctrl-C in the terminal reaches its parent alone, which stops it in order
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
        how = {"only": only, "once": once, "max_pages": max_pages}
        level = logging.getLogger().getEffectiveLevel()
        child.send({**first, **how, "log_level": level})
        return child

    @property
    def pid(self) -> int:
        """Its process id, which is its process group's as well."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """How it ended, negative for a signal; None while it runs."""
        return self._process.returncode

    def cpu_seconds(self) -> float:
        """Return how much processor time it has taken, 0 where the system does not tell."""
        try:
            stat = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii", errors="replace")
            # the second field is a name and may hold anything
            user, system = stat.rpartition(")")[2].split()[11:13]
            return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
        except (OSError, ValueError):
            return 0.0

    def send(self, message: dict[str, object]) -> None:
        """Write one JSON line, without waiting; that a child is gone is noticed elsewhere."""
        if self._process.stdin is not None and not self._process.stdin.is_closing():
            with contextlib.suppress(ConnectionError):
                self._process.stdin.write(json.dumps(message).encode() + b"\n")

    def has_unread(self) -> bool:
        """Return whether something we sent has not been taken in yet."""
        stdin = self._process.stdin
        return stdin is not None and stdin.transport.get_write_buffer_size() > 0

    async def next_line(self) -> bytes:
        """Return the next line of its beats pipe, nothing once it has ended, whoever else holds the pipe.

        raises  ValueError for a line of absurd length
        """
        reading = asyncio.ensure_future(self._beats.readline())
        try:
            await asyncio.wait({reading, self._exit}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                await asyncio.wait({reading}, timeout=_LAST_WORDS_SECONDS)
            if reading.done():
                return reading.result()
        finally:
            reading.cancel()
        return b""

    async def wait(self, within_seconds: float | None = None) -> bool:
        """Wait for its end and return whether it came."""
        await asyncio.wait({self._exit}, timeout=within_seconds)
        return self._exit.done()

    async def end(self, *, within_seconds: float) -> None:
        """Close its standard input, wait, then kill; what it had claimed stays due."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        if not await self.wait(within_seconds):
            log_event(_log, logging.WARNING, "crawl process killed", pid=self.pid)
        await self.kill()

    async def kill(self) -> None:
        """Kill what is left of it and of its parse pool."""
        self.kill_group()
        if not await self.wait(_KILL_SECONDS):
            log_event(_log, logging.ERROR, "crawl process cannot be killed", pid=self.pid)

    def kill_group(self) -> None:
        """Send SIGKILL to the process and its parse pool."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Let go of the pipe; call once, last."""
        self._transport.close()
        self._exit.cancel()


@functools.lru_cache(maxsize=1)
def _hear_ends_from_the_kernel(loop: asyncio.AbstractEventLoop) -> None:
    """Have a loop learn the end of children from the kernel, as it does from Python 3.12 on, and not from a thread for each.

    Where no memory is left, such a thread ends before it has said that it began, and whoever started it waits for that for
    ever: the whole daemon (CPython's Thread.start has no end there).
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
