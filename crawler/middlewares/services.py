"""The news desk of the spider a middleware works for."""

from typing import Protocol, cast

from scrapy.crawler import Crawler

from crawler.flows.crawl_services import CrawlServices


class _HasDesk(Protocol):
    desk: CrawlServices


def desk_of(crawler: Crawler) -> CrawlServices:
    """Give the desk; the spider exists before the first request does."""
    return cast("_HasDesk", crawler.spider).desk


def find_desk(crawler: Crawler) -> CrawlServices | None:
    """Give the desk, None where a spider that is not ours fetches by our settings."""
    return getattr(crawler.spider, "desk", None)
