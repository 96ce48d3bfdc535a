"""Check at the start whether the wall clock can be right, before anything is dated by it.

A board without a battery starts in 1970, or at the moment it was switched off, and gets the time from the network a minute
later. Rows dated meanwhile are useless. Each wait has an end: a clock that stays wrong, or one that is right while the
database was written by a clock that was ahead, must not keep the service from working.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from crawler.clock import EARLIEST, Clock
from crawler.log import log_event
from crawler.storage.process.last_moment import read_last_moment
from crawler.text.instants import write_instant

_log = logging.getLogger("watchword.clock")
# the clocks of two machines, or one clock before and after it is trimmed by the network, differ by less
_SLACK = timedelta(minutes=5)
# somebody may restore a backup of two years ago, so this is logged and nothing waits
_LONGEST_REST = timedelta(days=730)
# words that `doctor` and the lock file show
WAITS_FOR_CLOCK = "the clock to be set"
REPAIR = "set the clock, or have it set by the network (`timedatectl`)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockPatience:
    """How long to wait for the clock, and how often to look at it.

    unset_seconds   when it shows a time before this release: nothing works then, as no certificate is valid
    behind_seconds  when it shows a time before the last row: it may be right, if the row's clock was ahead
    """

    unset_seconds: float = 600.0
    behind_seconds: float = 120.0
    look_seconds: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockDoubt:
    """The reason a clock may be wrong.

    wait_seconds  how long to wait until it is set, 0 for not at all
    """

    reason: str
    wait_seconds: float = 0.0
    is_unset: bool = False


def find_doubt(
    now: datetime, last: datetime | None, patience: ClockPatience | None = None
) -> ClockDoubt | None:
    """Return why the clock may be wrong, or None if nothing says so.

    last  when the database was last written, by the clock of that time; None for a new database
    """
    patience = patience or ClockPatience()
    if now < EARLIEST:
        reason = f"the clock says {write_instant(now)}, which is before this release was made"
        return ClockDoubt(reason=reason, wait_seconds=patience.unset_seconds, is_unset=True)
    if last is not None and now < last - _SLACK:
        reason = f"the clock says {write_instant(now)}, but the database was written at {write_instant(last)}"
        return ClockDoubt(reason=reason, wait_seconds=patience.behind_seconds)
    if last is not None and now > last + _LONGEST_REST:
        reason = f"the clock says {write_instant(now)}; the database was last written at {write_instant(last)}"
        return ClockDoubt(reason=f"{reason}, years before")
    return None


async def wait_for_clock(
    database: Path,
    *,
    clock: Clock,
    stop_asked: asyncio.Event,
    note: Callable[[str], object],
    patience: ClockPatience | None = None,
) -> None:
    """Wait until the clock can be right, the daemon is told to stop, or the time is up; log the start and the end.

    note  called with what is waited for, and with an empty text when the wait is over
    """
    last = await asyncio.to_thread(read_last_moment, database)
    doubt = find_doubt(clock(), last, patience)
    if doubt is None:
        return
    log_event(_log, logging.ERROR, doubt.reason, waits_at_most_seconds=round(doubt.wait_seconds))
    if not doubt.wait_seconds:
        return
    note(WAITS_FOR_CLOCK)
    try:
        await _wait(doubt, last, clock=clock, stop_asked=stop_asked, patience=patience)
    finally:
        note("")


async def _wait(
    doubt: ClockDoubt,
    last: datetime | None,
    *,
    clock: Clock,
    stop_asked: asyncio.Event,
    patience: ClockPatience | None,
) -> None:
    look_seconds = (patience or ClockPatience()).look_seconds
    # the deadline is kept by a steady clock: the wall clock is the one in doubt
    steady = asyncio.get_running_loop().time
    deadline = steady() + doubt.wait_seconds
    while not await _is_set(stop_asked, look_seconds):
        found = find_doubt(clock(), last, patience)
        if found is None or not found.wait_seconds:
            log_event(_log, logging.WARNING, "clock was set", now=write_instant(clock()))
            return
        if steady() >= deadline:
            log_event(_log, logging.ERROR, "clock was not set, continuing with it", next=REPAIR)
            return


async def _is_set(event: asyncio.Event, within_seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), within_seconds)
    except TimeoutError:
        return False
    return True
