"""Reading sources and their pages: what every spider of ours does, however its visits are chosen."""

import asyncio
import logging
from collections.abc import Iterable
from functools import partial
from typing import Any, cast

import scrapy
from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.errors import (
    DomainQuiet,
    ParseInterrupted,
    ParsePostponed,
    SetAside,
    reason_of,
)
from crawler.flows.desk import Desk
from crawler.flows.ingest import ingest_page
from crawler.flows.visit import end_visit, fail_page, fail_visit, hold_page
from crawler.log import log_event
from crawler.model.article import Page
from crawler.model.run import PageFailure, Visit
from crawler.model.source import Reading, Source, SourceKind, Way, WayKind
from crawler.spiders.asking import header_of, is_cut_off, make_meta
from crawler.spiders.visiting import Visiting
from crawler.spiders.visits import OpenVisit
from crawler.storage.entries import WaitingEntry
from crawler.text.http import explain_status

_log = logging.getLogger("watchword.crawl")
_GONE = frozenset({404, 410})


class ReadingSpider(scrapy.Spider):
    """A spider that reads claimed sources; subclasses decide which.

    max_pages  most pages one visit fetches, None for all
    """

    def __init__(self, *args: Any, desk: Desk, max_pages: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.desk = desk
        self.max_pages = max_pages
        self.open_visits: dict[int, OpenVisit] = {}
        self.no_requests: tuple[Request, ...] = ()
        self._tasks: set[asyncio.Task[None]] = set()
        self.visit_ended = asyncio.Event()

    def start_visit(self, visit: Visit, source: Source) -> None:
        """Open a visit; it reads the source by itself and asks for its pages."""
        opened = OpenVisit(visit=visit, source=source)
        self.open_visits[visit.run_id] = opened
        task = asyncio.get_running_loop().create_task(self._visit(opened))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _close(self, opened: OpenVisit) -> None:
        self.open_visits.pop(opened.visit.run_id, None)
        self.visit_ended.set()

    def drop_visits(self) -> None:
        """Let go of what is under way: it stays due, and the next process takes it up."""
        for task in self._tasks:
            task.cancel()

    async def _visit(self, opened: OpenVisit) -> None:
        visiting = Visiting(self.desk, self.crawler, opened)
        try:
            waiting = await visiting.read()
            if waiting:
                await self._ask_pages(opened, waiting[: self.max_pages], visiting.pages)
            else:
                self._close(opened)
        except Exception as error:
            _log.exception("source broke source=%s", opened.source.name)
            await self._give_up(opened, f"a fault of Watchword: {error!r}")

    async def _give_up(self, opened: OpenVisit, reason: str) -> None:
        way = Way(id=0, kind=WayKind.PAGE, url=opened.source.url)
        await self.desk.writer.run(
            fail_visit,
            opened.visit,
            opened.source,
            Reading(way=way, failure=reason),
            unwritten=(),
            now=self.desk.clock(),
        )
        self._close(opened)

    async def _ask_pages(
        self, opened: OpenVisit, waiting: tuple[WaitingEntry, ...], at_hand: dict[str, Response]
    ) -> None:
        """Ask for pages; a watched page has been answered already and goes straight into the walk."""
        engine = self.crawler.engine
        opened.pages_open = len(waiting)
        opened.entries.update((entry.id, entry) for entry in waiting)
        # what would not be read is not fetched either
        hold = self.desk.pool.find_hold(opened.source.name)
        for entry in waiting:
            if hold is not None:
                await self._hold_page(opened, entry, hold)
                continue
            answer = at_hand.get(entry.url)
            if answer is None:
                engine.crawl(self._request_page(opened, entry))
            else:
                await self.take_in(self._make_page(answer, opened, entry))

    def _request_page(self, opened: OpenVisit, entry: WaitingEntry) -> Request:
        return Request(
            entry.url,
            callback=partial(self.read_page, opened=opened, entry=entry),
            errback=partial(self.fail_page_request, opened=opened, entry=entry),
            dont_filter=True,
            meta=make_meta(opened.source, is_page=True),
        )

    async def read_page(
        self, response: Response, *, opened: OpenVisit, entry: WaitingEntry
    ) -> Iterable[Page]:
        """Turn a response into a Page for the pipeline, or settle it as failed."""
        if not 200 <= response.status < 300:
            gone = response.status if response.status in _GONE else None
            reason = explain_status(response.status)
            failure = PageFailure(reason=reason, is_final=gone is not None, gone_status=gone)
            await self._fail_page(opened, entry, failure)
            return ()
        if is_cut_off(response):
            failure = PageFailure(reason="the answer broke off before its end")
            await self._fail_page(opened, entry, failure)
            return ()
        return (self._make_page(response, opened, entry),)

    def _make_page(self, response: Response, opened: OpenVisit, entry: WaitingEntry) -> Page:
        source = opened.source
        return Page(
            url=response.url,
            requested_url=entry.url,
            body=response.body,
            content_type=header_of(response, "Content-Type") or "",
            fetched_at=self.desk.clock(),
            run_id=opened.visit.run_id,
            source_id=source.id,
            entry_id=entry.id,
            timezone=source.timezone,
            language=source.language,
            stated_title=entry.title,
            stated_at=entry.stated_at,
            select=source.select,
            is_watched=source.kind is SourceKind.PAGE,
            is_baseline=opened.is_baseline,
            is_backfill=entry.is_backfill,
            interrupted_count=entry.interrupted_count,
        )

    async def take_in(self, page: Page) -> None:
        """Take a page through the walk; its visit learns that it is settled, whatever happens."""
        opened = self.open_visits[page.run_id]
        entry = opened.entries[page.entry_id]
        try:
            outcome = await ingest_page(page, opened.source, self.desk)
        except ParsePostponed as wait:
            await self._hold_page(opened, entry, wait)
            return
        except ParseInterrupted as cut:
            failure = PageFailure(reason=cut.reason, is_interrupted=True)
            await self._fail_page(opened, entry, failure)
            return
        except Exception as error:
            _log.exception("page broke url=%s", page.url)
            failure = PageFailure(reason=f"a fault of Watchword: {error!r}")
            await self._fail_page(opened, entry, failure)
            return
        log_event(_log, logging.DEBUG, "page taken in", url=page.url, outcome=outcome.value)
        await self._settle(opened)

    async def fail_page_request(
        self, failure: Failure, *, opened: OpenVisit, entry: WaitingEntry
    ) -> None:
        """Record why a page could not be fetched."""
        error = cast("Exception", failure.value)
        if isinstance(error, DomainQuiet):
            await self._hold_page(opened, entry, error)
            return
        is_final = isinstance(error, SetAside | IgnoreRequest)
        await self._fail_page(
            opened, entry, PageFailure(reason=reason_of(error), is_final=is_final)
        )

    async def _hold_page(
        self, opened: OpenVisit, entry: WaitingEntry, wait: DomainQuiet | ParsePostponed
    ) -> None:
        await self.desk.writer.run(hold_page, entry, wait.reason, until=wait.until)
        await self._settle(opened)

    async def _fail_page(
        self, opened: OpenVisit, entry: WaitingEntry, failure: PageFailure
    ) -> None:
        await self.desk.writer.run(
            fail_page,
            opened.visit,
            entry,
            failure,
            rules=self.desk.rules,
            now=self.desk.clock(),
        )
        await self._settle(opened)

    async def _settle(self, opened: OpenVisit) -> None:
        opened.pages_open -= 1
        if opened.pages_open == 0:
            await self.desk.writer.run(
                end_visit, opened.visit, outcome=opened.outcome, now=self.desk.clock()
            )
            self._close(opened)
