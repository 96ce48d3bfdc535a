"""One round without the daemon: visit these sources now, deliver what is owed, and end."""

import asyncio
import logging
import sqlite3
import sys
from collections.abc import Callable
from contextlib import suppress

from crawler.clock import utc_now
from crawler.config.schema import Config
from crawler.flows.crawl_requests import settle_all_open_requests
from crawler.flows.deliver import Postman
from crawler.flows.outbox import Outbox
from crawler.flows.receipts import name_recipients
from crawler.flows.requests import settle_open_requests
from crawler.flows.visit import give_back_visits
from crawler.flows.writer import Writer
from crawler.log import log_event
from crawler.storage.database import transaction
from crawler.storage.deliveries import release_held
from crawler.storage.instance_lock import InstanceLock
from crawler.storage.owners import Owner, unrestricted
from crawler.storage.sources import mark_due_now
from scheduler.crawl_child import CrawlChild
from scheduler.crawl_messages import Beat, read_message
from scheduler.planning import plan_finished, take_over
from scheduler.vigil import Patience, Verdict, Vigil

_LOOK_SECONDS = 0.3
_log = logging.getLogger("watchword.round")


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
    returns    False if the crawl process ended before its work did; visits it left open are closed as cut off
    raises     AlreadyRunning where a daemon holds the database
    """
    with InstanceLock(config.store.path):
        writer = Writer(config.store.path, Owner.DAEMON)
        try:
            await take_over(writer, config, now=utc_now())
            await writer.run(_settle_all, config)
            await writer.run(on_tick)
            await writer.run(name_recipients, config, now=utc_now())
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
    clock = asyncio.get_running_loop().time
    # a round ends: what memory it takes is given back then
    vigil = Vigil(Patience(), memory_bytes=sys.maxsize, now=clock())
    beats = asyncio.create_task(_hear(child, vigil))
    try:
        while not beats.done():
            await asyncio.wait([beats], timeout=_LOOK_SECONDS)
            if vigil.judge(clock(), cpu_seconds=child.cpu_seconds()) is Verdict.HUNG:
                log_event(_log, logging.ERROR, f"crawl process {Verdict.HUNG.value}", pid=child.pid)
                break
            await writer.run(settle_open_requests, config, now=utc_now())
            await writer.run(on_tick)
    finally:
        beats.cancel()
        await child.kill()
        child.close()
    cut_off = await writer.run(_close_visits)
    return child.returncode == 0 and not cut_off


def _close_visits(connection: sqlite3.Connection) -> int:
    """Close the visits that a crawl process which is gone left open, and say so in their rows; return how many."""
    with unrestricted(connection):
        return give_back_visits(connection, now=utc_now())


async def _hear(child: CrawlChild, vigil: Vigil) -> None:
    """Take in the child's beats until it has ended; what is no message is no beat."""
    while line := await child.next_line():
        with suppress(ValueError):
            message = read_message(line)
            if isinstance(message, Beat):
                vigil.see(message)
