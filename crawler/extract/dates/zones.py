"""Reading the zone of a date: an offset, an IANA name, an abbreviation in capitals, or a place ("Beirut Timing").

Abbreviations count only in capitals and in languages that use them; those that mean several zones (ET, IST, BST, CST,
MST) do not count.

learned on  French "10:30 et mis a jour", which was read as Eastern Time, and German "ist", read as Indian time
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_ENGLISH = frozenset({"en"})
# abbreviation -> zone, and the languages in which it is used (an empty set means all)
_SHORT: dict[str, tuple[str, frozenset[str]]] = {
    "UTC": ("UTC", frozenset()), "GMT": ("UTC", frozenset()),
    "CET": ("Europe/Berlin", frozenset()), "CEST": ("Europe/Berlin", frozenset()),
    "EET": ("Europe/Athens", frozenset()), "EEST": ("Europe/Athens", frozenset()),
    "MEZ": ("Europe/Berlin", frozenset({"de"})), "MESZ": ("Europe/Berlin", frozenset({"de"})),
    "EST": ("America/New_York", _ENGLISH), "EDT": ("America/New_York", _ENGLISH),
    "PST": ("America/Los_Angeles", _ENGLISH), "PDT": ("America/Los_Angeles", _ENGLISH),
    "MSK": ("Europe/Moscow", frozenset({"en", "ru"})), "\u041c\u0421\u041a": ("Europe/Moscow", frozenset({"ru"})),
    "JST": ("Asia/Tokyo", frozenset({"en", "ja"})), "KST": ("Asia/Seoul", frozenset({"en", "ko"})),
    "HKT": ("Asia/Hong_Kong", frozenset({"en", "zh"})), "SGT": ("Asia/Singapore", frozenset({"en", "zh"})),
    "AEST": ("Australia/Sydney", _ENGLISH), "AEDT": ("Australia/Sydney", _ENGLISH),
    "NZST": ("Pacific/Auckland", _ENGLISH), "NZDT": ("Pacific/Auckland", _ENGLISH),
    "PKT": ("Asia/Karachi", frozenset({"en", "ur"})), "WIB": ("Asia/Jakarta", frozenset({"id"})),
    "BRT": ("America/Sao_Paulo", frozenset({"pt"})), "SAST": ("Africa/Johannesburg", frozenset({"en", "af"})),
}  # fmt: skip
# places by whose clock news sites state their times: "10:30 Beirut Timing"
_PLACES = {
    "beirut": "Asia/Beirut", "london": "Europe/London", "moscow": "Europe/Moscow", "new york": "America/New_York",
    "tehran": "Asia/Tehran", "baghdad": "Asia/Baghdad", "damascus": "Asia/Damascus", "jerusalem": "Asia/Jerusalem",
    "cairo": "Africa/Cairo", "kyiv": "Europe/Kyiv", "kiev": "Europe/Kyiv", "istanbul": "Europe/Istanbul",
    "dubai": "Asia/Dubai", "doha": "Asia/Qatar", "mecca": "Asia/Riyadh", "riyadh": "Asia/Riyadh",
    "lisbon": "Europe/Lisbon", "madrid": "Europe/Madrid", "paris": "Europe/Paris", "berlin": "Europe/Berlin",
    "rome": "Europe/Rome", "athens": "Europe/Athens", "delhi": "Asia/Kolkata", "beijing": "Asia/Shanghai",
    "tokyo": "Asia/Tokyo", "sydney": "Australia/Sydney",
}  # fmt: skip
# hours from UTC that RFC 822, 5.1 defines for dates of mails and feeds, whatever the abbreviations mean elsewhere
_MAIL_HOURS = {
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "UT": 0, "Z": 0,
}  # fmt: skip
# the largest offset in use, Kiribati's; a larger one is not an offset
_MOST_MINUTES = 14 * 60
# the lookahead, because in "22:57 -24.11.2026" the sign is a dash
_OFFSET = re.compile(
    r"[\s(\[,]{0,4}(?:GMT|UTC|gmt|utc)?[ ]?(?P<sign>[+\-\u2212\u2013])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?(?![\d./])"
)
# "Z" of ISO 8601, if it is not the beginning of a word
_ISO_UTC = re.compile(r"[zZ](?![^\W_])")
# an IANA name, "Europe/Berlin"
_IANA = re.compile(r"[\s(\[,]{0,4}(?P<name>[A-Z][A-Za-z]{2,11}/[A-Z][A-Za-z_]{2,24})\b")
# what follows an abbreviation of RFC 822: the end of the date, or its year; before anything else it may be a word
_END = re.compile(r"[)\s]{0,3}(?:(?:19|20)\d\d\s{0,3})?$")
# the zone follows the time directly; words farther on are about something else
_SHORT_WORD = re.compile(r"[\s(\[,|]{0,4}(?P<word>[A-Z\u0410-\u042f]{1,4})\b")
# places in ordinary and in capital letters, the longest first; in small letters the word is part of a sentence
_PLACE = re.compile(
    rf"[\s(\[,|-]{{0,4}}(?P<place>{'|'.join(sorted(map(str.title, _PLACES), key=len, reverse=True))}"
    rf"|{'|'.join(sorted(map(str.upper, _PLACES), key=len, reverse=True))})\b"
)


def find_zone(text: str, *, language: str | None = None) -> tzinfo | None:
    """Return the zone that a text starts with: ``+5:30``, ``GMT+2``, ``CET``, ``Beirut Timing``; None if it names none.

    text      the text after a time of day; its first 40 characters are read
    language  ISO 639-1 code of the text; None if unknown, and then English abbreviations count
    """
    text = text[:40]
    offset = _read_offset(text) or _read_iana(text)
    if offset is not None:
        return offset
    word = _SHORT_WORD.match(text)
    if word is not None and word["word"] in _SHORT:
        name, languages = _SHORT[word["word"]]
        if not languages or (language or "en") in languages:
            return ZoneInfo(name)
    place = _PLACE.match(text)
    return ZoneInfo(_PLACES[place["place"].lower()]) if place else None


def find_mail_zone(text: str, *, language: str | None = None) -> tzinfo | None:
    """Return the zone that a text in the date of a mail or feed starts with; None if it names none.

    As ``find_zone``, but abbreviations that RFC 822 defines count in any language.
    """
    text = text[:60]
    word = _SHORT_WORD.match(text)
    if word is None or word["word"] not in _MAIL_HOURS or not _END.match(text, word.end()):
        return find_zone(text, language=language)
    if word["word"] == "CST" and language == "zh":  # servers in China write China Standard Time so
        return ZoneInfo("Asia/Shanghai")
    hours = _MAIL_HOURS[word["word"]]
    return timezone(timedelta(hours=hours)) if hours else UTC


def _read_iana(text: str) -> tzinfo | None:
    found = _IANA.match(text)
    try:
        return ZoneInfo(found["name"]) if found else None
    except (KeyError, ValueError, OSError):  # no zone has this name
        return None


def _read_offset(text: str) -> tzinfo | None:
    if _ISO_UTC.match(text):
        return UTC
    found = _OFFSET.match(text)
    if found is None:
        return None
    minutes = int(found["hours"]) * 60 + int(found["minutes"] or 0)
    if minutes > _MOST_MINUTES:
        return None
    return timezone(timedelta(minutes=minutes if found["sign"] == "+" else -minutes))


def name_zone(instant: datetime, zone: tzinfo) -> str:
    """Return the IANA name of a zone if it has one, else ``UTC`` or its offset at an instant: ``+05:30``."""
    key = getattr(zone, "key", None)
    if key:
        return str(key)
    offset = instant.astimezone(zone).utcoffset() or timedelta(0)
    return "UTC" if not offset else _write_offset(int(offset.total_seconds() // 60))


def _write_offset(minutes: int) -> str:
    sign, rest = ("-", -minutes) if minutes < 0 else ("+", minutes)
    return f"{sign}{rest // 60:02d}:{rest % 60:02d}"
