"""Reading the dates that feeds, sitemaps and pages state, in any form and language.

Day first, unless only month first is possible. Never a bare year, never a day without its year.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from crawler.extract.dates.calendars import (
    ERA_NAMES,
    PERSIAN_YEARS,
    from_persian,
    read_era_year,
    to_gregorian_year,
)
from crawler.extract.dates.month_names import find_month, find_persian_month, fold
from crawler.extract.dates.times_of_day import TimeOfDay, find_time, find_time_in_words

# characters that are read: a date has fewer, and many expressions are tried on them
_MOST_CHARACTERS = 120
# an earlier date is a default of some system, because the web did not exist
_OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
# a later date is a template's default; the page of a coming event is dated weeks ahead
_MOST_AHEAD = timedelta(days=366)
# a date at most this far ahead of the fetch means now: the site's clock is wrong, or its zone was guessed
DAY_AHEAD = timedelta(hours=24)
# Unix time in seconds, milliseconds, micro- or nanoseconds; .NET writes it as /Date(1700000000000+0100)/
_EPOCH = re.compile(
    r"(?:/Date\()?(\d{9,10})(?:(\d{3})(?:\d{3}){0,2})?(?:\.\d{1,9})?(?:[+-]\d{4})?(?:\)/)?"
)
# 20261124, 202611242257, 20261124T225700Z
_COMPACT = re.compile(
    r"(?P<year>(?:19|20)\d\d)(?P<month>[01]\d)(?P<day>[0-3]\d)"
    r"(?:[t_ -]?(?P<hour>[0-2]\d)(?P<minute>[0-5]\d)(?P<second>[0-5]\d)?(?:\.\d{1,9})?)?(?=$|[z\s+-])"
)
# ISO 8601: 2026-W48-2, and 2026-328 for a day of the year
_WEEK = re.compile(r"(?P<year>\d{4})-?w(?P<week>\d{2})-?(?P<day>[1-7])(?!\d)")
_DAY_OF_YEAR = re.compile(r"(?P<year>(?:19|20)\d\d)-(?P<day>\d{3})(?!\d)")
# with the same separator twice: 2026-11-24, 2026. 11. 24, but not 2026-11/24
_YEAR_FIRST = re.compile(
    r"(?<!\d)(\d{4})\s?([-./\u2010-\u2015])\s?(\d{1,2})\s?\2\s?(\d{1,2})(?!\d)"
)
_DAY_FIRST = re.compile(
    r"(?<!\d)(\d{1,2})\s?([-./\u2010-\u2015])\s?(\d{1,2})\s?\2\s?(\d{4}|\d{2})(?!\d)"
)
# numbers with the characters for year, month and day of Chinese, Japanese and Korean
_EASTERN = re.compile(
    rf"(?:(?P<era>{ERA_NAMES})\s?(?P<nth>\d{{1,3}}|\u5143)|(?P<year>\d{{4}}|\d{{2}}))\s?[\u5e74\ub144]\s?(?P<month>\d{{1,2}})\s?[\u6708\uc6d4]\s?(?P<day>\d{{1,2}})\s?[\u65e5\u53f7\u865f\uc77c]?"
)
# Vietnamese numbers its months ("tháng 11"); in the Levant two months have names of two words, "the first" or "second"
_VIETNAMESE = re.compile(r"\b(?:thang|thg)\s?(1[0-2]|0?[1-9])(?!\d)")
_TWO_WORDS = re.compile(
    "(\u0643\u0627\u0646\u0648\u0646|\u062a\u0634\u0631\u064a\u0646) (\u0627\u0644)?(\u062b\u0627\u0646\u064a|\u0627\u0648\u0644)"
)
# dots inside a word, as in "p.m." and in Thai months, which are removed
_DOT_INSIDE = re.compile(r"(?<=[^\W\d_])\.(?=[^\W\d_])|(?<=[\u0e01-\u0e4e])\.(?=[\u0e01-\u0e4e])")
# a number, a word, or a single other character
_PIECE = re.compile(r"\d{1,4}|[^\s\d,./:;()\[\]|_'\u2019+-]{2,20}|[^\s]")
# words and characters that may stand between the parts of a date
_SKIPPED = frozenset({
    "de", "del", "di", "of", "the", "den", "der", "d", "da", "do", "dan", "al", "le", "m", "g", "gada", "ko", "eko", "th",
    "st", "nd", "rd", "er", "en", "e", "a", "i", "ta", ",", ".", "'", "\u2019", "/", "-", "\u00b7",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedDate:
    """A date as read from a text.

    instant   aware UTC; midnight in ``zone`` if no time of day was stated
    has_time  whether a time of day was stated
    zone      the stated one, else the one that the caller assumed
    """

    instant: datetime
    has_time: bool
    zone: tzinfo


def read_stated_date(
    text: str, *, fetched_at: datetime, zone: tzinfo = UTC, language: str | None = None
) -> StatedDate | None:
    """Return the date that a short text states; None if it is not a date, before 1990, or over 366 days ahead.

    text        its first 120 characters are read
    fetched_at  aware UTC; a later date becomes this instant
    zone        used if the text names none
    language    ISO 639-1 code of the text, or None if unknown
    """
    read = parse_stated_date(text, fetched_at=fetched_at, zone=zone, language=language)
    instant = believable(read.instant, fetched_at=fetched_at) if read else None
    if read is None or instant is None:
        return None
    return StatedDate(instant=instant, has_time=read.has_time, zone=read.zone)


def parse_stated_date(
    text: str,
    *,
    fetched_at: datetime | None = None,
    zone: tzinfo = UTC,
    language: str | None = None,
) -> StatedDate | None:
    """Return the date that a short text states, however far it is in the past or future; None if it is not a date."""
    # without the dots of "a.m." in both, or the abbreviation of a zone behind it is not found in the text as written
    written = _DOT_INSIDE.sub("", text[:_MOST_CHARACTERS].strip())
    plain = _DOT_INSIDE.sub("", fold(written))
    if not any(sign.isdigit() for sign in plain):
        return None
    try:
        return _read_epoch(plain) or _read(written, plain, fetched_at, zone, language)
    except (ValueError, OverflowError):
        return None


def read_stated_instant(
    text: str, *, fetched_at: datetime, zone: tzinfo = UTC, language: str | None = None
) -> datetime | None:
    """Return the instant of the date that a short text states; None as for ``read_stated_date``."""
    read = read_stated_date(text, fetched_at=fetched_at, zone=zone, language=language)
    return None if read is None else read.instant


def believable(instant: datetime | None, *, fetched_at: datetime) -> datetime | None:
    """Return the earlier of an instant and the fetch; None if the instant is before 1990 or over 366 days ahead."""
    if instant is None or not _OLDEST <= instant <= fetched_at + _MOST_AHEAD:
        return None
    return min(instant, fetched_at)


def _read_epoch(plain: str) -> StatedDate | None:
    """Return the date of a Unix time in seconds, milliseconds, micro- or nanoseconds; None if it is not one."""
    found = _EPOCH.fullmatch(plain) or _EPOCH.fullmatch(plain.replace("date", "Date"))
    # 202611242257 is a date in digits, not a count of seconds
    if found is None or (len(plain) in {12, 14} and _COMPACT.fullmatch(plain)):
        return None
    instant = datetime.fromtimestamp(int(found[1]), UTC)
    return StatedDate(instant=instant, has_time=True, zone=UTC)


def _read(
    text: str, plain: str, fetched_at: datetime | None, zone: tzinfo, language: str | None
) -> StatedDate | None:
    compact = _COMPACT.match(plain)
    if compact is not None:
        day = date(int(compact["year"]), int(compact["month"]), int(compact["day"]))
        time = _time_of(compact, behind=text[compact.end() :], language=language)
    else:
        time, rest = find_time(text, plain, language=language)
        found = _find_day(rest, fetched_at, language)
        if found is None:
            return None
        day, rest = found
        time = time or find_time_in_words(rest)
    return _join(day, time, zone)


def _time_of(compact: re.Match[str], *, behind: str, language: str | None) -> TimeOfDay | None:
    if compact["hour"] is None:
        return None
    hour, minute, second = (int(compact[part] or 0) for part in ("hour", "minute", "second"))
    return TimeOfDay.read(hour, minute, second, behind=behind, language=language)


def _join(day: date, time: TimeOfDay | None, zone: tzinfo) -> StatedDate:
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  # the zone comes below
    place = time.zone if time and time.zone else zone
    local = midnight if time is None else midnight + timedelta(seconds=time.seconds)
    instant = local.replace(tzinfo=place).astimezone(UTC)
    return StatedDate(instant=instant, has_time=time is not None, zone=place)


def _find_day(
    plain: str, fetched_at: datetime | None, language: str | None
) -> tuple[date, str] | None:
    """Return the day in a folded text, and the text without it; None if it has none. The surest forms come first."""
    for pattern, read in (
        (_YEAR_FIRST, _read_year_first),
        (_EASTERN, _read_eastern),
        (_WEEK, _read_week),
        (_DAY_OF_YEAR, _read_day_of_year),
    ):
        found = pattern.search(plain)
        if found is not None:
            return read(found), f"{plain[: found.start()]} {plain[found.end() :]}"
    found = _DAY_FIRST.search(plain)
    if found is not None:
        day = _read_day_first(found, fetched_at)
        return day, f"{plain[: found.start()]} {plain[found.end() :]}"
    return _find_written(plain, language)


def _read_year_first(found: re.Match[str]) -> date:
    return _make_day(int(found[1]), int(found[3]), int(found[4]))


def _read_eastern(found: re.Match[str]) -> date:
    if found["era"]:
        nth = 1 if found["nth"] == "\u5143" else int(found["nth"])
        year = read_era_year(found["era"], nth)
    else:
        year = _full_year(found["year"])
    return _make_day(year, int(found["month"]), int(found["day"]))


def _read_week(found: re.Match[str]) -> date:
    return date.fromisocalendar(int(found["year"]), int(found["week"]), int(found["day"]))


def _read_day_of_year(found: re.Match[str]) -> date:
    return date(int(found["year"]), 1, 1) + timedelta(days=int(found["day"]) - 1)


def _read_day_first(found: re.Match[str], fetched_at: datetime | None) -> date:
    """Return the day of 24.11.2026 or 11/24/2026: day first, unless only month first is possible.

    With slashes it is also month first if, read day first, it would be ahead of the fetch.
    """
    first, second, year = int(found[1]), int(found[3]), _full_year(found[4])
    if second > 12 >= first:
        return _make_day(year, first, second)
    day = _make_day(year, second, first)
    if fetched_at is not None and found[2] == "/" and first <= 12:
        latest = fetched_at.date() + timedelta(days=1)
        other = _make_day(year, first, second)
        return other if other <= latest < day else day
    return day


def _make_day(year: int, month: int, day: int) -> date:
    if year in PERSIAN_YEARS:
        return from_persian(year, month, day)
    return date(to_gregorian_year(year), month, day)


def _full_year(digits: str) -> int:
    # two digits mean 1970 to 2069, about as in POSIX (1969 to 2068)
    year = int(digits)
    if len(digits) != 2:
        return year
    return year + (2000 if year < 70 else 1900)


def _find_written(plain: str, language: str | None) -> tuple[date, str] | None:
    """Return the day of a date whose month is a word, and the text without it; None if there is none."""
    plain = _TWO_WORDS.sub(r"\1\3", plain)
    plain = _VIETNAMESE.sub(lambda found: _ENGLISH_MONTHS[int(found[1]) - 1], plain)
    pieces = [(piece[0], piece.start(), piece.end()) for piece in _PIECE.finditer(plain)]
    shown = [piece for piece in pieces if piece[0] not in _SKIPPED]
    for at, (word, _, _) in enumerate(shown):
        if word[0].isdigit():
            continue
        persian = find_persian_month(word)
        month = persian or find_month(word, language=language)
        if month is None:
            continue
        for parts in _around(shown, at):
            day = _read_parts(parts, month, is_persian=persian is not None)
            if day is not None:
                places = (*parts, shown[at])
                start, end = min(p[1] for p in places), max(p[2] for p in places)
                return day, f"{plain[:start]} {plain[end:]}"
    return None


# what "tháng 11" is replaced by, so that it is read like any month in words
_ENGLISH_MONTHS = (
    " january ", " february ", " march ", " april ", " may ", " june ", " july ", " august ", " september ",
    " october ", " november ", " december ",
)  # fmt: skip
# text, start, end
_Piece = tuple[str, int, int]


def _around(shown: list[_Piece], at: int) -> Iterator[tuple[_Piece, _Piece]]:
    """Yield each possible (day, year) around a month: 24 Nov 2026, Nov 24 2026, 2026 Nov 24, 2026 24 Nov."""

    def piece(place: int) -> _Piece | None:
        is_number = 0 <= place < len(shown) and shown[place][0].isdigit()
        return shown[place] if is_number else None

    before, after = piece(at - 1), piece(at + 1)
    second, first = piece(at + 2), piece(at - 2)
    for day, year in ((before, after), (after, second), (after, before), (before, first)):
        if day is not None and year is not None:
            yield day, year


def _read_parts(parts: tuple[_Piece, _Piece], month: int, *, is_persian: bool) -> date | None:
    day, year = parts[0][0], parts[1][0]
    if len(day) > 2 or len(year) not in {2, 4} or (is_persian and len(year) != 4):
        return None
    try:
        if is_persian:
            return from_persian(int(year), month, int(day))
        return date(to_gregorian_year(_full_year(year)), month, int(day))
    except ValueError:
        return None
