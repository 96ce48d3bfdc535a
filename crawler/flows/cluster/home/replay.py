"""Replays what visits said on other machines, with the functions that a visit at home calls.

A note counts while its bundle holds the task (``storage/crawl/handing_out/tasks.py``); what settles a task deletes it in the
same transaction. So notes may come twice, late, or from a worker that was given up.
"""

import logging
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from crawler.errors import NotYet, VisitOver
from crawler.flows.cluster.home.replay_pages import open_page, replay_page
from crawler.flows.cluster.home.replay_visits import replay_visit
from crawler.flows.cluster.home.replaying import Replaying, give_back
from crawler.flows.cluster.notes import (
    WATCHED,
    DoneNote,
    DropNote,
    FailureNote,
    Note,
    PageNote,
    RobotsNote,
    ThrottleNote,
    VisitNote,
)
from crawler.flows.news.pages import unread_pages
from crawler.flows.process.notebook import Refusal, Unread
from crawler.log import log_event
from crawler.model.article import Page
from crawler.model.source import Source
from crawler.model.visit import PageFailure, Visit, VisitOutcome
from crawler.storage.crawl import domains
from crawler.storage.crawl.handing_out import bundles, tasks
from crawler.storage.file.database import savepoint, transaction
from crawler.storage.file.faults import is_fault

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
    """Replays notes of one bundle on a connection; ``own`` is what it knows."""

    def __init__(self, own: Replaying) -> None:
        self.own = own
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
        """Replay notes from a place on, in one transaction, up to the first wall.

        At each savepoint SQLite writes what the full-text indexes have gathered, a quarter of this work: only if a note fails are all
        of them undone and replayed again, each inside a savepoint of its own.
        """
        try:
            return self._run(connection, bundle_id, number, notes, start, replay=self._replay)
        except Exception as error:
            if is_fault(error):  # of the disk, not of a note: the Writer tries all of them again
                raise
        return self._run(connection, bundle_id, number, notes, start, replay=self._replay_safely)

    def _run(
        self,
        connection: sqlite3.Connection,
        bundle_id: int,
        number: int,
        notes: Sequence[Note],
        start: int,
        *,
        replay: Callable[[sqlite3.Connection, int, Note], Wall | None],
    ) -> Replayed:
        self.own.forget()
        self._stored_count = 0
        with transaction(connection):
            if not bundles.is_awaited(connection, bundle_id, number):
                return Replayed()
            # the note that says how a domain was asked may come after its last task, when another bundle may have it already
            bundles.note_asked(connection, bundle_id, now=self.own.now)
            for index, note in enumerate(notes[start:], start):
                wall = replay(connection, bundle_id, note)
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
        """Replay a note; one that cannot be is logged and fails its visit or page, so that the others count.

        Given back, its task would be done again, and fail again, for ever; a page that failed is tried a few times.
        """
        try:
            with savepoint(connection):
                return self._replay(connection, bundle_id, note)
        except Exception as error:
            if is_fault(error):
                raise
            log_event(_log, logging.ERROR, "note not replayed", exc_info=True, kind=note.kind)
            self._fail(connection, bundle_id, note, f"a fault of Watchword: {error!r}")
            return None

    def _fail(
        self, connection: sqlite3.Connection, bundle_id: int, note: Note, reason: str
    ) -> None:
        """Fail the visit or the page of a note, with a reason for a person."""
        at = self.own.now
        if isinstance(note, VisitNote):
            failed: Note = DropNote(
                at=at, visit_id=note.visit_id, outcome=VisitOutcome.FAILED, reason=reason
            )
        elif isinstance(note, PageNote):
            bare = replace(note.sent, packed=b"")
            failed = FailureNote(at=at, sent=bare, words=None, failure=PageFailure(reason=reason))
        else:
            return
        try:
            with savepoint(connection):
                self._replay(connection, bundle_id, failed)
        except Exception as error:
            if is_fault(error):
                raise
            log_event(_log, logging.ERROR, "failure not recorded", exc_info=True, kind=note.kind)
            self._let_go(connection, bundle_id, note)

    def _let_go(
        self, connection: sqlite3.Connection, bundle_id: int, note: VisitNote | PageNote
    ) -> None:
        """Settle the task of a note without a word on what became of it: the next visit finds the entry as it was."""
        if isinstance(note, VisitNote):
            tasks.delete_tasks(connection, note.visit_id)
        elif found := self._find_page(connection, bundle_id, note):
            visit, _, entry_id = found
            self.own.settle_page(connection, visit, entry_id)

    def _replay(self, connection: sqlite3.Connection, bundle_id: int, note: Note) -> Wall | None:
        if isinstance(note, VisitNote):
            self._replay_visit(connection, bundle_id, note)
        elif isinstance(note, PageNote):
            return self._replay_page(connection, bundle_id, note)
        elif isinstance(note, ThrottleNote):
            until = self.own.bring_closer(note.throttle.until, said_at=note.at)
            domains.save_throttle(connection, replace(note.throttle, until=until))
        elif isinstance(note, RobotsNote):
            domains.save_robots(connection, note.robots)
        elif isinstance(note, DoneNote):
            self._finish_domain(connection, bundle_id, note)
        return None

    def _replay_visit(
        self, connection: sqlite3.Connection, bundle_id: int, note: VisitNote
    ) -> None:
        found = self.own.find(connection, note.visit_id)
        if found is None or not tasks.has_task(connection, bundle_id, note.visit_id):
            return
        visit, source = found
        try:
            replay_visit(self.own, connection, visit, source, note, bundle_id=bundle_id)
        except VisitOver as over:
            self.own.drop(connection, visit, str(over))

    def _replay_page(
        self, connection: sqlite3.Connection, bundle_id: int, note: PageNote
    ) -> Wall | None:
        own = self.own
        found = self._find_page(connection, bundle_id, note)
        if found is None:
            return None
        visit, source, entry_id = found
        page = replace(open_page(note), entry_id=entry_id)
        try:
            refused_entry_id = replay_page(own, connection, visit, source, page, note)
        except NotYet as wall:
            refusal = Refusal(reason=wall.reason, may_come=True, is_wall=True)
            return Wall(at_index=0, page=page, source=source, refusal=refusal)
        except VisitOver as over:
            own.drop(connection, visit, str(over))
            return None
        self._stored_count += 1
        own.settle_page(connection, visit, entry_id, refused_entry_id=refused_entry_id)
        return None

    def _find_page(
        self, connection: sqlite3.Connection, bundle_id: int, note: PageNote
    ) -> tuple[Visit, Source, int] | None:
        """Return visit, source and entry of a page whose task the bundle holds, None if it holds it no more."""
        visit_id, entry_id = note.sent.page.visit_id, note.sent.page.entry_id
        if entry_id == WATCHED:
            entry_id = tasks.find_page(connection, bundle_id, visit_id) or WATCHED
        found = self.own.find(connection, visit_id)
        if found and tasks.has_task(connection, bundle_id, visit_id, entry_id):
            return *found, entry_id
        return None

    def refuse_wall(
        self, connection: sqlite3.Connection, bundle_id: int, wall: Wall, unread: Unread
    ) -> None:
        """Record that a page is a wall, as ``ingest_page`` does where pages are read at home."""
        visit_id, entry_id = wall.page.visit_id, wall.page.entry_id
        with transaction(connection):
            found = self.own.find(connection, visit_id)
            if found is None or not tasks.has_task(connection, bundle_id, visit_id, entry_id):
                return
            try:
                unread_pages.refuse_page(
                    connection, unread, wall.refusal, rules=self.own.rules, now=self.own.now
                )
            except VisitOver as over:
                self.own.drop(connection, found[0], str(over))
                return
            self.own.settle_page(connection, found[0], entry_id)

    def _finish_domain(
        self, connection: sqlite3.Connection, bundle_id: int, note: DoneNote
    ) -> None:
        bundles.save_pace(connection, note.pace, now=self.own.now)
        give_back(connection, bundle_id, domain=note.pace.domain, now=self.own.now)
