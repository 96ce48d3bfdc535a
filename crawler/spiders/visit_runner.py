"""A visit: read a source's ways in, write down what they say, and give the pages to fetch."""

import logging
from dataclasses import dataclass, field

from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.errors import (
    DomainQuiet,
    FetchFailed,
    RetryLater,
    SetAside,
    StorageUnavailable,
    VisitOver,
    reason_of,
)
from crawler.flows.crawl.visit import (
    conclude_reading,
    fail_visit,
    keep_discovery,
    keep_reading,
    keep_way,
    outcome_of,
)
from crawler.flows.crawl_services import CrawlServices
from crawler.log import log_event
from crawler.model.source import Reading, Source, SourceKind, Way, WayKind
from crawler.model.visit import Visit
from crawler.spiders.discovery import Discovery, is_search_due
from crawler.spiders.endpoints import WayReader
from crawler.spiders.fetcher import Asker
from crawler.spiders.open_visits import OpenVisit
from crawler.storage.crawl.entries.entries import WaitingEntry

_log = logging.getLogger("watchword.crawl")


@dataclass(slots=True)
class _Progress:
    """What one visit has read so far.

    unwritten  readings that are not in the database yet: those without anything new
    """

    readings: list[Reading] = field(default_factory=list)
    unwritten: list[Reading] = field(default_factory=list)

    def has_read(self, way: Way) -> bool:
        return any(reading.way.id == way.id for reading in self.readings)

    @property
    def is_well(self) -> bool:
        return any(reading.failure is None for reading in self.readings)


class Visiting:
    """Reads one claimed source."""

    def __init__(self, desk: CrawlServices, crawler: Crawler, opened: OpenVisit) -> None:
        self._desk = desk
        self._opened = opened
        self._source: Source = opened.source
        self._visit: Visit = opened.visit
        asker = Asker(crawler)
        self._reader = WayReader(desk, asker)
        self._discovery = Discovery(desk, self._visit, asker, self._reader)

    @property
    def pages(self) -> dict[str, Response]:
        """Answers of watched pages that need no second request."""
        return self._reader.pages

    async def read(self) -> tuple[WaitingEntry, ...] | None:
        """Read the source; gives the pages to fetch, none where the visit is over, None where it failed."""
        progress = _Progress()
        if not await self._search(progress):
            for way in await self._due_ways():
                await self._take(await self._reader.read(self._source, way), progress)
        if not progress.is_well:
            await self._fail(progress)
            return None
        readings = tuple(progress.readings)
        self._opened.outcome = outcome_of(readings)
        return await self._desk.writer.run(
            conclude_reading,
            self._visit,
            self._source,
            readings,
            unwritten=tuple(progress.unwritten),
            now=self._desk.clock(),
        )

    async def _search(self, progress: _Progress) -> bool:
        """Look for ways in where that is due; gives whether they were found, and so read."""
        source = self._source
        if source.kind is not SourceKind.AUTO or not is_search_due(source, now=self._desk.clock()):
            return False
        try:
            found = await self._discovery.find_ways(source)
        except (VisitOver, StorageUnavailable):
            raise
        except (RetryLater, SetAside) as error:
            if source.ways:
                return False
            progress.readings.append(_tell(source, error))
            return True
        for reading in found:
            await self._take(reading, progress)
        await self._desk.writer.run(keep_discovery, self._visit, now=self._desk.clock())
        return True

    async def _due_ways(self) -> list[Way]:
        """Give the ways in to read now; a stated one that is not in the database yet is put there."""
        source, now = self._source, self._desk.clock()
        if not source.ways and source.kind is not SourceKind.AUTO:
            kind = WayKind(source.kind.value)
            return [
                await self._desk.writer.run(
                    keep_way, self._visit, kind, source.url, origin="stated"
                )
            ]
        if self._visit.is_wanted:
            return list(source.ways)
        due = [way for way in source.ways if way.due_at is None or way.due_at <= now]
        return due or list(source.ways[:1])

    async def _take(self, reading: Reading, progress: _Progress) -> None:
        progress.readings.append(reading)
        if reading.failure is not None or reading.is_unchanged:
            progress.unwritten.append(reading)
            return
        if reading.way.kind is WayKind.PAGE:
            self._opened.is_baseline = reading.way.read_at is None and not self._source.backfill
        has_gap = await self._desk.writer.run(
            keep_reading, self._visit, self._source, reading, now=self._desk.clock()
        )
        if has_gap:
            await self._fill_gap(reading, progress)

    async def _fill_gap(self, reading: Reading, progress: _Progress) -> None:
        """Read every other way in, whether it is its turn or not; without any, look for a sitemap."""
        source = self._source
        log_event(_log, logging.INFO, "feed gap", source=source.name, way=reading.way.url)
        others = [way for way in source.ways if not progress.has_read(way)]
        for way in others:
            await self._take(await self._reader.read(source, way), progress)
        if not any(way.kind is not WayKind.FEED for way in source.ways):
            for found in await self._discovery.find_helpers(source, reading.entries):
                await self._take(found, progress)

    async def _fail(self, progress: _Progress) -> None:
        reading = progress.readings[0]
        await self._desk.writer.run(
            fail_visit,
            self._visit,
            self._source,
            reading,
            unwritten=tuple(progress.unwritten),
            now=self._desk.clock(),
        )
        # a source that stays down is said once; `source list` and `doctor` keep showing it
        level = logging.DEBUG if self._source.failure_count else logging.WARNING
        log_event(_log, level, "source failed", source=self._source.name, reason=reading.failure)


def _tell(source: Source, error: RetryLater | SetAside) -> Reading:
    """Give the reading of a source of which not even a way in is known."""
    return Reading(
        way=Way(id=0, kind=WayKind.SECTION, url=source.url),
        failure=reason_of(error),
        http_status=error.http_status if isinstance(error, FetchFailed) else None,
        is_refused=isinstance(error, SetAside) and not isinstance(error, DomainQuiet),
    )
