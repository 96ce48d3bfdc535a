"""A cluster of each carrier, under one name, so that one suite tests both."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Protocol
from urllib.parse import urlsplit

import pytest

from crawler.carriers.memory import MemoryCarrier
from crawler.carriers.memory_worker import MemoryWorker
from crawler.carriers.postgres.home import PostgresHome
from crawler.carriers.postgres.worker import PostgresWorker
from crawler.clock import Clock, utc_now
from crawler.flows.cluster.carrier import HomeCarrier, JobState, Parcel, WorkerCarrier
from tests.servers.postgres_server import Line, PostgresServer

Do = Callable[[int, bytes], Awaitable[None]]
# so that a worker is found dead within a test; a beat is late only on a machine that stands still for seconds
BEAT_SECONDS, DEAD_SECONDS, LOOK_SECONDS = 0.2, 2.0, 0.2
_LIMIT_SECONDS = 60.0


async def until(is_so: Callable[[], Awaitable[object]]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + _LIMIT_SECONDS
    while not await is_so():
        assert time.monotonic() < deadline, "it did not come to hold"
        await asyncio.sleep(0.01)


def list_events(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what a carrier logged, in order and without reasons; none of it comes with a trace."""
    records = [one for one in caplog.records if one.name == "watchword.cluster"]
    assert not any(one.exc_info for one in records)
    return [one.message.partition(" reason=")[0] for one in records]


def parcels(*ids: int) -> list[Parcel]:
    return [Parcel(bundle_id=one, body=f"body of {one}".encode()) for one in ids]


class Worker:
    """A worker at work; ``began`` and ``ended`` are the bundles it took and was done with, in order."""

    def __init__(self, end: WorkerCarrier, do: Do, *, places: int) -> None:
        self.end, self._do = end, do
        self.began: list[int] = []
        self.ended: list[int] = []
        self.cancelled: list[int] = []
        self.bodies: dict[int, bytes] = {}
        self.task = asyncio.create_task(end.work(self._note, places=places))

    async def _note(self, bundle_id: int, body: bytes) -> None:
        self.began.append(bundle_id)
        self.bodies[bundle_id] = body
        try:
            await self._do(bundle_id, body)
        except asyncio.CancelledError:
            self.cancelled.append(bundle_id)
            raise
        self.ended.append(bundle_id)

    async def stop(self) -> None:
        self.end.stop()
        await asyncio.wait_for(self.task, _LIMIT_SECONDS)


class Cluster(Protocol):
    """A home, workers, and what may happen to what lies between."""

    @property
    def home(self) -> HomeCarrier: ...

    async def make_worker(self, name: str, *, clock: Clock = utc_now) -> WorkerCarrier: ...

    async def silence(self, name: str) -> None:
        """Let nothing of a worker arrive any more."""

    async def hear_again(self, name: str) -> None: ...

    async def go_away(self) -> None: ...

    async def come_back(self) -> None: ...


class MemoryCluster:
    """Home and workers in memory."""

    def __init__(self) -> None:
        self.home = MemoryCarrier(most_notes=5)
        self._ends: dict[str, MemoryWorker] = {}

    async def make_worker(self, name: str, *, clock: Clock = utc_now) -> WorkerCarrier:
        self._ends[name] = MemoryWorker(self.home, name, clock=clock)
        return self._ends[name]

    async def silence(self, name: str) -> None:
        self._ends[name].pause()

    async def hear_again(self, name: str) -> None:
        self._ends[name].resume()

    async def go_away(self) -> None:
        self.home.go_away()

    async def come_back(self) -> None:
        self.home.come_back()


class PostgresCluster:
    """Home and workers on a database of their own, each by a line that can be cut."""

    def __init__(self, server: PostgresServer, database: str) -> None:
        self.server, self.database = server, database
        self.lines: dict[str, Line] = {}
        self.home: PostgresHome
        self.most_notes = 4_000

    async def open(self) -> None:
        self.home = PostgresHome(await self.lay_line("home"), dead_seconds=DEAD_SECONDS)

    async def make_worker(self, name: str, *, clock: Clock = utc_now) -> PostgresWorker:
        return PostgresWorker(
            await self.lay_line(name),
            name=name,
            beat_seconds=BEAT_SECONDS,
            look_seconds=LOOK_SECONDS,
            most_notes=self.most_notes,
            own_clock=clock,
        )

    async def silence(self, name: str) -> None:
        self.lines[name].hold()

    async def hear_again(self, name: str) -> None:
        self.lines[name].release()

    async def go_away(self) -> None:
        for line in self.lines.values():
            await line.cut()

    async def come_back(self) -> None:
        for line in self.lines.values():
            await line.open()

    async def lay_line(self, name: str) -> str:
        """Return the database's address by a line of its own."""
        self.lines[name] = line = Line(self.server.socket_path)
        await line.open()
        parts = urlsplit(self.database)
        return f"postgresql://{parts.username}@127.0.0.1:{line.port}{parts.path}"

    async def close(self) -> None:
        await self.home.close()
        for line in self.lines.values():
            await line.cut()


async def has_state(cluster: Cluster, bundle_id: int, state: JobState | None) -> bool:
    """Return whether a bundle is in a state, None: not there."""
    job = (await cluster.home.list_jobs()).get(bundle_id)
    return (job.state if job else None) == state
