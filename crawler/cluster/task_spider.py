"""A spider that does the tasks of bundles: it reads their sources, fetches their pages, and knows when all of a domain is settled."""

import asyncio
import logging
from datetime import timedelta
from typing import Any

from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.cluster.parts import Part, Parts
from crawler.errors import ParsePostponed, VisitOver
from crawler.flows.cluster.field.services import FieldServices, SecretMissing
from crawler.log import log_event
from crawler.logs.context import bound
from crawler.model.article import Page
from crawler.model.cluster.bundle import Bundle, DomainTasks, PagesTask, SourceTask
from crawler.model.visit import LEASE, PageFailure, WaitingEntry
from crawler.spiders.reading import ReadingSpider
from crawler.spiders.visits.open_visits import OpenVisit
from crawler.spiders.visits.visit_runner import failed_result
from crawler.spiders.visits.visiting_spider import VisitingSpider

_log = logging.getLogger("watchword.worker")
# until pages are asked for again whose source needs a secret that this worker lacks; another one may have it
_SECRET_PAUSE = timedelta(minutes=5)


class TaskSpider(ReadingSpider):
    """A spider whose visits come as tasks; a subclass says where bundles come from."""

    def __init__(self, *args: Any, services: FieldServices, **kwargs: Any) -> None:
        super().__init__(*args, services=services, **kwargs)
        self._field = services
        self._parts = Parts()
        self._asking: set[asyncio.Task[None]] = set()

    async def do_tasks(self, bundle: Bundle, tasks: DomainTasks) -> None:
        """Do the tasks of a domain; a fault of ours fails what is left of them, as it would return with each new bundle."""
        try:
            await self._do_domain(bundle, tasks)
        except Exception as error:
            log_event(_log, logging.ERROR, "tasks broke", exc_info=True, domain=tasks.domain)
            reason = f"a fault of Watchword: {error!r}"
            for source_task in tasks.sources:
                result = failed_result(source_task.source, reason)
                await self._field.notebook.fail_visit(
                    source_task.visit, source_task.source, result, unwritten=()
                )
            for pages_task in tasks.pages:
                await self._refuse_pages(pages_task, reason)

    async def _do_domain(self, bundle: Bundle, tasks: DomainTasks) -> None:
        """Read the sources and fetch the pages of a domain."""
        part = self._parts.begin(
            visits=[task.visit.id for task in tasks.sources],
            entries=[entry.id for task in tasks.pages for entry in task.entries],
        )
        try:
            for source_task in tasks.sources:
                await self._begin_source(source_task)
            for pages_task in tasks.pages:
                await self._begin_pages(pages_task)
            part.look()
            await part.is_settled.wait()
        finally:
            self._parts.end(part)
            self._drop_rest(part)
        await self._field.notebook.finish_domain(
            bundle.id, self._field.site_limits.hand_over(tasks.domain)
        )

    async def _begin_source(self, task: SourceTask) -> None:
        try:
            source = self._field.complete(task.source, task.secrets)
        except SecretMissing as missing:
            result = failed_result(task.source, str(missing))
            await self._field.notebook.fail_visit(task.visit, task.source, result, unwritten=())
            self._parts.note_closed(task.visit.id)
            return
        self.start_visit(task.visit, source)

    async def _begin_pages(self, task: PagesTask) -> None:
        try:
            source = self._field.complete(task.source, task.secrets)
        except SecretMissing as missing:
            await self._hold_pages(task, str(missing))
            return
        loop = asyncio.get_running_loop()
        opened = self.open_visits.get(task.visit.id)
        if opened is None:
            ends_by = loop.time() + LEASE.total_seconds()
            opened = OpenVisit(visit=task.visit, source=source, ends_by=ends_by)
            opened.is_read, opened.read_at = True, loop.time()
            self.open_visits[task.visit.id] = opened
        opened.is_baseline = task.is_baseline
        with bound(source=source.name, visit=task.visit.id):
            # whatever happens on the way, each page is settled by it
            asking = loop.create_task(self._ask(opened, task.entries))
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)

    async def _ask(self, opened: OpenVisit, entries: tuple[WaitingEntry, ...]) -> None:
        no_answers: dict[str, Response] = {}
        try:
            await self._ask_pages(opened, entries, no_answers)
        except Exception:
            log_event(_log, logging.ERROR, "pages not asked for", exc_info=True)
            self._parts.note_settled(entry.id for entry in entries)

    async def _hold_pages(self, task: PagesTask, reason: str) -> None:
        """Have pages wait, without a try of theirs: somebody has to give this worker a secret."""
        opened = OpenVisit(visit=task.visit, source=task.source, ends_by=0)
        wait = ParsePostponed(reason, until=self.services.clock() + _SECRET_PAUSE)
        for entry in task.entries:
            await self._write_hold(opened, entry, wait)
        self._parts.note_settled(entry.id for entry in task.entries)

    async def _refuse_pages(self, task: PagesTask, reason: str) -> None:
        opened = OpenVisit(visit=task.visit, source=task.source, ends_by=0)
        for entry in task.entries:
            await self._write_failure(opened, entry, PageFailure(reason=reason))
        self._parts.note_settled(entry.id for entry in task.entries)

    async def fail_page_request(
        self, failure: Failure, *, opened: OpenVisit, entry: WaitingEntry
    ) -> None:
        """Save why a page could not be fetched; one that must not be asked for any more goes back with its domain."""
        await super().fail_page_request(failure, opened=opened, entry=entry)
        if isinstance(failure.value, VisitOver):
            await self._settle(opened, entry)

    async def ingest(self, page: Page) -> None:
        """Understand a page; one whose visit was closed meanwhile goes back with its domain."""
        await super().ingest(page)
        self._parts.note_settled([page.entry_id])

    async def _settle(self, opened: OpenVisit, *entries: WaitingEntry) -> None:
        await super()._settle(opened, *entries)
        self._parts.note_settled(entry.id for entry in entries)

    def _close(self, opened: OpenVisit) -> None:
        super()._close(opened)
        self._parts.note_closed(opened.visit.id)
        self._parts.note_settled(opened.pages)

    def _drop_rest(self, part: Part) -> None:
        """Abandon what a part that was cancelled had under way."""
        for visit_id in part.visits:
            opened = self.open_visits.pop(visit_id, None)
            if opened is not None:
                opened.is_over = True
            if (task := self._tasks.get(visit_id)) is not None:
                task.cancel()
        for opened in [*self.open_visits.values()]:
            for entry_id in part.entries & opened.pages.keys():
                opened.pages.pop(entry_id)
            if opened.is_read and not opened.pages:
                VisitingSpider._close(self, opened)
