"""Finding the endpoints of a site, given its home page: feeds, news sitemap, section."""

from datetime import datetime, timedelta

from scrapy.http import Response

from crawler.errors import NotAFeed
from crawler.extract.navigation.home_page import (
    FEED_PATHS,
    SITEMAP_PATHS,
    HomePage,
    is_page,
    study_page,
)
from crawler.flows.crawl.visit_services import VisitServices
from crawler.model.source import Endpoint, EndpointKind, FeedEntry, FetchResult, Source
from crawler.spiders.endpoints import EndpointReader
from crawler.spiders.fetcher import Fetcher
from crawler.text.web.urls import article_key, origin_of

# feeds kept, and candidates read to find them, in the order in which the page names them: a page may name a feed for each
# section and one for its comments, and each candidate is a request
_MOST_FEEDS = 3
_MOST_TRIES = 6
# of the sitemaps that robots.txt names. The four usual paths are tried after them in any case: a robots.txt that named four
# archives once hid the news sitemap that lay at a usual path
_MOST_SITEMAP_TRIES = 4
# links to articles; with fewer, a home page is not read as a section beside its feed
_FEWEST_LINKS = 5
# without a feed fewer are enough: a small site may list only its last three articles
_FEWEST_LINKS_ALONE = 3
# a sitemap whose newest date is older than this is no news sitemap: those hold two days (decision 008), and a paper may pause
_FRESH = timedelta(days=14)


class Discovery:
    """Finds the endpoints of a source by reading candidates, and returns what each of them said; nothing is saved here."""

    def __init__(self, services: VisitServices, fetcher: Fetcher, reader: EndpointReader) -> None:
        self._services = services
        self._fetcher = fetcher
        self._reader = reader

    async def find_endpoints(self, source: Source) -> list[FetchResult]:
        """Find every endpoint, starting from the source's address, and return what each said.

        raises  what fetching that address raises; NotAFeed if nothing is found
        """
        home = await self._fetcher.get(source.url, source)
        direct = await self._take_direct(source, home)
        if direct:
            return direct
        page = await self._services.pool.run(
            study_page, home.body, source=source.name, url=home.url
        )
        found = await self._find_feeds(source, home, page)
        examples = tuple(entry.url for result in found for entry in result.entries)
        found += await self.find_sitemap(source, origin_of(home.url))
        found += await self._take_section(source, home, examples=examples)
        if not found:
            raise NotAFeed(
                "the page names no feed and no news sitemap, and shows no group of links that look like articles"
            )
        return found

    async def find_sitemap(self, source: Source, origin: str) -> list[FetchResult]:
        """Return the result of the site's news sitemap, which robots.txt names or which lies at a usual path."""
        robots = await self._services.site_limits.find_robots(origin)
        # robots.txt may name dozens; the one for news usually has "news" in its address
        named = sorted(robots.sitemaps if robots else (), key=lambda url: "news" not in url.lower())
        tries = dict.fromkeys(named[:_MOST_SITEMAP_TRIES], "robots.txt")
        for path in SITEMAP_PATHS:
            tries.setdefault(f"{origin}{path}", "well-known path")
        for url, origin_name in tries.items():
            result = await self._try(source, EndpointKind.SITEMAP, url, origin_name)
            if result is not None and self._is_fresh(result):
                return [result]
        return []

    def _is_fresh(self, result: FetchResult) -> bool:
        newest = max((entry.stated_at for entry in result.entries if entry.stated_at), default=None)
        return newest is not None and newest >= self._services.clock() - _FRESH

    async def _take_direct(self, source: Source, home: Response) -> list[FetchResult]:
        """Return the result of the address itself if it is a feed or a sitemap, empty if it is a page."""
        if is_page(home.body):
            return []
        for kind in (EndpointKind.FEED, EndpointKind.SITEMAP):
            endpoint = Endpoint(id=0, kind=kind, url=source.url, origin="home page")
            result = await self._reader.read(source, endpoint, response=home)
            if result.failure is None:
                return [result]
        return []

    async def _find_feeds(
        self, source: Source, home: Response, page: HomePage
    ) -> list[FetchResult]:
        """Return the results of the feeds that a page names; if none can be read, of the first usual path that is a feed."""
        found: list[FetchResult] = []
        for feed in page.feeds[:_MOST_TRIES]:
            result = await self._try(source, EndpointKind.FEED, feed.url, feed.origin)
            if result is not None and not _repeats(result, found):
                found.append(result)
            # a link in the page's text is only a guess: one such feed is enough
            if len(found) == _MOST_FEEDS or (found and feed.origin == "anchor"):
                break
        for path in () if found else FEED_PATHS:
            url = f"{origin_of(home.url)}{path}"
            result = await self._try(source, EndpointKind.FEED, url, "well-known path")
            if result is not None:
                return [result]
        return found

    async def _try(
        self, source: Source, kind: EndpointKind, url: str, origin: str
    ) -> FetchResult | None:
        """Read a candidate and return its result, None if it is of another kind or empty."""
        endpoint = Endpoint(id=0, kind=kind, url=url, origin=origin)
        result = await self._reader.read(source, endpoint)
        return result if result.failure is None and result.entries else None

    async def _take_section(
        self, source: Source, home: Response, *, examples: tuple[str, ...]
    ) -> list[FetchResult]:
        """Return the home page as a section, empty if it shows too few links to articles."""
        endpoint = Endpoint(id=0, kind=EndpointKind.SECTION, url=source.url, origin="home page")
        # a page that needs a browser has few links before its scripts have run, so it is fetched again, rendered
        at_hand = None if source.render else home
        result = await self._reader.read(source, endpoint, response=at_hand, examples=examples)
        fewest = _FEWEST_LINKS if examples else _FEWEST_LINKS_ALONE
        return [result] if len(result.entries) >= fewest else []

    async def find_helpers(
        self, source: Source, entries: tuple[FeedEntry, ...]
    ) -> list[FetchResult]:
        """Find the sitemap that may list what a feed lost as it rolled over, on the site where most of its entries lie."""
        origins = [origin_of(entry.url) for entry in entries]
        site = max(set(origins), key=origins.count) if origins else origin_of(source.url)
        return await self.find_sitemap(source, site)


def _repeats(result: FetchResult, found: list[FetchResult]) -> bool:
    """Return whether at least 80 % of a feed's entries are in other feeds: the same feed in another format."""
    # not all of them, because two formats may hold different numbers of entries; a feed with a fifth of its own is kept
    known = {article_key(entry.url) for other in found for entry in other.entries}
    keys = {article_key(entry.url) for entry in result.entries}
    return len(keys & known) >= 0.8 * len(keys)


def is_search_due(source: Source, *, now: datetime) -> bool:
    """Return whether to look for a source's endpoints: at the first visit, if none is left, and once a week while it is well."""
    if not source.endpoints or source.discovered_at is None:
        return True
    # a feed or sitemap that the site adds later is found within a week
    return now - source.discovered_at > timedelta(days=7) and source.failure_count == 0
