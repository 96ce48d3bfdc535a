"""The home's end of a carrier in memory, and all that is on its way. It serves tests of what lies between the two ends.

Home and workers are objects of one process. ``go_away`` and ``come_back`` are a database that crashed and was started again.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from crawler.clock import Clock, utc_now
from crawler.errors import CarrierUnavailable
from crawler.flows.cluster.carrier import Backlog, GivenNotes, Job, JobState, Parcel, WorkerState

# rules that stay: bundles that are out name those of their time
_RULES_KEPT = 20


class End(Protocol):
    """What the carrier wants of a worker's end."""

    name: str
    is_beating: bool

    def describe(self) -> WorkerState: ...

    def drop_taken(self) -> None: ...


@dataclass(slots=True)
class _Bundle:
    body: bytes
    worker: End | None = None
    has_failed: bool = False


@dataclass(slots=True)
class _Came:
    """Notes and when they came."""

    notes: GivenNotes
    at: datetime


@dataclass(slots=True)
class MemoryCarrier:
    """What the home calls, and the ends of workers.

    most_notes  so many notes may wait before ``give`` waits
    """

    most_notes: int = 4_000
    version: str = ""
    clock: Clock = utc_now
    bundles: dict[int, _Bundle] = field(default_factory=dict)
    rules: dict[str, bytes] = field(default_factory=dict)
    workers: dict[str, End] = field(default_factory=dict)
    _waiting: dict[int, _Came] = field(default_factory=dict)
    _given: set[tuple[int, int]] = field(default_factory=set)
    _count: int = 0
    _is_away: bool = False
    _has_notes: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

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

    def answer(self) -> None:
        """Raise CarrierUnavailable while the carrier is away."""
        if self._is_away:
            raise CarrierUnavailable("the carrier in memory went away")

    async def open(self, *, version: str, clock: Clock) -> None:
        self.answer()
        self.version, self.clock = version, clock
        self.tell()

    async def close(self) -> None:
        """Disconnect; what is on its way stays."""

    async def publish(self, key: str, rules: bytes) -> None:
        self.answer()
        self.rules.pop(key, None)
        self.rules[key] = rules
        for old in [*self.rules][:-_RULES_KEPT]:
            del self.rules[old]

    async def has_rules(self, key: str) -> bool:
        self.answer()
        return key in self.rules

    async def hand_out(self, parcels: Sequence[Parcel]) -> None:
        self.answer()
        for parcel in parcels:
            self.bundles.setdefault(parcel.bundle_id, _Bundle(parcel.body))
        self.tell()

    async def list_jobs(self) -> Mapping[int, Job]:
        self.answer()
        return {one: _describe(bundle) for one, bundle in self.bundles.items()}

    def has_lost(self) -> bool:
        return False  # nobody puts memory back

    async def take_back(self, bundle_ids: Sequence[int]) -> None:
        self.answer()
        for one in bundle_ids:
            self.bundles.pop(one, None)
        for worker in self.workers.values():
            worker.drop_taken()

    async def list_notes(self, *, limit: int) -> tuple[GivenNotes, ...]:
        self.answer()
        self._has_notes = False
        return tuple(came.notes for _, came in sorted(self._waiting.items())[:limit])

    async def forget_notes(self, ids: Sequence[int]) -> None:
        self.answer()
        for one in ids:
            self._waiting.pop(one, None)
        self.tell()

    async def wait(self, *, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._has_notes:
                    await self.change()

    async def list_workers(self) -> tuple[WorkerState, ...]:
        self.answer()
        day_ago = self.clock() - timedelta(days=1)
        states = [worker.describe() for worker in self.workers.values()]
        return tuple(one for one in states if one.is_alive or one.beat_at > day_ago)

    async def measure(self) -> Backlog:
        self.answer()
        running = sum(
            _describe(bundle).state is not JobState.WAITING for bundle in self.bundles.values()
        )
        return Backlog(
            bundles_waiting=len(self.bundles) - running,
            bundles_running=running,
            notes=len(self._waiting),
            oldest_at=min((came.at for came in self._waiting.values()), default=None),
        )

    def take_waiting(self, worker: End) -> tuple[int, bytes] | None:
        """Give a worker the bundle that waits longest."""
        if self._is_away:
            return None
        for one, bundle in self.bundles.items():
            if _describe(bundle).state is JobState.WAITING:
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


def _describe(bundle: _Bundle) -> Job:
    worker = bundle.worker
    if bundle.has_failed:
        return Job(state=JobState.DEAD)
    if worker is None:
        return Job(state=JobState.WAITING)
    return Job(state=JobState.RUNNING if worker.is_beating else JobState.DEAD, worker=worker.name)
