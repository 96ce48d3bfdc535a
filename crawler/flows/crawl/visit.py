"""The transactions of a visit: claiming it, what each endpoint said, pages that failed, and how it ended.

Each checks first whether the visit still counts: its source may have got another address meanwhile (decision 021). If not,
it raises VisitOver and writes nothing.
"""

import sqlite3
from collections.abc import Container
from datetime import datetime, timedelta

from crawler.errors import ConfigFaulty, VisitOver
from crawler.flows.crawl.fetch_results import write_result
from crawler.flows.process.rules import Rules
from crawler.model.source import FetchResult, Source
from crawler.model.visit import MOST_PER_DOMAIN, Visit, VisitOutcome, WaitingEntry
from crawler.storage.crawl.crawl_queue import (
    claim_due_visits,
    extend_lease,
    finish_visit,
    interrupt_visits,
    is_current,
    note_read,
)
from crawler.storage.crawl.entries.entries import (
    find_entry_reason,
    list_waiting_entries,
    take_up_skipped,
)
from crawler.storage.crawl.visits import note_answer
from crawler.storage.file.database import transaction
from crawler.text.web.urls import source_version


def claim_visits(
    connection: sqlite3.Connection,
    rules: Rules,
    *,
    now: datetime,
    limit: int,
    only: tuple[str, ...] | None = None,
    most_per_domain: int = MOST_PER_DOMAIN,
) -> tuple[tuple[Visit, Source], ...]:
    """Claim visits to due sources; a visit to a source that just left the configuration is closed at once."""
    claimed = []
    with transaction(connection):
        for visit in claim_due_visits(
            connection, now=now, limit=limit, only=only, most_per_domain=most_per_domain
        ):
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
        finish_visit(connection, visit, outcome=VisitOutcome.FAILED, note=reason, now=now)
        return None
    if source is None:
        note = "the source was added or removed just now"
        finish_visit(connection, visit, outcome=VisitOutcome.INTERRUPTED, note=note, now=now)
    elif source_version(source.url, source.kind.value) != visit.version:
        # the daemon has written another address, and we do not have its configuration yet: the old address would be saved
        # as an endpoint of the new one, and read for ever
        note = "the address of the source was changed meanwhile"
        finish_visit(connection, visit, outcome=VisitOutcome.INTERRUPTED, note=note, now=now)
        return None
    elif source.backfill_from is not None:
        take_up_skipped(connection, source.id, since=source.backfill_from, now=now)
    return source


def release_visits(
    connection: sqlite3.Connection, *, keep: Container[int] = (), now: datetime
) -> int:
    """Close visits that were left open, so that their sources are due again; return how many were closed.

    keep  ids of visits that are under way
    """
    with transaction(connection):
        return interrupt_visits(connection, keep=keep, now=now)


def drop_visit(
    connection: sqlite3.Connection,
    visit: Visit,
    *,
    outcome: VisitOutcome,
    reason: str,
    now: datetime,
) -> None:
    """Close a visit that cannot end in order, with the reason; one that is closed already stays as it is."""
    with transaction(connection):
        finish_visit(connection, visit, outcome=outcome, note=reason, now=now)


def check_counts(connection: sqlite3.Connection, visit_id: int) -> None:
    """Raise VisitOver if a visit does not count any more. Call inside the transaction that writes for it."""
    if not is_current(connection, visit_id):
        raise VisitOver("the visit was given up, or its source was changed meanwhile")


def keep_discovery(connection: sqlite3.Connection, visit: Visit, *, now: datetime) -> None:
    """Record that the endpoints were looked for, so that it is not done again at each visit."""
    with transaction(connection):
        check_counts(connection, visit.id)
        note_read(connection, visit.id, searched_at=now)


def keep_result(
    connection: sqlite3.Connection,
    visit: Visit,
    source: Source,
    result: FetchResult,
    *,
    now: datetime,
) -> bool:
    """Record what an endpoint said; return whether a feed rolled over.

    Entries and ETag share a transaction: with the ETag alone every later answer would be 304, and the entries lost.
    """
    with transaction(connection):
        check_counts(connection, visit.id)
        return write_result(connection, visit, source, result, now=now)


def conclude_visit(
    connection: sqlite3.Connection,
    visit: Visit,
    source: Source,
    results: tuple[FetchResult, ...],
    *,
    unwritten: tuple[FetchResult, ...],
    now: datetime,
) -> tuple[WaitingEntry, ...]:
    """Settle a visit whose endpoints have all been read; return the pages to fetch now. Without any, the visit is over.

    results    all of them
    unwritten  those not recorded yet: a visit that found nothing new is one transaction
    """
    with transaction(connection):
        check_counts(connection, visit.id)
        for result in unwritten:
            write_result(connection, visit, source, result, now=now)
        note_read(connection, visit.id, read_at=now)
        waiting = list_waiting_entries(connection, source.id, now=now, is_wanted=visit.is_wanted)
        if not waiting:
            finish_visit(connection, visit, outcome=outcome_of(results), now=now)
    return waiting


def outcome_of(results: tuple[FetchResult, ...]) -> VisitOutcome:
    """Return the outcome of a visit whose source was read."""
    is_unchanged = all(result.is_unchanged or result.failure for result in results)
    return VisitOutcome.UNCHANGED if is_unchanged else VisitOutcome.OK


def fail_visit(
    connection: sqlite3.Connection,
    visit: Visit,
    source: Source,
    result: FetchResult,
    *,
    unwritten: tuple[FetchResult, ...],
    now: datetime,
) -> None:
    """End a visit whose source could not be read at any endpoint.

    result     the failure that is reported
    unwritten  what each endpoint said; empty if the source has no endpoint yet
    """
    with transaction(connection):
        check_counts(connection, visit.id)
        for each in unwritten:
            write_result(connection, visit, source, each, now=now)
        note_answer(connection, visit.id, http_status=result.http_status)
        finish_visit(
            connection,
            visit,
            outcome=VisitOutcome.FAILED,
            note=result.failure or "",
            is_refused=result.is_refused,
            now=now,
        )


def extend_visit(
    connection: sqlite3.Connection, visit: Visit, *, by: timedelta, now: datetime
) -> None:
    """Extend the lease of a visit that has pages to fetch."""
    with transaction(connection):
        check_counts(connection, visit.id)
        extend_lease(connection, visit.id, until=now + by)


def end_visit(
    connection: sqlite3.Connection,
    visit: Visit,
    *,
    outcome: VisitOutcome,
    refused_entry_id: int | None = None,
    now: datetime,
) -> None:
    """End a visit whose source was read and whose pages are all settled.

    refused_entry_id  the watched page, if it was refused: then the source failed, as nothing else of it is read
    """
    with transaction(connection):
        note = None
        if refused_entry_id is not None:
            outcome = VisitOutcome.FAILED
            note = find_entry_reason(connection, refused_entry_id)
        finish_visit(connection, visit, outcome=outcome, note=note, now=now)
