"""The daemon: holds the database, listens to signals, and starts again when another file is put in place of the database.

It fetches nothing itself and never imports Scrapy. It ends only when it is told to, or if the database cannot be used at
the start (decision 022).
"""

import asyncio
import logging
import signal
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from crawler.clock import Clock, utc_now
from crawler.log import log_event
from crawler.storage.file.instance_lock import InstanceLock, is_held
from scheduler.clock_check import ClockPatience, wait_for_clock
from scheduler.config_watch import ConfigWatch
from scheduler.session import Session

# a command that works in the daemon's place holds the lock for some hundredths of a second
_LOCK_SECONDS = 2.0
# how often to look whether such a command has released the lock
_LOOK_SECONDS = 0.1
_log = logging.getLogger("watchword.daemon")


class Daemon:
    """The long-running process: one lock, and one session for each database file.

    config_watch  the configuration in force, and a new one after a valid edit
    on_start      called once the database is ready
    on_tick       called twice a second with the database, to show progress
    patience      how long to wait at the start for a clock that cannot be right
    """

    def __init__(
        self,
        config_watch: ConfigWatch,
        *,
        clock: Clock = utc_now,
        on_start: Callable[[], None] = lambda: None,
        on_tick: Callable[[sqlite3.Connection], object] = lambda _connection: None,
        patience: ClockPatience | None = None,
    ) -> None:
        self._config_watch = config_watch
        self._clock = clock
        self._on_start = on_start
        self._on_tick = on_tick
        self._patience = patience
        self._stop_asked = asyncio.Event()
        self._session: Session | None = None

    async def run(self) -> int:
        """Run until SIGTERM, SIGINT or ``stop``; return how many visits that cut short.

        raises  AlreadyRunning, DatabaseUnusable before anything was started
        """
        path = self._config_watch.config.store.path
        await _wait_for_commands(path)
        with InstanceLock(path) as lock:
            self._listen_to_signals()
            await wait_for_clock(
                path,
                clock=self._clock,
                stop_asked=self._stop_asked,
                note=partial(_note_wait, lock),
                patience=self._patience,
            )
            # a session ends early only when its file was replaced; the next one opens the new file
            while not self._stop_asked.is_set():
                self._session = Session(
                    self._config_watch,
                    lock,
                    path=path,
                    stop_asked=self._stop_asked,
                    clock=self._clock,
                    on_tick=self._on_tick,
                )
                await self._session.run(on_ready=self._say_started)
        log_event(_log, logging.INFO, "daemon stopped")
        return self._session.cut_short_count if self._session is not None else 0

    def _say_started(self) -> None:
        self._on_start()
        self._on_start = lambda: (
            None
        )  # a database put in place of the old one is no news to the terminal
        path = self._config_watch.config.store.path
        log_event(_log, logging.INFO, "daemon started", database=path)

    def stop(self) -> None:
        """Ask for an orderly end."""
        self._stop_asked.set()

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self._reload)

    def _reload(self) -> None:
        if self._session is not None:
            self._session.reload_soon()


def _note_wait(lock: InstanceLock, waits_for: str) -> None:
    """Write into the lock file what the daemon waits for: a clock that may be wrong must not date a heartbeat."""
    lock.note(storage=None, waits_for=waits_for)


async def _wait_for_commands(path: Path) -> None:
    """Wait at most two seconds for a command to release the lock. A daemon keeps it, and ``InstanceLock`` then names it."""
    end = time.monotonic() + _LOCK_SECONDS
    while is_held(path) and time.monotonic() < end:
        await asyncio.sleep(_LOOK_SECONDS)
