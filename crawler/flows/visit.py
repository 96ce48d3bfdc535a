"""What a visit to a source writes down: what each way in said, pages that failed, and how it ended.

Every write asks first whether the visit still counts; one that does not raises VisitOver, and nothing is written.
"""

import sqlite3
from collections.abc import Container
from datetime import datetime, timedelta

from crawler.errors import ConfigFaulty, VisitOver
from crawler.flows.announce import cut_window, judge_entries, make_window
from crawler.flows.rules import Rules
from crawler.model.run import RunOutcome, Visit
from crawler.model.source import Reading, Source, Way, WayKind
from crawler.storage.crawl_queue import (
    claim_due_visits,
    extend_lease,
    finish_visit,
    interrupt_visits,
    is_current,
    note_read,
)
from crawler.storage.database import transaction
from crawler.storage.entries import (
    WaitingEntry,
    list_waiting_entries,
    save_entries,
    take_up_skipped,
)
from crawler.storage.runs import note_answer
from crawler.storage.ways import (
    count_found,
    mark_way_failed,
    mark_way_read,
    rest_way,
    retire_way,
    save_reading,
    save_way,
    wake_ways,
)

# a way in that home page, robots.txt or guess led to is given up after this many failures in a row, not at the first
MOST_WAY_FAILURES = 3


def claim_visits(
    connection: sqlite3.Connection,
    rules: Rules,
    *,
    now: datetime,
    limit: int,
    only: tuple[str, ...] | None = None,
) -> tuple[tuple[Visit, Source], ...]:
    """Take the sources whose moment has come; one that just left the configuration is closed at once."""
    claimed = []
    with transaction(connection):
        for visit in claim_due_visits(connection, now=now, limit=limit, only=only):
            source = _open_source(connection, rules, visit, now=now)
            if source is not None:
                claimed.append((visit, source))
    return tuple(claimed)


def _open_source(
    connection: sqlite3.Connection, rules: Rules, visit: Visit, *, now: datetime
) -> Source | None:
    try:
        source = rules.source(connection, visit.source_id, visit.source_name)
    except ConfigFaulty as faulty:
        reason = str(faulty.faults[0])
        finish_visit(connection, visit, outcome=RunOutcome.FAILED, note=reason, now=now)
        return None
    if source is None:
        note = "the source left the configuration"
        finish_visit(connection, visit, outcome=RunOutcome.INTERRUPTED, note=note, now=now)
    elif source.backfill_from is not None:
        take_up_skipped(connection, source.id, since=source.backfill_from, now=now)
    return source


def give_back_visits(
    connection: sqlite3.Connection, *, keep: Container[int] = (), now: datetime
) -> int:
    """Close what was left open, so that it is due again; return how many visits that were.

    keep  runs that are under way
    """
    with transaction(connection):
        return interrupt_visits(connection, keep=keep, now=now)


def drop_visit(
    connection: sqlite3.Connection,
    visit: Visit,
    *,
    outcome: RunOutcome,
    reason: str,
    now: datetime,
) -> None:
    """Close a visit that does not come to its end by itself, and say why; one that is closed stays as it is."""
    with transaction(connection):
        finish_visit(connection, visit, outcome=outcome, note=reason, now=now)


def check_counts(connection: sqlite3.Connection, run_id: int) -> None:
    """Raise VisitOver where a visit does not count any more. Call inside the transaction that writes for it."""
    if not is_current(connection, run_id):
        raise VisitOver("the visit was let go, or its source was changed meanwhile")


def keep_way(
    connection: sqlite3.Connection, visit: Visit, kind: WayKind, url: str, *, origin: str
) -> Way:
    """Add a way into a source."""
    with transaction(connection):
        check_counts(connection, visit.run_id)
        return save_way(connection, visit, kind, url, origin=origin)


def keep_discovery(connection: sqlite3.Connection, visit: Visit, *, now: datetime) -> None:
    """Record that the ways in were looked for, so that it is not done again at each visit."""
    with transaction(connection):
        check_counts(connection, visit.run_id)
        note_read(connection, visit.run_id, searched_at=now)


def keep_reading(
    connection: sqlite3.Connection, visit: Visit, source: Source, reading: Reading, *, now: datetime
) -> bool:
    """Write down what a way in said, its entries in the same transaction as its ETag.

    gives  whether a gap shows: a feed lists nothing any more of what it listed at the last reading
    """
    with transaction(connection):
        check_counts(connection, visit.run_id)
        return _write_reading(connection, visit, source, reading, now=now)


def conclude_reading(
    connection: sqlite3.Connection,
    visit: Visit,
    source: Source,
    readings: tuple[Reading, ...],
    *,
    unwritten: tuple[Reading, ...],
    now: datetime,
) -> tuple[WaitingEntry, ...]:
    """Settle a visit whose ways in have all been read; gives the pages to fetch now.

    readings   all of them
    unwritten  those that are not written down yet: a visit that found nothing new is one transaction
    Without pages to fetch the visit is over.
    """
    with transaction(connection):
        check_counts(connection, visit.run_id)
        for reading in unwritten:
            _write_reading(connection, visit, source, reading, now=now)
        note_read(connection, visit.run_id, read_at=now)
        waiting = list_waiting_entries(connection, source.id, now=now)
        if not waiting:
            finish_visit(connection, visit, outcome=outcome_of(readings), now=now)
    return waiting


def outcome_of(readings: tuple[Reading, ...]) -> RunOutcome:
    """Tell how a visit ended whose source could be read."""
    is_unchanged = all(reading.is_unchanged or reading.failure for reading in readings)
    return RunOutcome.UNCHANGED if is_unchanged else RunOutcome.OK


def _write_reading(
    connection: sqlite3.Connection, visit: Visit, source: Source, reading: Reading, *, now: datetime
) -> bool:
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
    mark_way_failed(connection, way.id, reading.failure or "")
    note_answer(
        connection,
        visit.run_id,
        http_status=reading.http_status,
        note=f"{way.kind.value} {way.url}: {reading.failure}" if len(source.ways) > 1 else None,
    )
    if way.origin != "stated" and way.failure_count + 1 >= MOST_WAY_FAILURES:
        retire_way(connection, way.id)


def _write_entries(
    connection: sqlite3.Connection, visit: Visit, source: Source, reading: Reading, *, now: datetime
) -> bool:
    way = reading.way
    announcements = judge_entries(source, reading, now=now)
    # a sitemap's reading brings what is remembered of it
    window = make_window(announcements) if reading.window is None else reading.window
    then, this = cut_window(way.window), cut_window(window)
    # a feed that lists nothing any more of what it listed last time: something may have been missed
    is_gap = way.kind is WayKind.FEED and bool(then and this) and not then & this
    announced_count = save_entries(connection, source.id, announcements, way_id=way.id, now=now)
    save_reading(connection, reading, window=window, now=now)
    if way.read_at is not None:
        listed_count = len(this - then) if reading.window is None else 0
        found_count = max(listed_count, announced_count)
        count_found(connection, way.id, found_count=found_count, first_count=announced_count)
    notes = [reading.note, "a gap: no entry of the last reading is left" if is_gap else None]
    note_answer(
        connection,
        visit.run_id,
        http_status=reading.http_status,
        found_count=len(announcements),
        announced_count=announced_count,
        is_gap=is_gap,
        note="; ".join(note for note in notes if note) or None,
    )
    if is_gap:
        wake_ways(connection, source.id)
    elif not announced_count and way.read_at is not None:
        _rest(connection, way, now=now)
    return is_gap


def _rest(connection: sqlite3.Connection, way: Way, *, now: datetime) -> None:
    """Visit helpers less often while they bring nothing of their own; what a person stated is read each time."""
    if way.origin != "stated" and way.kind is not WayKind.FEED:
        first, most = timedelta(minutes=30), timedelta(hours=12)
        rest_way(connection, way.id, first=first, most=most, now=now)


def fail_visit(
    connection: sqlite3.Connection,
    visit: Visit,
    source: Source,
    reading: Reading,
    *,
    unwritten: tuple[Reading, ...],
    now: datetime,
) -> None:
    """End a visit whose source could not be read by any way in.

    reading    the failure that is told
    unwritten  what each way in said; none where not even a way in is known
    """
    with transaction(connection):
        check_counts(connection, visit.run_id)
        for each in unwritten:
            _write_reading(connection, visit, source, each, now=now)
        note_answer(connection, visit.run_id, http_status=reading.http_status)
        finish_visit(
            connection,
            visit,
            outcome=RunOutcome.FAILED,
            note=reading.failure or "",
            is_refused=reading.is_refused,
            now=now,
        )


def extend_visit(
    connection: sqlite3.Connection, visit: Visit, *, by: timedelta, now: datetime
) -> None:
    """Write down how long a visit may go on: it has pages to fetch."""
    with transaction(connection):
        check_counts(connection, visit.run_id)
        extend_lease(connection, visit.run_id, until=now + by)


def end_visit(
    connection: sqlite3.Connection, visit: Visit, *, outcome: RunOutcome, now: datetime
) -> None:
    """End a visit whose source was read and whose pages are all settled."""
    with transaction(connection):
        finish_visit(connection, visit, outcome=outcome, now=now)
