"""A worker's beats: they say that it lives and what it uses, and are answered with what it still holds."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from crawler.carriers.meeting import HomeClock, log
from crawler.carriers.postgres.connections import Address, Connections
from crawler.carriers.postgres.listening import wait_away
from crawler.errors import CarrierUnavailable
from crawler.log import log_event
from crawler.machine.processes.usage import Usage

# goes on while the machine sleeps; systems without it have a monotonic clock that does
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_QUICK_SECONDS = 2.0
_LONGEST_TROUBLE = 300  # characters, for a list of workers
_BEGIN: LiteralString = """
WITH gone AS (DELETE FROM watchword_back.workers WHERE engine_id = %(before)s OR beat_at < now() - interval '1 day')
INSERT INTO watchword_back.workers (engine_id, name, version, places, started_at)
VALUES (%(engine)s, %(name)s, %(version)s, %(places)s, now() - %(age)s * interval '1 second')
"""
_BEAT: LiteralString = """
WITH beaten AS (
    UPDATE watchword_out.procrastinate_workers SET last_heartbeat = now() WHERE id = %(engine)s RETURNING id),
said AS (
    UPDATE watchword_back.workers SET beat_at = now(), busy = %(busy)s, cpu_seconds = %(cpu)s, rss_bytes = %(rss)s, trouble = %(trouble)s
    WHERE engine_id = %(engine)s)
SELECT EXISTS (SELECT FROM beaten) AS is_registered, (SELECT version FROM watchword_back.home) AS version,
    (SELECT clock_timestamp() + clock_ahead FROM watchword_back.home) AS home_at,
    ARRAY(SELECT id FROM watchword_out.procrastinate_jobs WHERE worker_id = %(engine)s AND status = 'doing') AS held
"""
# the answer to a fetch was lost: the bundle is ours, and nobody does it
_PUT_BACK: LiteralString = """
SELECT watchword_out.procrastinate_retry_job_v2(id, NULL, NULL, NULL, NULL)
FROM unnest(%(ids)s::bigint[]) AS id
"""


def read_uptime() -> float:
    """Return seconds of a clock that nobody sets and that does not stop while the machine sleeps."""
    return time.clock_gettime(_CLOCK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Who beats: ``places`` bundles at a time, and what ``measure`` says that it uses."""

    name: str
    version: str
    places: int
    measure: Callable[[], Usage]


class Beats:
    """Beats of one worker, on a connection of their own: 256 KB of notes on a slow line hold them up otherwise.

    seconds    between two beats
    clock      put right by each answer
    on_answer  called with the home's version, and whether the worker is still registered
    known      Procrastinate's ids of bundles, from when one is fetched until it is finished
    running    those that are being done, with the task that does them
    stuck      why something that is tried again and again is refused although beats are taken: a disk that is full takes no notes
    """

    def __init__(
        self,
        database: Address,
        *,
        seconds: float,
        clock: HomeClock,
        on_answer: Callable[[str, bool], None],
    ) -> None:
        self._connections = Connections(database, what="watchword worker beats", most=1)
        self._seconds, self._clock, self._on_answer = seconds, clock, on_answer
        self._worker: Worker | None = None
        # of this registration, or of the last one while there is none
        self._engine_id: int | None = None
        self._is_registered = False
        self._began_at = self._acknowledged_at = read_uptime()
        self._is_troubled = False
        self.known: set[int] = set()
        self.running: dict[int, asyncio.Task[object]] = {}
        self.stuck: dict[object, str] = {}
        self.fetch_count = 0
        self.is_fetching = False

    def introduce(self, worker: Worker) -> None:
        """Say who beats; silence counts from now."""
        self._worker = worker
        self._began_at = self._acknowledged_at = read_uptime()

    async def begin(self, engine_id: int) -> None:
        """Take over a registration of Procrastinate's, which counts as a beat; raises CarrierUnavailable."""
        worker, asked_at = self._worker, read_uptime()
        assert worker is not None  # noqa: S101  # introduced before
        await self._connections.run(
            _BEGIN,
            before=self._engine_id,
            engine=engine_id,
            name=worker.name,
            version=worker.version,
            places=worker.places,
            age=asked_at - self._began_at,
        )
        self._engine_id, self._is_registered = engine_id, True
        self._acknowledge(asked_at)

    def end(self) -> None:
        """Beat no more until the next registration."""
        self._is_registered = False

    async def run(self) -> None:
        """Beat until cancelled; a beat that is not acknowledged is tried again at once."""
        while True:
            await asyncio.sleep(self._seconds)
            failure_count = 0
            while not await self._beat():
                failure_count += 1
                await wait_away(failure_count)

    async def close(self) -> None:
        """Disconnect."""
        await self._connections.close()

    def find_silence(self) -> float:
        """Return for how many seconds no beat was acknowledged, counted from when the last one was sent."""
        return read_uptime() - self._acknowledged_at

    def is_late(self) -> bool:
        """Return whether a beat is missing: the home may soon take this worker for dead."""
        return self.find_silence() > 2 * self._seconds

    def note_trouble(self, error: CarrierUnavailable) -> None:
        """Log that PostgreSQL is away, once until a beat is acknowledged."""
        if not self._is_troubled:
            self._is_troubled = True
            log_event(log, logging.WARNING, "PostgreSQL was lost", reason=error.reason)

    def drop(self, ids: frozenset[int]) -> None:
        """Cancel what is done for some bundles."""
        for one in ids & self.running.keys():
            self.running[one].cancel()

    async def _beat(self) -> bool:
        worker, engine_id = self._worker, self._engine_id
        if worker is None or not self._is_registered:
            return True
        usage, asked_at = worker.measure(), read_uptime()
        running, fetch_count = frozenset(self.running), self.fetch_count
        may_have_strays = not self.is_fetching
        try:
            (row,) = await self._connections.run(
                _BEAT,
                engine=engine_id,
                busy=len(running),
                cpu=usage.cpu_seconds,
                rss=usage.rss_bytes,
                trouble=next(iter(self.stuck.values()), "")[:_LONGEST_TROUBLE],
            )
            held = frozenset(row["held"])
            # before anything else: whoever looks at the silence next must not go on with what was taken back meanwhile
            self.drop(running - held)
            if row["is_registered"]:
                self._acknowledge(asked_at)
            self._read_clock(row["home_at"], asked_at)
            self._on_answer(row["version"] or "", row["is_registered"])
            strays = held - self.known
            if strays and may_have_strays and fetch_count == self.fetch_count:
                await self._connections.run(_PUT_BACK, ids=list(strays))
        except CarrierUnavailable as error:
            self.note_trouble(error)
            return False
        return True

    def _read_clock(self, home_at: datetime | None, asked_at: float) -> None:
        """Take over the home's clock, unless the answer took so long that it is not known when it was read."""
        answered_at = read_uptime()
        if home_at is not None and answered_at - asked_at <= _QUICK_SECONDS:
            self._clock.put_right(home_at, steady_at=(asked_at + answered_at) / 2)

    def _acknowledge(self, asked_at: float) -> None:
        self._acknowledged_at = asked_at
        if self._is_troubled and not self.stuck:
            self._is_troubled = False
            log_event(log, logging.INFO, "PostgreSQL was back")
