"""Decides when a known entry's page is looked at again because its feed says something new.

A feed whose ``updated`` moves at every fetch once had every old entry fetched again and alerted as news. And in a feed
without ``updated``, a corrected headline was never looked at.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from crawler.backoff import Backoff
from crawler.model.source import EndpointKind, Source
from crawler.storage.crawl.entries.announcements import Announcement, KnownEntry
from crawler.storage.crawl.entries.entries import EntryState
from crawler.text.normalize import tokenize

# feeds generated on demand date their entries with the time of the fetch
_JUST_NOW = timedelta(minutes=2)
# if three dates or more, and over half of them, moved at once, they are the time the feed was built
_FEWEST_RESTLESS = 3
# each look that finds nothing new doubles the wait for the next, up to a week (decision 024). It begins at a minute: the
# first look may only have come before the site's cache had the new text, and ten minutes delayed an update
_BACKOFF = Backoff(timedelta(minutes=1), timedelta(days=7))
# feeds count readers and comments in titles and texts: another number alone is no change
_DIGITS = re.compile(r"\d+")

Matched = Sequence[tuple[Announcement, KnownEntry | None]]


def is_restless(matched: Matched) -> bool:
    """Return whether a feed's dates move together, as those of generated feeds do: then they mean nothing for an entry."""
    known = [(item, row) for item, row in matched if row is not None]
    moved_count = sum(_has_moved(item, row) for item, row in known)
    return moved_count >= _FEWEST_RESTLESS and moved_count * 2 > len(known)


def find_look(
    item: Announcement,
    row: KnownEntry,
    *,
    source: Source,
    kind: EndpointKind,
    are_dates_void: bool,
    now: datetime,
) -> datetime | None:
    """Return when a known entry's page is to be looked at again, None if there is no reason to.

    kind            of the endpoint that lists it; a watched page is looked at whenever its answer changed
    are_dates_void  the feed's dates move together, so they mean nothing (see ``is_restless``)
    """
    if row.state is EntryState.WAITING:
        # an alert in the feed's words is updated when these change, whenever the page is due
        return now if row.is_from_feed and _has_other_words(item, row) else None
    if kind is EndpointKind.PAGE:
        return now
    if kind is not EndpointKind.FEED:
        is_changed = _has_moved(item, row, only_updates=True) and not are_dates_void
    else:
        has_moved = not are_dates_void and _has_moved(item, row)
        # entries skipped at the first visit need a date after it: otherwise a restless feed brings them all back
        if row.state is EntryState.SKIPPED and not _is_since(item, source.visited_at, now=now):
            has_moved = False
        is_changed = has_moved or _has_other_words(item, row)
    if not is_changed:
        return None
    if row.vain_count == 0 or row.looked_at is None:
        return now
    return max(now, row.looked_at + _BACKOFF.wait_after(row.vain_count))


def _has_other_words(item: Announcement, row: KnownEntry) -> bool:
    """Return whether title or text changed in more than a number."""
    entry = item.entry
    is_retitled = bool(entry.title) and _words(entry.title) != _words(row.title)
    is_rewritten = bool(row.text and entry.text) and _words(entry.text) != _words(row.text)
    return (is_retitled and bool(row.title)) or is_rewritten


def _words(text: str) -> tuple[str, ...]:
    return tokenize(_DIGITS.sub(" ", text))


def _has_moved(item: Announcement, row: KnownEntry, *, only_updates: bool = False) -> bool:
    entry = item.entry
    is_updated = _is_later(entry.updated_at, row.updated_at)
    return is_updated or (not only_updates and _is_later(entry.stated_at, row.stated_at))


def _is_later(stated: datetime | None, before: datetime | None) -> bool:
    return stated is not None and (before is None or stated > before)


def _is_since(item: Announcement, instant: datetime | None, *, now: datetime) -> bool:
    """Return whether an entry's date is later than an instant, and not the time of the fetch."""
    latest = max(filter(None, (item.entry.updated_at, item.entry.stated_at)), default=None)
    return instant is not None and latest is not None and instant <= latest < now - _JUST_NOW
