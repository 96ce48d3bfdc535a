"""The carrier: what takes bundles from the home to workers, and their notes back.

Two ends of one thing. Both know bytes and numbers only; what these mean is in ``wire.py``. The carrier in memory serves tests;
that of a cluster is PostgreSQL with Procrastinate (``crawler/carriers``). Promises of every carrier:

* A bundle is given to one worker at a time, and to no other until the home hands it out again.
* What ``give`` returned from is kept until ``forget_notes``, through a crash of either end.
* The home never decides by its own clock that a worker is dead: ``list_jobs`` says so.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from crawler.clock import Clock


class JobState(StrEnum):
    """Where a bundle is.

    WAITING  no worker has it yet
    RUNNING  a worker has it, and beats
    DEAD     its worker does not beat any more, ended without having done it, or failed at it
    """

    WAITING = "waiting"
    RUNNING = "running"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A bundle as the carrier knows it; ``worker`` is empty while it waits."""

    state: JobState
    worker: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A bundle to hand out: its id, and its bytes."""

    bundle_id: int
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenNotes:
    """Notes that wait for the home.

    id      the carrier's own, for ``forget_notes``
    number  counts what a worker gave of one bundle, from 1
    """

    id: int
    bundle_id: int
    number: int
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerState:
    """A worker as the home and a person see it.

    version  of Watchword, for a person; workers of another exchange are refused
    places   how many bundles it takes at a time
    beat_at  its last beat, by the carrier's clock
    cpu_seconds, rss_bytes   of all its processes
    trouble  why it beats and can exchange nothing else, empty if it can
    """

    name: str
    version: str
    places: int
    busy: int = 0
    started_at: datetime
    beat_at: datetime
    is_alive: bool = True
    cpu_seconds: float = 0.0
    rss_bytes: int = 0
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits in the carrier; ``oldest_at`` of the notes, None if there are none."""

    bundles_waiting: int = 0
    bundles_running: int = 0
    notes: int = 0
    oldest_at: datetime | None = None


class HomeCarrier(Protocol):
    """The home's end. Each method raises CarrierUnavailable while the carrier does not answer."""

    async def open(self, *, version: str, clock: Clock) -> None:
        """Connect, create what is missing, and say which version the home speaks and what its clock shows."""

    async def close(self) -> None:
        """Disconnect."""

    async def publish(self, key: str, rules: bytes) -> None:
        """Store rules that bundles name by their key; the last few stay."""

    async def has_rules(self, key: str) -> bool:
        """Return whether rules are there: a carrier that was emptied, or put back from a copy, may have lost them."""

    async def hand_out(self, parcels: Sequence[Parcel]) -> None:
        """Hand out bundles; one that the carrier has already stays as it is."""

    async def list_jobs(self) -> Mapping[int, Job]:
        """Return every bundle that the carrier has, by id; one that was done is not there any more."""

    def has_lost(self) -> bool:
        """Return whether bundles may have been lost, or old ones may be back, as the last ``list_jobs`` saw it; once for each time."""

    async def take_back(self, bundle_ids: Sequence[int]) -> None:
        """Remove bundles, whatever their state; unknown ones are skipped."""

    async def list_notes(self, *, limit: int) -> tuple[GivenNotes, ...]:
        """Return notes that wait, in the order in which they came; those of one bundle by number."""

    async def forget_notes(self, ids: Sequence[int]) -> None:
        """Remove notes; call it once what they say is committed."""

    async def wait(self, *, seconds: float) -> None:
        """Return when notes have come, or after some seconds."""

    async def list_workers(self) -> tuple[WorkerState, ...]:
        """Return the workers that beat, and those that stopped within the last day."""

    async def measure(self) -> Backlog:
        """Return what waits."""


class WorkerCarrier(Protocol):
    """A worker's end."""

    async def open(self, *, version: str) -> None:
        """Connect and register; raises StopNow with a sentence if the home speaks another version, or the clocks differ."""

    async def close(self) -> None:
        """Disconnect."""

    async def work(self, do: Callable[[int, bytes], Awaitable[None]], *, places: int) -> None:
        """Call ``do`` with id and bytes of each bundle, ``places`` at a time, until ``stop``; survives a carrier that is away.

        A bundle that ``do`` was cancelled at, or raised VisitOver, is gone as if it were done; after any other error it is dead.
        """

    def stop(self) -> None:
        """Take no more bundles; ``work`` returns once those under way are done or cancelled."""

    async def give(self, bundle_id: int, number: int, body: bytes) -> None:
        """Pass notes to the home; waits while the home has too many waiting, or the carrier is away."""

    async def get_rules(self, key: str) -> bytes:
        """Return published rules; raises LookupError if they are gone."""

    async def find_newest_rules(self) -> tuple[str, bytes] | None:
        """Return the rules that were published last, with their key; None if none were."""

    def find_silence(self) -> float:
        """Return for how many seconds no beat was acknowledged, time in which the machine slept included."""
