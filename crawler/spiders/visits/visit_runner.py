"""A visit: read a source's endpoints, save what they say, and return the pages to fetch."""

import logging
from dataclasses import dataclass, field

from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.errors import (
    FetchFailed,
    HostThrottled,
    RetryLater,
    SetAside,
    StorageUnavailable,
    VisitOver,
    reason_of,
)
from crawler.flows.crawl.visit import outcome_of
from crawler.flows.crawl.visit_services import VisitServices
from crawler.log import VISIT_FAILURES, log_event
from crawler.model.source import Endpoint, EndpointKind, FetchResult, Source, SourceKind
from crawler.model.visit import Visit, WaitingEntry, is_network_fault
from crawler.spiders.discovery import Discovery, is_search_due
from crawler.spiders.endpoints import EndpointReader
from crawler.spiders.fetcher import Fetcher
from crawler.spiders.visits.open_visits import OpenVisit

_log = logging.getLogger("watchword.crawl")
# one of its own: at a terminal the same is shown as an event
_failures = logging.getLogger(VISIT_FAILURES)


@dataclass(slots=True)
class _Progress:
    """What one visit has read so far.

    unwritten  results without anything new, which are saved together at the end of the visit
    """

    results: list[FetchResult] = field(default_factory=list)
    unwritten: list[FetchResult] = field(default_factory=list)

    def has_read(self, endpoint: Endpoint) -> bool:
        # not by id: an endpoint that was found in this visit may not have one yet
        return any(result.endpoint.is_same(endpoint) for result in self.results)

    @property
    def is_well(self) -> bool:
        return any(result.failure is None for result in self.results)


class VisitRunner:
    """Reads one claimed source."""

    def __init__(self, services: VisitServices, crawler: Crawler, opened: OpenVisit) -> None:
        self._services = services
        self._opened = opened
        self._source: Source = opened.source
        self._visit: Visit = opened.visit
        fetcher = Fetcher(crawler)
        self._reader = EndpointReader(services, fetcher)
        self._discovery = Discovery(services, fetcher, self._reader)

    @property
    def pages(self) -> dict[str, Response]:
        """Answers of watched pages, by address; they need no second request."""
        return self._reader.pages

    async def read(self) -> tuple[WaitingEntry, ...] | None:
        """Read the source and return the pages to fetch; empty if there is nothing to fetch, None if the source failed."""
        progress = _Progress()
        if not await self._search(progress):
            for endpoint in self._due_endpoints():
                await self._take(await self._reader.read(self._source, endpoint), progress)
        if not progress.is_well:
            await self._fail(progress)
            return None
        results = tuple(progress.results)
        self._opened.outcome = outcome_of(results)
        return await self._services.notebook.conclude_visit(
            self._visit, self._source, results, unwritten=tuple(progress.unwritten)
        )

    async def _search(self, progress: _Progress) -> bool:
        """Look for endpoints if that is due; return whether the visit already has its results from it."""
        source = self._source
        if source.kind is not SourceKind.AUTO or not is_search_due(
            source, now=self._services.clock()
        ):
            return False
        try:
            found = await self._discovery.find_endpoints(source)
        # both are RetryLater, but end the visit itself
        except (VisitOver, StorageUnavailable):
            raise
        except (RetryLater, SetAside) as error:
            # the known endpoints may still work; the search stays due
            if source.endpoints:
                return False
            progress.results.append(failed_result(source, error))
            return True
        for result in found:
            await self._take(result, progress)
        await self._services.notebook.keep_discovery(self._visit)
        return True

    def _due_endpoints(self) -> list[Endpoint]:
        """Return the endpoints to read now; a configured one that is not in the database yet is saved with its result."""
        source, now = self._source, self._services.clock()
        if not source.endpoints and source.kind is not SourceKind.AUTO:
            kind = EndpointKind(source.kind.value)
            return [Endpoint(id=0, kind=kind, url=source.url)]
        # a person asked for the visit: read everything, due or not
        if self._visit.is_wanted:
            return list(source.endpoints)
        due = [
            endpoint
            for endpoint in source.endpoints
            if endpoint.due_at is None or endpoint.due_at <= now
        ]
        # a visit reads at least one, otherwise it would learn nothing about the source
        return due or list(source.endpoints[:1])

    async def _take(self, result: FetchResult, progress: _Progress) -> None:
        progress.results.append(result)
        if result.failure is not None or result.is_unchanged:
            progress.unwritten.append(result)
            return
        if result.endpoint.kind is EndpointKind.PAGE:
            self._opened.is_baseline = result.endpoint.read_at is None and not self._source.backfill
        has_rollover = await self._services.notebook.keep_result(self._visit, self._source, result)
        if has_rollover:
            await self._recover_rollover(result, progress)

    async def _recover_rollover(self, result: FetchResult, progress: _Progress) -> None:
        """Read every other endpoint, due or not; if the source has feeds only, look for a sitemap.

        What left the feed between two visits may still be listed there.
        """
        source = self._source
        log_event(
            _log, logging.INFO, "feed rolled over", source=source.name, endpoint=result.endpoint.url
        )
        others = [endpoint for endpoint in source.endpoints if not progress.has_read(endpoint)]
        for endpoint in others:
            await self._take(await self._reader.read(source, endpoint), progress)
        if not any(endpoint.kind is not EndpointKind.FEED for endpoint in source.endpoints):
            for found in await self._discovery.find_helpers(source, result.entries):
                await self._take(found, progress)

    async def _fail(self, progress: _Progress) -> None:
        result = progress.results[0]
        await self._services.notebook.fail_visit(
            self._visit, self._source, result, unwritten=tuple(progress.unwritten)
        )
        # a source that stays down is logged once; `source list` and `doctor` keep showing it. What may be the network of
        # this machine fails with every source, and the daemon says it once
        is_said = self._source.failure_count or is_network_fault(result.failure or "")
        level = logging.DEBUG if is_said else logging.WARNING
        log_event(
            _failures, level, "source failed", source=self._source.name, reason=result.failure
        )


def failed_result(source: Source, why: Exception | str) -> FetchResult:
    """Return the result of a visit that could not read its source at all, for a reason that no endpoint has."""
    return FetchResult(
        endpoint=Endpoint(id=0, kind=EndpointKind.SECTION, url=source.url),
        failure=why if isinstance(why, str) else reason_of(why),
        http_status=why.http_status if isinstance(why, FetchFailed) else None,
        is_refused=isinstance(why, SetAside) and not isinstance(why, HostThrottled),
    )
