"""Keeping one crawl process alive: start it, feed it configurations, restart it when it dies or hangs."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass

from crawler.config.schema import Config
from crawler.errors import RetryLater
from crawler.log import log_event
from crawler.model.request import Request

_log = logging.getLogger("watchword.daemon")
# a beat is due every 2 s; this long without one and the process hangs
HANG_SECONDS = 60.0
_FIRST_WAIT_SECONDS = 1.0
_LONGEST_WAIT_SECONDS = 60.0
_RENEW_SECONDS = 20.0
# a process that lived this long was well: the next death starts the backoff anew
_WELL_SECONDS = 60.0


@dataclass(slots=True)
class Liveness:
    """What the last beat said, for whoever reports it.

    is_beating  False from a death until the next child's first beat
    """

    pid: int | None = None
    is_beating: bool = False
    visits: int = 0
    restart_count: int = 0


async def start_child(
    config: Config,
    *,
    only: tuple[str, ...] | None = None,
    once: bool = False,
    max_pages: int | None = None,
) -> asyncio.subprocess.Process:
    """Start a crawl process and hand it its configuration.

    only  names of the sources it may visit, None for all
    once  it ends by itself when nothing is due any more
    max_pages  most pages one visit fetches, None for all

    It logs as much as we do.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "crawler",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # its own group: Ctrl-C in the terminal reaches its parent alone, which stops it in order
        start_new_session=True,
    )
    first = {
        "config": config.for_crawl_process(),
        "only": only,
        "once": once,
        "max_pages": max_pages,
    }
    await _send(child, {**first, "log_level": logging.getLogger().getEffectiveLevel()})
    return child


async def _send(child: asyncio.subprocess.Process, message: dict[str, object]) -> None:
    """Write one JSON line; a child that is already gone is noticed where its beats are read."""
    if child.stdin is None:
        return
    with contextlib.suppress(ConnectionError):
        child.stdin.write(json.dumps(message).encode() + b"\n")
        await child.stdin.drain()


class CrawlProcess:
    """The supervised child.

    on_death  called after each death, before the restart: gives back what the child had claimed
    """

    def __init__(self, config: Config, *, on_death: Callable[[], None]) -> None:
        self._config = config
        self._on_death = on_death
        self._child: asyncio.subprocess.Process | None = None
        self._is_stopping = False
        self._is_renewing = False
        self.liveness = Liveness()

    async def supervise(self) -> None:
        """Run the child until ``stop``, restarting it with a growing wait; never gives up, says each death."""
        wait = _FIRST_WAIT_SECONDS
        while True:
            started = asyncio.get_running_loop().time()
            code = await self._run_once()
            if self._is_stopping:
                return
            self._on_death()
            if self._is_renewing:
                self._is_renewing = False
                continue
            lived = asyncio.get_running_loop().time() - started
            wait = _FIRST_WAIT_SECONDS if lived > _WELL_SECONDS else wait
            self.liveness.restart_count += 1
            log_event(_log, logging.ERROR, "crawl process died", code=code, restart_in_seconds=wait)
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT_SECONDS)

    async def _run_once(self) -> int:
        """Start a child and read its beats until it ends; one that stops beating is killed."""
        sent = self._config
        child = self._child = await start_child(sent)
        self.liveness.pid = child.pid
        while line := await self._next_beat(child):
            self.liveness.visits = int(json.loads(line)["visits"])
            self.liveness.is_beating = True
            if self._config is not sent:
                self._is_renewing = _needs_new_engine(sent, self._config)
                if self._is_renewing:
                    # what it has in hand is finished or stays due
                    await self._end(child, within_seconds=_RENEW_SECONDS)
                    break
                sent = self._config
                await _send(child, {"config": sent.for_crawl_process()})
        self.liveness.is_beating = False
        kill_group(child)
        return await child.wait()

    @staticmethod
    async def _next_beat(child: asyncio.subprocess.Process) -> bytes:
        """Give the next line, or nothing when the child ended or hangs."""
        if child.stdout is None:
            return b""
        try:
            return await asyncio.wait_for(child.stdout.readline(), HANG_SECONDS)
        except TimeoutError:
            log_event(_log, logging.ERROR, "crawl process hung", pid=child.pid)
            return b""

    async def forward(self, request: Request) -> str:
        """Hand a request to the child and return its answer.

        raises  RetryLater while there is no child that could answer
        """
        raise RetryLater(f"the crawl process does not take requests yet: {request.kind}")

    def replace_config(self, config: Config) -> None:
        """Have another configuration sent with the child's next beat; a new child starts with it."""
        self._config = config

    async def stop(self, *, within_seconds: float) -> None:
        """Close the child's standard input, wait, then kill; what it had in hand stays due."""
        self._is_stopping = True
        if self._child is not None:
            await self._end(self._child, within_seconds=within_seconds)

    @staticmethod
    async def _end(child: asyncio.subprocess.Process, *, within_seconds: float) -> None:
        if child.returncode is not None:
            return
        if child.stdin is not None:
            child.stdin.close()
        try:
            await asyncio.wait_for(child.wait(), within_seconds)
        except TimeoutError:
            log_event(_log, logging.WARNING, "crawl process killed", pid=child.pid)
        kill_group(child)
        await child.wait()


def _needs_new_engine(before: Config, after: Config) -> bool:
    """Tell whether what changed is read by the engine only when it starts."""
    return (before.fetch, before.needs_browser) != (after.fetch, after.needs_browser)


def kill_group(child: asyncio.subprocess.Process) -> None:
    """Kill the child and its parse pool."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
