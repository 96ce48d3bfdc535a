"""What becomes of the tasks of a worker that died, and of a domain whose workers keep dying."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.errors import VisitOver
from crawler.flows.cluster.home.packing import MOST_DEATHS, find_source
from crawler.flows.cluster.home.replaying import give_back
from crawler.flows.crawl import visit as visits
from crawler.flows.news.pages import unread_pages
from crawler.flows.process.notebook import Unread
from crawler.flows.process.rules import Rules
from crawler.model.article import Page
from crawler.model.source import Source
from crawler.model.visit import PageFailure, Visit, VisitOutcome
from crawler.storage.crawl.handing_out import bundles, tasks
from crawler.storage.crawl.handing_out.tasks import Task
from crawler.storage.file.database import transaction

_REASON = (
    "{count} workers died or failed while they read {domain}, the last one while it read nothing else, so it is handed out no more; "
    "`watchword cluster retry {domain}` tries it again"
)
# pages of an isolated domain that are failed in one look: the words of each feed entry are read for that
_MOST_AT_ONCE = 50


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


@dataclass(frozen=True, slots=True, kw_only=True)
class IsolatedPage:
    """A page that waits at an isolated domain, with the reason for a person; nothing but its feed's words will be read."""

    visit: Visit
    page: Page
    source: Source
    reason: str


def refuse_isolated(
    connection: sqlite3.Connection, rules: Rules, *, now: datetime
) -> tuple[IsolatedPage, ...]:
    """Fail the visits whose source is at an isolated domain, and return the pages there that are still to be failed."""
    with transaction(connection):
        found = [
            _refuse(connection, rules, task, one.reason, now=now)
            for one in bundles.list_isolated_domains(connection)
            for task in tasks.list_ready_tasks(connection, one.domain, limit=_MOST_AT_ONCE)
        ]
    return tuple(one for one in found if one is not None)


def _refuse(
    connection: sqlite3.Connection, rules: Rules, task: Task, reason: str, *, now: datetime
) -> IsolatedPage | None:
    visit = tasks.find_visit(connection, task.visit_id)
    source = visit and find_source(connection, rules, visit)
    if not visit or not source or task.entry_id is None:
        if visit:
            visits.drop_visit(
                connection, visit, outcome=VisitOutcome.FAILED, reason=reason, now=now
            )
        tasks.delete_tasks(connection, task.visit_id)
        return None
    entries = tasks.list_task_entries(connection, [task])
    if task.entry_id not in entries:
        _settle(connection, visit, task.entry_id, now=now)
        return None
    page = entries[task.entry_id][0].make_page(visit, source, is_baseline=task.is_baseline, now=now)
    return IsolatedPage(visit=visit, page=page, source=source, reason=reason)


def fail_isolated(
    connection: sqlite3.Connection,
    one: IsolatedPage,
    unread: Unread,
    rules: Rules,
    *,
    now: datetime,
) -> None:
    """Fail a page of an isolated domain for good; its feed's words alert instead."""
    with transaction(connection):
        failure = PageFailure(reason=one.reason, is_final=True)
        try:
            unread_pages.fail_page(connection, one.visit, unread, failure, rules=rules, now=now)
        except VisitOver:  # the source was changed meanwhile
            tasks.delete_tasks(connection, one.visit.id)
            return
        _settle(connection, one.visit, one.page.entry_id, now=now)


def _settle(connection: sqlite3.Connection, visit: Visit, entry_id: int, *, now: datetime) -> None:
    outcome = tasks.settle_task(connection, visit.id, entry_id)
    if outcome is not None:
        visits.end_visit(connection, visit, outcome=outcome, now=now)


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
