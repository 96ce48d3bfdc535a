"""Access to the services of the spider that a middleware works for."""

from typing import Protocol, cast

from scrapy.crawler import Crawler

from crawler.flows.crawl.visit_services import VisitServices


class _HasServices(Protocol):
    services: VisitServices


def services_of(crawler: Crawler) -> VisitServices:
    """Return the services; the spider exists before the first request does."""
    return cast("_HasServices", crawler.spider).services


def find_services(crawler: Crawler) -> VisitServices | None:
    """Return the services, None for a spider that is not ours, as in `scrapy shell`."""
    return getattr(crawler.spider, "services", None)
