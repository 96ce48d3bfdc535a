"""Reading the time of day beside a date, and its zone: with colons, dots or letters, and a.m. in many languages."""

import re
from dataclasses import dataclass
from datetime import tzinfo
from typing import Self

from crawler.extract.dates.zones import find_mail_zone

# 22:57, 22:57:00.123, 8:5:3; not a longer row of numbers with colons
_COLONS = re.compile(
    r"(?<![\d:])(?P<hour>\d{1,2}):(?P<minute>\d{2}|\d(?=:\d))(?::(?P<second>\d{1,2})(?:[.,]\d{1,9})?)?(?![\d:])"
)
# 22.57.00, which looks like a date of two digits a year: a time only if the year stands elsewhere
_DOTS = re.compile(
    r"(?<![\d.])(?P<hour>[01]?\d|2[0-4])\.(?P<minute>[0-5]\d)\.(?P<second>[0-5]\d)(?![\d.])"
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
# 22.57, 22h57, and "10 Uhr", "10am"; ambiguous with a date, so it is read after the date was removed
_WORDS = re.compile(
    r"(?<![\d.])(?:(?P<hour>\d{1,2})\s?(?:[.h]|[\u6642\u65f6\uc2dc\u70b9\u9ede])\s?(?P<minute>\d{2})(?!\d)"
    r"|(?P<bare>\d{1,2})\s?(?=am\b|pm\b|uhr\b|h\b|[\u6642\u65f6\uc2dc\u70b9\u9ede]))"
)
# words for a.m. and p.m., folded, before or after the time
_MORNING = (
    "am", "\u0635", "\u0635\u0628\u0627\u062d\u0627", "\u0642\u0638", "\u4e0a\u5348", "\u5348\u524d", "\u51cc\u6668", "\u65e9\u4e0a",
    "\uc624\uc804", "\u03c0\u03bc", "oo", "sa", "\u092a\u0942\u0930\u094d\u0935\u093e\u0939\u094d\u0928", "dop",
)  # fmt: skip
_AFTERNOON = (
    "pm", "\u0645", "\u0645\u0633\u0627\u0621", "\u0628\u0638", "\u4e0b\u5348", "\u5348\u5f8c", "\u665a\u4e0a", "\uc624\ud6c4", "\u03bc\u03bc",
    "os", "ch", "\u0905\u092a\u0930\u093e\u0939\u094d\u0928", "odp", "de la tarde", "da tarde", "de la noche", "da noite",
)  # fmt: skip
# the longest first, because a shorter one may be its beginning
_HALF = "|".join(sorted((*_MORNING, *_AFTERNOON), key=len, reverse=True))
_BEHIND = re.compile(rf"\s?(?P<half>{_HALF})(?!\w)\.?")
_BEFORE = re.compile(rf"(?<!\w)(?P<half>{_HALF})\s?$")
# removed with the time: in "Nov 24 22:57:00 CET 2026" it would separate the day from its year
_ZONE = re.compile(
    r"[\s(\[,]{0,4}(?:gmt|utc|z\b|[a-z]{2,5}(?=\s\d{4}$))?[ ]?(?:[+\-\u2212\u2013]\d{1,2}(?::?\d{2})?(?![\d./]))?"
)
_HALF_DAY = 12
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOfDay:
    """A time of day.

    seconds  since midnight; 24:00 is the next midnight
    zone     the one stated with it, or None
    """

    seconds: int
    zone: tzinfo | None = None

    @classmethod
    def read(
        cls, hour: int, minute: int, second: int, *, behind: str = "", language: str | None = None
    ) -> Self | None:
        """Return the time of these numbers; None if they are not a time of day.

        behind    the text after the time, which may begin with its zone
        language  ISO 639-1 code of the text, or None if unknown
        """
        # a leap second (60) is read as the second before it
        seconds = hour * 3600 + minute * 60 + min(second, 59)
        if minute > 59 or second > 60 or seconds > _DAY_SECONDS:
            return None
        return cls(seconds=seconds, zone=find_mail_zone(behind, language=language))


def find_time(text: str, plain: str, *, language: str | None) -> tuple[TimeOfDay | None, str]:
    """Return a time such as 22:57:00 or 22.57.00 with its zone, and the folded text without both.

    text     as written, because abbreviations of zones count in capitals only
    plain    the same text folded
    returns  None and the whole folded text if there is no such time
    """
    found = _COLONS.search(plain) or (_DOTS.search(plain) if _YEAR.search(plain) else None)
    if found is None:
        return None, plain
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    before, behind = plain[: found.start()], plain[found.end() :]
    half = _BEHIND.match(behind) or _BEFORE.search(before)
    hour = _whole_day(hour, half["half"] if half else "")
    zone_at = found.end() + (half.end() if half and half.string is behind else 0)
    # if folding changed the length, places in the two texts differ: an offset is still read then, an abbreviation is not
    shown = text[zone_at:] if len(text) == len(plain) else plain[zone_at:]
    time = TimeOfDay.read(hour, minute, second, behind=shown, language=language)
    before = before[: half.start()] if half and half.string is before else before
    zone = _ZONE.match(plain, zone_at)
    return time, f"{before.removesuffix('t')} {plain[zone.end() if zone else zone_at :]}"


def find_time_in_words(plain: str) -> TimeOfDay | None:
    """Return a time such as 22.57 or 22h57 in a folded text from which the date was removed; None if there is none."""
    found = _WORDS.search(plain)
    if found is None:
        return None
    half = _BEHIND.match(plain, found.end()) or _BEFORE.search(plain[: found.start()])
    hour = _whole_day(int(found["hour"] or found["bare"]), half["half"] if half else "")
    return TimeOfDay.read(hour, int(found["minute"] or 0), 0)


def _whole_day(hour: int, half: str) -> int:
    """Return the hour of the day: 12 a.m. is 0, 12 p.m. is 12; unchanged if ``half`` is empty."""
    if half in _AFTERNOON and hour < _HALF_DAY:
        return hour + _HALF_DAY
    return 0 if half in _MORNING and hour == _HALF_DAY else hour
