"""Asking "has it changed?" instead of "give it to me", but never for longer than a day."""

from datetime import timedelta

from scrapy import Request
from scrapy.crawler import Crawler

from crawler.clock import Clock, utc_now
from crawler.model.source import SITEMAP_INDEX, Endpoint

# some servers keep an ETag over changed content (Media Cloud's rss-fetcher leaves it off for that reason)
FULL_EVERY = timedelta(hours=24)


class ConditionalGet:
    """Adds If-None-Match and If-Modified-Since to requests that carry an endpoint as ``meta["endpoint"]``."""

    def __init__(self, clock: Clock = utc_now) -> None:
        self._clock = clock

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "ConditionalGet":
        """Make one for Scrapy."""
        return cls()

    def process_request(self, request: Request) -> None:
        """Add the headers where the last full answer is young enough."""
        endpoint = request.meta.get("endpoint")
        if (
            not isinstance(endpoint, Endpoint)
            or endpoint.read_in_full_at is None
            or endpoint.pattern == SITEMAP_INDEX
        ):
            return
        if self._clock() - endpoint.read_in_full_at > FULL_EVERY:
            return
        if endpoint.etag:
            request.headers["If-None-Match"] = endpoint.etag
        if endpoint.last_modified:
            request.headers["If-Modified-Since"] = endpoint.last_modified
