"""Opening pages in a browser for sources with ``render = true`` (the extra ``watchword[browser]``)."""

import contextlib
from typing import Any

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy_playwright.page import PageMethod

from crawler.errors import FetchFailed
from crawler.middlewares.network.egress_proxy import GuardedProxy
from crawler.middlewares.services import services_of
from crawler.middlewares.site_headers import find_proxy
from crawler.model.proxy import Proxy
from crawler.model.source import Source
from crawler.text.web.proxies import ProxyRules
from crawler.text.web.urls import host_of

# the private host that may be reached, the source's own proxy, and whether it wants none
_EgressKey = tuple[str | None, Proxy | None, bool]
# a page that never stops loading is taken as it is after this long
_SETTLE_SECONDS = 5
# not needed for an article's text
_UNWANTED = frozenset({"image", "media", "font"})


class Browser:
    """Downloader middleware that sends pages to the browser, which reaches the network by a guarded egress proxy only."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._rules: ProxyRules = crawler.settings.get("PROXY_RULES") or ProxyRules()
        self._egress_proxies: dict[_EgressKey, tuple[GuardedProxy, str]] = {}
        crawler.signals.connect(self._close, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Browser":
        """Return a middleware for Scrapy."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Mark a request for the browser, in a context that can reach the network only by the source's egress proxy."""
        source = request.meta.get("source")
        if not request.meta.get("is_rendered") or not isinstance(source, Source):
            return
        # a browser sends a source's headers along with redirects, so redirects are first followed without the browser
        if source.headers and not request.meta.get("is_resolved"):
            return
        private_host = host_of(source.url) if source.allow_private else None
        timeout = services_of(self._crawler).rules.config.fetch.timeout.total_seconds() * 1000
        request.meta["playwright"] = True
        # the context is named after its egress proxy: one source's private host must not be reachable from another's page
        server = await self._find_egress_proxy(source, private_host)
        request.meta["playwright_context"] = (
            f"by {private_host or 'the guarded egress proxy'} {server}"
        )
        # requests of a service worker pass by playwright's handlers, ours for headers among them; downloads would fill the disk
        request.meta["playwright_context_kwargs"] = {
            "proxy": {"server": server},
            "service_workers": "block",
            "accept_downloads": False,
        }
        # not "load", which waits for every frame and style sheet; _settle waits a while for what scripts add
        request.meta["playwright_page_goto_kwargs"] = {
            "timeout": timeout,
            "wait_until": "domcontentloaded",
        }
        request.meta["playwright_page_methods"] = [PageMethod(_settle)]

    async def process_response(self, request: Request, response: Response) -> Response | Request:
        """Return a rendered page; once redirects were followed without the browser, the request that opens the page in it.

        raises  FetchFailed if the rendered page is larger than ``[fetch] max_size``
        """
        is_tried = request.meta.get("is_rendered") and not request.meta.get("playwright")
        if is_tried and 200 <= response.status < 300:
            meta = {name: value for name, value in request.meta.items() if name != "ticket"}
            return request.replace(meta={**meta, "is_resolved": True}, dont_filter=True)
        max_size = services_of(self._crawler).rules.config.fetch.max_size
        if request.meta.get("playwright") and len(response.body) > max_size:
            raise FetchFailed(
                "the rendered page was larger than [fetch] max_size allows", url=request.url
            )
        return response

    async def _find_egress_proxy(self, source: Source, private_host: str | None) -> str:
        key = (private_host, source.proxy, source.is_direct)
        if key not in self._egress_proxies:
            egress = GuardedProxy(
                private_host=private_host,
                find_proxy=lambda url: find_proxy(source, url, self._rules),
            )
            self._egress_proxies[key] = (egress, await egress.open())
        return self._egress_proxies[key][1]

    def _close(self) -> None:
        for egress, _ in self._egress_proxies.values():
            egress.close()


async def _settle(page: Any) -> None:
    """Wait until a page loads nothing more, at most five seconds; ``page`` is playwright's."""
    # playwright's TimeoutError is no subclass of Python's, and the page is taken all the same
    with contextlib.suppress(Exception):
        await page.wait_for_load_state("networkidle", timeout=_SETTLE_SECONDS * 1000)


def is_unwanted(request: object) -> bool:
    """Return whether a request is for something the browser need not load: pictures, films, fonts.

    request  playwright's; untyped, because playwright is an optional dependency
    """
    return getattr(request, "resource_type", "") in _UNWANTED
