"""Finding the shape that an address shares with others of its kind, and distinguishing calendars from lists of articles."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlsplit

_YEAR = re.compile(r"(?:19|20)\d\d$")
# ids with at least one digit: eight or more hexadecimal digits, or ten or more letters and digits
_HEX = re.compile(r"(?=[a-z0-9]*\d)[a-f0-9-]{8,}$|(?=[A-Za-z0-9_]*\d)[A-Za-z0-9_]{10,}$")
# news12, meldung-17: a name with a number
_NAMED_NUMBER = re.compile(r"([A-Za-z]{1,30}[-_]?)\d{1,9}$")
# 12-pier: the number of an article before its slug
_NUMBERED_NAME = re.compile(r"\d{1,9}-[^\W\d_]{2,40}$")
_NUMBERS = re.compile(r"\d+")
# links of a group; one or two dates prove nothing
_FEWEST = 3
# two days, so that the date is ahead in every zone: what lies ahead is announced, not reported
_AHEAD = timedelta(days=2)


# called several times for each address of a page, of which there may be 8,000
@lru_cache(maxsize=10_000)
def shape_of(url: str) -> str:
    """Return the shape of an address, such as ``w/Y/D/S.html`` or ``essay.php?eid=N``.

    Y is a year, D a number of up to two digits, N another number or id, S a slug, w another word.
    """
    parts = urlsplit(url)
    segments = [unquote(segment) for segment in parts.path.split("/") if segment]
    shape = "/".join(
        _shape_segment(segment, is_last=place == len(segments) - 1)
        for place, segment in enumerate(segments)
    )
    query = sorted(f"{name}={_shape_value(value)}" for name, value in parse_qsl(parts.query))
    return (shape + (f"?{'&'.join(query)}" if query else "")).replace(" ", "_")


def weigh_shape(shape: str) -> float:
    """Return how much a shape looks like that of articles (0 to 4.5); 0 for one of nothing but words, as in menus.

    A slug counts 2, a year 1.5, another number 1, a small number 0.7 if there is nothing else.
    """
    path, _, query = shape.partition("?")
    segments = set(re.split(r"[/.]", path))
    weight = 2.0 * ("S" in segments or "=S" in query) + 1.5 * ("Y" in segments)
    weight += "N" in segments or "=N" in query or any(part.endswith("#") for part in segments)
    # /news/7: a small number alone is just as often a day, or the page of a list
    return weight + 0.7 * ("D" in segments and not weight)


def _shape_value(value: str) -> str:
    shape = _shape_segment(value, is_last=False)
    return shape if shape in {"S", "w"} else "N"


def _shape_segment(segment: str, *, is_last: bool) -> str:
    stem, dot, ending = segment.rpartition(".")
    # ".shtml" and ".phtml" are the longest endings of pages
    if dot and is_last and len(ending) <= 5:
        return f"{_shape_segment(stem, is_last=False) if _has_shape(stem) else stem}.{ending}"
    if segment.isdigit():
        return "Y" if _YEAR.match(segment) else "D" if len(segment) <= 2 else "N"
    words = [word for word in re.split(r"[-_+ ,]", segment) if word]
    # two words are a slug only if they are long: "about-us" is an entry of a menu
    if len(words) >= 3 or (len(words) == 2 and len(segment) > 10) or _is_unspaced(segment):
        return "S"
    if (
        _HEX.match(segment)
        or _NUMBERED_NAME.match(segment)
        # four digits or more are an id, or the year before one
        or any(word.isdigit() and len(word) > 3 for word in words)
    ):
        return "N"
    named = _NAMED_NUMBER.match(segment)
    if named:
        return f"{named[1]}#"
    return segment if is_last else "w"


def _is_unspaced(segment: str) -> bool:
    """Return whether a segment is a phrase in Chinese, Japanese or Korean: six such characters or more."""
    return sum("\u2e80" <= sign <= "\uffdc" for sign in segment[:50]) >= 6


def _has_shape(stem: str) -> bool:
    return _shape_segment(stem, is_last=True) != stem


def is_calendar(links: Sequence[tuple[str, str]], *, now: datetime) -> bool:
    """Return whether a group of links is a calendar or an archive by date, and not a list of articles.

    The addresses of such a group differ only in a date and its texts in little else, or half of its dates are ahead.
    links  pairs of address and text
    now    aware UTC; a date more than two days later is ahead
    """
    dates = [_find_date(url) for url, _ in links]
    ahead_count = sum(date is not None and date > now + _AHEAD for date, _ in dates)
    if len(links) >= _FEWEST and 2 * ahead_count >= len(links):
        return True
    is_date_only = all(is_only for _, is_only in dates)
    masked = {_NUMBERS.sub("#", url) for url, _ in links}
    # four links to a form, so that a calendar may have several (by day, by month)
    if not is_date_only or len(masked) > max(1, len(links) // 4):
        return False
    texts = {_NUMBERS.sub("#", text) for _, text in links}
    return ahead_count > 0 or len(links) < _FEWEST or 2 * len(texts) <= len(links)


def is_series(texts: Sequence[str]) -> bool:
    """Return whether texts differ in nothing but their numbers."""
    return len(set(texts)) > 1 and len({_NUMBERS.sub("#", text) for text in texts}) == 1


def _find_date(url: str) -> tuple[datetime | None, bool]:
    """Return the date in an address, and whether the address has no other number and no slug; None for no date."""
    parts = urlsplit(url)
    path = unquote(f"{parts.path}?{parts.query}")
    # longer numbers are ids
    found = [number for number in _NUMBERS.findall(path) if len(number) <= 8]
    if len(found) == 1 and len(found[0]) == 8:
        found = [found[0][:4], found[0][4:6], found[0][6:]]
    years = [place for place, number in enumerate(found) if _YEAR.match(number)]
    if not years or len(found) < 2:
        return None, False
    numbers = [int(number) for number in found]
    place = years[0]
    # 2026/11/24 or 24-11-2026; a year and a month alone mean the first day of that month
    month, day = (
        (numbers[place + 1], numbers[place + 2] if place + 2 < len(numbers) else 1)
        if place + 1 < len(numbers)
        else (numbers[place - 1], numbers[place - 2] if place >= 2 else 1)
    )
    # three numbers are year, month and day
    is_only = len(found) <= 3 and "S" not in re.split(r"[/.?=]", shape_of(url))
    try:
        return datetime(numbers[place], month, day, tzinfo=UTC), is_only
    except ValueError:
        return None, False
