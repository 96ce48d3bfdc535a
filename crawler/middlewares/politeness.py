"""Pacing requests: one budget for each registrable domain, shared by all its sources, pages and sub-domains.

After 429 or 503 only the host is left alone, not its domain: neighbours under github.io are strangers, and one owner's
Retry-After of a day once silenced them all.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.errors import HostThrottled, VisitOver
from crawler.flows.crawl.throttle import MOST_DOMAINS
from crawler.middlewares.download.stopping import stopping_of
from crawler.middlewares.scrapy_internals import set_pace, take_waiting
from crawler.middlewares.services import find_services, services_of
from crawler.model.site import Throttle
from crawler.text.web.urls import budget_key, host_key

# the pause grows with a server's answer time, but not beyond this; a configured pause and a crawl-delay may be longer
_LONGEST_PAUSE_SECONDS = 60.0
# with a pause of zero Scrapy 2.19 sends a slot's whole queue at once, whatever its concurrency: it counts too late
_SHORTEST_PAUSE_SECONDS = 0.001
# pauses are up to 30 % longer than asked, so that visits do not run in step, and never shorter: Scrapy draws to both sides,
# and in a week under load a pause of 0.8 s was once 0.2 s
_JITTER = 0.15


class Politeness:
    """Downloader middleware that paces the requests of a domain and refuses those to a throttled host."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        # by signal: process_response is called after the next request of the slot was sent
        crawler.signals.connect(self._listen, signals.response_downloaded)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Politeness":
        """Return a middleware for Scrapy."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Put a request into its domain's slot, once the pause since another worker asked it is over.

        raises  HostThrottled if its host is throttled; VisitOver if its visit was abandoned or the process is to end: the next
                visit fetches the page
        """
        if getattr(request.meta.get("visit"), "is_over", False):
            raise VisitOver("the visit was abandoned")
        stopping_of(self._crawler).refuse()
        domain = budget_key(request.url)
        refuse_throttled(self._crawler, request)
        request.meta["download_slot"] = domain
        delay = self._pace(domain)
        await services_of(self._crawler).site_limits.rest_out(domain, delay)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Save the throttle that an answer asked for."""
        throttle = request.meta.get("asked_throttle")
        if isinstance(throttle, Throttle):
            await services_of(self._crawler).site_limits.save(throttle)
        return response

    def _listen(self, response: Response, request: Request) -> None:
        """Learn from an answer how fast its domain may be asked, and whether its host asks to be left alone."""
        services = services_of(self._crawler)
        latency = float(request.meta.get("download_latency", 0.0))
        services.site_limits.learn_latency(budget_key(request.url), latency)
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
        """Fail the queued requests to a host that has just asked to be left alone; other hosts of its domain stay queued."""
        leaving = take_waiting(
            self._crawler, domain, is_leaving=lambda one: host_key(one.url) == throttle.domain
        )
        for answer in leaving:
            answer.errback(Failure(HostThrottled(throttle.reason, until=throttle.until)))  # type: ignore[no-untyped-call]  # Twisted leaves it untyped

    def _pace(self, domain: str) -> float:
        """Set the slot's pause, and return its seconds: the longest of the configured one, robots.txt's crawl-delay, and the server's answer time."""
        services = services_of(self._crawler)
        budget = services.rules.config.fetch.per_domain
        asked = services.site_limits.crawl_delay(domain).total_seconds()
        own = budget.delay.total_seconds()
        # a configured pause of zero (intranet, tests) means that slow answers do not slow us down
        latency = min(services.site_limits.latency(domain), _LONGEST_PAUSE_SECONDS) if own else 0.0
        delay, concurrency = (
            max(own, asked, latency, _SHORTEST_PAUSE_SECONDS),
            1 if asked else budget.concurrency,
        )
        # Scrapy draws jitter to both sides of a pause, so it is told a longer one: its shortest pause is then the one asked for
        delay, jitter = delay * (1 + _JITTER), _JITTER / (1 + _JITTER)
        set_pace(
            self._crawler, domain,
            delay=delay, concurrency=concurrency, jitter=jitter, most=MOST_DOMAINS,
        )  # fmt: skip
        return delay


def refuse_throttled(crawler: Crawler, request: Request) -> None:
    """Raise HostThrottled if the host of a request, or this page alone, is throttled now."""
    # `scrapy shell` and `scrapy fetch` use our settings and have no services
    services = find_services(crawler)
    throttle = services and services.site_limits.find_throttle(request.url)
    if throttle:
        raise HostThrottled(throttle.reason, until=throttle.until)


def read_retry_after(header: bytes | None, *, now: datetime) -> timedelta | None:
    """Return the wait of a Retry-After header, in seconds or as a date; None if it cannot be read."""
    text = (header or b"").decode("latin-1").strip()
    if text.isdecimal():
        # the header may state a number of any length, and timedelta overflows; 115 days, as a throttle lasts a day at most
        return timedelta(seconds=min(int(text[:9]), 10**7))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(moment - now, timedelta(0))
