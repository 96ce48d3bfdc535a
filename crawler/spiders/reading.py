"""Reading sources and their pages: what every spider of ours does, however its visits are chosen."""

import hashlib
import logging
from collections.abc import Iterable
from functools import partial
from typing import Any

import scrapy
from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.errors import NotAFeed, SetAside
from crawler.flows.desk import Desk
from crawler.flows.ingest import ingest_page
from crawler.flows.visit import (
    end_visit,
    fail_page,
    fail_visit,
    keep_feed,
    keep_unchanged,
)
from crawler.log import log_event
from crawler.model.article import Page
from crawler.model.run import Visit
from crawler.model.source import Feed, FeedAnswer, Source, SourceKind
from crawler.spiders.failures import explain_failure, explain_status, is_final
from crawler.spiders.visits import OpenVisit
from crawler.storage.entries import WaitingEntry

_log = logging.getLogger("watchword.crawl")
_GONE = frozenset({404, 410})


class ReadingSpider(scrapy.Spider):
    """A spider that reads claimed sources; subclasses decide which."""

    def __init__(self, *args: Any, desk: Desk, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.desk = desk
        self.open_visits: dict[int, OpenVisit] = {}

    def ask_source(self, visit: Visit, source: Source) -> Request:
        """Open a visit and give the request for its source."""
        opened = OpenVisit(visit=visit, source=source)
        self.open_visits[visit.run_id] = opened
        return self._request_source(source.url, opened)

    def _request_source(self, url: str, opened: OpenVisit) -> Request:
        return Request(
            url,
            callback=partial(self.read_source, opened=opened),
            errback=partial(self.fail_source, opened=opened),
            dont_filter=True,
            meta={
                "source": None if opened.has_followed else opened.source,
                "allow_private": opened.source.allow_private,
                "handle_httpstatus_all": True,
            },
            priority=10,
        )

    async def read_source(self, response: Response, *, opened: OpenVisit) -> Iterable[Request]:
        """Read a source's answer and give the requests that follow from it."""
        try:
            return await self._follow_source(response, opened)
        except SetAside as refusal:
            await self._fail(opened, refusal.reason, http_status=response.status)
        except Exception as error:
            _log.exception("source broke source=%s", opened.source.name)
            await self._fail(
                opened, f"a fault of Watchword: {error!r}", http_status=response.status
            )
        return ()

    async def _follow_source(self, response: Response, opened: OpenVisit) -> Iterable[Request]:
        if response.status != 304 and not 200 <= response.status < 300:
            await self._fail(opened, explain_status(response.status), http_status=response.status)
            return ()
        body_hash = hashlib.blake2b(response.body, digest_size=16).hexdigest()
        if response.status == 304 or body_hash == opened.source.body_hash:
            opened.is_unchanged = True
            waiting = await self.desk.writer.run(
                keep_unchanged,
                opened.visit,
                opened.source,
                http_status=response.status,
                now=self.desk.clock(),
            )
            return await self._ask_pages(opened, waiting)
        try:
            feed = await self._parse_feed(response)
        except NotAFeed as refusal:
            return (await self._follow_home_page(response, opened, refusal),)
        waiting = await self._keep(response, opened, feed, body_hash=body_hash)
        return await self._ask_pages(opened, waiting)

    async def _parse_feed(self, response: Response) -> Feed:
        return await self.desk.pool.parse_feed(
            response.body,
            url=response.url,
            content_type=_header(response, "Content-Type") or "",
            fetched_at=self.desk.clock(),
        )

    async def _follow_home_page(
        self, response: Response, opened: OpenVisit, refusal: NotAFeed
    ) -> Request:
        """Give the request for the feed a home page names; raises NotAFeed where that does not help."""
        links = await self.desk.pool.find_feed_links(response.body, url=response.url)
        if opened.source.kind is not SourceKind.AUTO or opened.has_followed:
            hint = f"; the page names the feed {links[0]}" if links else ""
            raise NotAFeed(refusal.reason + hint)
        if not links:
            raise NotAFeed(f"{refusal.reason}, and it names no feed")
        opened.has_followed = True
        return self._request_source(links[0], opened)

    async def _keep(
        self, response: Response, opened: OpenVisit, feed: Feed, *, body_hash: str
    ) -> tuple[WaitingEntry, ...]:
        cut = f"{feed.cut_count} entries over the limit were not read" if feed.cut_count else None
        answer = FeedAnswer(
            url=response.url,
            http_status=response.status,
            etag=_header(response, "ETag"),
            last_modified=_header(response, "Last-Modified"),
            body_hash=body_hash,
            feed=feed,
            note=cut,
        )
        return await self.desk.writer.run(
            keep_feed, opened.visit, opened.source, answer, now=self.desk.clock()
        )

    async def _ask_pages(
        self, opened: OpenVisit, waiting: tuple[WaitingEntry, ...]
    ) -> Iterable[Request]:
        """Give the requests for pages; a visit without any is over."""
        opened.pages_open = len(waiting)
        if not waiting:
            await self._end(opened)
        return [self._request_page(opened, entry) for entry in waiting]

    def _request_page(self, opened: OpenVisit, entry: WaitingEntry) -> Request:
        opened.entries[entry.id] = entry
        return Request(
            entry.url,
            callback=partial(self.read_page, opened=opened, entry=entry),
            errback=partial(self.fail_page_request, opened=opened, entry=entry),
            dont_filter=True,
            meta={
                "allow_private": opened.source.allow_private,
                "handle_httpstatus_all": True,
            },
        )

    async def read_page(
        self, response: Response, *, opened: OpenVisit, entry: WaitingEntry
    ) -> Iterable[Page]:
        """Turn a response into a Page for the pipeline, or settle it as failed."""
        if not 200 <= response.status < 300:
            reason = explain_status(response.status)
            await self._fail_page(opened, entry, reason, is_final=response.status in _GONE)
            return ()
        if "partial" in response.flags or "dataloss" in response.flags:
            await self._fail_page(opened, entry, "the answer broke off before its end")
            return ()
        page = Page(
            url=response.url,
            requested_url=entry.url,
            body=response.body,
            content_type=_header(response, "Content-Type") or "",
            fetched_at=self.desk.clock(),
            run_id=opened.visit.run_id,
            source_id=opened.source.id,
            entry_id=entry.id,
            timezone=opened.source.timezone,
            language=opened.source.language,
            stated_title=entry.title,
            stated_at=entry.stated_at,
        )
        return (page,)

    async def take_in(self, page: Page) -> None:
        """Take a page through the walk; its visit learns that it is settled, whatever happens."""
        opened = self.open_visits[page.run_id]
        entry = opened.entries[page.entry_id]
        try:
            outcome = await ingest_page(page, opened.source, self.desk)
        except Exception as error:
            _log.exception("page broke url=%s", page.url)
            await self._fail_page(opened, entry, f"a fault of Watchword: {error!r}")
            return
        log_event(_log, logging.DEBUG, "page taken in", url=page.url, outcome=outcome.value)
        await self._settle(opened)

    async def fail_page_request(
        self, failure: Failure, *, opened: OpenVisit, entry: WaitingEntry
    ) -> None:
        """Record why a page could not be fetched."""
        reason = explain_failure(failure)
        await self._fail_page(opened, entry, reason, is_final=is_final(failure))

    async def _fail_page(
        self, opened: OpenVisit, entry: WaitingEntry, reason: str, *, is_final: bool = False
    ) -> None:
        last_try = entry.attempt_count + 1 >= self.desk.rules.config.fetch.max_attempts
        await self.desk.writer.run(
            fail_page,
            opened.visit,
            entry,
            reason,
            is_final=is_final or last_try,
            now=self.desk.clock(),
        )
        await self._settle(opened)

    async def fail_source(self, failure: Failure, *, opened: OpenVisit) -> None:
        """Record why a source could not be fetched."""
        await self._fail(opened, explain_failure(failure), http_status=None)

    async def _fail(self, opened: OpenVisit, reason: str, *, http_status: int | None) -> None:
        count = await self.desk.writer.run(
            fail_visit, opened.visit, reason, http_status=http_status, now=self.desk.clock()
        )
        self.open_visits.pop(opened.visit.run_id, None)
        # a source that stays down is said once; `source list` and `doctor` keep showing it
        level = logging.WARNING if count == 1 else logging.DEBUG
        log_event(_log, level, "source failed", source=opened.source.name, reason=reason)

    async def _settle(self, opened: OpenVisit) -> None:
        opened.pages_open -= 1
        if opened.pages_open == 0:
            await self._end(opened)

    async def _end(self, opened: OpenVisit) -> None:
        await self.desk.writer.run(
            end_visit, opened.visit, is_unchanged=opened.is_unchanged, now=self.desk.clock()
        )
        self.open_visits.pop(opened.visit.run_id, None)


def _header(response: Response, name: str) -> str | None:
    """Give a response header as text, or None; a header of absurd length is not kept."""
    value = response.headers.get(name)
    text = value.decode("latin-1").strip() if value else ""
    return text if 0 < len(text) <= 1000 and text.isprintable() else None
