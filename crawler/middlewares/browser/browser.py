"""Opening pages in a browser, for the sources that say ``render = true`` (the extra ``watchword[browser]``)."""

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

# the private host it opens, and what a source says of proxies
_EgressKey = tuple[str | None, Proxy | None, bool]
# a page that never stops asking for more is taken as it stands after this long
_SETTLE_SECONDS = 5
# what no article's text needs
_UNWANTED = frozenset({"image", "media", "font"})


class Browser:
    """Sends the pages that are to be rendered to the browser, which goes out by a guarded egress proxy."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._rules: ProxyRules = crawler.settings.get("PROXY_RULES") or ProxyRules()
        self._egress_proxies: dict[_EgressKey, tuple[GuardedProxy, str]] = {}
        crawler.signals.connect(self._close, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Browser":
        """Make one for Scrapy."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Mark a request for the browser, with a context whose only way out is the egress proxy for its source."""
        source = request.meta.get("source")
        if not request.meta.get("is_rendered") or not isinstance(source, Source):
            return
        # a browser carries headers along where it is redirected; so where it leads is found out without one
        if source.headers and not request.meta.get("is_resolved"):
            return
        private_host = host_of(source.url) if source.allow_private else None
        timeout = services_of(self._crawler).rules.config.fetch.timeout.total_seconds() * 1000
        request.meta["playwright"] = True
        # egress proxies are told apart by where they lead: no browser context of one source is another's way out
        server = await self._find_egress_proxy(source, private_host)
        request.meta["playwright_context"] = (
            f"by {private_host or 'the guarded egress proxy'} {server}"
        )
        request.meta["playwright_context_kwargs"] = {
            "proxy": {"server": server},
            "service_workers": "block",
            "accept_downloads": False,
        }
        request.meta["playwright_page_goto_kwargs"] = {
            "timeout": timeout,
            "wait_until": "domcontentloaded",
        }
        request.meta["playwright_page_methods"] = [PageMethod(_settle)]

    async def process_response(self, request: Request, response: Response) -> Response | Request:
        """Hold a rendered page to the size of any other; raises FetchFailed. An address that was tried first is opened now."""
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
    """Wait until a page asks for nothing more; ``page`` is playwright's."""
    # its TimeoutError is a class of its own, and no reason to do without the page
    with contextlib.suppress(Exception):
        await page.wait_for_load_state("networkidle", timeout=_SETTLE_SECONDS * 1000)


def is_unwanted(request: object) -> bool:
    """Tell whether the browser need not fetch what a page asks for: pictures, films, fonts.

    request  playwright's, which is no dependency of ours
    """
    return getattr(request, "resource_type", "") in _UNWANTED
