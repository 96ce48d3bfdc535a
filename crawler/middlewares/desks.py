"""The news desk of the spider a middleware works for."""

from typing import Protocol, cast

from scrapy.crawler import Crawler

from crawler.flows.desk import Desk


class _HasDesk(Protocol):
    desk: Desk


def desk_of(crawler: Crawler) -> Desk:
    """Give the desk; the spider exists before the first request does."""
    return cast("_HasDesk", crawler.spider).desk
