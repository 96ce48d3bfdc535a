"""A worker of a cluster: one Scrapy engine that makes the visits of the bundles it gets (``watchword worker``)."""

import asyncio
import logging
import random
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.backoff import Backoff
from crawler.cluster.parts import Part, Parts
from crawler.errors import CarrierUnavailable, StopNow, VisitOver
from crawler.flows.cluster.carrier import WorkerCarrier
from crawler.flows.cluster.field.gathering import Gathering
from crawler.flows.cluster.field.services import FieldServices, SecretMissing
from crawler.flows.cluster.wire import EXCHANGE, DamagedParcel, read_bundle, read_rules
from crawler.log import log_event, say_repeats
from crawler.logs.context import bound
from crawler.middlewares.download.stopping import stopping_of
from crawler.model.article import Page
from crawler.model.cluster.bundle import Bundle, DomainTasks, PagesTask, SourceTask
from crawler.model.visit import LEASE, PageFailure, WaitingEntry
from crawler.settings import settings_from
from crawler.spiders.reading import ReadingSpider
from crawler.spiders.visits.open_visits import OpenVisit
from crawler.spiders.visits.visit_runner import failed_result
from crawler.spiders.visits.visiting_spider import VisitingSpider

# the home gives a worker up after thirty seconds without a beat; by then nothing of it may be under way any more
FENCE_SECONDS = 20.0
_LOOK_SECONDS = 0.5
_SWEEP_SECONDS = 60.0
_STOP_SECONDS = 5.0
_BACKOFF = Backoff(timedelta(seconds=1), timedelta(seconds=10), (0.7, 1.3))
_RNG = random.Random()  # noqa: S311  # jitter, not a secret
_log = logging.getLogger("watchword.worker")


class FieldSpider(ReadingSpider):
    """Spider that visits what bundles hold, until it is told to stop.

    places  how many bundles are under way at a time
    fault   why the carrier refused this worker, None if it did not
    must_restart  the home has other limits by now, which Scrapy reads only when it starts
    """

    name = "field"

    def __init__(
        self,
        *args: Any,
        services: FieldServices,
        carrier: WorkerCarrier,
        places: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, services=services, **kwargs)
        self._field = services
        self._carrier = carrier
        self._places = places
        self._parts = Parts()
        self._doing: dict[int, asyncio.Task[Any]] = {}
        self._stopping: asyncio.Task[None] | None = None
        self._is_fenced = False
        self.fault: StopNow | None = None
        self.must_restart = False
        self._asking: set[asyncio.Task[None]] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "FieldSpider":
        """Return a spider whose requests look at the fence, each time they could leave."""
        spider: FieldSpider = super().from_crawler(crawler, *args, **kwargs)
        stopping_of(crawler).check = spider.check_fence
        crawler.signals.connect(spider.count_answer, signal=signals.request_left_downloader)
        return spider

    def check_fence(self) -> None:
        """Raise VisitOver if the home may have given this worker up: nothing is asked any more."""
        if self._carrier.find_silence() > FENCE_SECONDS:
            raise VisitOver("no beat was acknowledged for 20 seconds; others do this worker's work")

    async def start(self) -> AsyncIterator[Request]:
        """Do bundles until told to stop; yields no requests."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop_soon)
        watching = asyncio.create_task(self._watch())
        try:
            await self._open()
            await self._carrier.work(self.do_bundle, places=self._places)
        except StopNow as error:
            self.fault = error
        finally:
            watching.cancel()
            await self._carrier.close()
        for request in self.no_requests:
            yield request

    async def _open(self) -> None:
        failures = 0
        while True:
            try:
                return await self._carrier.open(version=str(EXCHANGE))
            except CarrierUnavailable as error:
                failures += 1
                if failures == 1:
                    log_event(_log, logging.WARNING, "waiting for the home", reason=str(error))
            await asyncio.sleep(_BACKOFF.draw_after(failures, _RNG).total_seconds())

    def stop_soon(self) -> None:
        """End in order; for signals."""
        if self._stopping is None:
            log_event(_log, logging.INFO, "worker stopping", bundles=len(self._doing))
            self._stopping = asyncio.create_task(self.stop())

    async def _watch(self) -> None:
        """Look at the fence, and end visits that take too long."""
        swept_at = asyncio.get_running_loop().time()
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            self._look_at_fence()
            now = asyncio.get_running_loop().time()
            if now - swept_at >= _SWEEP_SECONDS:
                swept_at = now
                say_repeats()
                await self.sweep()

    def _look_at_fence(self) -> None:
        is_silent = self._carrier.find_silence() > FENCE_SECONDS
        if is_silent and not self._is_fenced:
            event = "no beat acknowledged, work dropped"
            log_event(_log, logging.WARNING, event, bundles=len(self._doing))
            for task in self._doing.values():
                task.cancel("given up")
        if self._is_fenced and not is_silent:
            log_event(_log, logging.INFO, "beats are acknowledged again")
        self._is_fenced = is_silent

    async def do_bundle(self, bundle_id: int, body: bytes) -> None:
        """Do all of a bundle; returns once its notes are with the carrier, raises if it was given up."""
        self.check_fence()
        if self.is_stopping:
            raise VisitOver("this worker is stopping")
        task = self._doing[bundle_id] = asyncio.ensure_future(self._do_bundle(bundle_id, body))
        try:
            await task
        except asyncio.CancelledError:
            self._field.notebook.abandon(bundle_id)
            if asyncio.current_task() is not None and task.cancelled() and self._is_fenced:
                raise VisitOver("this worker was silent for too long") from None
            task.cancel()
            raise
        finally:
            self._doing.pop(bundle_id, None)

    async def _do_bundle(self, bundle_id: int, body: bytes) -> None:
        bundle = read_bundle(body)
        if bundle.id != bundle_id:
            raise DamagedParcel("a bundle has another number than its job")
        await self._take_rules(bundle.rules)
        for one in bundle.domains:
            self._field.site_limits.take_over(one.pace, bundle.throttles)
        self._field.notebook.begin(bundle, Gathering(bundle.id, self._carrier.give))
        parts = [self._do_domain_safely(bundle, one) for one in bundle.domains]
        with bound(bundle=bundle.id):
            await asyncio.gather(*parts)
        await self._field.notebook.finish(bundle.id)

    async def _take_rules(self, key: str) -> None:
        if self._field.has_rules(key):
            return
        rules = read_rules(await self._carrier.get_rules(key))
        before = settings_from(self._field.rules.config)
        self._field.use_rules(key, rules)
        if settings_from(self._field.rules.config) != before:
            self.must_restart = True
            self.stop_soon()

    async def _do_domain_safely(self, bundle: Bundle, tasks: DomainTasks) -> None:
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
            await self._refuse_pages(task, str(missing))
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

    async def stop(self) -> None:
        """End in order: nothing more is asked, what is being received is waited for, the rest goes back to the home."""
        self.is_stopping = True
        self._carrier.stop()
        stopping_of(self.crawler).begin()
        if self._doing:
            await asyncio.wait([*self._doing.values()], timeout=_STOP_SECONDS)
        for task in self._doing.values():
            task.cancel()

    def closed(self, reason: str) -> None:
        """Close the services when Scrapy closes the spider."""
        self.drop_visits()
        self._field.close()
