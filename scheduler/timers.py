"""The daemon's timers: each job every so many seconds of time that passed, whatever the clock on the wall is set to.

APScheduler keeps run times by the wall clock: set back by an hour, all jobs would wait for an hour (measured on its
own: -15 s, next run after 16 s). So its triggers count from now, never through what was missed, and a watch on the
event loop's steady clock, outside of APScheduler, arms those jobs anew that lie further off than their interval.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from crawler.clock import Clock
from crawler.log import Repeats, log_event
from crawler.machine.clock_watch import ClockWatch

_log = logging.getLogger("watchword.daemon")
_LOOK_SECONDS = 1.0
# a clock that is trimmed by less than this makes nothing wait for longer than that
_SLACK = timedelta(seconds=1)
# due times that are wrong by less than this need no mending
_JUMP_SECONDS = 60.0

Work = Callable[[], Awaitable[object]]


class Every(BaseTrigger):  # type: ignore[misc]  # APScheduler is untyped
    """Fires so long after it fired: one run after a jump of any size, and no list of those missed."""

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
    """Something to be done again and again; ``running`` is its run under way, if any."""

    name: str
    work: Work
    every: timedelta
    running: "asyncio.Task[None] | None" = None


class Timers:
    """Runs jobs: each alone with itself, all beside each other, none ended by an error of its own.

    clock    the clock on the wall
    on_jump  called with the seconds that it went ahead of the time that passed, where that is a minute or more;
             negative: it was set back. A machine that slept is such a jump.
    """

    def __init__(self, clock: Clock, on_jump: Callable[[float], Awaitable[object]]) -> None:
        self._clock_watch = ClockWatch(clock)
        self._on_jump = on_jump
        self._jobs: dict[str, _Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._watching: asyncio.Task[None] | None = None
        self._repeats = Repeats()
        # says at WARNING each time that a job is still running; we see to that ourselves
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def add(self, name: str, work: Work, every_seconds: float) -> None:
        """Have something done now and every so many seconds; a job of the same name is replaced."""
        job = self._jobs[name] = _Job(name, work, timedelta(seconds=every_seconds))
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
        """Have a job run now; its next turn is counted from here."""
        entry = self._scheduler.get_job(name)
        if entry is not None:
            entry.modify(next_run_time=datetime.now(UTC))

    def start(self) -> None:
        """Begin; needs a running event loop."""
        self._scheduler.start()
        self._watching = asyncio.get_running_loop().create_task(self._watch_clock())

    async def stop(self, *, within_seconds: float = 2.0) -> None:
        """Begin nothing more, and wait so long for what is under way before it is cancelled."""
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
            job.running = self._spawn(job.name, job.work)

    def _spawn(self, name: str, work: Work) -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(self._run(name, work), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _run(self, name: str, work: Work) -> None:
        try:
            await work()
        except Exception as error:
            # the next run tries again; a fault that stays is one traceback a minute
            if not self._repeats.is_repeat(f"{name} {error!r}"):
                log_event(_log, logging.ERROR, "timer failed", exc_info=True, name=name)

    async def _watch_clock(self) -> None:
        missed_seconds = 0.0
        telling: asyncio.Task[None] | None = None
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            jump = self._clock_watch.measure()
            self._rearm()
            if abs(jump) >= _JUMP_SECONDS:
                log_event(_log, logging.WARNING, "clock jumped", seconds=round(jump))
                missed_seconds += jump
            if missed_seconds and (telling is None or telling.done()):
                seconds, missed_seconds = missed_seconds, 0.0
                telling = self._spawn("clock jump", self._tell(seconds))

    def _tell(self, seconds: float) -> Work:
        return lambda: self._on_jump(seconds)

    def _rearm(self) -> None:
        """Have those jobs run now that lie further off than their own interval: they were meant for another clock."""
        now = datetime.now(UTC)
        for name, job in self._jobs.items():
            entry = self._scheduler.get_job(name)
            if entry is not None and entry.next_run_time > now + job.every + _SLACK:
                entry.modify(next_run_time=now)
