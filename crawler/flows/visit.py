"""What a visit to a source writes down: what each way in said, pages that failed, and how it ended."""

import sqlite3
from datetime import datetime, timedelta

from crawler.errors import ConfigFaulty
from crawler.flows.alerts import queue_gone
from crawler.flows.announce import judge_entries, make_window
from crawler.flows.revisits import put_off_revisit
from crawler.flows.rules import Rules
from crawler.model.run import PageFailure, PageOutcome, RunOutcome, Visit
from crawler.model.source import Reading, Source, Way, WayKind
from crawler.storage.articles import mark_article_gone
from crawler.storage.crawl_queue import claim_due_visits, finish_visit
from crawler.storage.database import transaction
from crawler.storage.entries import (
    EntryState,
    WaitingEntry,
    hold_entry,
    list_waiting_entries,
    mark_entry,
    plan_revisit,
    postpone_entry,
    save_entries,
)
from crawler.storage.runs import count_page, note_answer
from crawler.storage.sources import mark_discovered, mark_failure, mark_success
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

_ENTRY_WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
# a page whose reading was cut off: memory and processors may be free again soon
_INTERRUPTED_WAITS = (timedelta(minutes=5), timedelta(minutes=30))
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
        mark_failure(connection, visit.source_id, reason, now=now)
        finish_visit(connection, visit, outcome=RunOutcome.FAILED, note=reason, now=now)
        return None
    if source is None:
        note = "the source left the configuration"
        finish_visit(connection, visit, outcome=RunOutcome.INTERRUPTED, note=note, now=now)
    return source


def keep_way(
    connection: sqlite3.Connection, source: Source, kind: WayKind, url: str, *, origin: str
) -> Way:
    """Add a way into a source."""
    with transaction(connection):
        return save_way(connection, source.id, kind, url, origin=origin)


def keep_discovery(connection: sqlite3.Connection, source: Source, *, now: datetime) -> None:
    """Record that the ways in were looked for, so that it is not done again at each visit."""
    with transaction(connection):
        mark_discovered(connection, source.id, now=now)


def keep_reading(
    connection: sqlite3.Connection, visit: Visit, source: Source, reading: Reading, *, now: datetime
) -> bool:
    """Write down what a way in said, its entries in the same transaction as its ETag.

    gives  whether a gap shows: a feed lists nothing any more of what it listed at the last reading
    """
    with transaction(connection):
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
        for reading in unwritten:
            _write_reading(connection, visit, source, reading, now=now)
        mark_success(connection, source.id, now=now)
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
    window = make_window(announcements)
    then, this = _cut_window(way.window), _cut_window(window)
    # a feed that lists nothing any more of what it listed last time: something may have been missed
    is_gap = way.kind is WayKind.FEED and bool(then and this) and not then & this
    announced_count = save_entries(connection, source.id, announcements, way_id=way.id, now=now)
    save_reading(connection, reading, window=window, now=now)
    if way.read_at is not None:
        found_count = max(len(this - then), announced_count)
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


def _cut_window(window: bytes) -> set[bytes]:
    return {window[start : start + 8] for start in range(0, len(window), 8)}


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
) -> int:
    """End a visit whose source could not be read by any way in; gives the failures in a row.

    reading    the failure that is told
    unwritten  what each way in said; none where not even a way in is known
    """
    reason = reading.failure or ""
    with transaction(connection):
        for each in unwritten:
            _write_reading(connection, visit, source, each, now=now)
        note_answer(connection, visit.run_id, http_status=reading.http_status)
        failure_count = mark_failure(connection, visit.source_id, reason, now=now)
        finish_visit(
            connection,
            visit,
            outcome=RunOutcome.FAILED,
            note=reason,
            is_refused=reading.is_refused,
            now=now,
        )
    return failure_count


def end_visit(
    connection: sqlite3.Connection, visit: Visit, *, outcome: RunOutcome, now: datetime
) -> None:
    """End a visit whose source was read and whose pages are all settled."""
    with transaction(connection):
        finish_visit(connection, visit, outcome=outcome, now=now)


def fail_page(
    connection: sqlite3.Connection,
    visit: Visit,
    entry: WaitingEntry,
    failure: PageFailure,
    *,
    rules: Rules,
    now: datetime,
) -> None:
    """Record that a page could not be had: it waits for another try, or stands as failed.

    A known article that is looked at again is left as it is until the next look.
    """
    with transaction(connection):
        if failure.gone_status is not None:
            gone = mark_article_gone(connection, entry.id, http_status=failure.gone_status, now=now)
            if gone is not None:
                queue_gone(connection, gone, rules=rules, now=now)
        if entry.is_revisit:
            put_off_revisit(connection, entry.id, failure.reason, rules=rules, now=now)
        elif failure.is_interrupted:
            # not bounded by max_attempts: ingest_page refuses it at the third
            wait = _INTERRUPTED_WAITS[min(entry.interrupted_count, len(_INTERRUPTED_WAITS) - 1)]
            again_at = now + wait
            postpone_entry(
                connection, entry.id, failure.reason, next_try_at=again_at, is_interrupted=True
            )
        elif failure.is_final or entry.attempt_count + 1 >= rules.config.fetch.max_attempts:
            mark_entry(connection, entry.id, EntryState.FAILED, reason=failure.reason)
        else:
            wait = _ENTRY_WAITS[min(entry.attempt_count, len(_ENTRY_WAITS) - 1)]
            postpone_entry(connection, entry.id, failure.reason, next_try_at=now + wait)
        count_page(connection, visit.run_id, PageOutcome.FAILED)


def hold_page(
    connection: sqlite3.Connection, entry: WaitingEntry, reason: str, *, until: datetime
) -> None:
    """Have a page wait until its domain may be asked again, or it may be read."""
    with transaction(connection):
        if entry.is_revisit:
            plan_revisit(connection, entry.id, reason, at=until)
        else:
            hold_entry(connection, entry.id, reason, until=until)
