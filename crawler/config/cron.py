"""When a source is visited, as people write it: a duration, or a cron expression in their own zone."""

import re
from datetime import time, timedelta
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, PlainSerializer

from crawler.config.durations import parse_duration, write_duration

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*-\s*([01]?\d|2[0-4]):([0-5]\d)")


def parse_every(value: object) -> timedelta | str:
    """Read "30m" as a duration and "0 7 * * mon-fri" as a cron expression; raises ValueError saying how to write it."""
    if isinstance(value, str) and len(value.split()) > 1:
        make_cron_trigger(value, ZoneInfo("UTC"))
        return value
    try:
        return parse_duration(value)
    except ValueError as error:
        raise ValueError(f'{error}, or a cron expression such as "0 7 * * mon-fri"') from error


def write_every(value: timedelta | str) -> str:
    """Give the text ``parse_every`` reads."""
    return value if isinstance(value, str) else write_duration(value)


def make_cron_trigger(expression: str, zone: ZoneInfo) -> "CronTrigger":
    """Give the trigger of a cron expression: minute, hour, day, month, weekday.

    raises  ValueError for a person, naming the expression
    """
    fields = expression.split()
    if len(fields) != 5:
        raise ValueError(
            f'"{expression}" is no cron expression: it has five parts, minute hour day month weekday, such as '
            '"0 7 * * mon-fri"'
        )
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415  # most sources need none

    try:
        return CronTrigger(
            minute=fields[0],
            hour=fields[1],
            day=fields[2],
            month=fields[3],
            day_of_week=_name_weekdays(fields[4].lower()),
            timezone=zone,
        )
    except ValueError as error:
        raise ValueError(f'"{expression}" is no cron expression: {error}') from error


def _name_weekdays(field: str) -> str:
    """Write weekdays as names: cron counts from Sunday, APScheduler 3 from Monday, and names mean one thing."""
    rest, slash, step = field.partition("/")
    if any(int(number) > 7 for number in re.findall(r"\d+", rest)):
        raise ValueError("weekdays are mon to sun, or 0 to 7 with 0 and 7 for Sunday")
    days = re.sub(r"\d+", lambda found: _DAYS[int(found[0])], rest)
    # a range over the end of APScheduler's week, such as sun-thu, is two ranges
    parts = [f"sun,mon-{part[4:]}" if part.startswith("sun-") else part for part in days.split(",")]
    return ",".join(parts) + slash + step


def parse_active_hours(value: object) -> str:
    """Check hours such as "06:00-23:00"; they may reach over midnight. Raises ValueError saying how to write them."""
    found = _HOURS.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or (int(found[1]), found[2]) == (int(found[3]), found[4]):
        raise ValueError(f'{value!r} are no hours; write them as "06:00-23:00"')
    return str(value).strip()


def read_active_hours(text: str) -> tuple[time, time]:
    """Give beginning and end of checked hours; 24:00 is midnight."""
    begin, end = (part.strip().split(":") for part in text.split("-"))
    return time(int(begin[0]) % 24, int(begin[1])), time(int(end[0]) % 24, int(end[1]))


Every = Annotated[
    timedelta | str,
    BeforeValidator(parse_every),
    PlainSerializer(write_every, return_type=str),
]
ActiveHours = Annotated[str, BeforeValidator(parse_active_hours)]
