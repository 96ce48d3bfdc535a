"""What sites ask of their visitors, kept across crawls: robots.txt, crawl-delay, and "come back later".

A silence belongs to the host that asked for it, whichever source or spider met it: its neighbours under one domain are other
people. One page that is overloaded waits alone; its host does where a feed, or a second page, says the same.
"""

import asyncio
import random
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from crawler.backoff import Backoff
from crawler.clock import Clock
from crawler.extract.navigation.robots import Robots, read_robots
from crawler.flows.process.writer import Writer
from crawler.storage.crawl.domains import (
    RobotsFile,
    Throttle,
    find_robots,
    list_throttles,
    save_robots,
    save_throttle,
)
from crawler.text.instants import write_instant
from crawler.text.web.urls import budget_key, host_key

ROBOTS_FOR = timedelta(hours=24)
# a robots.txt that could not be read is asked for again sooner; where no connection came about, at once almost
ROBOTS_FOR_REFUSED = timedelta(minutes=10)
ROBOTS_FOR_UNREACHED = timedelta(seconds=20)
LONGEST_THROTTLE = timedelta(hours=24)
# a host that said "too often" and not for how long; never sooner than guessed
_GUESS = Backoff(timedelta(minutes=1), timedelta(hours=1), (1.0, 1.2))
# rules in memory, over all origins: 200,000 take about 100 MB
_MOST_ORIGINS = 5000
_MOST_RULES = 200_000
_MOST_VERDICTS = 20_000
_MOST_PAGES = 5000
_RNG = random.Random()  # noqa: S311  # jitter, not a secret


class SiteLimits:
    """Memory of what sites ask, backed by the database.

    agent  the name by which a robots.txt speaks of us
    """

    def __init__(self, writer: Writer, clock: Clock) -> None:
        self.agent = "Watchword"
        self._writer = writer
        self._clock = clock
        self._robots: OrderedDict[str, tuple[Robots, datetime]] = OrderedDict()
        self._rule_count = 0
        self._verdicts: OrderedDict[tuple[str, str], bool] = OrderedDict()
        self._throttles: dict[str, Throttle] = {}
        # pages that are overloaded, and of each host the one that said so last
        self._pages: OrderedDict[str, Throttle] = OrderedDict()
        self._overloaded: dict[str, str] = {}
        self._crawl_delays: dict[str, timedelta] = {}
        self._fetching: dict[str, tuple[asyncio.Lock, int]] = {}

    async def open(self) -> None:
        """Take up the silences that outlasted a restart; what memory holds is read anew when it is asked for."""
        self._robots.clear()
        self._verdicts.clear()
        self._rule_count = 0
        throttles = await self._writer.run(list_throttles, now=self._clock())
        self._throttles = {item.domain: item for item in throttles}

    def known_robots(self, origin: str) -> Robots | None:
        """Give the rules of an origin, if memory holds them and they are not too old."""
        kept = self._robots.get(origin)
        return kept[0] if kept and kept[1] > self._clock() else None

    async def find_robots(self, origin: str) -> Robots | None:
        """Give the rules of an origin from memory or database, or None where they must be fetched."""
        known = self.known_robots(origin)
        if known is not None:
            return known
        file = await self._writer.run(find_robots, origin)
        if file is None or file.expires_at <= self._clock():
            return None
        return await self._remember(file)

    @asynccontextmanager
    async def fetching(self, origin: str) -> AsyncIterator[None]:
        """Let one request at a time look for the rules of an origin; nothing of it stays once the last has left."""
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
        """The origins whose rules somebody is looking for now."""
        return frozenset(self._fetching)

    async def allows(self, robots: Robots, origin: str, url: str) -> bool:
        """Tell whether rules let us fetch an address of their origin; in a thread, and once for each address."""
        if robots.rules is None:
            return True
        known = self._verdicts.get((origin, url))
        if known is not None:
            self._verdicts.move_to_end((origin, url))
            return known
        verdict = await asyncio.to_thread(robots.allows, url)
        # rules that were replaced meanwhile have no say in what comes
        if self._robots.get(origin, (None,))[0] is robots:
            self._verdicts[origin, url] = verdict
            if len(self._verdicts) > _MOST_VERDICTS:
                self._verdicts.popitem(last=False)
        return verdict

    async def keep_robots(
        self, origin: str, *, http_status: int | None, body: str, refusal: str | None = None
    ) -> Robots:
        """Keep a robots.txt just asked for: a day where it was read, minutes where it was not."""
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
        await self._writer.run(save_robots, file)
        return await self._remember(file)

    async def _remember(self, file: RobotsFile) -> Robots:
        robots = await asyncio.to_thread(
            read_robots, file.body, origin=file.origin, agent=self.agent, refusal=file.refusal
        )
        self.keep(file.origin, robots, until=file.expires_at)
        return robots

    def keep(self, origin: str, robots: Robots, *, until: datetime) -> None:
        """Keep the rules of an origin in memory, in place of those before; the oldest go where they are too many."""
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
        """Give the pause a domain's robots.txt asks for between two pages; zero where none does."""
        return self._crawl_delays.get(domain, timedelta(0))

    def find_throttle(self, url: str) -> Throttle | None:
        """Give the silence that the host of an address asked for, or this page alone, if it lasts."""
        for throttle in (self._throttles.get(host_key(url)), self._pages.get(url)):
            if throttle and throttle.until > self._clock():
                return throttle
        return None

    def record_refusal(
        self, url: str, *, http_status: int, wait: timedelta | None, is_page: bool
    ) -> Throttle | None:
        """Leave a host alone that said "too often" or "overloaded"; gives the silence, to be saved.

        wait     what its Retry-After asks, at most a day of it is granted; None where it says nothing: then a "too
                 often" is answered with a silence that doubles each time
        is_page  one page of many said so: "overloaded" then is its own affair, until a second page says the same
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
        if before is not None and before.until > until:
            return before
        throttle = Throttle(domain=host, until=until, reason=reason, refusal_count=count)
        self._throttles[host] = throttle
        return throttle

    def _is_first_page(self, host: str, url: str, *, until: datetime) -> bool:
        """Hold one page; tell whether it is the only one of its host that is held."""
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
        """Keep a silence for the crawls to come."""
        await self._writer.run(save_throttle, throttle)

    def forget_refusals(self, url: str) -> None:
        """Start the guesses anew for a host that answered well after its silence."""
        host = host_key(url)
        self._overloaded.pop(host, None)
        throttle = self._throttles.get(host)
        if throttle is not None and throttle.until <= self._clock():
            del self._throttles[host]


def _count(robots: Robots) -> int:
    return len(robots.rules) if robots.rules else 0
