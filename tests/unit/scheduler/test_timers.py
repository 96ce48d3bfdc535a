"""Timers under a clock that jumps: ``datetime.now``, which APScheduler calls, is replaced by a clock of the test."""

import asyncio
import io
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self

import apscheduler.schedulers.base
import pytest

from crawler.log import say_ended, set_up_logging
from scheduler import timers as timers_module
from scheduler.timers import Timers

PATIENCE_SECONDS = 60.0


class WallClock(datetime):
    """The real time, moved by ``offset``."""

    offset = timedelta(0)

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        moved = datetime.now(UTC) + WallClock.offset
        return cls.fromtimestamp(moved.timestamp(), tz)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Return a clock that a test sets for this code and for APScheduler alike."""
    monkeypatch.setattr(apscheduler.schedulers.base, "datetime", WallClock)
    monkeypatch.setattr(timers_module, "datetime", WallClock)
    monkeypatch.setattr(WallClock, "offset", timedelta(0))

    def jump(by: timedelta) -> None:
        WallClock.offset += by

    return jump


class Log:
    """The jobs that ran, and the number of their runs."""

    def __init__(self) -> None:
        self.runs: Counter[str] = Counter()
        self.jumps: list[float] = []

    def count(self, name: str) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            self.runs[name] += 1

        return work

    async def note_jump(self, seconds: float) -> None:
        self.jumps.append(seconds)

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not is_so():
                await asyncio.sleep(0.01)

    async def until_run(self, name: str, more: int = 3) -> None:
        wanted = self.runs[name] + more
        await self.until(lambda: self.runs[name] >= wanted)


@asynccontextmanager
async def ticking(
    log: Log, **jobs: tuple[Callable[[], Awaitable[object]], float]
) -> AsyncIterator[Timers]:
    timers = Timers(lambda: WallClock.now(UTC), log.note_jump)
    for name, (work, seconds) in jobs.items():
        timers.add(name, work, seconds)
    timers.start()
    try:
        yield timers
    finally:
        await timers.stop()


@pytest.mark.parametrize(
    "by",
    [
        timedelta(seconds=-15),
        timedelta(hours=-1),
        timedelta(days=-400),
        timedelta(days=60),
        timedelta(days=56 * 365),
    ],
    ids=str,
)
async def test_no_jump_of_the_clock_stops_a_timer_or_piles_up_runs(
    wall: Callable[[timedelta], None], by: timedelta
) -> None:
    log = Log()
    async with ticking(log, often=(log.count("often"), 0.05), rarely=(log.count("rarely"), 3600)):
        await log.until_run("often")
        assert log.runs["rarely"] == 1

        wall(by)
        await log.until_run("often", more=30)
        wall(-by)
        await log.until_run("often", more=30)

        # once at the start and at most once for each jump, not 1440 times for sixty days
        assert 1 <= log.runs["rarely"] <= 3


async def test_a_jump_is_reported_once_with_its_length(wall: Callable[[timedelta], None]) -> None:
    log = Log()
    async with ticking(log, often=(log.count("often"), 0.05)):
        wall(timedelta(hours=-1))
        await log.until(lambda: bool(log.jumps))
        wall(timedelta(days=60))
        await log.until(lambda: len(log.jumps) == 2)
        wall(timedelta(seconds=10))  # too little to be reported
        await log.until_run("often", more=30)

    assert log.jumps == [pytest.approx(-3600, abs=30), pytest.approx(60 * 86_400, abs=30)]


async def test_jumps_are_reported_together_while_the_report_waits(
    wall: Callable[[timedelta], None],
) -> None:
    log, is_free = Log(), asyncio.Event()

    async def wait(seconds: float) -> None:
        log.jumps.append(seconds)
        await is_free.wait()

    timers = Timers(lambda: WallClock.now(UTC), wait)
    timers.add("often", log.count("often"), 0.05)
    timers.start()
    for hours in (1, 2, 3):
        wall(timedelta(hours=hours))
        # the clock watch looks every second
        await log.until_run("often", more=50)
    assert len(log.jumps) == 1
    is_free.set()
    await log.until(lambda: len(log.jumps) == 2)
    await timers.stop()

    assert sum(log.jumps) == pytest.approx(6 * 3600, abs=30)


async def test_an_error_ends_no_timer_and_is_logged_once_and_then_counted() -> None:
    log, stream = Log(), io.StringIO()
    set_up_logging(stream=stream)

    async def fail() -> None:
        log.runs["fails"] += 1
        raise OSError("database is locked")

    async with ticking(log, fails=(fail, 0.02), well=(log.count("well"), 0.02)):
        await log.until_run("fails", more=5)
        await log.until_run("well")

    written = stream.getvalue()
    assert written.count("Traceback") == 1
    assert written.count("timer failed name=fails") == 1
    assert "OSError: database is locked" in written
    say_ended("timer failed", name="fails")
    assert f"repeated={log.runs['fails'] - 1}" in stream.getvalue()


async def test_a_slow_job_blocks_no_other_and_never_runs_twice_at_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log, is_free = Log(), asyncio.Event()

    async def slow() -> None:
        log.runs["slow"] += 1
        await is_free.wait()

    async with ticking(log, slow=(slow, 0.02), well=(log.count("well"), 0.02)):
        await log.until_run("well", more=10)
        assert log.runs["slow"] == 1
        is_free.set()
        await log.until_run("slow")

    assert caplog.records == []


async def test_stopping_lets_a_run_end_and_cancels_one_that_does_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log, is_begun = Log(), asyncio.Event()

    async def short() -> None:
        is_begun.set()
        await asyncio.sleep(0.2)
        log.runs["short"] += 1

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            log.runs["cancelled"] += 1

    timers = Timers(lambda: WallClock.now(UTC), log.note_jump)
    timers.add("short", short, 60)
    timers.add("endless", endless, 60)
    timers.start()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await is_begun.wait()
        await timers.stop(within_seconds=2)

    assert log.runs == {"short": 1, "cancelled": 1}
    assert caplog.records == []


async def test_the_interval_of_a_job_can_be_changed() -> None:
    log = Log()
    async with ticking(log, job=(log.count("job"), 3600)) as timers:
        await log.until_run("job", more=1)

        timers.add("job", log.count("job"), 0.02)
        await log.until_run("job")


async def test_a_run_beyond_its_deadline_is_named_until_it_ends() -> None:
    log, may_end = Log(), asyncio.Event()
    timers = Timers(clock=lambda: datetime.now(UTC), on_jump=log.note_jump)
    timers.add("slow", may_end.wait, 0.05, deadline_seconds=0.1)
    timers.add("quick", log.count("quick"), 0.05, deadline_seconds=0.1)
    timers.start()
    try:
        await log.until(lambda: timers.list_hung() == ("slow",))
        assert log.runs["quick"] > 0
        may_end.set()
        await log.until(lambda: timers.list_hung() == ())
    finally:
        await timers.stop()
