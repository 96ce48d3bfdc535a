"""What the replay of notes knows: the rules in force, whose visits are open, and how a task is settled."""

import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta

from crawler.flows.cluster.home.packing import find_source, without_secrets
from crawler.flows.cluster.wire import watches_version
from crawler.flows.crawl import visit as visits
from crawler.flows.process.parse_pool.understanding import Understood
from crawler.flows.process.rules import Rules
from crawler.model.source import Source
from crawler.model.visit import Visit, VisitOutcome
from crawler.storage.crawl.handing_out import tasks


class Replaying:
    """One replay of some notes, on a connection and inside its transaction.

    key        of the rules in force at home: matches that a worker found by others are found again
    max_pages  of each visit, None for all
    """

    def __init__(
        self, rules: Rules, *, key: str, now: datetime, max_pages: int | None = None
    ) -> None:
        self.rules = rules
        self.now = now
        self.max_pages = max_pages
        self._version = watches_version(key)
        self._found: dict[int, tuple[Visit, Source] | None] = {}

    def forget(self) -> None:
        """Look visits and sources up again: a transaction was over since."""
        self._found.clear()

    def find(self, connection: sqlite3.Connection, visit_id: int) -> tuple[Visit, Source] | None:
        """Return an open visit and its source as it is now, None if the visit is over."""
        if visit_id not in self._found:
            visit = tasks.find_visit(connection, visit_id)
            source = visit and find_source(connection, self.rules, visit)
            both = (visit, without_secrets(source)) if visit and source else None
            self._found[visit_id] = both
        return self._found[visit_id]

    def read_here(self, understood: Understood) -> Understood:
        """Return an article with the version of the rules in force, if a worker matched it by just these."""
        if understood.reading is None:
            return understood
        version = self.rules.version if self.is_read(understood) else 0
        return replace(understood, reading=replace(understood.reading, version=version))

    def is_read(self, understood: Understood) -> bool:
        """Return whether a worker analysed an article, and matched it by the rules in force here."""
        return understood.reading is not None and understood.reading.version == self._version

    def bring_closer(self, moment: datetime, *, said_at: datetime) -> datetime:
        """Return a moment to come that was said at an instant, closer by as much as the home's clock was set back since."""
        return moment - max(said_at - self.now, timedelta(0))

    def settle_page(
        self,
        connection: sqlite3.Connection,
        visit: Visit,
        entry_id: int,
        *,
        refused_entry_id: int | None = None,
    ) -> None:
        """Delete the task of a page; the last one ends its visit. Call inside a transaction."""
        outcome = tasks.settle_task(connection, visit.id, entry_id)
        if outcome is not None:
            visits.end_visit(
                connection,
                visit,
                outcome=outcome,
                refused_entry_id=refused_entry_id,
                now=self.now,
            )

    def drop(self, connection: sqlite3.Connection, visit: Visit, reason: str) -> None:
        """Close a visit that does not count any more, with its tasks. Call inside a transaction."""
        outcome = VisitOutcome.INTERRUPTED
        visits.drop_visit(connection, visit, outcome=outcome, reason=reason, now=self.now)
        tasks.delete_tasks(connection, visit.id)


def give_back(
    connection: sqlite3.Connection, bundle_id: int, *, domain: str | None = None, now: datetime
) -> None:
    """Take back what a bundle holds: pages wait for another bundle, sources are due again. Call inside a transaction."""
    for task in tasks.list_tasks(connection, bundle_id):
        if task.entry_id is None and domain in {None, task.domain}:
            visit = tasks.find_visit(connection, task.visit_id)
            if visit is not None:
                note = "its worker ended first; the source stayed due"
                outcome = VisitOutcome.INTERRUPTED
                visits.drop_visit(connection, visit, outcome=outcome, reason=note, now=now)
            tasks.delete_tasks(connection, task.visit_id)
    tasks.give_back_tasks(connection, bundle_id, domain=domain)
