"""What one endpoint said at a visit, written down: its entries, a gap, or why it could not be read."""

import shlex
import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta

from crawler.flows.crawl.absence import is_edited_meanwhile
from crawler.flows.crawl.announce import cut_window, judge_entries, make_window
from crawler.flows.crawl.entry_changes import find_look, is_restless
from crawler.flows.crawl.entry_keys import match_known
from crawler.model.article import Occasion
from crawler.model.source import Reading, Source, Way, WayKind
from crawler.model.visit import Visit
from crawler.storage.crawl.endpoints import (
    count_found,
    mark_way_failed,
    mark_way_read,
    rest_way,
    retire_way,
    save_reading,
    wake_ways,
)
from crawler.storage.crawl.entries.announcements import (
    Announcement,
    KnownEntry,
    list_known_entries,
    refresh_entry,
    save_entries,
)
from crawler.storage.crawl.entries.entries import EntryState
from crawler.storage.crawl.visits import note_answer

# a way in that home page, robots.txt or guess led to is given up after this many failures in a row, not at the first
MOST_WAY_FAILURES = 3
# a look back goes by dates, and these have none
UNDATED = "not looked back at"
# of a feed that always holds its newest entry alone, nothing can be missed that we could know of
_FEWEST_FOR_GAP = 2


def write_reading(
    connection: sqlite3.Connection, visit: Visit, source: Source, reading: Reading, *, now: datetime
) -> bool:
    """Write down a reading; return whether a gap shows: the feed lists nothing any more of what it listed last time.

    Call inside a transaction.
    """
    way = reading.way
    if reading.failure is not None:
        _write_failure(connection, visit, source, reading)
    elif reading.is_unchanged:
        mark_way_read(connection, way.id, now=now)
        note_answer(connection, visit.run_id, http_status=reading.http_status)
        _rest(connection, way, now=now)
    else:
        return _write_entries(connection, visit, source, reading, now=now)
    return False


def _write_failure(
    connection: sqlite3.Connection, visit: Visit, source: Source, reading: Reading
) -> None:
    way = reading.way
    is_counted = not reading.is_unasked
    mark_way_failed(connection, way.id, reading.failure or "", is_counted=is_counted)
    note_answer(
        connection,
        visit.run_id,
        http_status=reading.http_status,
        note=f"{way.kind.value} {way.url}: {reading.failure}" if len(source.ways) > 1 else None,
    )
    if is_counted and way.origin != "stated" and way.failure_count + 1 >= MOST_WAY_FAILURES:
        retire_way(connection, way.id)


def _write_entries(
    connection: sqlite3.Connection, visit: Visit, source: Source, reading: Reading, *, now: datetime
) -> bool:
    way = reading.way
    announcements = judge_entries(source, reading, now=now)
    # a sitemap's reading brings what is remembered of it
    window = make_window(announcements) if reading.window is None else reading.window
    then, this = cut_window(way.window), cut_window(window)
    known = list_known_entries(connection, source.id, announcements)
    matched = match_known(announcements, known)
    is_gap = way.kind is WayKind.FEED and _is_gap(then, this, matched)
    new = [item for item, row in matched if row is None]
    announced_count = save_entries(connection, source.id, new, way_id=way.id, now=now)
    _refresh_known(connection, source, reading, matched, now=now)
    save_reading(connection, reading, window=window, now=now)
    if way.read_at is not None:
        listed_count = len(this - then) if reading.window is None else 0
        found_count = max(listed_count, announced_count)
        count_found(connection, way.id, found_count=found_count, first_count=announced_count)
    note_answer(
        connection,
        visit.run_id,
        http_status=reading.http_status,
        listed_count=len(reading.entries) + reading.empty_count if way.kind is WayKind.FEED else 0,
        found_count=len(announcements),
        announced_count=announced_count,
        is_gap=is_gap,
        note=_tell_reading(
            source, reading, len(announcements), undated=_count_undated(source, new), is_gap=is_gap
        ),
    )
    if is_gap:
        wake_ways(connection, source.id)
    elif not announced_count and way.read_at is not None:
        _rest(connection, way, now=now)
    return is_gap


def _is_gap(
    then: frozenset[bytes],
    this: frozenset[bytes],
    matched: Sequence[tuple[Announcement, KnownEntry | None]],
) -> bool:
    """Tell whether a feed lists nothing any more of what it listed last time: something may have been missed.

    Of a feed that holds one entry nothing can be known, and links that are others at each fetch lead to known entries.
    """
    if min(len(then), len(this)) < _FEWEST_FOR_GAP or then & this:
        return False
    return all(row is None for _, row in matched)


def _refresh_known(
    connection: sqlite3.Connection,
    source: Source,
    reading: Reading,
    matched: Sequence[tuple[Announcement, KnownEntry | None]],
    *,
    now: datetime,
) -> None:
    """Take over what a feed says of known entries now, where it says so that they are to be looked at again."""
    are_dates_void = is_restless(matched)
    for item, row in matched:
        if row is None:
            continue
        look_at = find_look(
            item, row, source=source, kind=reading.way.kind, are_dates_void=are_dates_void, now=now
        )
        if look_at is not None or row.state is EntryState.WAITING:
            refresh_entry(
                connection,
                row.id,
                item.entry,
                look_at=look_at,
                occasion=Occasion.BACKFILL
                if is_edited_meanwhile(source, reading, item.entry, now=now)
                else Occasion.NEWS,
            )


def _count_undated(source: Source, new: Sequence[Announcement]) -> int:
    """Count entries a look back leaves out because nothing says how old they are."""
    if not source.backfill and source.backfill_from is None:
        return 0
    return sum(
        item.state is EntryState.SKIPPED and not (item.entry.stated_at or item.entry.updated_at)
        for item in new
    )


def _tell_reading(
    source: Source, reading: Reading, taken_count: int, *, undated: int, is_gap: bool
) -> str | None:
    """Say what a person should know of what an endpoint listed."""
    listed_count, empty_count = len(reading.entries) + reading.empty_count, reading.empty_count
    notes = [reading.note]
    if empty_count:
        says = "entry says" if empty_count == 1 else "entries say"
        notes.append(f"{empty_count} {says} nothing: no address, no title, no text")
    if undated:
        carry = (
            "entry carries no date and was" if undated == 1 else "entries carry no date and were"
        )
        command = f"watchword source backfill {shlex.quote(source.name)} --since 1d"
        notes.append(
            f"{undated} {carry} marked as seen, {UNDATED} (`{command}` takes what was first seen since then)"
        )
    if reading.way.kind is WayKind.FEED and listed_count and not taken_count:
        notes.append(f"none of its {listed_count} entries was taken")
    if is_gap:
        notes.append("a gap: no entry of the last reading is left")
    return "; ".join(filter(None, notes)) or None


def _rest(connection: sqlite3.Connection, way: Way, *, now: datetime) -> None:
    """Visit helpers less often while they bring nothing of their own; what a person stated is read each time."""
    if way.origin != "stated" and way.kind is not WayKind.FEED:
        first, most = timedelta(minutes=30), timedelta(hours=12)
        rest_way(connection, way.id, first=first, most=most, now=now)
