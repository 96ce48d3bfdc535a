"""Conditional requests, which ask "has it changed?"; a full answer is fetched at least once a day."""

from datetime import timedelta

from scrapy import Request
from scrapy.crawler import Crawler

from crawler.clock import Clock, utc_now
from crawler.model.source import SITEMAP_INDEX, Endpoint

# some servers keep an ETag although the content changed (Media Cloud's rss-fetcher does not send one for that reason)
FULL_EVERY = timedelta(hours=24)


class ConditionalGet:
    """Downloader middleware that adds If-None-Match and If-Modified-Since to requests with ``meta["endpoint"]``."""

    def __init__(self, clock: Clock = utc_now) -> None:
        self._clock = clock

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "ConditionalGet":
        """Return a middleware for Scrapy."""
        return cls()

    def process_request(self, request: Request) -> None:
        """Add the headers if the last full answer is at most a day old."""
        endpoint = request.meta.get("endpoint")
        # an index that did not change may name sitemaps that did, so it is always read
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
