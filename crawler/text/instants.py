"""Instants written for people (terminal, log, reasons) and for programs.

Messages write theirs in the language and country of the reader: ``alerting/phrases.py``.
"""

from datetime import UTC, datetime, timedelta, tzinfo


def write_instant(instant: datetime, zone: tzinfo = UTC) -> str:
    """Return ``23 Nov 2026 10:00 CET``."""
    local = instant.astimezone(zone)
    # always with its zone: six writers once showed instants without, and a mute's last day was a day off
    return f"{local:%-d %b %Y %H:%M} {name_zone(local)}"


def write_day(instant: datetime, zone: tzinfo = UTC) -> str:
    """Return ``23 Nov 2026``."""
    return f"{instant.astimezone(zone):%-d %b %Y}"


def write_setting_day(instant: datetime, zone: tzinfo = UTC) -> str:
    """Return ``2026-11-23``, as days are written in settings and on the command line."""
    return f"{instant.astimezone(zone):%Y-%m-%d}"


def write_clock(instant: datetime, zone: tzinfo = UTC) -> str:
    """Return ``10:00:07``, for output that somebody watches live."""
    return f"{instant.astimezone(zone):%H:%M:%S}"


def write_recent(instant: datetime, zone: tzinfo, *, now: datetime) -> str:
    """Return an instant for a narrow column: ``10:31``, ``yesterday 10:31``, ``3 Nov 10:31``, ``3 Nov 2025``."""
    local, today = instant.astimezone(zone), now.astimezone(zone).date()
    if local.date() == today:
        return f"{local:%H:%M}"
    if local.date() == today - timedelta(days=1):
        return f"yesterday {local:%H:%M}"
    return f"{local:%-d %b %H:%M}" if local.year == today.year else f"{local:%-d %b %Y}"


def write_wait(instant: datetime, *, now: datetime) -> str:
    """Return how long it is until an instant: ``in 12 min``, ``now`` if it has come."""
    seconds = (instant - now).total_seconds()
    if seconds <= 0:
        return "now"
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"in {seconds / size:.0f} {unit}"
    return f"in {seconds:.0f} s"


def name_zone(local: datetime) -> str:
    """Return the short name of an instant's zone, ``CET``; ``UTC+05:45`` if it has only an offset."""
    name = local.strftime("%Z")
    # zones without an abbreviation are called by their offset in tzdata: Asia/Kathmandu is "+0545"
    if name[:1] not in {"+", "-"}:
        return name
    minutes = f":{name[3:]}" if name[3:] else ""
    return f"UTC{name[:3]}{minutes}"


def write_iso(instant: datetime) -> str:
    """Return ``2026-11-23T10:00:00+00:00``, for programs; ``datetime.fromisoformat`` reads it back."""
    return instant.isoformat(timespec="seconds")
