"""The news desk of the spider a middleware works for."""

from typing import Protocol, cast

from scrapy.crawler import Crawler

from crawler.flows.services import Desk


class _HasDesk(Protocol):
    desk: Desk


def desk_of(crawler: Crawler) -> Desk:
    """Give the desk; the spider exists before the first request does."""
    return cast("_HasDesk", crawler.spider).desk


def find_desk(crawler: Crawler) -> Desk | None:
    """Give the desk, None where a spider that is not ours fetches by our settings."""
    return getattr(crawler.spider, "desk", None)
