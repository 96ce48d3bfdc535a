"""Entries of a source that comes back after an absence: paused, removed, failing, or with the daemon off.

Such sources sent everything in their feed in single mails (miniflux/v2#1409, FreshRSS/FreshRSS#3571). Now alerts about what
they published meanwhile are gathered in one message, older entries are skipped, and what they published within the last
hour alerts at once, as usual. See docs/guides/sources.md.
"""

from datetime import datetime, timedelta
from enum import Enum

from crawler.model.source import EndpointKind, FeedEntry, FetchResult, Source

# an evening or half a night is no absence: entries are treated as if they had been read on time
_SHORTEST = timedelta(hours=6)
# a source that is visited once a week is not away after six hours
_MISSED_VISITS = 3
# nobody should wait for what just happened
_JUST_NOW = timedelta(hours=1)
# a date without an hour is read as the beginning of its day, and feeds list some things late
_MARGIN = timedelta(days=1)


class Since(Enum):
    """When an entry of the first visit after an absence was published.

    BEFORE  before the absence: it was there, or was added late
    DURING  during the absence, or at an unknown time
    AFTER   just now
    """

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


def place_entry(
    source: Source, result: FetchResult, entry: FeedEntry, *, now: datetime
) -> Since | None:
    """Return when an entry was published; None if its source was not away, or a person asked for a look back."""
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
    """Return whether a known entry was edited during an absence: its alert is gathered with those of new entries.

    Otherwise it would leave at once and alone, amid the message that gathers what is new.
    """
    last = source.last_success_at
    if last is None or result.endpoint.read_at is None or not is_away(source, now=now):
        return False
    stated_at = entry.updated_at or entry.stated_at
    return stated_at is None or stated_at < now - _JUST_NOW


def is_away(source: Source, *, now: datetime) -> bool:
    """Return whether a source has not been read for much longer than its cadence."""
    last = source.last_success_at
    return last is not None and now - last > max(_SHORTEST, _MISSED_VISITS * source.every)
