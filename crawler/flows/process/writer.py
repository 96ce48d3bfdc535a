"""The only way a process writes to the database: one thread that does one piece of work after another (decision 022).

A piece of work is one transaction, so it can be repeated. While storage refuses (a lasting lock, a full or read-only disk, a
damaged, deleted or replaced file), the work is tried again until it succeeds; its caller only notices that it takes long.
Before, a lock of thirty seconds ended the daemon, and a full disk did after 55 tracebacks. One log line says that storage
is unavailable and one that it answers again; the rest of the process sees it in ``fault``.
"""

import asyncio
import logging
import random
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from crawler.backoff import Backoff
from crawler.clock import Clock, utc_now
from crawler.errors import DatabaseUnusable, StorageUnavailable
from crawler.log import log_event
from crawler.storage.file.database import open_for_writing, work_name
from crawler.storage.file.faults import FaultKind, StorageFault, describe, find_kind, identify
from crawler.storage.file.owners import Owner

_Waiting = tuple[Callable[[], Any], "Future[Any]"]
_P = ParamSpec("_P")
_R = TypeVar("_R")

# SQLite's own wait for a lock; short, because a stop cannot interrupt it
_BUSY_SECONDS = 1.0
# a longer lock is reported as a fault: ours last a fifth of a second, a backup's some seconds
_PATIENCE_SECONDS = 10.0
# between tries to get a lock, with jitter so that two processes do not keep meeting (decision 022)
_FIRST_WAIT, _JITTER = timedelta(milliseconds=50), (0.5, 1.5)
_LOCK_BACKOFF = Backoff(_FIRST_WAIT, timedelta(milliseconds=400), _JITTER)
# between tries on a full disk or a missing file; there is no last try, the fault stands until somebody repairs it
_FAULT_BACKOFF = Backoff(_FIRST_WAIT, timedelta(seconds=3), _JITTER)
# any other reason why the file cannot be opened at the start ends the process with a sentence
_WAITED_FOR_AT_START = frozenset({FaultKind.LOCKED, FaultKind.FULL})
_DELETED = "the database {path} was deleted or moved away{rescued}; put it back, or stop the daemon and restore a backup"
_REPLACED = "the database {path} was replaced by another file"
# while a first visit's articles wait to be stored, a quarter of the work is theirs: news alone may go on for hours
_PASSED_IN_A_ROW = 3
_RNG = random.Random()  # noqa: S311  # jitter, not a secret
_log = logging.getLogger("watchword.storage")


class Writer:
    """Runs storage work off the event loop, one piece after another.

    owner   whose tables may be written
    fault   why storage does not answer now, None if it does
    done_count   pieces of work done so far: a sign of life
    is_replaced  another file is at the path: the owner of this writer closes it and opens a new one
    """

    def __init__(self, path: Path, owner: Owner = Owner.ALL, *, clock: Clock = utc_now) -> None:
        self.fault: StorageFault | None = None
        self.done_count = 0
        self.is_replaced = False
        self._path = path
        self._owner = owner
        self._clock = clock
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._works, self._works_behind = deque["_Waiting"](), deque["_Waiting"]()
        self._passed_count = 0
        self._closing = threading.Event()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")

    async def run(
        self,
        function: Callable[Concatenate[sqlite3.Connection, _P], _R],
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _R:
        """Call a function with the connection and return its result, however long storage takes to answer.

        Work is done in the order it was asked for, except what ``run_behind`` was asked for.

        raises  what the function raises, except errors of SQLite that pass; StorageUnavailable if the writer was closed
                meanwhile; DatabaseUnusable if the file could not be opened at the start
        """
        return await self._wait_for(self._works, function, *args, **kwargs)

    async def run_behind(
        self,
        function: Callable[Concatenate[sqlite3.Connection, _P], _R],
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _R:
        """Do the same when no other work waits, or has let enough of it pass: for what nobody waits for, as first visits."""
        return await self._wait_for(self._works_behind, function, *args, **kwargs)

    async def _wait_for(
        self,
        works: "deque[_Waiting]",
        function: Callable[Concatenate[sqlite3.Connection, _P], _R],
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _R:
        """Put work into a queue and return its result; cancelled before it began, it is not done."""
        name = getattr(function, "__name__", "work")
        work = partial(self._work, lambda own: function(own, *args, **kwargs), name)
        done = Future[_R]()
        waiting: _Waiting = (work, done)
        works.append(waiting)
        try:
            self._thread.submit(self._do_next)
        except RuntimeError as error:
            works.remove(waiting)
            if self._closing.is_set() and "shutdown" in str(error):
                raise StorageUnavailable("the database is closed") from error
            raise
        return await asyncio.wrap_future(done)

    def _do_next(self) -> None:
        """Do one piece of work; there is a call of this for each."""
        is_turn_of_others = self._passed_count >= _PASSED_IN_A_ROW and self._works_behind
        works = self._works if self._works and not is_turn_of_others else self._works_behind
        is_passing = works is self._works and self._works_behind
        self._passed_count = self._passed_count + 1 if is_passing else 0
        work, done = works.popleft()
        if not done.set_running_or_notify_cancel():
            return
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)

    def _work(self, call: Callable[[sqlite3.Connection], _R], name: str) -> _R:
        """Do one piece of work, repeated until storage accepts it, and return its result."""
        work_name.set(name)
        began, tries = time.monotonic(), 0
        while True:
            try:
                result = call(self._open())
            except (sqlite3.Error, DatabaseUnusable, _FileGone) as error:
                self._judge(error, waited=time.monotonic() - began)
            else:
                self._leave_fault()
                self.done_count += 1
                return result
            tries += 1
            backoff = _FAULT_BACKOFF if self.fault else _LOCK_BACKOFF
            wait = backoff.draw_after(tries, _RNG).total_seconds()
            if self._closing.wait(wait) or self.is_replaced:
                reason = self.fault.reason if self.fault else "the database is locked"
                raise StorageUnavailable(reason)

    def _open(self) -> sqlite3.Connection:
        """Return the connection; raises _FileGone if its file is no longer the one at the path.

        A deleted file was written to for hours, and its rows were gone after the restart. The crawl process never makes the
        file: where it was deleted, a crawl process that started after that put an empty one in its place, and all was new.
        """
        if self._connection is None:
            if self._owner is Owner.CRAWL and not self._path.exists():
                raise _FileGone
            self._connection = open_for_writing(
                self._path, owner=self._owner, busy_seconds=_BUSY_SECONDS
            )
            self._identity = identify(self._path)
        elif identify(self._path) != self._identity:
            raise _FileGone
        return self._connection

    def _judge(self, error: Exception, *, waited: float) -> None:
        """Note a fault that is waited for; raise the error again if it is of another kind."""
        if isinstance(error, _FileGone):
            self._note_missing()
            return
        kind = find_kind(error, self._path)
        is_start = self._connection is None
        if kind is None or (is_start and kind not in _WAITED_FOR_AT_START):
            raise error
        if kind is not FaultKind.LOCKED or waited > _PATIENCE_SECONDS:
            cause = error.__cause__ or error
            self._enter_fault(describe(kind, self._path, cause, since=self._clock()))

    def _note_missing(self) -> None:
        if self.fault is not None and self.fault.kind is FaultKind.GONE and not self._path.exists():
            return
        self.is_replaced = self._connection is not None and self._path.exists()
        if self.is_replaced:
            # no log line: the owner of this writer sees it within a second, and logs what it does about it
            reason = _REPLACED.format(path=self._path)
            self.fault = StorageFault(kind=FaultKind.GONE, reason=reason, since=self._clock())
            return
        reason = _DELETED.format(path=self._path, rescued=self._rescue())
        self._enter_fault(StorageFault(kind=FaultKind.GONE, reason=reason, since=self._clock()))

    def _rescue(self) -> str:
        """Copy a deleted file through the open connection, the only way left to it; return where the copy is, in words."""
        if self._connection is None or self._owner is Owner.CRAWL:
            return ""
        copy = self._path.with_name(self._path.name + ".rescued")
        try:
            copy.unlink(missing_ok=True)
            with closing(sqlite3.connect(copy)) as target:
                self._connection.backup(target)
        except (OSError, sqlite3.Error) as error:
            log_event(_log, logging.ERROR, "deleted database not rescued", reason=error)
            return ""
        return f", what it held was saved as {copy.name}"

    def _enter_fault(self, fault: StorageFault) -> None:
        if self.fault is None or self.fault.kind is not fault.kind:
            self.fault = fault
            facts = {"reason": fault.reason, "next": "trying again until it answers"}
            log_event(_log, logging.ERROR, "storage unavailable", **facts)

    def _leave_fault(self) -> None:
        if self.fault is not None:
            lasted = (self._clock() - self.fault.since).total_seconds()
            log_event(_log, logging.WARNING, "storage answers again", after_seconds=round(lasted))
            self.fault = None

    def run_last(
        self,
        function: Callable[Concatenate[sqlite3.Connection, _P], _R],
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _R | None:
        """Call a function from outside the event loop, before closing; return None if storage does not answer now."""
        self._closing.set()
        name = getattr(function, "__name__", "work")
        work = partial(self._work, lambda own: function(own, *args, **kwargs), name)
        try:
            return self._thread.submit(work).result()
        except StorageUnavailable:
            return None

    def close(self) -> None:
        """Finish the work under way, give up work that waits for storage, then close the file."""
        self._closing.set()
        self._thread.shutdown(wait=True, cancel_futures=False)
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()


class _FileGone(Exception):
    """Raised when the path leads to another file than the open one, or to none where the daemon must have made one."""
