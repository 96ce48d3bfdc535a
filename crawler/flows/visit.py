"""What a visit to a source writes down: the answer of its feed, pages that failed, and how it ended."""

import sqlite3
from datetime import datetime, timedelta

from crawler.flows.rules import Rules
from crawler.model.run import PageOutcome, RunOutcome, Visit
from crawler.model.source import Feed, FeedAnswer, FeedEntry, Source
from crawler.storage.crawl_queue import claim_due_visits, finish_visit
from crawler.storage.database import transaction
from crawler.storage.entries import (
    EntryState,
    WaitingEntry,
    list_waiting_entries,
    mark_entry,
    postpone_entry,
    save_entries,
)
from crawler.storage.runs import count_page, note_answer
from crawler.storage.sources import mark_failure, mark_success, save_feed_answer
from crawler.text.urls import canonical_url

_ENTRY_WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)


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
            source = rules.source(connection, visit.source_id, visit.source_name)
            if source is None:
                note = "the source left the configuration"
                finish_visit(connection, visit, outcome=RunOutcome.INTERRUPTED, note=note, now=now)
            else:
                claimed.append((visit, source))
    return tuple(claimed)


def keep_feed(
    connection: sqlite3.Connection,
    visit: Visit,
    source: Source,
    answer: FeedAnswer,
    *,
    now: datetime,
) -> tuple[WaitingEntry, ...]:
    """Save a feed's entries with its ETag in one transaction; gives the pages to fetch now."""
    entries = _canonical_entries(source, answer.feed, now=now)
    with transaction(connection):
        announced_count = save_entries(connection, source.id, entries, now=now)
        save_feed_answer(connection, source, answer, now=now)
        mark_success(connection, source.id, now=now)
        note_answer(
            connection,
            visit.run_id,
            http_status=answer.http_status,
            found_count=len(entries),
            announced_count=announced_count,
            note=answer.note,
        )
    return list_waiting_entries(connection, source.id, now=now)


def _canonical_entries(
    source: Source, feed: Feed, *, now: datetime
) -> list[tuple[str, FeedEntry, EntryState]]:
    """Give each entry its canonical address and what is to become of it if it is new."""
    entries: dict[str, tuple[str, FeedEntry, EntryState]] = {}
    for entry in feed.entries:
        url = canonical_url(entry.url)
        if url is not None:
            entries.setdefault(url, (url, entry, _state_if_new(source, entry, now=now)))
    return list(entries.values())


def _state_if_new(source: Source, entry: FeedEntry, *, now: datetime) -> EntryState:
    """First visits mark what is present as seen: nobody wants a hundred mails about last week."""
    if source.visited_at is not None:
        return EntryState.WAITING
    is_recent = entry.stated_at is not None and entry.stated_at >= now - source.backfill
    return EntryState.WAITING if source.backfill and is_recent else EntryState.SKIPPED


def keep_unchanged(
    connection: sqlite3.Connection, visit: Visit, source: Source, *, http_status: int, now: datetime
) -> tuple[WaitingEntry, ...]:
    """Record that the source has nothing new; gives pages that still wait from earlier visits."""
    with transaction(connection):
        mark_success(connection, source.id, now=now)
        note_answer(connection, visit.run_id, http_status=http_status)
    return list_waiting_entries(connection, source.id, now=now)


def fail_visit(
    connection: sqlite3.Connection,
    visit: Visit,
    reason: str,
    *,
    http_status: int | None,
    now: datetime,
) -> int:
    """End a visit whose source could not be read; gives the failures in a row."""
    with transaction(connection):
        note_answer(connection, visit.run_id, http_status=http_status)
        failure_count = mark_failure(connection, visit.source_id, reason, now=now)
        finish_visit(connection, visit, outcome=RunOutcome.FAILED, note=reason, now=now)
    return failure_count


def end_visit(
    connection: sqlite3.Connection, visit: Visit, *, is_unchanged: bool, now: datetime
) -> None:
    """End a visit whose source was read and whose pages are all settled."""
    outcome = RunOutcome.UNCHANGED if is_unchanged else RunOutcome.OK
    with transaction(connection):
        finish_visit(connection, visit, outcome=outcome, note=None, now=now)


def fail_page(
    connection: sqlite3.Connection,
    visit: Visit,
    entry: WaitingEntry,
    reason: str,
    *,
    is_final: bool,
    now: datetime,
) -> None:
    """Record that a page could not be had: it waits for another try, or stands as failed."""
    with transaction(connection):
        if is_final:
            mark_entry(connection, entry.id, EntryState.FAILED, reason=reason)
        else:
            wait = _ENTRY_WAITS[min(entry.attempt_count, len(_ENTRY_WAITS) - 1)]
            postpone_entry(connection, entry.id, reason, now=now, wait=wait)
        count_page(connection, visit.run_id, PageOutcome.FAILED)
