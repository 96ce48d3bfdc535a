"""The daemon's timers: each job runs at an interval of time that really passed, whatever the wall clock is set to.

APScheduler keeps run times by the wall clock: if it is set back by an hour, all jobs wait for an hour (measured on
APScheduler alone: -15 s, next run after 16 s). So our triggers count from now and skip what was missed. A loop on the
event loop's steady clock, outside APScheduler, moves up each job that lies further ahead than its interval.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from crawler.clock import Clock
from crawler.errors import StorageUnavailable
from crawler.log import log_event, say_ended
from crawler.logs.context import bound
from crawler.machine.clock_watch import ClockWatch

_log = logging.getLogger("watchword.daemon")
# a clock set back delays jobs by at most this long
_LOOK_SECONDS = 1.0
# a clock set back by less delays a job by less than this, which needs no correction
_SLACK = timedelta(seconds=1)
# a smaller jump is not reported to ``on_jump``: due times that are a minute off do no harm
_JUMP_SECONDS = 60.0
# of one run: the longest, reading thousands of sources after an edit, takes some seconds
_DEADLINE_SECONDS = 300.0

Work = Callable[[], Awaitable[object]]


class Every(BaseTrigger):  # type: ignore[misc]  # APScheduler is untyped
    """A trigger that counts its interval from now: one run after a jump of any size, none for those missed."""

    def __init__(self, every: timedelta) -> None:
        self._every = every

    def get_next_fire_time(
        self,
        previous_fire_time: datetime | None,
        now: datetime,
    ) -> datetime:
        """Return the next moment, counted from now."""
        return now + self._every


@dataclass(slots=True)
class _Job:
    """A function called at an interval; ``running`` is the call under way, if any, since ``began_at`` of the loop's clock."""

    name: str
    work: Work
    every: timedelta
    deadline_seconds: float
    running: "asyncio.Task[None] | None" = None
    began_at: float = 0.0


class Timers:
    """Runs jobs side by side. No job overlaps itself, and an error does not end its job.

    clock    the wall clock
    on_jump  called with the seconds by which the wall clock went ahead of the time that passed, if that is a minute or
             more; negative if it was set back. A machine that slept is such a jump.
    """

    def __init__(self, clock: Clock, on_jump: Callable[[float], Awaitable[object]]) -> None:
        self._clock_watch = ClockWatch(clock)
        self._on_jump = on_jump
        self._jobs: dict[str, _Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._watching: asyncio.Task[None] | None = None
        self._failed: set[str] = set()
        # APScheduler warns at each turn while a job still runs; ``_begin`` skips such turns itself
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def add(
        self,
        name: str,
        work: Work,
        every_seconds: float,
        *,
        deadline_seconds: float = _DEADLINE_SECONDS,
    ) -> None:
        """Add a job that runs now and then every ``every_seconds``; a job of the same name is replaced.

        deadline_seconds  how long one run may take before ``list_hung`` names it
        """
        every = timedelta(seconds=every_seconds)
        job = self._jobs[name] = _Job(name, work, every, deadline_seconds)
        self._scheduler.add_job(
            self._begin,
            Every(job.every),
            args=[job],
            id=name,
            name=name,
            replace_existing=True,
            next_run_time=datetime.now(UTC),
        )

    def call_now(self, name: str) -> None:
        """Run a job now; its next turn is counted from here."""
        entry = self._scheduler.get_job(name)
        if entry is not None:
            entry.modify(next_run_time=datetime.now(UTC))

    def list_hung(self) -> tuple[str, ...]:
        """Return the names of jobs whose run under way has taken longer than its deadline."""
        now = asyncio.get_running_loop().time()
        return tuple(
            job.name
            for job in self._jobs.values()
            if job.running and not job.running.done() and now - job.began_at > job.deadline_seconds
        )

    def start(self) -> None:
        """Begin; needs a running event loop."""
        self._scheduler.start()
        self._watching = asyncio.get_running_loop().create_task(self._watch_clock())

    async def stop(self, *, within_seconds: float = 2.0) -> None:
        """Start no more jobs; wait at most ``within_seconds`` for those under way, then cancel them.

        within_seconds  part of the ten seconds within which the daemon ends after SIGTERM (docs/operating/index.md)
        """
        if self._watching is not None:
            self._watching.cancel()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within_seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _begin(self, job: _Job) -> None:
        """Start a run, unless the last one is still under way; never waits for it."""
        if job.running is None or job.running.done():
            job.began_at = asyncio.get_running_loop().time()
            job.running = self._spawn(job.name, job.work)

    def _spawn(self, name: str, work: Work) -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(self._run(name, work), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _run(self, name: str, work: Work) -> None:
        try:
            with bound(timer=name):
                await work()
        except Exception:
            # the next run tries again
            self._failed.add(name)
            log_event(_log, logging.ERROR, "timer failed", exc_info=True, name=name)
        else:
            if name in self._failed:
                self._failed.discard(name)
                say_ended("timer failed", name=name)

    async def _watch_clock(self) -> None:
        missed_seconds = 0.0
        handling: asyncio.Task[None] | None = None
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            jump = self._clock_watch.measure()
            # at each look: a clock set back by 15 s is no jump to report, but delays jobs all the same
            self._rearm()
            if abs(jump) >= _JUMP_SECONDS:
                log_event(_log, logging.WARNING, "clock jumped", seconds=round(jump))
                missed_seconds += jump
            if missed_seconds and (handling is None or handling.done()):
                seconds, missed_seconds = missed_seconds, 0.0
                handling = self._spawn("clock jump", self._handle_jump(seconds))

    def _handle_jump(self, seconds: float) -> Work:
        return lambda: self._on_jump(seconds)

    def _rearm(self) -> None:
        """Run now each job that lies further ahead than its interval: it was scheduled by a clock since set back."""
        now = datetime.now(UTC)
        for name, job in self._jobs.items():
            entry = self._scheduler.get_job(name)
            if entry is not None and entry.next_run_time > now + job.every + _SLACK:
                entry.modify(next_run_time=now)


async def wait_out(function: Callable[[], Awaitable[None]]) -> None:
    """Call a timer's function; it does not fail if the writer is closed while it waits for storage."""
    with contextlib.suppress(StorageUnavailable):
        await function()
