"""When a source is visited: a duration, or a cron expression in the person's own zone."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import BeforeValidator, PlainSerializer

from crawler.config.durations import parse_duration, write_duration

# the allowed values of each part of an expression, by the part's name in cronsim's errors
_PARTS = {
    "minute": "minutes are 0 to 59",
    "hour": "hours are 0 to 23",
    "day-of-month": "days are 1 to 31, as far as the month has them, or L for its last day",
    "month": "months are 1 to 12, or jan to dec",
    "day-of-week": "weekdays are mon to sun, or 0 to 7 with 0 and 7 for Sunday",
}
# any start for the question whether an expression ever has a moment; cronsim looks fifty years ahead
_ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)
# 6:00-23:00 or 22:00-06:00; 24:00 is how people write midnight
_HOURS = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*-\s*([01]?\d|2[0-4]):([0-5]\d)")


def parse_every(value: object) -> timedelta | str:
    """Return the duration of "30m", or a cron expression such as "0 7 * * mon-fri" as it is.

    raises  ValueError, which says how to write it
    """
    if isinstance(value, str) and len(value.split()) > 1:
        if next(list_cron_moments(value, ZoneInfo("UTC"), after=_ANY_DAY), None) is None:
            raise ValueError(f'"{value}" is not a cron expression: no year has such a day')
        return value
    try:
        return parse_duration(value)
    except ValueError as error:
        raise ValueError(f'{error}, or a cron expression such as "0 7 * * mon-fri"') from error


def write_every(value: timedelta | str) -> str:
    """Return the text from which ``parse_every`` reads the same value."""
    return value if isinstance(value, str) else write_duration(value)


def list_cron_moments(expression: str, zone: ZoneInfo, *, after: datetime) -> Iterator[datetime]:
    """Yield the moments of a cron expression (minute, hour, day, month, weekday) after an instant, aware UTC, in order.

    Clock changes are treated as by Debian's cron: a fixed hour that is skipped comes right after the change, and a repeated
    one counts once; an expression whose minutes or hours begin with a star follows the time that passes.

    raises  ValueError, which names the expression and what is wrong with it
    """
    if len(expression.split()) != 5:
        raise ValueError(
            f'"{expression}" is not a cron expression: one has five parts, minute hour day month weekday, such as '
            '"0 7 * * mon-fri"'
        )
    # "sun" is 0 to cronsim, and a range such as fri-sun must not end before it begins
    written = re.sub(r"-sun\b", "-7", expression.lower())
    try:
        moments = CronSim(written, after.astimezone(zone))
    except CronSimError as error:
        part = str(error).removeprefix("Bad ")
        raise ValueError(
            f'"{expression}" is not a cron expression: {_PARTS.get(part, part)}'
        ) from error
    # started within the hour that a clock change repeats, cronsim begins with moments that have passed
    return (found for found in (one.astimezone(UTC) for one in moments) if found > after)


def parse_active_hours(value: object) -> str:
    """Return hours such as "06:00-23:00", which may reach over midnight; raises ValueError, which says how to write them."""
    found = _HOURS.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or (int(found[1]), found[2]) == (int(found[3]), found[4]):
        raise ValueError(f'{value!r} is not a span of hours; write it as "06:00-23:00"')
    return str(value).strip()


def read_active_hours(text: str) -> tuple[time, time]:
    """Return beginning and end of checked hours; 24:00 is midnight."""
    begin, end = (part.strip().split(":") for part in text.split("-"))
    return time(int(begin[0]) % 24, int(begin[1])), time(int(end[0]) % 24, int(end[1]))


Every = Annotated[
    timedelta | str,
    BeforeValidator(parse_every),
    PlainSerializer(write_every, return_type=str),
]
ActiveHours = Annotated[str, BeforeValidator(parse_active_hours)]
