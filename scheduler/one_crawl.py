"""One crawl without the daemon: visit sources, do whatever else is due, send messages, and end."""

import asyncio
import logging
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from crawler.clock import utc_now
from crawler.config.schema import Config
from crawler.errors import StopNow, StorageUnavailable
from crawler.flows.mail.delivery.deliver import DeliveryWorker
from crawler.flows.mail.delivery.delivery_times import repair_delivery_times
from crawler.flows.mail.delivery.mailbox import MailboxReader
from crawler.flows.mail.delivery.status_reports import queue_due
from crawler.flows.mail.outbox import Outbox
from crawler.flows.mail.requests import settle_open_requests
from crawler.flows.process.writer import Writer
from crawler.log import log_event
from crawler.storage.crawl.crawl_queue import has_due_visits
from crawler.storage.file.instance_lock import InstanceLock
from crawler.storage.file.owners import Owner
from scheduler.clock_check import wait_for_clock
from scheduler.crawling.crawl_child import CrawlChild
from scheduler.crawling.crawl_messages import Beat, read_message
from scheduler.crawling.vigil import Patience, Verdict, Vigil
from scheduler.due.backups import Backups
from scheduler.due.planning import plan_finished, take_over
from scheduler.one_crawl_steps import (
    Sweepers,
    close_visits,
    make_due,
    open_crawl,
    record_crawl,
    release_all,
    settle_all,
    tidy_all,
)

_HOLDER = "watchword crawl"
# how often progress is shown and a hang is noticed, while somebody watches the terminal
_LOOK_SECONDS = 0.3
# as often as the daemon: a pause of ten minutes would count as downtime (status_reports)
_BEAT_SECONDS = 5.0
# after a signal: at most this long for the crawl process or a message under way, and for everything together, storage
# included; a crawl that is told to stop ends within ten seconds
_STOP_SECONDS = 6.0
_LONGEST_STOP_SECONDS = 8.0
# a limit, in case something due is never done; each sweep takes at most 50 expired pages
_MOST_SWEEPS = 200
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_log = logging.getLogger("watchword.crawl")


class CrawlStopped(StopNow):
    """A signal stopped the crawl, and it ended in order; what was claimed is due again."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(f"stopped by {number.name}")
        self.number = number
        self.exit_code = 128 + number  # as shells write the end by a signal


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlOrder:
    """What a crawl should do.

    names        the sources it may visit, None for all
    is_due_only  visit only what is due, and gather messages as the daemon does: another crawl comes soon
    max_pages    fetch at most this many pages of each source, None for all
    on_tick      called a few times a second with the database
    """

    names: tuple[str, ...] | None
    is_due_only: bool = False
    max_pages: int | None = None
    on_tick: Callable[[sqlite3.Connection], object]


async def run_crawl(
    config: Config,
    names: tuple[str, ...] | None,
    *,
    on_tick: Callable[[sqlite3.Connection], object],
    max_pages: int | None = None,
    is_due_only: bool = False,
) -> bool:
    """Visit the named sources once, plan their next visits, do what else is due, and send messages.

    returns  False if the crawl process ended before its work was done; its open visits are closed as interrupted
    raises   AlreadyRunning if another process holds the database, CrawlStopped after a signal
    """
    order = CrawlOrder(names=names, is_due_only=is_due_only, max_pages=max_pages, on_tick=on_tick)
    with InstanceLock(config.store.path, holder=_HOLDER) as lock:
        return await _Crawl(config, order, lock).run()


class _Crawl:
    """A crawl under way."""

    def __init__(self, config: Config, order: CrawlOrder, lock: InstanceLock) -> None:
        self._config = config
        self._lock = lock
        self._order = order
        self._stop_asked = asyncio.Event()
        self._stopped_by: signal.Signals | None = None
        self._writer = Writer(config.store.path, Owner.DAEMON)
        self._delivery_worker = DeliveryWorker(self._writer, config, clock=utc_now)
        self._mailbox = MailboxReader(self._writer, config, clock=utc_now)
        self._backups = Backups(config, clock=utc_now)

    async def run(self) -> bool:
        """Work to the end, or until a signal comes; return whether all visits were made."""
        with self._listening():
            work = asyncio.create_task(self._work())
            try:
                await self._wait_for(work)
                if not work.done():
                    await asyncio.wait({work}, timeout=_LONGEST_STOP_SECONDS)
            finally:
                # work that still waits for storage ends with an error here
                await asyncio.to_thread(self._writer.close)
                work.cancel()
                await asyncio.wait({work})
        if self._stopped_by is None:
            return work.result()
        if not work.cancelled() and not isinstance(work.exception(), StorageUnavailable | None):
            work.result()
        raise CrawlStopped(self._stopped_by)

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Listen to signals, except those our parent told us to ignore (``nohup`` ignores SIGHUP)."""
        loop = asyncio.get_running_loop()
        heard = [one for one in _SIGNALS if signal.getsignal(one) is not signal.SIG_IGN]
        for number in heard:
            loop.add_signal_handler(number, self._stop, number)
        try:
            yield
        finally:
            for number in heard:
                loop.remove_signal_handler(number)

    def _stop(self, number: signal.Signals) -> None:
        self._stopped_by = self._stopped_by or number
        self._stop_asked.set()

    async def _wait_for(self, task: "asyncio.Task[Any]") -> None:
        """Wait for some work or for a signal, whichever is first."""
        asked = asyncio.create_task(self._stop_asked.wait())
        try:
            await asyncio.wait({task, asked}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            asked.cancel()

    async def _work(self) -> bool:
        await wait_for_clock(
            self._config.store.path,
            clock=utc_now,
            stop_asked=self._stop_asked,
            note=lambda waits_for: self._lock.note(storage=None, waits_for=waits_for),
        )
        if self._stop_asked.is_set():
            return False
        await self._begin()
        mailbox = asyncio.create_task(self._mailbox.look_if_due())
        try:
            is_whole = await self._visit()
            await plan_finished(self._writer, self._config, now=utc_now())
            await self._wait_for(mailbox)
        finally:
            await _give_up(mailbox)
        if not self._stop_asked.is_set():
            await self._settle_all()
            await self._do_upkeep()
            await self._deliver()
            await self._wait_for(asyncio.create_task(self._backups.make_if_due()))
        await self._writer.run(record_crawl)
        await self._writer.run(self._order.on_tick)
        return is_whole

    async def _begin(self) -> None:
        """Do what a daemon does at its start, and what has waited since the last crawl."""
        writer, config = self._writer, self._config
        # due visits are not spread over later moments: this crawl makes them all now
        await take_over(writer, config, now=utc_now(), is_spreading=False)
        await writer.run(repair_delivery_times, config, now=utc_now())
        await writer.run(record_crawl)
        if self._order.is_due_only:
            await writer.run(open_crawl)
        await self._settle_all()
        await writer.run(self._order.on_tick)
        # in this order, so that a digest that is due contains the status report of the same moment
        await writer.run(Outbox(config).take_up_all)
        await writer.run(queue_due, config, now=utc_now())
        if not self._order.is_due_only:
            await writer.run(make_due, self._names())

    def _names(self) -> tuple[str, ...]:
        if self._order.names is not None:
            return self._order.names
        return tuple(source.name for source in self._config.sources)

    async def _settle_all(self) -> None:
        """Do what was requested while nothing ran."""
        await self._writer.run(settle_all, self._config)

    async def _do_upkeep(self) -> None:
        """Do all that is due besides visits; the crawl process has ended by now."""
        sweepers = Sweepers()
        for _ in range(_MOST_SWEEPS):
            if not await self._writer.run(
                tidy_all, self._config, sweepers, self._order.is_due_only
            ):
                break

    async def _visit(self) -> bool:
        """Run a crawl process until nothing is due; return False if it ended before its work was done."""
        names = self._order.names
        if self._stop_asked.is_set() or not await self._writer.run(
            has_due_visits, now=utc_now(), only=names
        ):
            return True
        child = await CrawlChild.start(
            self._config, only=names, once=True, max_pages=self._order.max_pages
        )
        try:
            await self._accompany(child)
            if self._stop_asked.is_set():
                await child.end(within_seconds=_STOP_SECONDS)
        finally:
            await child.kill()
            child.close()
        cut_off = await self._writer.run(close_visits)
        return child.returncode == 0 and not cut_off

    async def _accompany(self, child: CrawlChild) -> None:
        """Accompany a crawl process until it ends, hangs, or a signal comes: judge it, answer requests, show progress."""
        clock = asyncio.get_running_loop().time
        # no memory ceiling: the process ends with the crawl and gives its memory back
        vigil = Vigil(Patience(), memory_bytes=sys.maxsize, now=clock())
        beats = asyncio.create_task(_hear(child, vigil))
        beat_at = clock()
        try:
            while not beats.done() and not self._stop_asked.is_set():
                await asyncio.wait([beats], timeout=_LOOK_SECONDS)
                if vigil.judge(clock(), cpu_seconds=child.cpu_seconds()) is Verdict.HUNG:
                    reason = f"crawl process {Verdict.HUNG.value}"
                    log_event(_log, logging.ERROR, reason, pid=child.pid)
                    break
                await self._writer.run(settle_open_requests, self._config, now=utc_now())
                await self._writer.run(self._order.on_tick)
                if clock() - beat_at >= _BEAT_SECONDS:
                    beat_at = clock()
                    await self._writer.run(record_crawl)
        finally:
            beats.cancel()

    async def _deliver(self) -> None:
        """Send what is due; after a signal begin nothing more, but record what is on its way."""
        await self._writer.run(Outbox(self._config).take_up_all)
        if not self._order.is_due_only:
            await self._writer.run(release_all)
        sending = asyncio.create_task(self._delivery_worker.deliver_due())
        try:
            await self._wait_for(sending)
            if sending.done():
                sending.result()
        finally:
            sending.cancel()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._delivery_worker.finish(), _STOP_SECONDS)


async def _give_up(mailbox: "asyncio.Task[None]") -> None:
    """End the look into the mailbox, done or not; log its fault, which must not stop the rest of the crawl."""
    mailbox.cancel()
    await asyncio.wait({mailbox})
    fault = None if mailbox.cancelled() else mailbox.exception()
    if fault is not None and not isinstance(fault, StorageUnavailable):
        log_event(_log, logging.ERROR, "reading the mailbox failed", exc_info=fault)


async def _hear(child: CrawlChild, vigil: Vigil) -> None:
    """Take in the child's beats until it has ended; lines that are no message are ignored."""
    while line := await child.next_line():
        with suppress(ValueError):
            message = read_message(line)
            if isinstance(message, Beat):
                vigil.see(message)
