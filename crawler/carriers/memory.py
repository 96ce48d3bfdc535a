"""A carrier in memory: home and workers are objects of one process. It serves tests of what lies between the two ends.

A test ends a worker as a machine would: ``vanish`` is kill -9, ``pause`` and ``resume`` are SIGSTOP and SIGCONT or a cut cable,
``go_away`` and ``come_back`` of the carrier are a database that crashed and was started again.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crawler.carriers.meeting import NEVER_SEEN, log, refuse_clock, refuse_version
from crawler.clock import Clock, utc_now
from crawler.errors import CarrierUnavailable, StopNow
from crawler.flows.cluster.carrier import Backlog, GivenNotes, Job, JobState, Parcel, WorkerState
from crawler.log import log_event

Do = Callable[[int, bytes], Awaitable[None]]
# rules that stay: bundles that are out name those of their time
_RULES_KEPT = 20


@dataclass(slots=True)
class _Bundle:
    body: bytes
    worker: "MemoryWorker | None" = None


@dataclass(slots=True)
class _Came:
    """Notes and when they came."""

    notes: GivenNotes
    at: datetime


@dataclass(slots=True)
class MemoryCarrier:
    """The home's end, and all that is on its way.

    most_notes  so many notes may wait before ``give`` waits
    """

    most_notes: int = 4_000
    version: str = ""
    clock: Clock = utc_now
    bundles: dict[int, _Bundle] = field(default_factory=dict)
    rules: dict[str, bytes] = field(default_factory=dict)
    workers: dict[str, "MemoryWorker"] = field(default_factory=dict)
    _waiting: dict[int, _Came] = field(default_factory=dict)
    _given: set[tuple[int, int]] = field(default_factory=set)
    _count: int = 0
    _is_away: bool = False
    _has_notes: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def make_worker(
        self,
        name: str,
        *,
        clock: Clock | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> "MemoryWorker":
        """Return a worker's end; ``clock`` is the worker's (default: the home's), ``monotonic`` what its silence is measured by."""
        return MemoryWorker(self, name, clock=clock, monotonic=monotonic)

    def go_away(self) -> None:
        """Answer nobody any more, as a database that crashed."""
        self._is_away = True

    def come_back(self) -> None:
        """Answer again; nothing is lost."""
        self._is_away = False
        self.tell()

    def tell(self) -> None:
        """Have everybody who waits for a change look again."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def change(self) -> None:
        """Wait for the next change."""
        await self._changed.wait()

    def _answer(self) -> None:
        if self._is_away:
            raise CarrierUnavailable("the carrier in memory went away")

    async def open(self, *, version: str, clock: Clock) -> None:
        self._answer()
        self.version, self.clock = version, clock
        self.tell()

    async def close(self) -> None:
        """Disconnect; what is on its way stays."""

    async def publish(self, key: str, rules: bytes) -> None:
        self._answer()
        self.rules.pop(key, None)
        self.rules[key] = rules
        for old in [*self.rules][:-_RULES_KEPT]:
            del self.rules[old]

    async def hand_out(self, parcels: Sequence[Parcel]) -> None:
        self._answer()
        for parcel in parcels:
            self.bundles.setdefault(parcel.bundle_id, _Bundle(parcel.body))
        self.tell()

    async def list_jobs(self) -> Mapping[int, Job]:
        self._answer()
        return {one: _describe(bundle.worker) for one, bundle in self.bundles.items()}

    async def take_back(self, bundle_ids: Sequence[int]) -> None:
        self._answer()
        for one in bundle_ids:
            self.bundles.pop(one, None)
        for worker in self.workers.values():
            worker.drop_taken()

    async def list_notes(self, *, limit: int) -> tuple[GivenNotes, ...]:
        self._answer()
        self._has_notes = False
        return tuple(came.notes for _, came in sorted(self._waiting.items())[:limit])

    async def forget_notes(self, ids: Sequence[int]) -> None:
        self._answer()
        for one in ids:
            self._waiting.pop(one, None)
        self.tell()

    async def wait(self, *, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._has_notes:
                    await self.change()

    async def list_workers(self) -> tuple[WorkerState, ...]:
        self._answer()
        day_ago = self.clock() - timedelta(days=1)
        states = [worker.describe() for worker in self.workers.values()]
        return tuple(one for one in states if one.is_alive or one.beat_at > day_ago)

    async def measure(self) -> Backlog:
        self._answer()
        running = sum(bundle.worker is not None for bundle in self.bundles.values())
        return Backlog(
            bundles_waiting=len(self.bundles) - running,
            bundles_running=running,
            notes=len(self._waiting),
            oldest_at=min((came.at for came in self._waiting.values()), default=None),
        )

    def take_waiting(self, worker: "MemoryWorker") -> tuple[int, bytes] | None:
        """Give a worker the bundle that waits longest."""
        if self._is_away:
            return None
        for one, bundle in self.bundles.items():
            if bundle.worker is None:
                bundle.worker = worker
                return one, bundle.body
        return None

    async def accept(self, bundle_id: int, number: int, body: bytes) -> None:
        """Keep notes, once there is room for them; those that came before are not kept twice."""
        while self._is_away or len(self._waiting) >= self.most_notes:
            await self.change()
        if (bundle_id, number) in self._given:
            return
        self._given.add((bundle_id, number))
        self._count += 1
        notes = GivenNotes(id=self._count, bundle_id=bundle_id, number=number, body=body)
        self._waiting[self._count] = _Came(notes, self.clock())
        self._has_notes = True
        self.tell()


def _describe(worker: "MemoryWorker | None") -> Job:
    if worker is None:
        return Job(state=JobState.WAITING)
    return Job(state=JobState.RUNNING if worker.is_beating else JobState.DEAD, worker=worker.name)


class MemoryWorker:
    """A worker's end of a carrier in memory."""

    def __init__(
        self,
        carrier: MemoryCarrier,
        name: str,
        *,
        clock: Clock | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.is_beating = False
        self._carrier, self._clock, self._monotonic = carrier, clock, monotonic
        self._version = ""
        self._places = 0
        self._doing: dict[int, asyncio.Task[None]] = {}
        self._is_stopping = self._is_gone = False
        self._silent_since: float | None = None
        self._opened_at = self._beat_at = carrier.clock()

    async def open(self, *, version: str) -> None:
        self._carrier._answer()
        if not self._carrier.version:
            raise StopNow(NEVER_SEEN)
        refuse_version(home=self._carrier.version, worker=version)
        now = self._carrier.clock()
        ahead = ((self._clock or self._carrier.clock)() - now).total_seconds()
        refuse_clock(home_seconds=0.0, worker_seconds=ahead)
        self._version, self._opened_at, self.is_beating = version, now, True
        self._carrier.workers[self.name] = self

    async def close(self) -> None:
        """Disconnect."""

    async def work(self, do: Do, *, places: int) -> None:
        self._places = places
        try:
            while not self._is_over() or self._doing:
                self._take_bundles(do)
                await self._carrier.change()
        finally:
            self._beat_at, self.is_beating = self._carrier.clock(), False
        if not self._is_gone:
            refuse_version(home=self._carrier.version, worker=self._version)

    def stop(self) -> None:
        self._is_stopping = True
        self._carrier.tell()

    def vanish(self) -> None:
        """End as by kill -9: what it was doing stops, and nothing of it arrives any more."""
        self._is_gone, self.is_beating = True, False
        self._beat_at = self._carrier.clock()
        for task in self._doing.values():
            task.cancel()
        self._carrier.tell()

    def pause(self) -> None:
        """Beat no more, and have nothing arrive; what it was doing goes on, as after a cut."""
        self.is_beating, self._silent_since = False, self._monotonic()
        self._beat_at = self._carrier.clock()

    def resume(self) -> None:
        """Beat again; bundles that were taken back in between are dropped before anything is given."""
        self.is_beating, self._silent_since = True, None
        self.drop_taken()
        self._carrier.tell()

    async def give(self, bundle_id: int, number: int, body: bytes) -> None:
        while self._silent_since is not None and not self._is_gone:
            await self._carrier.change()
        if self._is_gone:
            raise asyncio.CancelledError
        await self._carrier.accept(bundle_id, number, body)

    async def get_rules(self, key: str) -> bytes:
        if key not in self._carrier.rules:
            raise LookupError(key)
        return self._carrier.rules[key]

    async def find_newest_rules(self) -> tuple[str, bytes] | None:
        self._carrier._answer()
        return next(reversed(self._carrier.rules.items()), None)

    def find_silence(self) -> float:
        return 0.0 if self._silent_since is None else self._monotonic() - self._silent_since

    def describe(self) -> WorkerState:
        """Return the worker as the home sees it."""
        return WorkerState(
            name=self.name,
            version=self._version,
            places=self._places,
            busy=len(self._doing),
            started_at=self._opened_at,
            beat_at=self._carrier.clock() if self.is_beating else self._beat_at,
            is_alive=self.is_beating,
        )

    def drop_taken(self) -> None:
        """Cancel what is done for bundles that were taken back; a worker learns of it with a beat."""
        for bundle_id, task in self._doing.items():
            if self.is_beating and not self._holds(bundle_id):
                task.cancel()

    def _holds(self, bundle_id: int) -> bool:
        bundle = self._carrier.bundles.get(bundle_id)
        return bundle is not None and bundle.worker is self

    def _is_over(self) -> bool:
        return self._is_stopping or self._is_gone or self._carrier.version != self._version

    def _take_bundles(self, do: Do) -> None:
        while self.is_beating and not self._is_over() and len(self._doing) < self._places:
            taken = self._carrier.take_waiting(self)
            if taken is None:
                return
            self._doing[taken[0]] = asyncio.create_task(self._do(do, *taken))

    async def _do(self, do: Do, bundle_id: int, body: bytes) -> None:
        try:
            await do(bundle_id, body)
        except Exception:
            log_event(log, logging.ERROR, "bundle failed", exc_info=True, bundle=bundle_id)
        finally:
            del self._doing[bundle_id]
            # kill -9 leaves the bundle with its dead worker until the home takes it back
            if not self._is_gone and self._holds(bundle_id):
                del self._carrier.bundles[bundle_id]
            self._carrier.tell()
