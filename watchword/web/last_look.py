"""When a browser last looked at Today: a cookie of its own, so that a look writes nothing into the database."""

from datetime import UTC, datetime, timedelta
from typing import Any

# within one sitting, reloading keeps what was new
_SITTING = timedelta(minutes=30)
_FIRST_LOOK = timedelta(hours=24)
# after half a year away, "since you looked" says nothing any more
_KEEP_SECONDS = 180 * 86_400
_COOKIE = "ds_looked"


def _read(request: Any) -> tuple[datetime, datetime] | None:
    """Return since when things were new at the last look, and when that look was."""
    try:
        since, last = map(int, request.cookies.get(_COOKIE, "").split("."))
        return datetime.fromtimestamp(since, tz=UTC), datetime.fromtimestamp(last, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def find_since(request: Any, *, now: datetime) -> datetime:
    """Return since when things are new to this browser: its last look before this sitting, or yesterday at this time."""
    known = _read(request)
    if known is None or not known[0] <= known[1] <= now:
        return now - _FIRST_LOOK
    since, last = known
    return since if now - last < _SITTING else last


def keep_look(response: Any, request: Any, *, now: datetime) -> None:
    """Note on a response that the browser looked now."""
    since = find_since(request, now=now)
    value = f"{int(since.timestamp())}.{int(now.timestamp())}"
    response.set_cookie(_COOKIE, value, max_age=_KEEP_SECONDS, httponly=True)
