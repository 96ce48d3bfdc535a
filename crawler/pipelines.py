"""The only item pipeline: it passes each page to the ingest flow."""

from typing import Protocol, cast

from scrapy.crawler import Crawler

from crawler.model.article import Page


class TakesPages(Protocol):
    """A spider that knows which visit a page belongs to."""

    async def ingest(self, page: Page) -> None:
        """Understand, match and store a page, and mark it as settled in its visit."""


class IngestPipeline:
    """Pipeline from Scrapy to our ingest flow."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "IngestPipeline":
        """Return a pipeline, as Scrapy asks for it."""
        return cls(crawler)

    async def process_item(self, item: Page) -> Page:
        """Pass a page to the spider's ingest flow and return it."""
        await cast("TakesPages", self._crawler.spider).ingest(item)
        return item
