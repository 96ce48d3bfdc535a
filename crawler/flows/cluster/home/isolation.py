"""What becomes of the tasks of a worker that died, and of a domain whose workers keep dying."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta

from crawler.flows.cluster.home.packing import MOST_DEATHS
from crawler.flows.cluster.home.replaying import give_back
from crawler.flows.crawl import visit as visits
from crawler.flows.news.pages import unread_pages
from crawler.flows.process.notebook import Unread
from crawler.flows.process.rules import Rules
from crawler.model.article import Page, PageEntry
from crawler.model.source import Source
from crawler.model.visit import PageFailure, Visit, VisitOutcome, WaitingEntry
from crawler.storage.crawl.handing_out import bundles, tasks
from crawler.storage.crawl.handing_out.tasks import Task
from crawler.storage.file.database import transaction

_REASON = (
    "{count} workers died while they read {domain}, the last one while it read nothing else, so it is handed out no more; "
    "`watchword cluster retry {domain}` tries it again"
)


def take_back(
    connection: sqlite3.Connection, bundle_ids: Sequence[int], *, has_died: bool, now: datetime
) -> tuple[str, ...]:
    """Take back bundles that nobody works on any more; return the domains that are isolated from now on.

    has_died  their worker beats no more; otherwise it ended in order, or the carrier has lost them
    """
    isolated: list[str] = []
    with transaction(connection):
        for bundle_id in bundle_ids:
            bundles.note_asked(connection, bundle_id, now=now)
            names = sorted({task.domain for task in tasks.list_tasks(connection, bundle_id)})
            if has_died:
                bundles.note_death(connection, names, now=now)
                isolated += [
                    name
                    for name in names
                    if len(names) == 1 and _isolate(connection, name, now=now)
                ]
            give_back(connection, bundle_id, now=now)
            bundles.close_bundle(connection, bundle_id)
    return tuple(isolated)


def _isolate(connection: sqlite3.Connection, domain: str, *, now: datetime) -> bool:
    count = bundles.count_deaths(connection, domain)
    if count < MOST_DEATHS:
        return False
    reason = _REASON.format(count=count, domain=domain)
    bundles.isolate_domain(connection, domain, reason, now=now)
    return True


def refuse_isolated(connection: sqlite3.Connection, rules: Rules, *, now: datetime) -> int:
    """Fail the waiting tasks of isolated domains with the reason; return how many there were."""
    count = 0
    with transaction(connection):
        for one in bundles.list_isolated_domains(connection):
            for task in tasks.list_ready_tasks(connection, one.domain, limit=1000):
                _refuse(connection, rules, task, one.reason, now=now)
                count += 1
    return count


def _refuse(
    connection: sqlite3.Connection, rules: Rules, task: Task, reason: str, *, now: datetime
) -> None:
    visit = tasks.find_visit(connection, task.visit_id)
    source = visit and rules.source(connection, visit.source_id, visit.source_name)
    if not visit or not source or task.entry_id is None:
        if visit:
            visits.drop_visit(
                connection, visit, outcome=VisitOutcome.FAILED, reason=reason, now=now
            )
        tasks.delete_tasks(connection, task.visit_id)
        return
    entries = tasks.list_task_entries(connection, [task])
    if task.entry_id in entries:
        unread = Unread(page=_make_page(visit, source, entries[task.entry_id][0], now), source=source)  # fmt: skip
        failure = PageFailure(reason=reason, is_final=True)
        unread_pages.fail_page(connection, visit, unread, failure, rules=rules, now=now)
    outcome = tasks.settle_task(connection, visit.id, task.entry_id)
    if outcome is not None:
        visits.end_visit(connection, visit, outcome=outcome, now=now)


def _make_page(visit: Visit, source: Source, entry: WaitingEntry, now: datetime) -> Page:
    """Return the page of an entry that is not asked for."""
    return Page(
        url=entry.url,
        requested_url=entry.url,
        body=b"",
        content_type="",
        fetched_at=now,
        visit_id=visit.id,
        source_id=source.id,
        entry_id=entry.id,
        occasion=entry.occasion,
        settings=source.page_settings,
        entry=PageEntry(key=entry.key, title=entry.title, stated_at=entry.stated_at),
    )


def let_late_pages_go(connection: sqlite3.Connection, *, least: timedelta, now: datetime) -> int:
    """End visits whose source should be read again by now and whose pages all wait; return how many.

    The pages stay waiting entries, and the next visit asks for them, after what is new.

    least  the shortest time between two visits
    """
    with transaction(connection):
        late = tasks.list_late_visits(connection, least=least, now=now)
        for visit_id, outcome in late.items():
            visit = tasks.find_visit(connection, visit_id)
            tasks.delete_tasks(connection, visit_id)
            if visit is not None:
                visits.end_visit(connection, visit, outcome=outcome, now=now)
    return len(late)
