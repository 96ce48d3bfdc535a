"""Reading sources and their pages: what all our spiders share, however they choose their visits."""

import asyncio
import logging
from collections.abc import Iterable
from functools import partial
from typing import Any, Protocol, cast

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.errors import (
    HostThrottled,
    ParseInterrupted,
    ParsePostponed,
    SetAside,
    StorageUnavailable,
    VisitOver,
    reason_of,
)
from crawler.flows.crawl.visit_services import VisitServices
from crawler.flows.news.pages.feed_words import prepare_words
from crawler.flows.news.pages.ingest_page import (
    explain_unread,
    ingest_new_words,
    ingest_page,
    ingest_words,
)
from crawler.flows.news.pages.unread_pages import find_page_due
from crawler.flows.process.notebook import Unread
from crawler.log import log_event
from crawler.logs.context import bound
from crawler.model.article import Page
from crawler.model.visit import PageFailure, PageOutcome, VisitOutcome, WaitingEntry
from crawler.spiders.fetcher import make_meta
from crawler.spiders.pages import explain_failure, find_wait, make_page, needs_no_page
from crawler.spiders.parts import VisitParts
from crawler.spiders.visits.open_visits import OpenVisit
from crawler.spiders.visits.visit_runner import VisitRunner, failed_result
from crawler.spiders.visits.visiting_spider import VisitingSpider
from crawler.text.web.urls import budget_key

_log = logging.getLogger("watchword.crawl")
# besides the sources that are read at the same time (worker.py)
_MOST_PAGES = 64
_Wait = HostThrottled | ParsePostponed


class _PageQueue(Protocol):
    def withdraw(self, visit: OpenVisit) -> tuple[WaitingEntry, ...]:
        """Take the pages of a visit out of all lines and return their entries."""


class ReadingSpider(VisitingSpider):
    """A spider that reads claimed sources; subclasses choose which.

    max_pages  a visit fetches at most this many pages, None for all
    most_pages  how many pages of all visits may be with the downloader at a time
    gives_back  a visit that has pages in line when its source should be read again ends without them
    """

    def __init__(
        self, *args: Any, services: VisitServices, max_pages: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, services=services, **kwargs)
        self.max_pages = max_pages
        self.most_pages = _MOST_PAGES
        self.gives_back = False
        self.no_requests: tuple[Request, ...] = ()

    async def _visit(self, opened: OpenVisit) -> None:
        runner = VisitRunner(self.services, self.crawler, opened)
        try:
            waiting = await runner.read()
            if waiting is not None:
                self._free_place(opened)
            self.services.progress += 1
            if waiting:
                await self._ask_pages(opened, waiting[: self.max_pages], runner.pages)
        except VisitOver as over:
            await self._drop(opened, VisitOutcome.INTERRUPTED, str(over))
        except StorageUnavailable:
            log_event(_log, logging.INFO, "closing while waiting for storage")
        except Exception as error:
            log_event(_log, logging.ERROR, "source broke", exc_info=True, source=opened.source.name)
            result = failed_result(opened.source, f"a fault of Watchword: {error!r}")
            notebook = self.services.notebook
            await self._write(
                opened, notebook.fail_visit(opened.visit, opened.source, result, unwritten=())
            )
            self._close(opened)
        finally:
            if not opened.pages:
                self._close(opened)

    def _free_place(self, opened: OpenVisit) -> None:
        """Note that a source was read: while its pages are fetched, other sources are read."""
        opened.is_read, opened.read_at = True, asyncio.get_running_loop().time()
        self.room_made.set()

    async def _ask_pages(
        self, opened: OpenVisit, waiting: tuple[WaitingEntry, ...], at_hand: dict[str, Response]
    ) -> None:
        """Request pages; a watched page has its answer already and is ingested at once."""
        engine = self.crawler.engine
        opened.pages.update((entry.id, budget_key(entry.url)) for entry in waiting)
        opened.entries.update((entry.id, entry) for entry in waiting)
        await self._extend(opened)
        # a source that has used up its share of reading time gets its pages later: nothing is fetched that would not be read
        hold = self.services.pool.find_hold(opened.source.name)
        for entry in waiting:
            if hold is not None:
                await self._hold_page(opened, entry, hold)
                continue
            answer = at_hand.get(entry.url)
            if answer is not None:
                await self.ingest(self._make_page(answer, opened, entry))
            elif needs_no_page(entry) or self._is_too_soon(opened, entry):
                await self.ingest(make_page(opened, entry, now=self.services.clock()))
            else:
                engine.crawl(self._request_page(opened, entry))

    async def sweep(self) -> None:
        """End visits that take too long; let pages that are still in line wait for a later visit where one should begin."""
        for opened in [*self.open_visits.values()] if self.gives_back else ():
            if self._should_give_back(opened):
                left = cast("_PageQueue", self.crawler.engine.scheduler).withdraw(opened)
                if left:
                    await self._settle(opened, *left)
        await super().sweep()

    def _should_give_back(self, opened: OpenVisit) -> bool:
        """Return whether a source should be read again by now.

        A backfill of hundreds of pages takes hours at a slow site, and what the source published meanwhile was not seen.
        """
        every = max(opened.source.every, self.services.rules.config.fetch.min_every)
        since = asyncio.get_running_loop().time() - opened.read_at
        return opened.is_read and since >= every.total_seconds()

    def _is_too_soon(self, opened: OpenVisit, entry: WaitingEntry) -> bool:
        """Return whether only an entry's new words are read, because its page is not due; never if a person asked for the visit."""
        due_at = None if opened.visit.is_wanted else find_page_due(entry)
        if due_at is None or due_at <= self.services.clock():
            return False
        opened.words_only[entry.id] = due_at
        return True

    def _request_page(self, opened: OpenVisit, entry: WaitingEntry) -> Request:
        return Request(
            entry.url,
            callback=partial(self.read_page, opened=opened, entry=entry),
            errback=partial(self.fail_page_request, opened=opened, entry=entry),
            dont_filter=True,
            meta={**make_meta(opened.source, is_page=True), "visit": opened, "entry": entry},
        )

    async def read_page(
        self, response: Response, *, opened: OpenVisit, entry: WaitingEntry
    ) -> Iterable[Page]:
        """Return a response as a page for the pipeline, or nothing after settling it as failed."""
        throttle = self.services.site_limits.find_throttle(entry.url)
        failure = explain_failure(response, throttled_until=throttle.until if throttle else None)
        if failure is not None:
            await self._fail_page(opened, entry, failure)
            return ()
        return (self._make_page(response, opened, entry),)

    def _make_page(self, response: Response, opened: OpenVisit, entry: WaitingEntry) -> Page:
        return make_page(opened, entry, response, now=self.services.clock())

    async def ingest(self, page: Page) -> None:
        """Understand, match and store a page; whatever happens, it is then settled in its visit."""
        opened = self.open_visits.get(page.visit_id)
        if opened is None:  # the visit was abandoned: the next one fetches the page again
            return
        with bound(source=opened.source.name, visit=page.visit_id, url=page.url):
            await self._ingest_and_settle(page, opened, opened.entries[page.entry_id])

    async def _ingest_and_settle(self, page: Page, opened: OpenVisit, entry: WaitingEntry) -> None:
        try:
            outcome = await self._ingest(page, opened, entry)
            log_event(_log, logging.DEBUG, "page ingested", outcome=outcome.value)
        except VisitOver as over:
            await self._drop(opened, VisitOutcome.INTERRUPTED, str(over))
        except StorageUnavailable:
            log_event(_log, logging.INFO, "closing while waiting for storage")
        except ParsePostponed as wait:  # no attempt is counted (decision 019)
            await self._write_hold(opened, entry, wait)
        except ParseInterrupted as cut:  # counts as an attempt; the third refuses it (decision 019)
            await self._write_failure(
                opened, entry, PageFailure(reason=cut.reason, is_interrupted=True)
            )
        except Exception as error:
            log_event(_log, logging.ERROR, "page broke", exc_info=True)
            failure = PageFailure(reason=f"a fault of Watchword: {error!r}")
            await self._write_failure(opened, entry, failure)
        finally:
            await self._settle(opened, entry)

    async def _ingest(self, page: Page, opened: OpenVisit, entry: WaitingEntry) -> PageOutcome:
        if needs_no_page(entry):
            return await ingest_words(page, opened.source, self.services)
        if (due_at := opened.words_only.get(entry.id)) is not None:
            return await ingest_new_words(
                page, opened.source, self.services, reason=entry.reason, page_due_at=due_at
            )
        extend = partial(self._lengthen, opened)
        parts = VisitParts(page, opened, self.crawler, self.services, extend=extend)
        outcome = await ingest_page(page, opened.source, self.services, parts=parts)
        if page.settings.is_watched and outcome is PageOutcome.REFUSED:
            opened.refused_entry_id = page.entry_id
        return outcome

    async def fail_page_request(
        self, failure: Failure, *, opened: OpenVisit, entry: WaitingEntry
    ) -> None:
        """Save why a page could not be fetched."""
        error = cast("Exception", failure.value)
        # of a process that is to end, which says nothing about the page: it stays in line for the next visit
        if opened.is_over or isinstance(error, VisitOver):
            return
        wait = find_wait(error, now=self.services.clock())
        if wait is not None:
            await self._hold_page(opened, entry, wait)
            return
        is_final = isinstance(error, SetAside)
        await self._fail_page(
            opened, entry, PageFailure(reason=reason_of(error), is_final=is_final)
        )

    async def _hold_page(self, opened: OpenVisit, entry: WaitingEntry, wait: _Wait) -> None:
        try:
            await self._write_hold(opened, entry, wait)
        finally:
            await self._settle(opened, entry)

    async def _write_hold(self, opened: OpenVisit, entry: WaitingEntry, wait: _Wait) -> None:
        unread = await self._make_unread(opened, entry, wait.reason)
        await self._write(opened, self.services.notebook.hold_page(opened.visit, unread, wait))

    async def _fail_page(
        self, opened: OpenVisit, entry: WaitingEntry, failure: PageFailure
    ) -> None:
        try:
            await self._write_failure(opened, entry, failure)
        finally:
            await self._settle(opened, entry)

    async def _write_failure(
        self, opened: OpenVisit, entry: WaitingEntry, failure: PageFailure
    ) -> None:
        unread = await self._make_unread(opened, entry, failure.reason)
        await self._write(opened, self.services.notebook.fail_page(opened.visit, unread, failure))

    async def _make_unread(self, opened: OpenVisit, entry: WaitingEntry, reason: str) -> Unread:
        page, why = make_page(opened, entry, now=self.services.clock()), explain_unread(reason)
        return await prepare_words(page, opened.source, self.services, why=why)

    async def _settle(self, opened: OpenVisit, *entries: WaitingEntry) -> None:
        """Count pages as settled; the last one ends the visit."""
        self.services.progress += 1
        for entry in entries:
            opened.pages.pop(entry.id, None)
        if opened.pages or opened.is_over:
            return
        try:
            ending = self.services.notebook.end_visit(
                opened.visit, outcome=opened.outcome, refused_entry_id=opened.refused_entry_id
            )
            await self._write(opened, ending)
        finally:
            self._close(opened)
