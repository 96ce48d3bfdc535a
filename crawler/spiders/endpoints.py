"""Reading one endpoint of a source: a feed, sitemap, section or watched page."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace

from scrapy.http import Response

from crawler.errors import (
    FetchFailed,
    NotAFeed,
    ProxyFailed,
    RetryLater,
    SetAside,
    VisitOver,
    reason_of,
)
from crawler.extract.navigation.home_page import find_feeds
from crawler.extract.navigation.listing import ListingHints, read_listing
from crawler.extract.navigation.moved import find_moved
from crawler.flows.crawl.visit_services import VisitServices
from crawler.model.source import (
    NAMED_FEED,
    SITEMAP_INDEX,
    Endpoint,
    EndpointKind,
    Feed,
    FeedEntry,
    FetchResult,
    Source,
)
from crawler.spiders.fetcher import Fetcher, header_of
from crawler.spiders.sitemaps import SitemapReader
from crawler.text.counts import write_count
from crawler.text.web.http import printable_address, read_max_age


class EndpointReader:
    """Reads endpoints, one after another.

    pages  answers of watched pages, by address: they are their own articles, and are not fetched twice
    """

    def __init__(self, services: VisitServices, fetcher: Fetcher) -> None:
        self._services = services
        self._fetcher = fetcher
        self._sitemaps = SitemapReader(services, fetcher)
        self.pages: dict[str, Response] = {}
        self._examples: tuple[str, ...] = ()
        self._readers: dict[
            EndpointKind, Callable[[Source, Endpoint, Response], Awaitable[FetchResult]]
        ] = {
            EndpointKind.FEED: self._read_feed,
            EndpointKind.SITEMAP: self._read_sitemap,
            EndpointKind.SECTION: self._read_section,
            EndpointKind.PAGE: self._read_page,
        }

    async def read(
        self,
        source: Source,
        endpoint: Endpoint,
        *,
        response: Response | None = None,
        examples: tuple[str, ...] = (),
    ) -> FetchResult:
        """Read an endpoint and return what it says; an error becomes the result's ``failure``.

        response  the answer, if it is at hand already
        examples  addresses of the site that are known to be articles
        """
        self._examples = examples
        try:
            response = response or await self._fetcher.get(endpoint.url, source, endpoint=endpoint)
            # "not changed" counts only for an endpoint that has been read in full before
            if response.status == 304 and endpoint.read_in_full_at is not None:
                return FetchResult(endpoint=endpoint, http_status=304, is_unchanged=True)
            return await self._readers[endpoint.kind](source, endpoint, response)
        except VisitOver:  # says nothing about the endpoint
            raise
        except (RetryLater, SetAside) as error:
            status = error.http_status if isinstance(error, FetchFailed) else None
            return FetchResult(
                endpoint=endpoint,
                failure=reason_of(error),
                http_status=status or (response.status if response else None),
                is_refused=isinstance(error, SetAside) and not isinstance(error, NotAFeed),
                is_unasked=isinstance(error, ProxyFailed),
            )

    async def _read_feed(
        self, source: Source, endpoint: Endpoint, response: Response
    ) -> FetchResult:
        result = _start(endpoint, response)
        if result.is_unchanged:
            return result
        try:
            feed = await self._parse_feed(source, response)
        except NotAFeed as refusal:
            return await self._read_named(refusal, source, endpoint, response)
        return _report_feed(replace(result, pattern=None), feed)

    async def _parse_feed(self, source: Source, response: Response) -> Feed:
        return await self._services.pool.parse_feed(
            response.body,
            url=response.url,
            content_type=header_of(response, "Content-Type") or "",
            fetched_at=self._services.clock(),
            source=source.name,
        )

    async def _read_named(
        self, refusal: NotAFeed, source: Source, endpoint: Endpoint, response: Response
    ) -> FetchResult:
        """Read the feed that a page's head names, if a person configured the page's address; decided anew at each visit.

        raises  the refusal, if the page's head names no feed
        """
        if endpoint.origin != "stated":
            raise refusal
        named = await self._services.pool.run(
            find_feeds, response.body, source=source.name, url=response.url
        )
        if not named:
            raise _explain_moved(refusal, response)
        url = named[0].url
        hint = f"{refusal.reason}; the page names the feed {url}"
        # a link in the text is only a guess; and a feed that turns into a page for an hour must not bring another feed's news
        was_feed = endpoint.read_at is not None and endpoint.pattern != NAMED_FEED
        if named[0].origin != "link" or was_feed:
            raise NotAFeed(hint) from refusal
        try:
            answer = await self._fetcher.get(url, source)
            feed = await self._parse_feed(source, answer)
        except SetAside as error:
            raise NotAFeed(f"{hint}, which cannot be read: {reason_of(error)}") from error
        # ETag and date belong to the feed, and must not be sent in a conditional request for the page
        result = replace(
            _start(endpoint, answer), etag=None, last_modified=None, pattern=NAMED_FEED
        )
        note = f"the address is a page; the feed it names was read: {url}"
        return _report_feed(result, feed, note=note)

    async def _read_sitemap(
        self, source: Source, endpoint: Endpoint, response: Response
    ) -> FetchResult:
        found = await self._sitemaps.read(source, endpoint, response)
        return replace(
            _start(endpoint, response),
            body_hash=found.body_hash,
            is_unchanged=found.body_hash == endpoint.body_hash and found.is_whole,
            pattern=SITEMAP_INDEX if found.is_index else None,
            entries=found.entries,
            first_listed=found.first_listed,
            listed_before=found.listed_before,
            seen_keys=found.seen_keys,
            note="; ".join(found.notes) or None,
        )

    async def _read_section(
        self, source: Source, endpoint: Endpoint, response: Response
    ) -> FetchResult:
        result = _start(endpoint, response)
        if result.is_unchanged:
            return result
        listing = await self._services.pool.run(
            read_listing,
            response.body,
            source=source.name,
            url=response.url,
            max_entries=self._services.rules.config.fetch.max_entries,
            now=self._services.clock(),
            content_type=header_of(response, "Content-Type") or "",
            hints=ListingHints(
                pattern=endpoint.pattern,
                selector=source.select.get("links"),
                examples=self._examples,
            ),
        )
        return replace(result, entries=listing.entries, pattern=listing.pattern)

    async def _read_page(
        self, source: Source, endpoint: Endpoint, response: Response
    ) -> FetchResult:
        result = _start(endpoint, response)
        if result.is_unchanged:
            return result
        self.pages[endpoint.url] = response
        # dated now, so that the entry of an earlier visit waits to be read again
        entry = FeedEntry(url=endpoint.url, title="", updated_at=self._services.clock())
        return replace(result, entries=(entry,))


def _explain_moved(refusal: NotAFeed, response: Response) -> NotAFeed:
    """Return the refusal, with the address that the page leads to if that was not followed."""
    refresh = header_of(response, "Refresh") or ""
    moved = find_moved(response.body, url=response.url, refresh=refresh)
    return (
        NotAFeed(f"{refusal.reason}; it leads on to {printable_address(moved.url)}")
        if moved
        else refusal
    )


def _start(endpoint: Endpoint, response: Response) -> FetchResult:
    """Return a result with what every answer has: status, headers, hash of the body."""
    body_hash = hashlib.blake2b(response.body, digest_size=16).hexdigest()
    return FetchResult(
        endpoint=endpoint,
        url=response.url,
        http_status=response.status,
        etag=header_of(response, "ETag"),
        last_modified=header_of(response, "Last-Modified"),
        body_hash=body_hash,
        pattern=endpoint.pattern,
        pause=read_max_age(header_of(response, "Cache-Control")),
        is_unchanged=body_hash == endpoint.body_hash,
    )


def _report_feed(result: FetchResult, feed: Feed, *, note: str | None = None) -> FetchResult:
    """Return the result, with what the feed says."""
    # the longer of the pauses that the feed and the answer ask for; [fetch] max_feed_ttl bounds it
    pauses = [pause for pause in (feed.pause, result.pause) if pause]
    notes = [text for text in (note, _describe_cut(feed.cut_count)) if text]
    return replace(
        result,
        entries=feed.entries,
        pause=max(pauses, default=None),
        note="; ".join(notes) or None,
        empty_count=feed.empty_count,
    )


def _describe_cut(count: int) -> str | None:
    are = write_count(count, "entry over the limit was", "entries over the limit were")
    return f"{are} not read" if count else None
