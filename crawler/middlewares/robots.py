"""robots.txt: obeyed, and kept for a day across restarts; while it cannot be fetched, nothing of its origin is fetched."""

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.errors import (
    AddressRefused,
    FetchFailed,
    HostThrottled,
    ProxyFailed,
    RobotsForbid,
    VisitOver,
    reason_of,
)
from crawler.extract.navigation.robots import Robots, decode_robots
from crawler.flows.crawl.throttle import SiteLimits
from crawler.middlewares.download.failures import RedirectsTooMany, is_certificate_fault
from crawler.middlewares.services import services_of
from crawler.model.source import Endpoint, EndpointKind, Source, SourceKind
from crawler.model.visit import NO_NETWORK
from crawler.text.web.urls import host_key, origin_of

# phrases of failures.py that mean that no server answers, where ``robots = "ignore"`` would not help
_NOBODY_THERE = (NO_NETWORK, "the connection was refused")


class RobotsGate:
    """Downloader middleware that lets a request through if the robots.txt of its origin allows it."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RobotsGate":
        """Return a middleware for Scrapy."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Let a request through; raises RobotsForbid, or FetchFailed if the rules cannot be fetched now."""
        if request.meta.get("is_robots") or _is_permitted(request):
            return
        site_limits, origin = services_of(self._crawler).site_limits, origin_of(request.url)
        robots = site_limits.known_robots(origin) or await self._get_rules(
            site_limits, origin, request
        )
        if robots.refusal is not None:
            # where no server answers, permission to read does not help
            remedy = _describe_remedy(request) if _is_anybody_there(robots.refusal) else ""
            raise FetchFailed(robots.refusal + remedy, url=request.url)
        if not await site_limits.allows(robots, origin, request.url):
            raise RobotsForbid(_explain(request))

    async def _get_rules(self, site_limits: SiteLimits, origin: str, request: Request) -> Robots:
        """Return the rules; they are fetched once however many requests wait for them."""
        async with site_limits.fetching(origin):
            robots = await site_limits.find_robots(origin)
            return robots or await self._fetch(site_limits, origin, request)

    async def _fetch(self, site_limits: SiteLimits, origin: str, request: Request) -> Robots:
        ask = Request(
            f"{origin}/robots.txt",
            meta={"source": request.meta.get("source"), "is_robots": True},
            dont_filter=True,
        )
        try:
            response = await self._crawler.engine.download_async(ask)
        except (AddressRefused, HostThrottled, ProxyFailed, VisitOver):
            # nothing is known of the site's robots.txt
            raise
        except (IgnoreRequest, RedirectsTooMany):
            # more than five redirects in a row: as if there were no robots.txt (RFC 9309 2.3.1.2)
            return await site_limits.keep_robots(origin, http_status=None, body="")
        except Exception as error:
            refusal = reason_of(error)
            # a faulty certificate or a missing network is a fault of the whole site, not of its robots.txt
            if not is_certificate_fault(error) and _is_anybody_there(refusal):
                refusal = f"robots.txt cannot be read, so nothing is fetched for now: {refusal}"
            return await site_limits.keep_robots(origin, http_status=None, body="", refusal=refusal)
        return await _keep(site_limits, origin, response)


def _is_anybody_there(reason: str) -> bool:
    """Return whether a server may answer at other addresses than robots.txt."""
    return not any(words in reason for words in _NOBODY_THERE)


def _stated_feed(request: Request) -> Source | None:
    """Return the source of a request if it is for exactly the feed that a person configured, else None."""
    source, endpoint = request.meta.get("source"), request.meta.get("endpoint")
    if not isinstance(source, Source) or source.kind is not SourceKind.FEED:
        return None
    is_stated = (
        isinstance(endpoint, Endpoint)
        and endpoint.kind is EndpointKind.FEED
        and endpoint.origin == "stated"
    )
    return source if is_stated else None


def _is_permitted(request: Request) -> bool:
    """Return whether the source says ``robots = "ignore"`` and the request is for its feed; never true for pages."""
    source = _stated_feed(request)
    return source is not None and source.ignores_robots


def _explain(request: Request) -> str:
    reason = f"robots.txt of {host_key(request.url)} does not allow robots at this address"
    if _stated_feed(request) is None:
        return reason
    return f"{reason}, and Watchword obeys it{_describe_remedy(request)}"


def _describe_remedy(request: Request) -> str:
    """Return what a person may do about the robots.txt of a feed they configured; empty for any other request."""
    if _stated_feed(request) is None:
        return ""
    return '; if you have permission to read this feed, set robots = "ignore" on the source; its pages stay unread then too'


async def _keep(site_limits: SiteLimits, origin: str, response: Response) -> Robots:
    """Save an answer and return its rules (RFC 9309 2.3.1): 2xx states them, 429 and 5xx forbid all for now, others allow all."""
    status = response.status
    if status == 429 or status >= 500:
        refusal = f"robots.txt answers HTTP {status}, so nothing is fetched for now"
        return await site_limits.keep_robots(origin, http_status=status, body="", refusal=refusal)
    body = decode_robots(response.body) if 200 <= status < 300 else ""
    return await site_limits.keep_robots(origin, http_status=status, body=body)
