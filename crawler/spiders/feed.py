"""Visiting one source now, without a daemon: `scrapy crawl feed -a source=NAME`."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError

from crawler.config.load import load_environment_config
from crawler.errors import StopNow
from crawler.flows.crawl.alone import take_over_visits
from crawler.flows.crawl.visit import claim_visits
from crawler.flows.crawl_services import CrawlServices
from crawler.spiders.reading import ReadingSpider
from crawler.storage.crawl.sources import mark_due_now
from crawler.storage.file.instance_lock import InstanceLock
from crawler.storage.file.owners import Owner

# how often to check whether the visit has ended; somebody watches the terminal
_LOOK_SECONDS = 0.1


class FeedSpider(ReadingSpider):
    """Spider that visits the source named on the command line, once. No daemon may use the database meanwhile."""

    name = "feed"

    def __init__(
        self, *args: Any, services: CrawlServices, lock: InstanceLock, source: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, services=services, **kwargs)
        self._lock = lock
        self._source_name = source

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Return a spider; raises UsageError if no such source is configured or a daemon is running."""
        config = load_environment_config()
        name = str(kwargs.get("source", ""))
        if config.source_named(name) is None:
            known = ", ".join(source.name for source in config.sources)
            raise UsageError(f"name a source: -a source=NAME, one of {known}")
        lock = InstanceLock(config.store.path, holder="scrapy crawl feed")
        try:
            # two processes that claim and settle visits would undo each other's work
            lock.__enter__()
        except StopNow as error:
            raise UsageError(str(error)) from error
        services = CrawlServices(config, owner=Owner.ALL)
        return super().from_crawler(crawler, *args, services=services, lock=lock, **kwargs)

    async def start(self) -> AsyncIterator[Request]:
        """Claim the source and visit it; yields no requests."""
        await self.services.open()
        services, now = self.services, self.services.clock()
        await services.writer.run(take_over_visits)
        await services.writer.run(mark_due_now, [self._source_name], now=now)
        claimed = await services.writer.run(
            claim_visits, services.rules, now=now, limit=1, only=(self._source_name,)
        )
        if not claimed:
            self.logger.warning("%s is paused, or being visited already", self._source_name)
        for visit, source in claimed:
            self.start_visit(visit, source)
        # the visits make their own requests; this only keeps the engine running
        while self.open_visits:
            await asyncio.sleep(_LOOK_SECONDS)
        # Scrapy wants a generator; visits make their requests themselves
        for request in self.no_requests:
            yield request

    def closed(self, reason: str) -> None:
        """Close the services when Scrapy closes the spider."""
        self.drop_visits()
        self.services.close(take_over_visits)
        self._lock.__exit__()
