"""The targets of faults: the daemon's processes, its log, the week; and waits that end with the week."""

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.week.run import Week

# three minutes stand for a week: a quarter of a second is a quarter of an hour
_LOOK_SECONDS = 0.25
# for this long after its end a fault can still show an effect: with the next visit, or a restarted process
EFFECT_SECONDS = 25.0
# the daemon's children end on their own when it is killed
_ORPHAN_SECONDS = 8.0


class Hands:
    """The means of faults in a running week.

    is_down  whether the daemon is stopped on purpose just now
    is_over  set when the week was aborted
    """

    def __init__(self, week: "Week") -> None:
        self.week = week
        self.is_down = False
        self.is_over = threading.Event()

    @property
    def has_daemon_ended(self) -> bool:
        """Whether the daemon ended without having been stopped."""
        # read before and after looking: the daemon may be stopped in between
        is_meant = self.is_down
        return not (is_meant or self.week.running.is_alive or self.is_down)

    def last(self, seconds: float, *, until: Callable[[], bool] | None = None) -> bool:
        """Let a fault last, and longer if it has had no effect yet; return whether it had one."""
        self.is_over.wait(seconds)
        return until is None or self.wait(until)

    def wait(self, is_so: Callable[[], bool], seconds: float = EFFECT_SECONDS) -> bool:
        """Wait until a condition holds; return whether it came to hold in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self.is_over.is_set():
            if is_so():
                return True
            self.is_over.wait(_LOOK_SECONDS)
        return is_so()

    def pids(self, kind: str) -> set[int]:
        """Return the process ids of a kind."""
        return {one.pid for one in self.week.running.processes(kind)}

    def kill(self, kind: str) -> set[int]:
        """Kill the processes of a kind with SIGKILL; return their ids."""
        self.wait(lambda: bool(self.pids(kind)))
        pids = self.pids(kind)
        if kind == "daemon":
            self.week.kills += 1
            self.week.in_flight += self.week.inbox.count_in_flight()
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return pids

    def start_again(self) -> None:
        """Start the daemon once no process of the last one is left, as a service manager does."""
        self.wait(lambda: not self.week.running.processes(), _ORPHAN_SECONDS)
        if left := ", ".join(one.kind for one in self.week.running.processes()):
            self.week.troubles.append(f"outlived the daemon: {left}")
        self.week.running.clear()
        self.week.write_settings()  # a half-written configuration of another fault would keep it from starting
        self.week.start()
        self.wait(lambda: bool(self.pids("crawl process")))

    def mark_log(self) -> int:
        """Return the present end of the log."""
        log = self.week.running.log
        return log.stat().st_size if log.exists() else 0

    def list_log_lines(self, mark: int, *words: str) -> list[str]:
        """Return the lines of the log since a mark that hold any of these words."""
        if not self.week.running.log.exists():
            return []
        with self.week.running.log.open("rb") as log:
            log.seek(mark)
            lines = log.read().decode("utf-8", "replace").splitlines()
        return [line for line in lines if any(word in line for word in words)]

    def empty_write_ahead_log(self) -> None:
        """Make SQLite start its write-ahead log again: the space of a long one is reused, which hides a full disk."""
        for _ in range(20):
            with suppress(sqlite3.Error), closing(self._open()) as connection:
                if connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0:
                    return
            self.is_over.wait(_LOOK_SECONDS)

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.week.running.database, timeout=2)
