"""Fetching further pages of an article that is split over several, within its visit."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from scrapy.crawler import Crawler

from crawler.flows.crawl.visit_services import VisitServices
from crawler.model.article import Page
from crawler.model.visit import LEASE
from crawler.spiders.fetcher import Fetcher, header_of
from crawler.spiders.visits.open_visits import OpenVisit, give_time
from crawler.text.web.urls import budget_key


class VisitParts:
    """Fetches the parts of one article, through all middlewares: budget, robots.txt, guard.

    page    the first page
    extend  saves that the visit may take longer
    """

    def __init__(
        self,
        page: Page,
        opened: OpenVisit,
        crawler: Crawler,
        services: VisitServices,
        *,
        extend: Callable[..., Awaitable[None]],
    ) -> None:
        self._page = page
        self._opened = opened
        self._fetcher = Fetcher(crawler)
        self._services = services
        self._extend = extend

    async def is_known(self) -> bool:
        """Return whether the article is stored already."""
        return await self._services.notebook.is_article_known(self._page.entry_id)

    async def fetch_part(self, url: str) -> Page:
        """Fetch a further page and return it; raises FetchFailed, HostThrottled or SetAside with the reason."""
        pace = pace_of(self._services, budget_key(url))
        # never earlier than before: the other pages of the visit may already have more time
        ends_by = asyncio.get_running_loop().time() + give_time(1, pace=pace).total_seconds()
        self._opened.ends_by = max(self._opened.ends_by, ends_by)
        await self._extend(by=LEASE + give_time(len(self._opened.pages) + 1, pace=pace))
        response = await self._fetcher.get(url, self._opened.source, is_page=True)
        return replace(
            self._page,
            url=response.url,
            requested_url=url,
            body=response.body,
            content_type=header_of(response, "Content-Type") or "",
            fetched_at=self._services.clock(),
        )


def pace_of(services: VisitServices, domain: str) -> timedelta:
    """Return the pause between two pages of a domain."""
    asked = services.site_limits.crawl_delay(domain)
    return max(services.rules.config.fetch.per_domain.delay, asked)
