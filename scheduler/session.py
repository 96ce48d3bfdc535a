"""The daemon's work on one database file: timers around the due times stored in it, deliveries, and the crawl process.

All database work goes through one writer, which waits while storage does not answer (decision 022). A timer whose work waits is
not called again meanwhile, so nothing piles up, and everything continues when storage is back.
"""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from crawler.clock import Clock
from crawler.config.schema import Config
from crawler.errors import StorageUnavailable
from crawler.flows.daemon_upkeep import keep_small
from crawler.flows.mail.delivery.deliver import DeliveryWorker
from crawler.flows.mail.delivery.delivery_times import repair_delivery_times
from crawler.flows.mail.delivery.mailbox import MailboxReader
from crawler.flows.mail.delivery.status_reports import queue_due
from crawler.flows.process.configure import apply_config_in_slices
from crawler.flows.process.writer import Writer
from crawler.flows.retention import DAEMON_RULES, Sweeper
from crawler.log import log_event, say_repeats
from crawler.storage.crawl.visits import count_cut_short
from crawler.storage.file.instance_lock import InstanceLock
from crawler.storage.file.owners import Owner
from scheduler.config_watch import ConfigWatch, keep_path
from scheduler.crawling.crawl_process import CrawlProcess
from scheduler.due.backups import LONGEST_SECONDS, Backups
from scheduler.due.planning import plan_finished, repair_schedule, take_over
from scheduler.health.reporter import HealthReporter
from scheduler.inbox import Inbox, act_outside
from scheduler.session_steps import clear_heartbeats, write_beat
from scheduler.timers import Timers, wait_out

# these two in sequence keep the promise of docs/operating/index.md: after SIGTERM the daemon ends within ten seconds
_STOP_SECONDS = 6.0
# the last writes wait at most this long for a disk that does not answer
_GOODBYE_SECONDS = 3.0
# each look is a query by an index: 0.02 ms for finished visits with 10,000 sources (docs/internals/benchmarks.md)
_LOOK_SECONDS = 0.5
# heartbeats older than a minute count as dead (heartbeats.STALE_SECONDS)
_BEAT_SECONDS = 5.0
# digests and status reports are due by the minute
_GATHER_SECONDS = 5.0
_TIDY_SECONDS = 60.0
# a backup is due by the hour or day
_BACKUP_SECONDS = 30.0
_log = logging.getLogger("watchword.daemon")


class Session:
    """The daemon's work on one database file, from taking it over to closing it.

    cut_short_count  visits that its end cut short; they are due again
    """

    def __init__(
        self,
        config_watch: ConfigWatch,
        lock: InstanceLock,
        *,
        path: Path,
        stop_asked: asyncio.Event,
        clock: Clock,
        on_tick: Callable[[sqlite3.Connection], object],
    ) -> None:
        self._config_watch = config_watch
        self._lock = lock
        self._stop_asked = stop_asked
        self._clock = clock
        self._on_tick = on_tick
        self._config = keep_path(config_watch.config, path)
        # what the database holds for certain; None while another one is being written
        self._stored: Config | None = self._config
        self._path = path
        self._is_over = asyncio.Event()
        self.cut_short_count = 0
        self._is_reload_asked = False
        self._uptime_id: int | None = None
        self._writer = Writer(path, Owner.DAEMON, clock=clock)
        self._delivery_worker = DeliveryWorker(self._writer, self._config, clock=clock)
        self._crawl_process = CrawlProcess(self._config, on_stored=self._delivery_worker.wake)
        self._mailbox = MailboxReader(self._writer, self._config, clock=clock)
        self._backups = Backups(self._config, clock=clock)
        self._sweeper = Sweeper(DAEMON_RULES)
        self._inbox = Inbox(
            self._writer,
            self._crawl_process.forward,
            act=lambda request: act_outside(request, self._config, config_watch.path),
            clock=clock,
            on_renamed=self.reload_soon,
        )
        self._timers = Timers(clock=clock, on_jump=self._repair_times)
        live, fault = self._crawl_process.liveness, self._find_fault
        self._health = HealthReporter(self._config, live, self._timers, find_fault=fault, clock=clock)  # fmt: skip

    async def run(self, *, on_ready: Callable[[], None]) -> None:
        """Work until the daemon is told to stop, or another file lies in place of this one.

        raises  DatabaseUnusable if the file cannot be used
        """
        try:
            if await self._take_over():
                on_ready()
                await self._work()
        finally:
            await asyncio.to_thread(self._writer.close)

    async def _take_over(self) -> bool:
        """Bring the database up to date; return False if the daemon was told to stop before that was done."""
        work = asyncio.create_task(self._prepare())
        await self._wait_with(work)
        if not work.done():
            work.cancel()
            return False
        if count := work.result():
            log_event(_log, logging.WARNING, "visits were left open", count=count)
        return True

    async def _prepare(self) -> int:
        count = await take_over(self._writer, self._config, now=self._clock())
        await self._repair_deliveries()
        return count

    async def _wait_with(self, work: "asyncio.Task[int]") -> None:
        """Wait for some work or for the order to stop, whichever is first; note storage faults meanwhile."""
        asked = asyncio.create_task(self._stop_asked.wait())
        while not work.done() and not asked.done():
            await asyncio.wait(
                {work, asked}, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            self._note_fault()
        asked.cancel()

    async def _work(self) -> None:
        supervisor = asyncio.create_task(self._crawl_process.supervise())
        self._start_timers()
        waits = [asyncio.create_task(event.wait()) for event in (self._stop_asked, self._is_over)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        log_event(_log, logging.INFO, "daemon stopping")
        stopping_at = self._clock()
        await asyncio.gather(
            self._timers.stop(),
            self._health.close(),
            self._crawl_process.stop(within_seconds=_STOP_SECONDS),
            self._finish_deliveries(),
        )
        await self._inbox.close()
        for task in (supervisor, *waits):
            task.cancel()
        await asyncio.gather(supervisor, *waits, return_exceptions=True)
        await self._say_goodbye(stopping_at)

    def _start_timers(self) -> None:
        reload_seconds = self._config.schedule.reload.total_seconds()
        for function, seconds in (
            (self._plan, _LOOK_SECONDS),
            (self._take_requests, _LOOK_SECONDS),
            (self._deliver, _LOOK_SECONDS),
            (self._show, _LOOK_SECONDS),
            (self._gather, _GATHER_SECONDS),
            (self._beat, _BEAT_SECONDS),
            (self._read_mailbox, _LOOK_SECONDS),
            (self._look_at_file, _LOOK_SECONDS),
            (self._look_at_config, reload_seconds),
            (self._health.report, _BEAT_SECONDS),
            (self._tidy, _TIDY_SECONDS),
        ):
            self._timers.add(function.__name__.strip("_"), partial(wait_out, function), seconds)
        back_up = partial(wait_out, self._back_up)
        # it ends by itself in time; some minutes more are for a process that takes long to end
        deadline = LONGEST_SECONDS + 600.0
        self._timers.add("back_up", back_up, _BACKUP_SECONDS, deadline_seconds=deadline)
        self._timers.start()

    async def _finish_deliveries(self) -> None:
        """Wait until a message on its way is recorded as sent; otherwise it would be sent twice."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._delivery_worker.finish(), _STOP_SECONDS)

    async def _say_goodbye(self, stopping_at: datetime) -> None:
        if self._writer.is_replaced:
            return
        with contextlib.suppress(TimeoutError, StorageUnavailable):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                self.cut_short_count = await self._writer.run(count_cut_short, since=stopping_at)
                await self._plan()
                await self._show()
                await self._writer.run(clear_heartbeats, now=self._clock())

    async def _plan(self) -> None:
        await plan_finished(self._writer, self._config, now=self._clock())

    async def _take_requests(self) -> None:
        await self._inbox.take_up(self._config, now=self._clock())

    async def _show(self) -> None:
        await self._writer.run(self._on_tick)

    async def _deliver(self) -> None:
        """Begin to send what is due, without waiting for the server: a slow one must not hold up other work."""
        if not self._stop_asked.is_set():
            self._delivery_worker.wake()

    async def _gather(self) -> None:
        """Put status reports and notices that are due into the outbox."""
        await self._writer.run(queue_due, self._config, now=self._clock())

    async def _tidy(self) -> None:
        await self._writer.run(keep_small, self._config, self._sweeper, now=self._clock())

    async def _read_mailbox(self) -> None:
        """Take up unsubscribe requests that came by mail; the mailbox reader decides how often it looks."""
        if not self._stop_asked.is_set():
            await self._mailbox.look_if_due()

    async def _back_up(self) -> None:
        """Make a backup if one is due; the next turn waits until it is made."""
        if self._writer.fault is None and not self._stop_asked.is_set():
            await self._backups.make_if_due()

    async def _repair_times(self, seconds: float) -> None:
        """Correct moments that lie ahead after the clock was set or the machine slept."""
        now = self._clock()
        jump = timedelta(seconds=seconds)
        moved = await self._writer.run(repair_schedule, self._config, now=now, jump=jump)
        moved += await self._repair_deliveries()
        if moved:
            log_event(_log, logging.WARNING, "times repaired", after_jump_seconds=round(seconds), count=moved)  # fmt: skip

    async def _repair_deliveries(self) -> int:
        return await self._writer.run(repair_delivery_times, self._config, now=self._clock())

    async def _beat(self) -> None:
        say_repeats()
        await self._writer.run(self._write_beat)

    def _write_beat(self, connection: sqlite3.Connection) -> None:
        live, note, now = self._crawl_process.liveness, self._config_watch.note, self._clock()
        self._uptime_id = write_beat(
            connection, live, uptime_id=self._uptime_id, refused_edit=note, now=now
        )

    async def _look_at_file(self) -> None:
        self._note_fault()
        if self._writer.is_replaced and not self._is_over.is_set():
            facts = {"path": self._path, "next": "starting on the new one"}
            log_event(_log, logging.WARNING, "database replaced", **facts)
            self._is_over.set()

    def _note_fault(self) -> None:
        """Write into the lock file why storage does not answer: it can be written when the database cannot."""
        self._lock.note(storage=self._find_fault() or None)

    def _find_fault(self) -> str:
        fault = self._writer.fault
        return fault.reason if fault else self._crawl_process.liveness.storage or ""

    async def _look_at_config(self) -> None:
        """Put an edited configuration in force; try again until all of it has been applied."""
        is_asked, is_stored = self._is_reload_asked, self._stored is not None
        self._is_reload_asked = False
        edited: Config | None = None
        # in threads: reading many sources takes seconds, and a network disk may be slow
        if is_asked or await asyncio.to_thread(self._config_watch.has_changed):
            edited = await asyncio.to_thread(self._config_watch.reload, is_urgent=is_asked)
        if edited is None and not is_asked and is_stored:
            return
        # SIGHUP with faulty files: the old configuration is applied again, as a rename may have given it other rows
        config = keep_path(edited or self._config, self._path)
        # an edit that was written only in part, and then taken back, is in the database all the same
        stored, self._stored = None if is_asked else self._stored, None
        await apply_config_in_slices(
            self._writer, config, before=self._config, stored=stored, now=self._clock()
        )
        self._config = self._stored = config
        self._delivery_worker.use_config(config)
        self._mailbox.use_config(config)
        self._backups.use_config(config)
        self._health.use_config(config)
        self._crawl_process.replace_config(config)
        if edited is not None:
            self._config_watch.accept()
        counts = {"sources": len(config.sources), "watches": len(config.watches)}
        log_event(_log, logging.INFO, "configuration in force", **counts)

    def reload_soon(self) -> None:
        """Have the configuration read now, whether it changed or not, as SIGHUP asks."""
        self._is_reload_asked = True
        self._timers.call_now("look_at_config")
