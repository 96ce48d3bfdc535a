"""Instants written for people (terminal, log, reasons) and for programs.

Messages write theirs in the language and country of the reader: ``alerting/phrases.py``.
"""

# --help must not wait for babel
# ruff: noqa: PLC0415
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:
    from babel import Locale

# how dates and numbers are written where texts are English: terminal, log, reasons, web pages
ENGLISH = "en_GB"
# as in CLDR, of which babel takes 0.1 s to read the rest: a command that lists must not wait for it
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec")


def write_instant(instant: datetime, zone: tzinfo = UTC) -> str:
    """Return ``23 Nov 2026 10:00 CET``."""
    # always with its zone: six places once showed instants without one, and the last day of a mute was a day off
    return f"{write_day(instant, zone)} {write_time(instant, zone)} {name_zone(instant.astimezone(zone))}"


def write_day(instant: datetime, zone: tzinfo = UTC, locale: "Locale | str" = ENGLISH) -> str:
    """Return ``23 Nov 2026``."""
    return write_calendar_day(instant.astimezone(zone).date(), locale)


def write_calendar_day(day: date, locale: "Locale | str" = ENGLISH) -> str:
    """Return ``23 Nov 2026`` for a calendar day, which is the same in every zone."""
    if locale == ENGLISH:
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    from babel.dates import format_date

    return _with_usual_blanks(format_date(day, "medium", locale=locale))


def write_short_day(instant: datetime, zone: tzinfo = UTC, locale: "Locale | str" = ENGLISH) -> str:
    """Return ``23 Nov``, without the year."""
    if locale == ENGLISH:
        local = instant.astimezone(zone)
        return f"{local.day} {_MONTHS[local.month - 1]}"
    from babel.dates import format_skeleton

    return _with_usual_blanks(format_skeleton("MMMd", instant.astimezone(zone), locale=locale))


def write_long_day(instant: datetime, zone: tzinfo = UTC, locale: "Locale | str" = ENGLISH) -> str:
    """Return ``Monday 23 November``, without the year."""
    from babel.dates import format_skeleton

    return _with_usual_blanks(
        format_skeleton("MMMMEEEEd", instant.astimezone(zone), locale=locale)
    ).replace(", ", " ")


def write_month(instant: datetime, zone: tzinfo = UTC, locale: "Locale | str" = ENGLISH) -> str:
    """Return ``Nov 2026``."""
    from babel.dates import format_skeleton

    return _with_usual_blanks(format_skeleton("yMMM", instant.astimezone(zone), locale=locale))


def write_time(instant: datetime, zone: tzinfo = UTC, locale: "Locale | str" = ENGLISH) -> str:
    """Return ``10:00``."""
    time = instant.astimezone(zone).time()
    if locale == ENGLISH:
        return f"{time:%H:%M}"
    from babel.dates import format_time

    return _with_usual_blanks(format_time(time, "short", locale=locale))


def write_clock(instant: datetime, zone: tzinfo = UTC) -> str:
    """Return ``10:00:07``, for output that somebody watches live."""
    return f"{instant.astimezone(zone):%H:%M:%S}"


def write_recent(instant: datetime, zone: tzinfo, *, now: datetime) -> str:
    """Return an instant for a narrow column: ``10:31``, ``yesterday 10:31``, ``3 Nov 10:31``, ``3 Nov 2025``."""
    local, today = instant.astimezone(zone), now.astimezone(zone).date()
    time = write_time(instant, zone)
    if local.date() == today:
        return time
    if local.date() == today - timedelta(days=1):
        return f"yesterday {time}"
    if local.year == today.year:
        return f"{write_short_day(instant, zone)} {time}"
    return write_day(instant, zone)


def write_wait(instant: datetime, *, now: datetime) -> str:
    """Return how long it is until an instant: ``in 12 min``, ``now`` if it has come."""
    seconds = (instant - now).total_seconds()
    if seconds <= 0:
        return "now"
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"in {seconds / size:.0f} {unit}"
    return f"in {seconds:.0f} s"


def write_span(span: timedelta) -> str:
    """Return a span of time in its two largest units, such as ``1 h 6 min``."""
    minutes = int(span.total_seconds() // 60)
    days, hours, left = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {left} min" if left else f"{hours} h"
    return f"{left} min" if left else "less than a minute"


def name_zone(local: datetime) -> str:
    """Return the short name of an instant's zone, ``CET``; ``UTC+05:45`` if it has only an offset."""
    name = local.strftime("%Z")
    # in tzdata, zones without an abbreviation have their offset as a name: Asia/Kathmandu is "+0545"
    if name[:1] not in {"+", "-"}:
        return name
    minutes = f":{name[3:]}" if name[3:] else ""
    return f"UTC{name[:3]}{minutes}"


def read_stated_zone(zone: str | None) -> tzinfo:
    """Return the zone of an IANA name or of an offset such as ``+02:00``; UTC if it is neither."""
    try:
        if zone and zone[0] in "+-":
            hours, _, minutes = zone[1:].partition(":")
            offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
            return timezone(-offset if zone[0] == "-" else offset)
        return ZoneInfo(zone) if zone else UTC
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return UTC


def write_iso(instant: datetime) -> str:
    """Return ``2026-11-23T10:00:00+00:00``, for programs; ``datetime.fromisoformat`` reads it back."""
    return instant.isoformat(timespec="seconds")


def _with_usual_blanks(text: str) -> str:
    """Return a date with ordinary spaces in place of narrow and no-break ones, which some mail programs show as boxes."""
    return text.replace("\u202f", " ").replace("\u00a0", " ")
