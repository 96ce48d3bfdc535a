"""robots.txt in memory: which requests wait for it, how many times an address is judged, and that the event loop never waits."""

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.extract.navigation.robots import Robots
from crawler.extract.navigation.robots_rules import RuleSet
from crawler.flows.crawl.throttle import SiteLimits
from crawler.flows.embedded_notebook import EmbeddedNotebook
from crawler.flows.process.rules import Rules
from crawler.flows.process.writer import Writer
from crawler.storage.file.migrations.schema import migrate
from tests.conftest import make_config
from tests.fakes import START, FakeClock

ORIGIN = "https://x.org"


class WatchedRules(RuleSet):
    """Rules that record each question."""

    def __init__(self) -> None:
        super().__init__([(False, "/private")])
        self.asked: list[tuple[str, int]] = []

    def allows(self, url: str) -> bool:
        self.asked.append((url, threading.get_ident()))
        return super().allows(url)


@pytest.fixture
async def site_limits(tmp_path: Path, clock: FakeClock) -> AsyncIterator[SiteLimits]:
    writer = Writer(tmp_path / "watchword.db")
    await writer.run(migrate)
    rules = Rules(config=make_config(tmp_path))
    yield SiteLimits(EmbeddedNotebook(writer, clock, lambda: rules), clock)
    writer.close()


async def test_a_wait_for_rules_leaves_nothing_behind_however_it_ends(
    site_limits: SiteLimits,
) -> None:
    async def ask() -> None:
        async with site_limits.fetching(ORIGIN):
            await asyncio.sleep(0)
            raise ValueError("the guard refuses the address")

    ended = await asyncio.gather(ask(), ask(), ask(), return_exceptions=True)
    cancelled = asyncio.create_task(ask())
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.gather(cancelled, return_exceptions=True)

    assert [type(error) for error in ended] == [ValueError] * 3
    assert site_limits.asked_for == frozenset()


async def test_the_rules_of_an_origin_are_requested_by_one_at_a_time(
    site_limits: SiteLimits,
) -> None:
    inside = most = 0

    async def ask(origin: str) -> None:
        nonlocal inside, most
        async with site_limits.fetching(origin):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(ask(ORIGIN) for _ in range(5)))

    assert most == 1


async def test_an_address_is_judged_once_and_not_on_the_event_loop(site_limits: SiteLimits) -> None:
    rules = WatchedRules()
    watched = Robots(rules=rules)
    site_limits.keep(ORIGIN, watched, until=START + timedelta(hours=1))

    verdicts = [
        await site_limits.allows(watched, ORIGIN, f"{ORIGIN}/{path}")
        for path in ("private", "a", "a")
    ]

    assert verdicts == [False, True, True]
    assert [url for url, _ in rules.asked] == [f"{ORIGIN}/private", f"{ORIGIN}/a"]
    assert threading.get_ident() not in {thread for _, thread in rules.asked}


async def test_addresses_are_judged_again_by_a_new_robots_txt(
    site_limits: SiteLimits, clock: FakeClock
) -> None:
    url = f"{ORIGIN}/news"
    first = await site_limits.keep_robots(
        ORIGIN, http_status=200, body="User-agent: *\nDisallow: /"
    )
    before = await site_limits.allows(first, ORIGIN, url)
    clock.advance(hours=25)
    gone = site_limits.known_robots(ORIGIN)

    second = await site_limits.keep_robots(
        ORIGIN, http_status=200, body="User-agent: *\nDisallow: /x"
    )

    assert (before, gone) == (False, None)
    assert await site_limits.allows(second, ORIGIN, url)


async def test_rules_in_memory_are_bounded_over_all_origins(site_limits: SiteLimits) -> None:
    body = "User-agent: *\n" + "".join(f"Disallow: /{n}\n" for n in range(30_000))

    for number in range(10):
        await site_limits.keep_robots(f"https://s{number}.org", http_status=200, body=body)

    held = [number for number in range(10) if site_limits.known_robots(f"https://s{number}.org")]
    assert held == [4, 5, 6, 7, 8, 9]
    assert await site_limits.find_robots("https://s0.org")  # the database has them all
