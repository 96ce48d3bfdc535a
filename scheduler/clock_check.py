"""Whether the clock on the wall can be right, before anything is written by it.

A board without a battery starts in 1970, or where it was switched off, and gets the time from the network a minute later.
What is written meanwhile has a moment nobody can use. A clock that is wrong for ever, or right though the database comes
from the future, must not keep the service from working: each wait has an end.
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
# two machines, or a clock trimmed by the network, differ by less
_SLACK = timedelta(minutes=5)
# a backup of two years ago may be put back; that is said, and nothing waits
_LONGEST_REST = timedelta(days=730)
WAITS_FOR_CLOCK = "the clock to be set"
REPAIR = "set the clock, or have it set by the network (`timedatectl`)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockPatience:
    """How long is waited, and how often the clock is looked at.

    unset_seconds   before this release: nothing works by that clock, no certificate is valid
    behind_seconds  before the last row: the clock may be right, and the one it was written by was ahead
    """

    unset_seconds: float = 600.0
    behind_seconds: float = 120.0
    look_seconds: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockDoubt:
    """Why a clock may be wrong.

    wait_seconds  how long to wait for it to be set, 0 for not at all
    """

    reason: str
    wait_seconds: float = 0.0
    is_unset: bool = False


def find_doubt(
    now: datetime, last: datetime | None, patience: ClockPatience | None = None
) -> ClockDoubt | None:
    """Return why the clock may be wrong, None where nothing says so.

    last  what it showed when something was written to the database last, None for a new one
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
    """Wait until the clock can be right, told to stop, or the patience is at its end; say so at the start and the end.

    note  called with what is waited for, and with nothing once it is not any more
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
    steady = asyncio.get_running_loop().time
    deadline = steady() + doubt.wait_seconds
    while not await _is_set(stop_asked, look_seconds):
        found = find_doubt(clock(), last, patience)
        if found is None or not found.wait_seconds:
            log_event(_log, logging.WARNING, "clock was set", now=write_instant(clock()))
            return
        if steady() >= deadline:
            log_event(_log, logging.ERROR, "clock was not set, going on by it", next=REPAIR)
            return


async def _is_set(event: asyncio.Event, within_seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), within_seconds)
    except TimeoutError:
        return False
    return True
