"""The crawl process's side of the pool's workers: starts them, sends them calls, and explains how they ended."""

import asyncio
import contextlib
import logging
import os
import pickle
import signal
import socket
from typing import Any, cast

from crawler.flows.process.parse_pool.frames import FrameReader, Kind, pack
from crawler.flows.process.parse_pool.server import RunningServer, Spawned
from crawler.log import log_event
from crawler.logs.handed_on import write_handed_on

# the first worker waits until everything is loaded: 1 to 2 s here, much longer on a small machine under load
START_SECONDS = 60.0
_log = logging.getLogger("watchword.pool")


class WorkerGone(Exception):
    """Raised when a worker ended before it answered."""


class WorkerTooSlow(Exception):
    """Raised when a worker did not answer in time."""


class WorkersUnavailable(Exception):
    """Raised when no worker can be started now, with the reason as its text."""


class Worker(asyncio.Protocol):
    """One process that answers one call after another.

    process_id  0 until its hello came
    has_taken   it has read the last call that it was sent
    server      the fork server it was forked from
    edition     of the watches it has: how many sets had been sent when it was forked
    """

    def __init__(self, server: RunningServer, edition: int = 0) -> None:
        self.server = server
        self.edition = edition
        self.process_id = 0
        self.has_taken = False
        self.call_count = 0
        self.is_gone = False
        self._reader = FrameReader()
        self._transport: asyncio.WriteTransport | None = None
        self._answer = _new_future()
        self._source = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not name asyncio's as their base
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        for kind, payload in self._reader.feed(data):
            if kind is Kind.TAKEN:
                self.has_taken = True
            elif kind is Kind.LINE:
                write_handed_on(payload, source=self._source)
            elif not self._answer.done():
                self._answer.set_result((kind, payload))

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_gone = True
        if not self._answer.done():
            self._answer.set_exception(WorkerGone())
            self._answer.exception()  # an idle worker may die without anybody asking

    async def greet(self, *, timeout_seconds: float) -> None:
        """Wait for its hello; raises WorkerGone, WorkerTooSlow."""
        _, payload = await self._wait(timeout_seconds)
        self.process_id = int(payload)

    async def ask(self, call: bytes, *, source: str, timeout_seconds: float) -> tuple[Kind, Any]:
        """Return the worker's answer to a source's call, a result or an error; raises WorkerGone, WorkerTooSlow."""
        if self.is_gone or self._transport is None:
            raise WorkerGone
        self._answer, self._source = _new_future(), source
        self.has_taken = False
        self.call_count += 1
        self._transport.write(pack(Kind.CALL, call))
        kind, payload = await self._wait(timeout_seconds)
        return kind, pickle.loads(payload)  # noqa: S301 - from a process of ours

    async def _wait(self, timeout_seconds: float) -> tuple[Kind, bytes]:
        # not wait_for: an answer that came while this process itself was held up still counts
        await asyncio.wait({self._answer}, timeout=timeout_seconds)
        if not self._answer.done():
            raise WorkerTooSlow
        return self._answer.result()

    def end(self) -> None:
        """Close its socket: it ends when it reads next."""
        self.is_gone = True
        if self._transport is not None:
            self._transport.abort()

    def kill(self) -> None:
        """Kill it, even in the middle of a call."""
        # its socket is open, so nobody has waited for it yet and the number is still its own
        if self.process_id and not self.is_gone:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process_id, signal.SIGKILL)
        self.end()


class Workers:
    """Starts workers from a fork server, which is started again whenever it is gone.

    memory_bytes   address space each worker may have
    start_seconds  how long one may take to start; a fork server that takes longer is replaced
    spawned        the first fork server, if it was started already
    """

    def __init__(
        self,
        *,
        memory_bytes: int,
        start_seconds: float = START_SECONDS,
        spawned: Spawned | None = None,
    ) -> None:
        self._memory_bytes = memory_bytes
        self._spawned = spawned
        self.start_seconds = start_seconds
        self._server: RunningServer | None = None
        self._watches = b""
        self._edition = 0
        self._starting = asyncio.Lock()
        self._alive: set[Worker] = set()

    def use_watches(self, watches: bytes) -> None:
        """Have workers that are started from now on match with these watches, a pickled ``WatchSet``."""
        self._watches = watches
        self._edition += 1
        if self._server is not None and not self._server.is_gone:
            self._send_watches(self._server)

    def _send_watches(self, server: RunningServer) -> None:
        """Send the watches; without them pages are read all the same, and matched where they are stored."""
        try:
            server.send_watches(self._watches)
        except OSError as error:
            log_event(
                _log, logging.WARNING, "watches not sent to the parse pool", reason=str(error)
            )

    def is_current(self, worker: Worker) -> bool:
        """Return whether a worker has the newest watches."""
        return worker.edition == self._edition

    async def start(self) -> Worker:
        """Return a worker that is ready; raises WorkersUnavailable."""
        try:
            server = await self._running_server()
            worker = await self._order(server)
        except OSError as error:
            raise WorkersUnavailable(str(error)) from error
        try:
            await worker.greet(timeout_seconds=self.start_seconds)
        except WorkerTooSlow as error:
            worker.end()
            server.close()
            raise WorkersUnavailable(f"no worker came within {self.start_seconds:g} s") from error
        except WorkerGone as error:
            raise WorkersUnavailable(await server.explain()) from error
        server.expect(worker.process_id)
        return worker

    async def _running_server(self) -> RunningServer:
        async with self._starting:
            if self._server is not None and self._server.is_gone:
                reason = await self._server.explain()
                log_event(_log, logging.WARNING, "parse pool was started again", reason=reason)
                self._server.close()
                self._server = None
            if self._server is None:
                spawned, self._spawned = self._spawned, None
                if spawned is not None:
                    self._server = await RunningServer.take(spawned)
                else:
                    self._server = await RunningServer.start(memory_bytes=self._memory_bytes)
                if self._watches:
                    self._send_watches(self._server)
            return self._server

    async def _order(self, server: RunningServer) -> Worker:
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                server.order_worker(theirs)
            loop = asyncio.get_running_loop()
            edition = self._edition
            _, worker = await loop.create_unix_connection(
                lambda: Worker(server, edition), sock=ours
            )
        except BaseException:
            ours.close()
            raise
        self._alive = {other for other in self._alive if not other.is_gone} | {worker}
        return worker

    async def explain_death(self, worker: Worker) -> str | None:
        """Return how a worker ended, for a person; None if it died with the fork server."""
        # its own fork server: another call may have started the next one already
        status = await worker.server.find_status(worker.process_id)
        if status is not None:
            return _explain_status(status)
        return None if worker.server.is_gone else "the process that read it died"

    def retire(self, worker: Worker) -> None:
        """End a worker in order; it gets no more calls."""
        worker.end()
        worker.server.forget(worker.process_id)

    def close(self) -> None:
        """Kill every process."""
        for worker in self._alive:
            worker.kill()
        if self._spawned is not None:
            self._spawned.close()
        if self._server is not None:
            self._server.close()


def _explain_status(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"the process that read it ended with exit code {code}"
    known = signal.strsignal(-code)
    return f"the process that read it was killed by signal {-code}{f' ({known})' if known else ''}"


def _new_future() -> "asyncio.Future[tuple[Kind, bytes]]":
    return asyncio.get_running_loop().create_future()
