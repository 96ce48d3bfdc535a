"""The one item pipeline: it hands each page to the ingest flow and nothing else."""

from typing import Protocol, cast

from scrapy.crawler import Crawler

from crawler.model.article import Page


class TakesPages(Protocol):
    """A spider that knows the visit a page belongs to."""

    async def ingest(self, page: Page) -> None:
        """Take a page through the walk and settle it with its visit."""


class IngestPipeline:
    """From Scrapy's side of the house to ours."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "IngestPipeline":
        """Make one for Scrapy."""
        return cls(crawler)

    async def process_item(self, item: Page) -> Page:
        """Take a page through the walk."""
        await cast("TakesPages", self._crawler.spider).ingest(item)
        return item
