"""The daemon: a few timers around due times that lie in the database.

It plans visits, delivers alerts, notices edits of the configuration, and keeps the crawl process alive. It fetches
nothing itself and never imports Scrapy.
"""

import asyncio
import contextlib
import logging
import signal
import sqlite3
from collections.abc import Callable
from datetime import UTC

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from crawler.clock import Clock, utc_now
from crawler.config.schema import Config
from crawler.flows.configure import apply_config
from crawler.flows.deliver import Postman
from crawler.flows.delivery_times import mend_delivery_times
from crawler.flows.receipts import queue_notice, queue_receipts
from crawler.flows.writer import Writer
from crawler.log import log_event
from crawler.storage.crawl_queue import release_visits
from crawler.storage.database import open_for_writing, transaction
from crawler.storage.heartbeats import clear_heartbeat, save_heartbeat
from crawler.storage.pages import expire_pages
from crawler.storage.receipts import save_uptime
from scheduler.clock_watch import ClockWatch
from scheduler.config_watch import ConfigWatch
from scheduler.crawl_process import CrawlProcess
from scheduler.lock import InstanceLock
from scheduler.planning import mend_due_times, plan_finished_visits, take_over

_log = logging.getLogger("watchword.daemon")
_STOP_SECONDS = 6.0
_BEAT_SECONDS = 5
_GATHER_SECONDS = 5
_TIDY_SECONDS = 300
_JUMP_SECONDS = 60


class Daemon:
    """Everything that happens by itself.

    config_watch  gives the configuration now, and another one when it was edited well
    on_start      called once the database is ready
    on_tick       called twice a second with the database: whoever wants to show progress
    """

    def __init__(
        self,
        config_watch: ConfigWatch,
        *,
        clock: Clock = utc_now,
        on_start: Callable[[], None] = lambda: None,
        on_tick: Callable[[sqlite3.Connection], object] = lambda _connection: None,
    ) -> None:
        self._config_watch = config_watch
        self._clock = clock
        self._on_start = on_start
        self._on_tick = on_tick
        self._config: Config = config_watch.config
        self._stop_asked = asyncio.Event()
        self._uptime_id: int | None = None
        self._clock_watch = ClockWatch(clock)

    async def run(self) -> None:
        """Work until SIGTERM, SIGINT or ``stop``.

        raises  AlreadyRunning, DatabaseUnusable before anything was started
        """
        with InstanceLock(self._config.store.path):
            self._connection = open_for_writing(self._config.store.path)
            try:
                self._prepare()
                self._on_start()
                await self._deliver_and_work()
            finally:
                self._connection.close()

    async def _deliver_and_work(self) -> None:
        writer = Writer(self._config.store.path)
        try:
            self._postman = Postman(writer, self._config, clock=self._clock)
            await self._work()
        finally:
            writer.close()

    def stop(self) -> None:
        """Ask for an orderly end."""
        self._stop_asked.set()

    def _prepare(self) -> None:
        """Bring the database up to date and take back what a dead predecessor had in hand."""
        gather, now = self._config.mail.gather, self._clock()
        count = take_over(self._connection, self._config, now=now)
        mend_delivery_times(self._connection, now=now, gather=gather)
        if count:
            log_event(_log, logging.WARNING, "visits taken back", count=count)

    def _take_back(self) -> None:
        with transaction(self._connection):
            count = release_visits(self._connection, now=self._clock())
        if count:
            log_event(_log, logging.WARNING, "visits taken back", count=count)

    async def _work(self) -> None:
        self._crawl_process = CrawlProcess(self._config, on_death=self._take_back)
        supervisor = asyncio.create_task(self._crawl_process.supervise())
        timers = self._start_timers()
        self._listen_to_signals()
        log_event(_log, logging.INFO, "daemon started", database=self._config.store.path)
        asked = asyncio.create_task(self._stop_asked.wait())
        await asyncio.wait({asked, supervisor}, return_when=asyncio.FIRST_COMPLETED)
        log_event(_log, logging.INFO, "daemon stopping")
        timers.shutdown(wait=False)
        await asyncio.gather(
            self._crawl_process.stop(within_seconds=_STOP_SECONDS), self._finish_deliveries()
        )
        if supervisor.done() and not asked.done():
            supervisor.result()  # it only ends by itself when the crawl process cannot even be started
        supervisor.cancel()
        asked.cancel()
        await asyncio.gather(supervisor, asked, return_exceptions=True)
        self._say_goodbye()

    async def _finish_deliveries(self) -> None:
        """Let a letter that is on its way be recorded as sent; it would else go out twice."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._postman.finish(), _STOP_SECONDS)

    def _say_goodbye(self) -> None:
        self._take_back()
        plan_finished_visits(self._connection, self._config, now=self._clock())
        self._on_tick(self._connection)
        for name in ("daemon", "crawl process"):
            clear_heartbeat(self._connection, name)
        log_event(_log, logging.INFO, "daemon stopped")

    def _start_timers(self) -> AsyncIOScheduler:
        """Start the daemon's few timers; a late one runs once, however many turns it missed."""
        timers = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        reload_seconds = self._config.schedule.reload.total_seconds()
        for function, seconds in (
            (self._plan, 0.5),
            (self._deliver, 0.5),
            (self._gather, _GATHER_SECONDS),
            (self._beat, _BEAT_SECONDS),
            (self._look_at_clock, _BEAT_SECONDS),
            (self._tidy, _TIDY_SECONDS),
            (self._look_at_config, reload_seconds),
        ):
            timers.add_job(function, "interval", seconds=seconds, next_run_time=self._clock())
        timers.start()
        return timers

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self._reload)

    async def _plan(self) -> None:
        plan_finished_visits(self._connection, self._config, now=self._clock())
        self._on_tick(self._connection)

    async def _deliver(self) -> None:
        """Begin to send what is due; a slow server holds up nothing else."""
        if not self._stop_asked.is_set():
            await self._postman.start_due()

    async def _gather(self) -> None:
        """Put receipts and notices into the outbox when their moment has come."""
        queue_receipts(self._connection, self._config, now=self._clock())
        queue_notice(self._connection, self._config, now=self._clock())

    async def _look_at_clock(self) -> None:
        """Notice a machine that slept and a clock that was set: due times must neither bunch up nor lie far off."""
        jump = self._clock_watch.measure()
        if abs(jump) < _JUMP_SECONDS:
            return
        gather, now = self._config.mail.gather, self._clock()
        count = mend_due_times(self._connection, self._config, now=now)
        count += mend_delivery_times(self._connection, now=now, gather=gather)
        log_event(_log, logging.WARNING, "clock jumped", seconds=round(jump), due_times_moved=count)

    async def _tidy(self) -> None:
        """Let go of pages that were kept long enough, a few at a time."""
        before = self._clock() - self._config.store.keep_pages
        with transaction(self._connection):
            expire_pages(self._connection, before=before)

    async def _beat(self) -> None:
        liveness, now = self._crawl_process.liveness, self._clock()
        with transaction(self._connection):  # the disk is waited for once
            save_heartbeat(self._connection, "daemon", now=now)
            self._uptime_id = save_uptime(self._connection, uptime_id=self._uptime_id, now=now)
            if liveness.pid is not None and liveness.is_beating:
                note = (
                    f"{liveness.visits} visits under way, restarted {liveness.restart_count} times"
                )
                save_heartbeat(
                    self._connection, "crawl process", pid=liveness.pid, now=now, note=note
                )

    async def _look_at_config(self) -> None:
        if self._config_watch.has_changed():
            self._reload()

    def _reload(self) -> None:
        """Put an edited configuration in force; a faulty edit is refused and the old one kept."""
        config = self._config_watch.reload()
        if config is None:
            return
        if config.store.path != self._config.store.path:
            _log.error("[store] path changed: that needs a restart; everything else is in force")
            config = config.model_copy(update={"store": self._config.store})
        self._config = config
        self._postman.use_config(config)
        apply_config(self._connection, config, now=self._clock())
        self._crawl_process.replace_config(config)
        log_event(
            _log,
            logging.INFO,
            "configuration in force",
            sources=len(config.sources),
            watches=len(config.watches),
        )
