"""The crawl process's side of the fork server: starts it, sends orders and reads its reports."""

import asyncio
import contextlib
import os
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from typing import IO, Self, cast

from crawler.flows.process.parse_pool.frames import REPORT, WATCHES, WORKER
from crawler.machine.processes.python_child import child_environment, python_command

_MODULE = "crawler.flows.process.parse_pool.fork_server"
# the report of a death follows it within milliseconds
_REPORT_SECONDS = 5.0
# a process that ends closes its sockets a moment before it can be waited for
_ENDING_LOOKS, _ENDING_SECONDS = 100, 0.01
# the last line of a traceback names the error
_MOST_SAID_BYTES = 2_000
_MOST_SAID_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Spawned:
    """A fork server that was started, with our ends of its sockets; it loads what workers need.

    said  its standard error
    """

    process: "subprocess.Popen[bytes]"
    orders: socket.socket
    reports: socket.socket
    said: IO[bytes]

    def close(self) -> None:
        """Kill it: nobody has taken it into use."""
        for end in (self.orders, self.reports, self.said):
            end.close()
        self.process.kill()
        self.process.wait()


class RunningServer(asyncio.Protocol):
    """A running fork server; it counts as ended when its reports close."""

    def __init__(self, spawned: Spawned) -> None:
        self._process = spawned.process
        self._orders = spawned.orders
        self._said = spawned.said
        self._is_closed = False
        self._buffer = bytearray()
        self._deaths: dict[int, asyncio.Future[int]] = {}
        self._ended = asyncio.get_running_loop().create_future()
        self._transport: asyncio.WriteTransport | None = None

    @classmethod
    async def start(cls, *, memory_bytes: int) -> Self:
        """Start a fork server and return it; it loads what workers need while the first order waits."""
        return await cls.take(spawn(memory_bytes=memory_bytes))

    @classmethod
    async def take(cls, spawned: Spawned) -> Self:
        """Return a fork server that was started before, to be used in this event loop."""
        spawned.orders.setblocking(False)
        server = cls(spawned)
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(lambda: server, sock=spawned.reports)
        return server

    @property
    def is_gone(self) -> bool:
        """Whether it can no longer start workers."""
        return self._is_closed or self._ended.done() or self._process.poll() is not None

    def order_worker(self, theirs: socket.socket) -> None:
        """Order a worker that talks through the other end of this socket; raises OSError."""
        self._order(WORKER, theirs.fileno())

    def send_watches(self, watches: bytes) -> None:
        """Send watches, which workers ordered from now on have; raises OSError."""
        # a file without a name: a pipe would hold 64 KB until the fork server reads, and this process would wait for it
        with tempfile.TemporaryFile() as file:
            file.write(watches)
            file.flush()
            self._order(WATCHES, file.fileno())

    def _order(self, kind: bytes, number: int) -> None:
        try:
            socket.send_fds(self._orders, [kind], [number])
        except OSError:
            # it died, or takes no orders any more
            self.close()
            raise

    def expect(self, process_id: int) -> None:
        """Begin to remember how this worker ends."""
        self._deaths[process_id] = asyncio.get_running_loop().create_future()

    def forget(self, process_id: int) -> None:
        """Stop remembering how this worker ends."""
        self._deaths.pop(process_id, None)

    async def find_status(self, process_id: int) -> int | None:
        """Return the wait status of a worker that ended; None if the fork server has died as well."""
        death = self._deaths.get(process_id)
        if death is None:
            return None
        await asyncio.wait(
            {death, self._ended}, timeout=_REPORT_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        self.forget(process_id)
        return death.result() if death.done() else None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not name asyncio's as their base
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while len(self._buffer) >= REPORT.size:
            process_id, status = REPORT.unpack_from(self._buffer)
            del self._buffer[: REPORT.size]
            death = self._deaths.get(process_id)
            if death is not None and not death.done():
                death.set_result(status)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._ended.done():
            self._ended.set_result(None)

    async def explain(self) -> str:
        """Return why it starts no worker, for a person."""
        for _ in range(_ENDING_LOOKS):
            if (code := self._process.poll()) is not None:
                break
            await asyncio.sleep(_ENDING_SECONDS)
        if code is None:
            return "the fork server does not fork"
        if code < 0:
            return f"the fork server was killed by signal {-code}"
        said = _read_last_line(self._said)
        return f"the fork server ended with exit code {code}{said and f': {said}'}"

    def close(self) -> None:
        """Kill the fork server; its workers die with it."""
        self._is_closed = True
        self._orders.close()
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_REPORT_SECONDS)
        if self._transport is not None:
            self._transport.abort()
        self._said.close()


def spawn(*, memory_bytes: int) -> Spawned:
    """Start a fork server; needs no event loop. Raises OSError."""
    orders, their_orders = socket.socketpair()
    reports, their_reports = socket.socketpair()
    said = _open_said()
    try:
        with their_orders, their_reports:
            process = _start(their_orders, their_reports, said, memory_bytes=memory_bytes)
    except OSError:
        for end in (orders, reports, said):
            end.close()
        raise
    return Spawned(process, orders, reports, said)


def _open_said() -> IO[bytes]:
    """Return a file without a name for what a fork server says: a pipe would have to be read all the time."""
    try:
        return tempfile.TemporaryFile()
    except OSError:  # a full disk may hide the reason, but must not be one
        return open(os.devnull, "r+b")  # noqa: PTH123  # closed with the fork server


def _read_last_line(said: IO[bytes]) -> str:
    """Return the last line of what a fork server said; none if it was closed."""
    if said.closed:
        return ""
    end = os.fstat(said.fileno()).st_size
    data = os.pread(said.fileno(), _MOST_SAID_BYTES, max(end - _MOST_SAID_BYTES, 0))
    lines = data.decode("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")[
        :_MOST_SAID_CHARACTERS
    ]


def _start(
    orders: socket.socket, reports: socket.socket, said: IO[bytes], *, memory_bytes: int
) -> "subprocess.Popen[bytes]":
    numbers = (orders.fileno(), reports.fileno())
    # it holds no pipe of ours: orphaned workers that held our standard output hid the crawl process's death for 60 s
    return subprocess.Popen(  # noqa: S603 - a module of ours
        [*python_command(_MODULE), *map(str, numbers), str(memory_bytes)],
        env=child_environment(),
        pass_fds=numbers,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=said,
    )
