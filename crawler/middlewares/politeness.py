"""One budget for each registrable domain, shared by every source, page and sub-domain of it; a silence is a host's own."""

from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.errors import HostThrottled, VisitOver
from crawler.middlewares.scrapy_internals import set_pace, take_waiting
from crawler.middlewares.services import find_services, services_of
from crawler.storage.crawl.domains import Throttle
from crawler.text.web.urls import budget_key, host_key

# a slow server is asked as slowly as it answers, but not more slowly than this
_LONGEST_PAUSE_SECONDS = 60.0
# without any pause Scrapy 2.19 sends a whole queue at once, whatever the concurrency: it counts too late
_SHORTEST_PAUSE_SECONDS = 0.001
# pauses are up to twice this share longer, so that visits do not march in step, and never shorter than was asked
_JITTER = 0.15
_MOST_LATENCIES = 5000


class Politeness:
    """Paces the requests of a domain, and keeps away from a host that asked to be left alone."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._latencies: OrderedDict[str, float] = OrderedDict()
        # before the next request of the slot is sent, not after: process_response comes too late for that
        crawler.signals.connect(self._listen, signals.response_downloaded)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Politeness":
        """Make one for Scrapy."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Put the request into its domain's slot; raises HostThrottled where its host is left alone.

        VisitOver where the visit it belongs to was let go meanwhile: the next one asks for the same page.
        """
        if getattr(request.meta.get("visit"), "is_over", False):
            raise VisitOver("the visit was let go")
        domain = budget_key(request.url)
        refuse_throttled(self._crawler, request)
        request.meta["download_slot"] = domain
        self._pace(domain)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Save the silence that an answer asked for."""
        throttle = request.meta.get("asked_throttle")
        if isinstance(throttle, Throttle):
            await services_of(self._crawler).site_limits.save(throttle)
        return response

    def _listen(self, response: Response, request: Request) -> None:
        """Learn from an answer how fast its domain may be asked, and whether its host wants silence."""
        services = services_of(self._crawler)
        self._learn(budget_key(request.url), float(request.meta.get("download_latency", 0.0)))
        if response.status not in {429, 503}:
            services.site_limits.forget_refusals(request.url)
            return
        wait = read_retry_after(response.headers.get("Retry-After"), now=services.clock())
        throttle = services.site_limits.record_refusal(
            request.url,
            http_status=response.status,
            wait=wait,
            is_page=request.meta.get("visit") is not None,
        )
        if throttle is not None:
            request.meta["asked_throttle"] = throttle
            self._turn_back(budget_key(request.url), throttle)

    def _turn_back(self, domain: str, throttle: Throttle) -> None:
        """Send home the requests that queue for a host which has just asked for silence; others of its budget stay."""
        leaving = take_waiting(
            self._crawler, domain, is_leaving=lambda one: host_key(one.url) == throttle.domain
        )
        for answer in leaving:
            answer.errback(Failure(HostThrottled(throttle.reason, until=throttle.until)))  # type: ignore[no-untyped-call]  # Twisted leaves it untyped

    def _learn(self, domain: str, latency_seconds: float) -> None:
        before = self._latencies.pop(domain, latency_seconds)
        self._latencies[domain] = (before + latency_seconds) / 2
        if len(self._latencies) > _MOST_LATENCIES:
            self._latencies.popitem(last=False)

    def _pace(self, domain: str) -> None:
        """Set the slot's pause: what we were told to keep, what robots.txt asks, and how long the server takes."""
        services = services_of(self._crawler)
        budget = services.rules.config.fetch.per_domain
        asked = services.site_limits.crawl_delay(domain).total_seconds()
        own = budget.delay.total_seconds()
        # without a pause of our own (intranet, tests) the server's slowness is its own affair
        latency = min(self._latencies.get(domain, 0.0), _LONGEST_PAUSE_SECONDS) if own else 0.0
        delay, concurrency = (
            max(own, asked, latency, _SHORTEST_PAUSE_SECONDS),
            1 if asked else budget.concurrency,
        )
        # Scrapy draws from both sides of the pause it is given
        delay, jitter = delay * (1 + _JITTER), _JITTER / (1 + _JITTER)
        set_pace(
            self._crawler, domain,
            delay=delay, concurrency=concurrency, jitter=jitter, most=_MOST_LATENCIES,
        )  # fmt: skip


def refuse_throttled(crawler: Crawler, request: Request) -> None:
    """Raise HostThrottled where the host of a request, or this page alone, is to be left alone now."""
    # `scrapy shell` and `scrapy fetch` go by our settings, and have no services
    services = find_services(crawler)
    throttle = services and services.site_limits.find_throttle(request.url)
    if throttle:
        raise HostThrottled(throttle.reason, until=throttle.until)


def read_retry_after(header: bytes | None, *, now: datetime) -> timedelta | None:
    """Read a Retry-After header, seconds or a date; None where it says nothing that can be read."""
    text = (header or b"").decode("latin-1").strip()
    if text.isdecimal():
        return timedelta(seconds=min(int(text[:9]), 10**7))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(moment - now, timedelta(0))
