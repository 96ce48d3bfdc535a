"""A source that comes back after it was away: paused, taken out, failing, or with the daemon off.

What it published meanwhile is gathered in one message, what is older than that does not come, and what it published within
the last hour comes at once, as ever. See docs/walkthrough.md.
"""

from datetime import datetime, timedelta
from enum import Enum

from crawler.model.source import EndpointKind, FeedEntry, FetchResult, Source

# an evening or half a night is no absence: what it brings comes as if it had been read on time
_SHORTEST = timedelta(hours=6)
# a weekly source is read once a week
_MISSED_VISITS = 3
# nobody is to wait for what just happened
_JUST_NOW = timedelta(hours=1)
# a date without an hour is the beginning of its day, and feeds list some things late
_MARGIN = timedelta(days=1)


class Since(Enum):
    """When an entry was published that stands in the first visit after an absence.

    BEFORE  before the absence: it was there, or is dug out now
    DURING  while nobody looked, or nobody knows when
    AFTER   just now
    """

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


def place_entry(
    source: Source, result: FetchResult, entry: FeedEntry, *, now: datetime
) -> Since | None:
    """Return when an entry was published, None where its source was not away or is looked back at on request."""
    last = source.last_success_at
    if (
        last is None
        or source.backfill_from is not None
        or result.endpoint.kind is EndpointKind.PAGE
    ):
        return None
    if result.endpoint.read_at is None or not is_away(source, now=now):
        return None
    stated_at = entry.stated_at or entry.updated_at
    if stated_at is None:
        return Since.DURING
    if stated_at < last - _MARGIN:
        return Since.BEFORE
    return Since.AFTER if stated_at >= now - _JUST_NOW else Since.DURING


def is_edited_meanwhile(
    source: Source, result: FetchResult, entry: FeedEntry, *, now: datetime
) -> bool:
    """Return whether what is new of a known entry was written while nobody looked: it is gathered with what came then."""
    last = source.last_success_at
    if last is None or result.endpoint.read_at is None or not is_away(source, now=now):
        return False
    stated_at = entry.updated_at or entry.stated_at
    return stated_at is None or stated_at < now - _JUST_NOW


def is_away(source: Source, *, now: datetime) -> bool:
    """Return whether a source has not been read for much longer than it is visited."""
    last = source.last_success_at
    return last is not None and now - last > max(_SHORTEST, _MISSED_VISITS * source.every)
