"""The entries of feeds: what they say of an article, and the forms of their dates. Pure functions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime

_MONTHS_DE = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
_SHORT_DE = "Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez"
_DAYS_DE = "Mo Di Mi Do Fr Sa So"
_MONTHS_FR = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
_MONTHS_RU = "янв фев мар апр май июн июл авг сен окт ноя дек"
# for a site whose clock has the wrong zone
_AHEAD = timedelta(hours=3)
# the date that every entry has after a site moved to a new publishing system
_TEMPLATE = "2024-02-29T12:00:00+00:00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The entry of an article.

    text  the whole text, if the feed has it
    """

    link: str
    guid: str
    title: str
    summary: str = ""
    text: str = ""
    published_at: datetime
    updated_at: datetime


def odd_date(instant: datetime, number: int) -> str:
    """Return a date as hand-made feeds have it: twelve forms, after reports about readers of feeds (feedparser#135, #29, #3)."""
    clock, month = f"{instant:%H:%M:%S}", instant.month - 1
    half_past = instant + timedelta(hours=5, minutes=30)
    summer = instant - timedelta(hours=4)
    forms = (
        f"{instant.day}. {_pick(_MONTHS_DE, month)} {instant:%Y %H:%M}",
        f"{instant.timestamp():.0f}",
        f"{instant:%A %d %b %Y, %I:%M %p}",
        f"{instant:%Y-%m-%d %H:%M:%S}",
        f"{_pick(_DAYS_DE, instant.weekday())}, {instant.day} {_pick(_SHORT_DE, month)} {instant.year} {clock} +0000",
        f"{instant.day:02d} {_pick(_MONTHS_RU, month)} {instant.year} {clock} +0000",
        f"{instant.day} {_pick(_MONTHS_FR, month)} {instant.year} {clock}",
        f"{instant:%a, %d %B %Y} {clock} GMT",
        f"{half_past:%a, %d %b %Y %H:%M:%S} +5:30",
        f"{instant:%Y%m%dT%H%M%SZ}",
        f"{instant:%b %d, %Y} {clock} UTC",
        f"{summer:%a, %d %b %y %H:%M:%S} EDT",
    )
    return forms[number % len(forms)]


def _pick(names: str, number: int) -> str:
    return names.split()[number]


def write_date(entry: Entry, number: int, quirks: frozenset[str], *, now: datetime) -> str:
    """Return the date of an RSS entry, empty if the feed has none."""
    if "no dates" in quirks:
        return ""
    if "dates" in quirks:
        return odd_date(entry.published_at, number)
    if "moving dates" in quirks:
        return format_datetime(now)
    if "future" in quirks:
        return format_datetime(entry.updated_at + _AHEAD)
    return format_datetime(entry.updated_at)


def write_lastmod(entry: Entry, quirks: frozenset[str]) -> str:
    """Return when a page changed by its sitemap, empty if the sitemap does not say it."""
    if "template dates" in quirks:
        return _TEMPLATE
    return entry.updated_at.isoformat() if "lastmod" in quirks else ""
