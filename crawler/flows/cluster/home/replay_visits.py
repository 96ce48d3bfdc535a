"""Replays what a visit said of its source, by the transactions of a visit at home."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from crawler.flows.cluster.home.replaying import Replaying
from crawler.flows.cluster.notes import (
    ConcludeNote,
    DropNote,
    FailNote,
    ResultNote,
    SearchNote,
    VisitNote,
    brings_page,
)
from crawler.flows.crawl import visit as visits
from crawler.model.source import EndpointKind, FetchResult, Source
from crawler.model.visit import Visit, WaitingEntry
from crawler.storage.crawl.handing_out import tasks
from crawler.text.web.urls import budget_key


def replay_visit(
    own: Replaying,
    connection: sqlite3.Connection,
    visit: Visit,
    source: Source,
    note: VisitNote,
    *,
    bundle_id: int,
) -> None:
    """Replay what was said of a source whose task the bundle holds; raises VisitOver. Call inside a transaction."""
    now = min(note.at, own.now)
    if isinstance(note, SearchNote):
        visits.keep_discovery(connection, visit, now=now)
    elif isinstance(note, ResultNote):
        visits.keep_result(connection, visit, source, note.result, now=now)
    elif isinstance(note, ConcludeNote):
        _conclude(own, connection, visit, source, note, now=now)
        if any(map(brings_page, note.results)):
            tasks.hold_pages(connection, bundle_id, visit.id)
    elif isinstance(note, FailNote):
        visits.fail_visit(connection, visit, source, note.result, unwritten=note.unwritten, now=now)
        tasks.delete_tasks(connection, visit.id)
    elif isinstance(note, DropNote):
        visits.drop_visit(connection, visit, outcome=note.outcome, reason=note.reason, now=now)
        tasks.delete_tasks(connection, visit.id)


def _conclude(
    own: Replaying,
    connection: sqlite3.Connection,
    visit: Visit,
    source: Source,
    note: ConcludeNote,
    *,
    now: datetime,
) -> None:
    waiting = visits.conclude_visit(
        connection, visit, source, note.results, unwritten=note.unwritten, now=now
    )
    tasks.settle_task(connection, visit.id)
    _add_pages(connection, visit, source, waiting[: own.max_pages], note.results)
    if waiting and not tasks.has_tasks(connection, visit.id):
        visits.end_visit(connection, visit, outcome=visits.outcome_of(note.results), now=now)


def _add_pages(
    connection: sqlite3.Connection,
    visit: Visit,
    source: Source,
    waiting: Sequence[WaitingEntry],
    results: Sequence[FetchResult],
) -> None:
    is_baseline = any(
        one.endpoint.kind is EndpointKind.PAGE and one.endpoint.read_at is None for one in results
    )
    tasks.add_page_tasks(
        connection,
        visit,
        waiting,
        home_domain=budget_key(source.url),
        outcome=visits.outcome_of(tuple(results)),
        is_baseline=is_baseline and not source.backfill,
    )
