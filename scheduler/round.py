"""One round without the daemon: visit these sources now, deliver what is owed, and end."""

import asyncio
import sqlite3
from collections.abc import Callable

from crawler.clock import utc_now
from crawler.config.schema import Config
from crawler.flows.deliver import Postman
from crawler.flows.writer import Writer
from crawler.storage.crawl_queue import release_visits
from crawler.storage.database import open_for_writing, transaction
from crawler.storage.deliveries import release_held
from crawler.storage.sources import mark_due_now
from scheduler.crawl_process import HANG_SECONDS, kill_group, start_child
from scheduler.lock import InstanceLock
from scheduler.planning import plan_finished_visits, take_over

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
    gives    False if the crawl process ended before its work did
    raises   AlreadyRunning where a daemon holds the database
    """
    with InstanceLock(config.store.path):
        connection = open_for_writing(config.store.path)
        try:
            take_over(connection, config, now=utc_now())
            on_tick(connection)
            mark_due_now(connection, names, now=utc_now())
            is_whole = await _crawl(connection, config, names, on_tick, max_pages=max_pages)
            plan_finished_visits(connection, config, now=utc_now())
            release_held(connection, now=utc_now())
            await _deliver(config)
            on_tick(connection)
        finally:
            connection.close()
    return is_whole


async def _deliver(config: Config) -> None:
    writer = Writer(config.store.path)
    try:
        await Postman(writer, config, clock=utc_now).deliver_due()
    finally:
        writer.close()


async def _crawl(
    connection: sqlite3.Connection,
    config: Config,
    names: tuple[str, ...],
    on_tick: Callable[[sqlite3.Connection], object],
    *,
    max_pages: int | None,
) -> bool:
    child = await start_child(config, only=names, once=True, max_pages=max_pages)
    beats = asyncio.create_task(_read_beats(child))
    try:
        while not beats.done():
            await asyncio.wait([beats], timeout=_LOOK_SECONDS)
            on_tick(connection)
    finally:
        beats.cancel()
        kill_group(child)
        code = await child.wait()
        with transaction(connection):
            left_open = release_visits(connection, now=utc_now())
    return code == 0 and left_open == 0


async def _read_beats(child: asyncio.subprocess.Process) -> None:
    """Return when the child ends, or has not beaten for too long."""
    if child.stdout is None:
        return
    while await asyncio.wait_for(child.stdout.readline(), HANG_SECONDS):
        pass
    await child.wait()
