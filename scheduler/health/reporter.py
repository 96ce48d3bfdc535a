"""Tells others how the daemon is: answers health checks, sends signs of life, and keeps the service manager's watchdog quiet."""

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime

from crawler.clock import Clock
from crawler.config.schema import Config
from crawler.errors import DatabaseUnusable
from crawler.log import log_event
from crawler.storage.backup.folder import find_newest
from crawler.storage.file.database import open_for_reading
from crawler.storage.process.gauges import Gauges, read_gauges
from scheduler.crawling.vigil import Liveness
from scheduler.health.metrics import Backups, write_metrics
from scheduler.health.pinger import Pinger
from scheduler.health.server import NOT_THERE, Answer, HealthServer
from scheduler.health.service_manager import notify
from scheduler.health.wellness import Wellness, write_health
from scheduler.timers import Timers

_log = logging.getLogger("watchword.daemon")
_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class HealthReporter:
    """Reports on one session of the daemon.

    liveness    of the crawl process, as it is now
    find_fault  returns why the database cannot be used, empty while it can
    """

    def __init__(
        self,
        config: Config,
        liveness: Liveness,
        timers: Timers,
        *,
        find_fault: Callable[[], str],
        clock: Clock,
    ) -> None:
        self._config, self._path, self._clock = config, config.store.path, clock
        self._liveness, self._timers, self._find_fault = liveness, timers, find_fault
        self._started_at = time.monotonic()
        self._server = HealthServer(self._answer)
        self._pinger = Pinger(config)
        self._said_hung: set[str] = set()

    def use_config(self, config: Config) -> None:
        """Go by another configuration from now on."""
        self._config = config
        self._pinger.use_config(config)

    async def report(self) -> None:
        """Tell whoever waits for it that all is well, if it is; called every few seconds."""
        await self._server.listen(self._config.health.address)
        wellness = self._observe()
        for name in set(wellness.hung) - self._said_hung:
            log_event(_log, logging.ERROR, "timer hangs", name=name)
        self._said_hung = set(wellness.hung)
        # a full disk is not mended by a restart, which the silence of a watchdog causes
        if not wellness.hung:
            notify("READY=1\nWATCHDOG=1")
        await self._pinger.ping_if_due(is_well=not wellness.faults)

    async def close(self) -> None:
        """Stop answering."""
        notify("STOPPING=1")
        await self._server.close()

    def _observe(self) -> Wellness:
        now, live, storage = time.monotonic(), self._liveness, self._find_fault()
        silent = round(now - max(live.beaten_at, self._started_at))
        return Wellness(
            uptime_seconds=round(now - self._started_at),
            crawl_process_silent_seconds=silent,
            visits_open=live.visits,
            restart_count=live.restart_count,
            memory_bytes=live.rss_bytes,
            storage=storage,
            # work that waits for storage does not hang
            hung=() if storage else self._timers.list_hung(),
            core_share=live.core_share,
            cluster=live.cluster,
        )

    async def _answer(self, path: str) -> Answer:
        if path not in {"/healthz", "/metrics"}:
            return NOT_THERE
        wellness, now = self._observe(), self._clock()
        gauges = await asyncio.to_thread(self._read_gauges, now)
        if path == "/healthz":
            found = json.dumps(write_health(wellness, gauges, now=now)) + "\n"
            return Answer(503 if wellness.faults else 200, "application/json", found.encode())
        text = await asyncio.to_thread(self._write_metrics, wellness, gauges, now)
        return Answer(200, _METRICS_TYPE, text)

    def _read_gauges(self, now: datetime) -> Gauges | None:
        """Return the numbers in the database, None if it cannot be read."""
        try:
            with closing(open_for_reading(self._path)) as connection:
                return read_gauges(connection, now=now)
        except (DatabaseUnusable, sqlite3.Error, ValueError, TypeError):
            return None

    def _write_metrics(self, wellness: Wellness, gauges: Gauges | None, now: datetime) -> bytes:
        newest = find_newest(self._config.backup_folder, self._path, now=now)
        backups = Backups(newest.made_at if newest else None, self._config.backup.every)
        return write_metrics(wellness, gauges, self._path, backups=backups, now=now)
