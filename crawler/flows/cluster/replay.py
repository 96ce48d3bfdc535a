"""Replays what visits said on other machines, with the functions that a visit at home calls.

A note counts while its bundle holds the task (``storage/crawl/handing_out/tasks.py``); what settles a task deletes it in the
same transaction. So notes may come twice, late, or from a worker that was given up.
"""

import logging
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from crawler.errors import HostThrottled, NotYet, ParsePostponed, VisitOver
from crawler.flows.cluster.notes import (
    ArticleNote,
    ConcludeNote,
    DoneNote,
    DropNote,
    FailNote,
    FailureNote,
    HoldNote,
    Note,
    PageNote,
    RefusalNote,
    ResultNote,
    RobotsNote,
    SearchNote,
    ThrottleNote,
    VisitNote,
    WordsNote,
)
from crawler.flows.cluster.packing import without_secrets
from crawler.flows.cluster.wire import watches_version
from crawler.flows.crawl import visit as visits
from crawler.flows.news import ingest
from crawler.flows.news.pages import feed_words, held_pages, unread_pages
from crawler.flows.process.notebook import Refusal, Unread
from crawler.flows.process.parse_pool.understanding import Understood
from crawler.flows.process.rules import Rules
from crawler.log import log_event
from crawler.model.article import Page
from crawler.model.source import EndpointKind, FetchResult, Source
from crawler.model.visit import PageOutcome, Visit, VisitOutcome, WaitingEntry
from crawler.storage.crawl import domains
from crawler.storage.crawl.entries.pages import unpack_body
from crawler.storage.crawl.handing_out import bundles, tasks
from crawler.storage.file.database import transaction
from crawler.text.web.urls import budget_key

_log = logging.getLogger("watchword.cluster")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """An article that turned out to be a wall; its entry's own words stand in for it, and making these takes a moment.

    at_index  of its note among those that were to be replayed
    """

    at_index: int
    page: Page
    source: Source
    refusal: Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What was replayed of some notes: all of them, or those before a wall."""

    stored_count: int = 0
    wall: Wall | None = None


class Replay:
    """Replays notes of one bundle on a connection.

    key        of the rules in force at home: matches that a worker found by others are found again
    max_pages  of each visit, None for all
    """

    def __init__(
        self, rules: Rules, *, key: str, now: datetime, max_pages: int | None = None
    ) -> None:
        self._rules = rules
        self._version = watches_version(key)
        self._now = now
        self._max_pages = max_pages
        self._found: dict[int, tuple[Visit, Source] | None] = {}
        self._stored_count = 0

    def run(
        self,
        connection: sqlite3.Connection,
        bundle_id: int,
        number: int,
        notes: Sequence[Note],
        *,
        start: int = 0,
    ) -> Replayed:
        """Replay notes from a place on, in one transaction, up to the first wall."""
        self._found.clear()
        self._stored_count = 0
        with transaction(connection):
            if not bundles.is_awaited(connection, bundle_id, number):
                return Replayed()
            for index, note in enumerate(notes[start:], start):
                wall = self._replay_safely(connection, bundle_id, note)
                if wall is not None:
                    return Replayed(
                        stored_count=self._stored_count, wall=replace(wall, at_index=index)
                    )
            bundles.take_number(connection, bundle_id, number)
            bundles.close_bundle(connection, bundle_id)
        return Replayed(stored_count=self._stored_count)

    def _replay_safely(
        self, connection: sqlite3.Connection, bundle_id: int, note: Note
    ) -> Wall | None:
        """Replay a note; one that cannot be changes nothing and is logged, so that the others count."""
        connection.execute("SAVEPOINT note")
        try:
            wall = self._replay(connection, bundle_id, note)
        except sqlite3.Error:
            raise  # the disk, not the note: the Writer tries all of them again
        except Exception:
            connection.execute("ROLLBACK TO note")
            connection.execute("RELEASE note")
            log_event(_log, logging.ERROR, "note not replayed", exc_info=True, kind=note.kind)
            return None
        connection.execute("RELEASE note")
        return wall

    def _replay(self, connection: sqlite3.Connection, bundle_id: int, note: Note) -> Wall | None:
        if isinstance(note, VisitNote):
            self._replay_visit(connection, bundle_id, note)
        elif isinstance(note, PageNote):
            return self._replay_page(connection, bundle_id, note)
        elif isinstance(note, ThrottleNote):
            domains.save_throttle(connection, note.throttle)
        elif isinstance(note, RobotsNote):
            domains.save_robots(connection, note.robots)
        elif isinstance(note, DoneNote):
            self._finish_domain(connection, bundle_id, note)
        return None

    def _replay_visit(
        self, connection: sqlite3.Connection, bundle_id: int, note: VisitNote
    ) -> None:
        found = self._find(connection, note.visit_id)
        if found is None or not tasks.has_task(connection, bundle_id, note.visit_id):
            return
        visit, source = found
        try:
            self._say(connection, visit, source, note)
        except VisitOver as over:
            self._drop(connection, visit, str(over))

    def _say(
        self, connection: sqlite3.Connection, visit: Visit, source: Source, note: VisitNote
    ) -> None:
        now = min(note.at, self._now)
        if isinstance(note, SearchNote):
            visits.keep_discovery(connection, visit, now=now)
        elif isinstance(note, ResultNote):
            visits.keep_result(connection, visit, source, note.result, now=now)
        elif isinstance(note, ConcludeNote):
            self._conclude(connection, visit, source, note, now=now)
        elif isinstance(note, FailNote):
            visits.fail_visit(
                connection, visit, source, note.result, unwritten=note.unwritten, now=now
            )
            tasks.delete_tasks(connection, visit.id)
        elif isinstance(note, DropNote):
            visits.drop_visit(connection, visit, outcome=note.outcome, reason=note.reason, now=now)
            tasks.delete_tasks(connection, visit.id)

    def _conclude(
        self,
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
        self._add_pages(connection, visit, source, waiting[: self._max_pages], note.results)
        if waiting and not tasks.has_tasks(connection, visit.id):
            visits.end_visit(connection, visit, outcome=visits.outcome_of(note.results), now=now)

    def _add_pages(
        self,
        connection: sqlite3.Connection,
        visit: Visit,
        source: Source,
        waiting: Sequence[WaitingEntry],
        results: Sequence[FetchResult],
    ) -> None:
        is_baseline = any(
            one.endpoint.kind is EndpointKind.PAGE and one.endpoint.read_at is None
            for one in results
        )
        tasks.add_page_tasks(
            connection,
            visit,
            waiting,
            home_domain=budget_key(source.url),
            outcome=visits.outcome_of(tuple(results)),
            is_baseline=is_baseline and not source.backfill,
        )

    def _replay_page(
        self, connection: sqlite3.Connection, bundle_id: int, note: PageNote
    ) -> Wall | None:
        sent = note.sent
        visit_id, entry_id = sent.page.visit_id, sent.page.entry_id
        found = self._find(connection, visit_id)
        if found is None or not tasks.has_task(connection, bundle_id, visit_id, entry_id):
            return None
        visit, source = found
        page = replace(sent.page, body=unpack_body(sent.packed)) if sent.packed else sent.page
        refused_entry_id = None
        try:
            if isinstance(note, ArticleNote):
                self._keep_article(connection, page, source, note)
            else:
                refused_entry_id = self._keep_unread(connection, visit, source, page, note)
        except NotYet as wall:
            refusal = Refusal(reason=wall.reason, may_come=True, is_wall=True)
            return Wall(at_index=0, page=page, source=source, refusal=refusal)
        except VisitOver as over:
            self._drop(connection, visit, str(over))
            return None
        self.settle_page(connection, visit, entry_id, refused_entry_id=refused_entry_id)
        return None

    def _keep_article(
        self, connection: sqlite3.Connection, page: Page, source: Source, note: ArticleNote
    ) -> None:
        understood = replace(
            self.read_here(note.understood), packed=note.sent.packed if page.body else b""
        )
        now = min(note.at, self._now)
        ingest.keep_article(connection, page, understood, source=source, rules=self._rules, now=now)
        self._stored_count += 1

    def _keep_unread(
        self,
        connection: sqlite3.Connection,
        visit: Visit,
        source: Source,
        page: Page,
        note: WordsNote | RefusalNote | FailureNote | HoldNote,
    ) -> int | None:
        """Replay what was said of a page that was not read; return its entry if that is a watched page, refused."""
        rules, now = self._rules, min(note.at, self._now)
        words = note.words and self.read_here(note.words)
        unread = Unread(page=page, source=source, words=words)
        if isinstance(note, WordsNote):
            feed_words.store_new_words(
                connection, unread, note.reason, page_due_at=note.page_due_at, rules=rules, now=now
            )
        elif isinstance(note, RefusalNote):
            outcome = unread_pages.refuse_page(
                connection, unread, note.refusal, rules=rules, now=now
            )
            if page.settings.is_watched and outcome is PageOutcome.REFUSED:
                return page.entry_id
        elif isinstance(note, FailureNote):
            unread_pages.fail_page(connection, visit, unread, note.failure, rules=rules, now=now)
        else:
            kind: Callable[..., HostThrottled | ParsePostponed] = (
                HostThrottled if note.is_host else ParsePostponed
            )
            wait = kind(note.reason, until=note.until)
            held_pages.hold_page(connection, visit, unread, wait, rules=rules, now=now)
        self._stored_count += words is not None
        return None

    def read_here(self, understood: Understood) -> Understood:
        """Return an article with the version of the rules in force, if a worker matched it by just these."""
        if understood.reading is None:
            return understood
        version = self._rules.version if self.is_read(understood) else 0
        return replace(understood, reading=replace(understood.reading, version=version))

    def is_read(self, understood: Understood) -> bool:
        """Return whether a worker analysed an article, and matched it by the rules in force here."""
        return understood.reading is not None and understood.reading.version == self._version

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
                now=self._now,
            )

    def refuse_wall(
        self, connection: sqlite3.Connection, bundle_id: int, wall: Wall, unread: Unread
    ) -> None:
        """Record that a page is a wall, as ``ingest_page`` does where pages are read at home."""
        visit_id, entry_id = wall.page.visit_id, wall.page.entry_id
        with transaction(connection):
            found = self._find(connection, visit_id)
            if found is None or not tasks.has_task(connection, bundle_id, visit_id, entry_id):
                return
            try:
                unread_pages.refuse_page(
                    connection, unread, wall.refusal, rules=self._rules, now=self._now
                )
            except VisitOver as over:
                self._drop(connection, found[0], str(over))
                return
            self.settle_page(connection, found[0], entry_id)

    def _finish_domain(
        self, connection: sqlite3.Connection, bundle_id: int, note: DoneNote
    ) -> None:
        bundles.save_pace(connection, note.pace, now=self._now)
        give_back(connection, bundle_id, domain=note.pace.domain, now=self._now)

    def _drop(self, connection: sqlite3.Connection, visit: Visit, reason: str) -> None:
        outcome = VisitOutcome.INTERRUPTED
        visits.drop_visit(connection, visit, outcome=outcome, reason=reason, now=self._now)
        tasks.delete_tasks(connection, visit.id)

    def _find(self, connection: sqlite3.Connection, visit_id: int) -> tuple[Visit, Source] | None:
        """Return an open visit and its source as it is now, None if the visit is over."""
        if visit_id not in self._found:
            visit = tasks.find_visit(connection, visit_id)
            source = visit and self._rules.source(connection, visit.source_id, visit.source_name)
            both = (visit, without_secrets(source)) if visit and source else None
            self._found[visit_id] = both
        return self._found[visit_id]


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
