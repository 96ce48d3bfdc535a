"""Visiting one source now, without a daemon: `scrapy crawl feed -a source=NAME`."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError

from crawler.config.load import load_environment_config
from crawler.errors import StopNow
from crawler.flows.crawl_alone import ServicesAlone
from crawler.spiders.reading import ReadingSpider

# how often to check whether the visit has ended; somebody watches the terminal
_LOOK_SECONDS = 0.1


class FeedSpider(ReadingSpider):
    """Spider that visits the source named on the command line, once. No daemon may use the database meanwhile."""

    name = "feed"

    def __init__(self, *args: Any, services: ServicesAlone, source: str, **kwargs: Any) -> None:
        super().__init__(*args, services=services, **kwargs)
        self._alone = services
        self._source_name = source

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Return a spider; raises UsageError if no such source is configured or a daemon is running."""
        config = load_environment_config()
        name = str(kwargs.get("source", ""))
        if config.source_named(name) is None:
            known = ", ".join(source.name for source in config.sources)
            raise UsageError(f"name a source: -a source=NAME, one of {known}")
        try:
            services = ServicesAlone(config)
        except StopNow as error:
            raise UsageError(str(error)) from error
        return super().from_crawler(crawler, *args, services=services, **kwargs)

    async def start(self) -> AsyncIterator[Request]:
        """Claim the source and visit it; yields no requests."""
        await self._alone.open()
        await self._alone.make_due(self._source_name)
        claimed = await self._alone.notebook.claim_visits(limit=1, only=(self._source_name,))
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
        self._alone.close()
