"""Reading the dates people write: day first, with the zone in words, never a bare year."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
# places and abbreviations that pages name their clock by
_ZONES = {
    "utc": "UTC", "gmt": "UTC", "beirut": "Asia/Beirut", "cet": "Europe/Berlin", "cest": "Europe/Berlin",
    "london": "Europe/London", "bst": "Europe/London", "moscow": "Europe/Moscow", "msk": "Europe/Moscow",
    "est": "America/New_York", "edt": "America/New_York", "et": "America/New_York", "new york": "America/New_York",
    "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles", "tehran": "Asia/Tehran", "baghdad": "Asia/Baghdad",
    "damascus": "Asia/Damascus", "jerusalem": "Asia/Jerusalem", "cairo": "Africa/Cairo", "kyiv": "Europe/Kyiv",
    "kiev": "Europe/Kyiv", "istanbul": "Europe/Istanbul", "dubai": "Asia/Dubai", "doha": "Asia/Qatar",
    "mecca": "Asia/Riyadh", "riyadh": "Asia/Riyadh", "lisbon": "Europe/Lisbon", "madrid": "Europe/Madrid",
    "paris": "Europe/Paris", "berlin": "Europe/Berlin", "rome": "Europe/Rome", "athens": "Europe/Athens",
    "delhi": "Asia/Kolkata", "ist": "Asia/Kolkata", "beijing": "Asia/Shanghai", "tokyo": "Asia/Tokyo",
    "jst": "Asia/Tokyo", "sydney": "Australia/Sydney",
}  # fmt: skip
_DAY_FIRST = re.compile(
    r"\b(?P<day>\d{1,2})[-./](?P<month>\d{1,2})[-./](?P<year>(?:19|20)\d\d)\b"
    r"(?:[\sT,|-]*(?:(?:hour|time|at|um)\s*:?\s*)?(?P<hour>\d{1,2}):(?P<minute>\d{2}))?",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"(?:GMT|UTC)?\s*(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?\b")
_ZONE_WORD = re.compile(rf"\b({'|'.join(sorted(_ZONES, key=len, reverse=True))})\b", re.IGNORECASE)


def parse_day_first(text: str, *, zone: tzinfo = UTC) -> datetime | None:
    """Read the first numeric date such as ``13-12-2022 01:45`` or ``Hour: 01:45``, the day first.

    zone   used where the text names none; without a time of day the result is that day's midnight
    gives  aware UTC, or None. 12/25/2022 is read month first, because it can be nothing else.
    """
    found = _DAY_FIRST.search(text[:500])
    if found is None:
        return None
    day, month = int(found["day"]), int(found["month"])
    if month > 12 >= day:
        day, month = month, day
    place = find_zone(text[found.end() : found.end() + 40]) or zone
    try:
        stated = datetime(
            int(found["year"]),
            month,
            day,
            int(found["hour"] or 0),
            int(found["minute"] or 0),
            tzinfo=place,
        )
        return stated.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def believable(instant: datetime | None, *, fetched_at: datetime) -> datetime | None:
    """Give an instant back if it can be a publication: not before the web, not more than a day ahead of us."""
    is_believable = instant is not None and _OLDEST <= instant <= fetched_at + timedelta(hours=24)
    return instant if is_believable else None


def find_zone(text: str) -> tzinfo | None:
    """Find the zone a text names, as an offset or by a place: ``Beirut Timing``."""
    offset = _OFFSET.match(text.strip())
    if offset:
        minutes = int(offset["hours"]) * 60 + int(offset["minutes"] or 0)
        if minutes <= 14 * 60:
            return timezone(timedelta(minutes=-minutes if offset["sign"] == "-" else minutes))
    word = _ZONE_WORD.search(text)
    return ZoneInfo(_ZONES[word[1].lower()]) if word else None


def _write_offset(minutes: int) -> str:
    sign, rest = ("-", -minutes) if minutes < 0 else ("+", minutes)
    return f"{sign}{rest // 60:02d}:{rest % 60:02d}"


def name_zone(instant: datetime, zone: tzinfo) -> str:
    """Name a zone: its IANA name where it has one, else its offset at that instant."""
    key = getattr(zone, "key", None)
    if key:
        return str(key)
    offset = instant.astimezone(zone).utcoffset() or timedelta(0)
    return "UTC" if not offset else _write_offset(int(offset.total_seconds() // 60))


def parse_iso(text: str, *, zone: tzinfo) -> tuple[datetime, bool, str] | None:
    """Read an ISO 8601 date as machines write it.

    gives  aware UTC instant, whether a time of day was stated, and the zone it was stated in; or None
    """
    plain = re.sub(r"\s+", " ", text.strip())[:40].replace(" +", "+").replace(" Z", "Z")
    plain = re.sub(r"([+-]\d{2})(\d{2})$", r"\1:\2", plain)
    if not re.match(r"\d{4}-\d{2}-\d{2}", plain):
        return None
    try:
        stated = datetime.fromisoformat(plain)
    except ValueError:
        return None
    has_time = len(plain) > 10
    aware = stated if stated.tzinfo else stated.replace(tzinfo=zone)
    try:
        instant = aware.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return instant, has_time, name_zone(instant, aware.tzinfo or zone)
