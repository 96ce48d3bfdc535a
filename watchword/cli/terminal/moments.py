"""Times as people type them for options: ``7d``, ``3 days``, ``2 hours ago``, ``yesterday``, ``monday``, ``2026-11-01``.

Own rules in place of dateparser, which we have for pages: it takes a second to load and reads a slip such as ``12`` as the
twelfth of this month, where a person at a prompt is better served by a question back.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click

from crawler.clock import Clock, utc_now
from crawler.text.instants import write_calendar_day
from watchword.cli.terminal.context import Context

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), timedelta(seconds=1)),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), timedelta(minutes=1)),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), timedelta(hours=1)),
    **dict.fromkeys(("d", "day", "days"), timedelta(days=1)),
    **dict.fromkeys(("w", "week", "weeks"), timedelta(weeks=1)),
    **dict.fromkeys(("month", "months"), timedelta(days=30)),
    **dict.fromkeys(("year", "years"), timedelta(days=365)),
}
_PART = re.compile(r"(\d+(?:\.\d+)?|\ban?\b)?\s*([a-z]+)\s*")
# as in the configuration (crawler.config.durations)
_LONGEST = timedelta(days=3660)
_PAST_FORMS = '7d, 12h, "3 days", yesterday, monday or 2026-11-01'
_LENGTH_FORMS = '7d, 12h, 2w or "3 days"'
_DAY_FORMS = "2027-01-01, tomorrow, monday or 2w"


if TYPE_CHECKING:
    _AnyType = click.ParamType[Any]
else:  # no generic type in Click 8.3
    _AnyType = click.ParamType


@dataclass(frozen=True, slots=True)
class Since:
    """A time back to which something is done.

    length  how long ago it was when the command began
    phrase  as a sentence says it: "of the last 90d", "since 1 Nov 2026"
    """

    length: timedelta
    phrase: str


def read_length(text: str) -> timedelta | None:
    """Return the length of "90s", "2w", "1h30m", "3 days", "a week" or "2 hours ago"; None if it is none of those."""
    words = text.strip().lower().removesuffix("ago").removeprefix("last ").strip()
    total, end = timedelta(0), 0
    while end < len(words):
        part = _PART.match(words, end)
        unit = _UNITS.get(part[2]) if part else None
        # "d" alone is a slip, "week" is a week
        if part is None or unit is None or not (part[1] or len(part[2]) > 3):
            return None
        count = float(part[1]) if part[1] and part[1][0].isdigit() else 1.0
        # before the product: a number of a hundred digits would overflow
        if count * (unit / _LONGEST) > 1:
            return None
        total, end = total + count * unit, part.end()
    return total if end and total <= _LONGEST else None


def read_past(text: str, *, now: datetime, zone: tzinfo) -> datetime | None:
    """Return the midnight of "yesterday", of the last "monday" or of "2026-11-01", or the moment of "2026-11-01 08:30"."""
    words = text.strip().lower()
    today = now.astimezone(zone).date()
    if words in {"today", "yesterday"}:
        return _midnight(today - timedelta(days=words == "yesterday"), zone)
    if (weekday := _find_weekday(words)) is not None:
        return _midnight(today - timedelta(days=(today.weekday() - weekday) % 7 or 7), zone)
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def read_day(text: str, *, today: date) -> date | None:
    """Return the day of "2027-01-01", "tomorrow", the next "monday", or that lies "2w" ahead; None if it is none of those."""
    words = text.strip().lower()
    if words in {"today", "tomorrow"}:
        return today + timedelta(days=words == "tomorrow")
    if (weekday := _find_weekday(words)) is not None:
        return today + timedelta(days=(weekday - today.weekday()) % 7 or 7)
    length = read_length(words)
    if length is not None:
        return today + timedelta(days=-(-length // timedelta(days=1)))
    try:
        return date.fromisoformat(words)
    except ValueError:
        return None


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)


def _find_weekday(words: str) -> int | None:
    """Return the number of a weekday, Monday being 0, for its name or its beginning, from three characters on; None for other words."""
    name = words.removeprefix("last ").removeprefix("next ")
    found = [number for number, one in enumerate(_WEEKDAYS) if one.startswith(name)]
    return found[0] if len(name) >= 3 and found else None


class _Spoken(_AnyType):
    """A time in the words of a person, read in the zone of the configuration."""

    name = "time"
    forms = ""  # what is accepted, as the error says it
    words: tuple[str, ...] = ()  # those that a slip may have meant

    def __init__(self, clock: Clock = utc_now) -> None:
        self._clock = clock

    def refuse(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> click.BadParameter:
        """Return the error for words that are no time, with the accepted forms; Click names the option."""
        near = get_close_matches(value.strip().lower(), self.words, n=1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        problem = f'"{value}" is not understood; write {self.forms}{hint}'
        return click.BadParameter(problem, ctx=ctx, param=param)


def _zone_of(ctx: click.Context | None) -> tzinfo:
    """Return the zone whose midnight begins a day; it needs the configuration, so lengths are read without it."""
    context = ctx.find_object(Context) if ctx else None
    return context.zone if context else UTC


def _zone_of_mutes(ctx: click.Context | None) -> tzinfo:
    """Return the zone in which a muted day ends, which is that of the configuration, whoever reads along."""
    context = ctx.find_object(Context) if ctx else None
    return context.config.zone if context else UTC


class SinceType(_Spoken):
    """How far back: a length of time, or a day or moment in the past."""

    name = "since"
    forms = _PAST_FORMS
    words = ("today", "yesterday", *_WEEKDAYS)

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Since:
        """Return the time; raise BadParameter for other words and for a moment that has not come yet."""
        if isinstance(value, Since):
            return value
        text, now = str(value), self._clock()
        length = read_length(text)
        if length is not None:
            shown = text.strip().lower().removesuffix("ago").removeprefix("last ").strip()
            return Since(length, f"of the last {shown}")
        zone = _zone_of(ctx)
        moment = read_past(text, now=now, zone=zone)
        if moment is None or now - moment > _LONGEST:
            raise self.refuse(text, param, ctx)
        if moment >= now:
            raise click.BadParameter(
                f'"{text}" has not come yet; write a time in the past', ctx=ctx, param=param
            )
        day = write_calendar_day(moment.astimezone(zone).date())
        return Since(now - moment, f"since {day}")


class LengthType(_Spoken):
    """A length of time."""

    name = "duration"
    forms = _LENGTH_FORMS

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Return the length; raise BadParameter for other words."""
        if isinstance(value, timedelta):
            return value
        length = read_length(str(value))
        if length is None:
            raise self.refuse(str(value), param, ctx)
        return length


class DayType(_Spoken):
    """A day from today on."""

    name = "day"
    forms = _DAY_FORMS
    words = ("tomorrow", *_WEEKDAYS)

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        """Return the day; raise BadParameter for other words."""
        if isinstance(value, date):
            return value
        day = read_day(str(value), today=self._clock().astimezone(_zone_of_mutes(ctx)).date())
        if day is None:
            raise self.refuse(str(value), param, ctx)
        return day


SINCE, LENGTH, DAY = SinceType(), LengthType(), DayType()
SINCE_HELP = 'How far back: 7d, "3 days", yesterday, monday, 2026-11-01.'
