"""What sites ask of crawlers, kept across crawls: robots.txt, crawl-delay, and "come back later" (429 and 503).

A host that asked to be left alone is throttled for every source, but its neighbours under one domain are not: they belong
to other people (one 503 of one page silenced all of github.io for a day). One overloaded page waits alone; its host is
throttled when a feed or a second page answers the same. Why not Scrapy's middlewares: decision 010.
"""

import asyncio
import random
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from crawler.backoff import Backoff
from crawler.clock import Clock
from crawler.extract.navigation.robots import Robots, read_robots
from crawler.flows.process.notebook import SiteNotes
from crawler.model.cluster.bundle import Pace
from crawler.model.site import RobotsFile, Throttle
from crawler.text.instants import write_instant
from crawler.text.web.urls import budget_key, host_key

# RFC 9309, 2.4: a robots.txt should not be used for more than 24 hours
ROBOTS_FOR = timedelta(hours=24)
# a robots.txt that could not be read is asked for again sooner (decision 010); after a failed connection almost at once, as
# it allows nothing until then
ROBOTS_FOR_REFUSED = timedelta(minutes=10)
ROBOTS_FOR_UNREACHED = timedelta(seconds=20)
# a longer Retry-After counts as a day; then the host is asked once more
LONGEST_THROTTLE = timedelta(hours=24)
# for a 429 without Retry-After; jitter only adds to it, as coming back too soon is what the host complained about
_GUESS = Backoff(timedelta(minutes=1), timedelta(hours=1), (1.0, 1.2))
# bounds for a process that lives for months (decision 020); 200,000 rules, over all origins, take about 100 MB
_MOST_ORIGINS = 5000
_MOST_RULES = 200_000
_MOST_VERDICTS = 20_000
_MOST_PAGES = 5000
# domains whose answer time is remembered; beyond it the one unused longest is forgotten
MOST_DOMAINS = 5000
_RNG = random.Random()  # noqa: S311  # jitter, not a secret


class SiteLimits:
    """The memory of what sites ask, kept for later crawls by the notebook.

    agent  our name in the user-agent lines of a robots.txt
    """

    def __init__(self, notes: SiteNotes, clock: Clock) -> None:
        self.agent = "Watchword"
        self._notes = notes
        self._clock = clock
        self._robots: OrderedDict[str, tuple[Robots, datetime]] = OrderedDict()
        self._rule_count = 0
        self._verdicts: OrderedDict[tuple[str, str], bool] = OrderedDict()
        self._throttles: dict[str, Throttle] = {}
        # overloaded pages, and for each host the one that answered so last
        self._pages: OrderedDict[str, Throttle] = OrderedDict()
        self._overloaded: dict[str, str] = {}
        self._crawl_delays: dict[str, timedelta] = {}
        self._latencies: OrderedDict[str, float] = OrderedDict()
        self._answered: dict[str, float] = {}
        self._fetching: dict[str, tuple[asyncio.Lock, int]] = {}

    async def open(self) -> None:
        """Load the throttled hosts from the database; robots.txt rules are loaded when they are needed."""
        self._robots.clear()
        self._verdicts.clear()
        self._rule_count = 0
        throttles = await self._notes.list_throttles()
        self._throttles = {item.domain: item for item in throttles}

    def known_robots(self, origin: str) -> Robots | None:
        """Return the rules of an origin from memory, None if they are not there or too old."""
        kept = self._robots.get(origin)
        return kept[0] if kept and kept[1] > self._clock() else None

    async def find_robots(self, origin: str) -> Robots | None:
        """Return the rules of an origin from memory or database, or None if they must be fetched."""
        known = self.known_robots(origin)
        if known is not None:
            return known
        file = await self._notes.find_robots(origin)
        if file is None or file.expires_at <= self._clock():
            return None
        return await self._remember(file)

    @asynccontextmanager
    async def fetching(self, origin: str) -> AsyncIterator[None]:
        """Let one request at a time fetch the rules of an origin.

        The lock goes with the last request: where a fetch raised, locks once stayed for the life of the process.
        """
        lock, count = self._fetching.get(origin, (asyncio.Lock(), 0))
        self._fetching[origin] = lock, count + 1
        try:
            async with lock:
                yield
        finally:
            lock, count = self._fetching.pop(origin)
            if count > 1:
                self._fetching[origin] = lock, count - 1

    @property
    def asked_for(self) -> frozenset[str]:
        """The origins whose rules are being fetched now."""
        return frozenset(self._fetching)

    async def allows(self, robots: Robots, origin: str, url: str) -> bool:
        """Return whether rules allow an address of their origin, judged in a thread and remembered.

        19,000 wildcard rules took 0.15 s for each link and so held the event loop until the process counted as hung.
        """
        if robots.rules is None:
            return True
        known = self._verdicts.get((origin, url))
        if known is not None:
            self._verdicts.move_to_end((origin, url))
            return known
        verdict = await asyncio.to_thread(robots.allows, url)
        # a verdict by rules that were replaced meanwhile is not remembered
        if self._robots.get(origin, (None,))[0] is robots:
            self._verdicts[origin, url] = verdict
            if len(self._verdicts) > _MOST_VERDICTS:
                self._verdicts.popitem(last=False)
        return verdict

    async def keep_robots(
        self, origin: str, *, http_status: int | None, body: str, refusal: str | None = None
    ) -> Robots:
        """Save an answer for robots.txt and return its rules: valid for a day if it was read, otherwise for minutes.

        refusal  why it could not be read: then nothing is allowed (RFC 9309, 2.3.1.4); None if it was read
        """
        now = self._clock()
        keep_for = ROBOTS_FOR
        if refusal is not None:
            keep_for = ROBOTS_FOR_UNREACHED if http_status is None else ROBOTS_FOR_REFUSED
        file = RobotsFile(
            origin=origin,
            fetched_at=now,
            expires_at=now + keep_for,
            http_status=http_status,
            body=body,
            refusal=refusal,
        )
        await self._notes.save_robots(file)
        return await self._remember(file)

    async def _remember(self, file: RobotsFile) -> Robots:
        robots = await asyncio.to_thread(
            read_robots, file.body, origin=file.origin, agent=self.agent, refusal=file.refusal
        )
        self.keep(file.origin, robots, until=file.expires_at)
        return robots

    def keep(self, origin: str, robots: Robots, *, until: datetime) -> None:
        """Keep the rules of an origin in memory, replacing earlier ones; the oldest go when there are too many."""
        if origin in self._robots:
            self._forget(origin)
            self._verdicts.clear()
        self._robots[origin] = (robots, until)
        self._rule_count += _count(robots)
        while self._rule_count > _MOST_RULES or len(self._robots) > _MOST_ORIGINS:
            self._forget(next(iter(self._robots)))
        if robots.crawl_delay:
            self._keep_delay(budget_key(origin), robots.crawl_delay)

    def _forget(self, origin: str) -> None:
        robots, _ = self._robots.pop(origin)
        self._rule_count -= _count(robots)

    def _keep_delay(self, domain: str, delay: timedelta) -> None:
        if len(self._crawl_delays) >= _MOST_ORIGINS:
            self._crawl_delays.clear()
        known = self._crawl_delays.get(domain, timedelta(0))
        self._crawl_delays[domain] = max(known, delay)

    def crawl_delay(self, domain: str) -> timedelta:
        """Return the pause between two pages that a domain's robots.txt asks for; zero without one."""
        return self._crawl_delays.get(domain, timedelta(0))

    def learn_latency(self, domain: str, seconds: float) -> None:
        """Learn how fast a domain answers: a moving average, in which the last answer counts half."""
        before = self._latencies.pop(domain, seconds)
        self._latencies[domain] = (before + seconds) / 2
        if len(self._latencies) > MOST_DOMAINS:
            self._latencies.popitem(last=False)

    def latency(self, domain: str) -> float:
        """Return the usual answer time of a domain in seconds, 0 if it is not known."""
        return self._latencies.get(domain, 0.0)

    def take_over(self, pace: Pace, throttles: Iterable[Throttle] = ()) -> None:
        """Go on where another process stopped: how a domain was asked, and which of its hosts are throttled."""
        if pace.crawl_delay:
            self._keep_delay(pace.domain, pace.crawl_delay)
        if pace.latency_seconds:
            self._latencies[pace.domain] = pace.latency_seconds
        if pace.rested_seconds is not None:
            self._answered[pace.domain] = time.monotonic() - pace.rested_seconds
        for throttle in throttles:
            self._throttles[throttle.domain] = throttle

    def hand_over(self, domain: str) -> Pace:
        """Return how a domain was asked, for the next process that asks it."""
        self._answered.pop(domain, None)
        return Pace(
            domain=domain,
            crawl_delay=self.crawl_delay(domain),
            latency_seconds=self.latency(domain),
        )

    async def rest_out(self, domain: str, delay_seconds: float) -> None:
        """Wait for what is left of the pause since another process asked a domain."""
        answered_at = self._answered.get(domain)
        if answered_at is None:
            return
        left = answered_at + delay_seconds - time.monotonic()
        if left > 0:
            await asyncio.sleep(left)
        self._answered.pop(domain, None)

    def find_throttle(self, url: str) -> Throttle | None:
        """Return the throttle in force for the host of an address or for this page alone, None without one."""
        for throttle in (self._throttles.get(host_key(url)), self._pages.get(url)):
            if throttle and throttle.until > self._clock():
                return throttle
        return None

    def record_refusal(
        self, url: str, *, http_status: int, wait: timedelta | None, is_page: bool
    ) -> Throttle | None:
        """Throttle a host after a 429 or 503; return the throttle to be saved, None if the host is not throttled.

        wait     from its Retry-After, at most a day of it counts. None: it states nothing, and a 429 is answered with a
                 wait that doubles each time
        is_page  a page answered, not a feed: a 503 then holds this page alone until a second page answers the same
        """
        host = host_key(url)
        before = self._throttles.get(host)
        count = before.refusal_count + 1 if before else 1
        if wait is None:
            if http_status != 429:
                return None
            wait = _GUESS.draw_after(count, _RNG)
        until = self._clock() + min(wait, LONGEST_THROTTLE)
        if is_page and http_status != 429 and self._is_first_page(host, url, until=until):
            return None
        reason = (
            f"{host} answered HTTP {http_status} and is left alone until {write_instant(until)}"
        )
        # a longer wait that was asked for before still counts
        if before is not None and before.until > until:
            return before
        throttle = Throttle(domain=host, until=until, reason=reason, refusal_count=count)
        self._throttles[host] = throttle
        return throttle

    def _is_first_page(self, host: str, url: str, *, until: datetime) -> bool:
        """Hold one page; return whether it is the only one of its host that is held."""
        other = self._overloaded.get(host)
        held = self._pages.get(other) if other and other != url else None
        reason = f"this page answered HTTP 503 and is left alone until {write_instant(until)}"
        self._pages.pop(url, None)
        self._pages[url] = Throttle(domain=host, until=until, reason=reason, refusal_count=1)
        self._overloaded[host] = url
        while len(self._pages) > _MOST_PAGES:
            _, gone = self._pages.popitem(last=False)
            self._overloaded.pop(gone.domain, None)
        return held is None or held.until <= self._clock()

    async def save(self, throttle: Throttle) -> None:
        """Save a throttle for later crawls."""
        await self._notes.save_throttle(throttle)

    def forget_refusals(self, url: str) -> None:
        """Forget the refusals of a host that answered well after its throttle ended: the next guess is a minute again."""
        host = host_key(url)
        self._overloaded.pop(host, None)
        throttle = self._throttles.get(host)
        if throttle is not None and throttle.until <= self._clock():
            del self._throttles[host]


def _count(robots: Robots) -> int:
    return len(robots.rules) if robots.rules else 0
