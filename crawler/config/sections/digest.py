"""The times of a digest: ``08:00``, ``08:00, 17:30``, ``mon-fri 08:00``."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from crawler.model.watch import Watch

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# 8:00 and 08:00, up to 23:59
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_HOW = 'write times and, if not every day, weekdays, such as "08:00", "08:00, 17:30" or "mon-fri 08:00"'


@dataclass(frozen=True, slots=True)
class DigestTimes:
    """The times of a digest: times of day in order, and weekdays, Monday being 0."""

    hours: tuple[time, ...]
    weekdays: frozenset[int]


def read_digest_times(text: str) -> DigestTimes:
    """Return the times in a text; raises ValueError, which says how to write them."""
    hours, weekdays = set(), set[int]()
    for word in re.split(r"[\s,]+", text.strip().lower()):
        found = _TIME.fullmatch(word)
        if found:
            hours.add(time(int(found[1]), int(found[2])))
        else:
            weekdays |= _read_days(word)
    if not hours:
        raise ValueError(f'"{text}" contains no time of day; {_HOW}')
    return DigestTimes(tuple(sorted(hours)), frozenset(weekdays or range(7)))


def _read_days(word: str) -> set[int]:
    first, _, last = word.partition("-")
    if first not in _DAYS or (last or first) not in _DAYS:
        raise ValueError(f'"{word}" is neither a time nor a day; {_HOW}')
    start, end = _DAYS.index(first), _DAYS.index(last or first)
    return {day % 7 for day in range(start, end + 1 + 7 * (end < start))}


def next_digest_of(watch: Watch, *, after: datetime) -> datetime:
    """Return when a watch's digest leaves next after an instant."""
    return next_digest_at(read_digest_times(watch.digest), ZoneInfo(watch.timezone), after=after)


def next_digest_at(times: DigestTimes, zone: ZoneInfo, *, after: datetime) -> datetime:
    """Return when a digest leaves next after an instant; an hour that a clock change skips comes right after the change."""
    day = after.astimezone(zone).date()
    # today, the seven days after it, and one more for the hour of a clock change
    for _ in range(9):
        for hour in times.hours if day.weekday() in times.weekdays else ():
            moment = datetime.combine(day, hour, tzinfo=zone)
            if moment.timestamp() > after.timestamp():
                return moment
        day += timedelta(days=1)
    raise ValueError("a digest has a day in every week")  # pragma: no cover


def _check(text: str) -> str:
    read_digest_times(text)
    return text


Digest = Annotated[str, Field(max_length=200), AfterValidator(_check)]
