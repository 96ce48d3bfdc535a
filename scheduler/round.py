"""One round without the daemon: visit these sources now, deliver what is owed, and end."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress

from crawler.clock import utc_now
from crawler.config.schema import Config
from crawler.flows.crawl_requests import settle_all_open_requests
from crawler.flows.deliver import Postman
from crawler.flows.outbox import Outbox
from crawler.flows.requests import settle_open_requests
from crawler.flows.writer import Writer
from crawler.storage.crawl_queue import count_open_visits
from crawler.storage.database import transaction
from crawler.storage.deliveries import release_held
from crawler.storage.instance_lock import InstanceLock
from crawler.storage.owners import Owner, unrestricted
from crawler.storage.sources import mark_due_now
from scheduler.crawl_child import CrawlChild
from scheduler.planning import plan_finished, take_over
from scheduler.vigil import Patience

_LOOK_SECONDS = 0.3


async def run_round(
    config: Config,
    names: tuple[str, ...],
    *,
    on_tick: Callable[[sqlite3.Connection], object],
    max_pages: int | None = None,
) -> bool:
    """Visit the named sources once, plan their next visits, and deliver what is due.

    on_tick    called a few times a second with the database
    max_pages  most pages fetched of each source, None for all
    returns    False if the crawl process ended before its work did
    raises     AlreadyRunning where a daemon holds the database
    """
    with InstanceLock(config.store.path):
        writer = Writer(config.store.path, Owner.DAEMON)
        try:
            await take_over(writer, config, now=utc_now())
            await writer.run(_settle_all, config)
            await writer.run(on_tick)
            await writer.run(_make_due, names)
            is_whole = await _crawl(writer, config, names, on_tick, max_pages=max_pages)
            await plan_finished(writer, config, now=utc_now())
            await writer.run(_settle_all, config)
            postman = Postman(writer, config, clock=utc_now)
            await writer.run(Outbox(config).take_up_all)
            await writer.run(_release_held)
            await postman.deliver_due()
            await writer.run(on_tick)
        finally:
            await asyncio.to_thread(writer.close)
    return is_whole


def _settle_all(connection: sqlite3.Connection, config: Config) -> None:
    """Do what was asked while nothing ran; no crawl process is there, so its tables are ours to write too."""
    with unrestricted(connection):
        settle_all_open_requests(connection, config, now=utc_now())


def _make_due(connection: sqlite3.Connection, names: tuple[str, ...]) -> None:
    with transaction(connection):
        mark_due_now(connection, names, now=utc_now())


def _release_held(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        release_held(connection, now=utc_now())


async def _crawl(
    writer: Writer,
    config: Config,
    names: tuple[str, ...],
    on_tick: Callable[[sqlite3.Connection], object],
    *,
    max_pages: int | None,
) -> bool:
    child = await CrawlChild.start(config, only=names, once=True, max_pages=max_pages)
    beats = asyncio.create_task(_hear(child))
    try:
        while not beats.done():
            await asyncio.wait([beats], timeout=_LOOK_SECONDS)
            await writer.run(settle_open_requests, config, now=utc_now())
            await writer.run(on_tick)
    finally:
        beats.cancel()
        await child.kill()
        child.close()
    return child.returncode == 0 and not await writer.run(count_open_visits)


async def _hear(child: CrawlChild) -> None:
    """Return when the child has ended, or has not beaten for too long."""
    with suppress(TimeoutError):
        while await asyncio.wait_for(child.next_line(), Patience().hang_seconds):
            pass
