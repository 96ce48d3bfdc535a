"""The parse pool: understands pages and feeds in processes that can be killed.

200 KB of ``<!--`` in a feed's description hold a parser for minutes, and a page can ask for all memory; neither may stall or
end the crawl. So each process of the pool has a limit of time and of memory. A call that is cut off says nothing final about
its page: the machine may have been slow, or another page may have taken the memory. Why a pool of our own: decision 019.
"""

import asyncio
import contextlib
import os
import pickle
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from crawler.clock import Clock, utc_now
from crawler.config.sections.fetch import FetchSettings
from crawler.errors import ParseInterrupted, ParsePostponed
from crawler.extract.feeds.feed import parse_feed
from crawler.flows.process.parse_pool.allowance import Allowance
from crawler.flows.process.parse_pool.body_gate import BodyGate
from crawler.flows.process.parse_pool.calls import Call, FairQueue, make_call
from crawler.flows.process.parse_pool.frames import Kind
from crawler.flows.process.parse_pool.server import Spawned
from crawler.flows.process.parse_pool.watches import WatchSet
from crawler.flows.process.parse_pool.workers import (
    Worker,
    WorkerGone,
    Workers,
    WorkersUnavailable,
    WorkerTooSlow,
)
from crawler.machine.limits import fit_workers, read_memory_limit
from crawler.model.article import Page
from crawler.model.source import Feed

_R = TypeVar("_R")

# a worker is replaced after this many pages: parsers leak, and fragmentation grows
_MOST_CALLS = 2000
# two even on one processor: a slow page then takes half of the others' time, not all of it. No crawl process has needed more
# than four (decision 019), and each may use the whole `[fetch] parse_memory`
_FEWEST_WORKERS = 2
_MOST_WORKERS = 4
# bodies that wait, of all sources and of one: large pages are fetched faster than they are read, and without a bound those
# of slow pages took the crawl process to 980 MB (decision 019)
_MOST_BYTES = 64_000_000
_MOST_BYTES_A_SOURCE = 16_000_000
# a call whose pool breaks is repeated at most twice, then it counts as interrupted (decision 019)
_MOST_RESTARTS = 2
# seconds between tries to start a worker, as memory may be short for a moment; after the last one the page waits for a minute
_START_PAUSES = (0.2, 1.0, 5.0)
_UNAVAILABLE = timedelta(minutes=1)
# a call that wants to be alone stops all others, so such calls get a tenth of the time at most
_ALONE_REST = 10


def _count_workers() -> int:
    """Return how many workers processors and memory allow."""
    cpu_count = max(_FEWEST_WORKERS, min(_MOST_WORKERS, os.cpu_count() or 1))
    return fit_workers(cpu_count, read_memory_limit())


class ParsePool:
    """A pool of processes that turn bytes into feeds and articles.

    settings       limits of one call and of one source
    process_count  workers; None: one for each processor, 2 to 4
    spawned        its fork server, if it was started already
    """

    def __init__(
        self,
        settings: FetchSettings,
        *,
        process_count: int | None = None,
        spawned: Spawned | None = None,
        clock: Clock = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._timeout_seconds = settings.parse_timeout.total_seconds()
        self._max_entries = settings.max_entries
        self._clock = clock
        self._monotonic = monotonic
        self._allowance = Allowance(settings.parse_budget.total_seconds(), monotonic)
        self._queue = FairQueue(
            process_count or _count_workers(), is_heavy=self._allowance.is_heavy
        )
        self._gate = BodyGate(most_bytes=_MOST_BYTES, most_bytes_a_source=_MOST_BYTES_A_SOURCE)
        self._workers = Workers(memory_bytes=settings.parse_memory, spawned=spawned)
        self._idle: list[Worker] = []
        self._in_progress: set[asyncio.Task[None]] = set()
        self._alone_after = 0.0
        self._is_closed = False
        self.progress = 0

    @property
    def waiting_bytes(self) -> int:
        """Bytes of all bodies that were passed in and are not read yet."""
        return self._gate.inside_bytes + self._gate.outside_bytes

    def find_hold(self, source: str) -> ParsePostponed | None:
        """Return why and until when pages of a source are not read, None if they are read."""
        wait = self._allowance.find_wait(source)
        return None if wait is None else self._postponed(wait[1], wait[0])

    async def parse_feed(
        self, body: bytes, *, url: str, content_type: str, fetched_at: datetime, source: str
    ) -> Feed:
        """Return a feed as understood; raises NotAFeed, and what ``run`` raises."""
        return await self.run(
            parse_feed,
            body,
            source=source,
            url=url,
            content_type=content_type,
            fetched_at=fetched_at,
            max_entries=self._max_entries,
        )

    def use_watches(self, watches: WatchSet) -> None:
        """Have pages that are begun from now on matched with these watches."""
        self._workers.use_watches(pickle.dumps(watches, pickle.HIGHEST_PROTOCOL))

    async def read_page(
        self, function: Callable[[Page], _R], page: Page, *, source: str, alone: bool = False
    ) -> _R:
        """Call a function that reads a page of a source that is being visited, and return the result.

        alone   nothing else is read meanwhile, so that an interruption is this page's own fault
        raises  what it raises, what ``run`` raises, ParsePostponed if the source has to wait
        """
        call = make_call(function, (page,), {}, source=source)
        call.is_page, call.is_alone, call.is_news = True, alone, page.is_news
        result: _R = await self._answer(call)
        return result

    async def run(self, function: Callable[..., _R], *args: Any, source: str, **kwargs: Any) -> _R:
        """Call a function of ``extract`` within the limits, when it is its source's turn, and return the result.

        raises  what it raises; ParseInterrupted if it was cut off, ParsePostponed if no process can be started
        """
        call = make_call(function, args, kwargs, source=source)
        result: _R = await self._answer(call)
        return result

    async def _answer(self, call: Call) -> Any:
        self._check_turn(call)
        async with self._gate.admit(call.source, call.size_bytes, is_news=call.is_news):
            self._queue.add(call)
            try:
                self._begin_calls()
                return await call.answer
            finally:
                self._queue.discard(call)
                self._begin_calls()

    def _check_hold(self, call: Call) -> None:
        hold = self.find_hold(call.source) if call.is_page else None
        if hold is not None:
            raise hold

    def _check_turn(self, call: Call) -> None:
        if self._is_closed:
            raise self._postponed("Watchword is about to end", 0)
        self._check_hold(call)
        wait = self._alone_after - self._monotonic()
        if call.is_alone and (self._queue.has_alone or wait > 0):
            reason = "it is to be read alone, and another page was just now"
            raise self._postponed(reason, max(wait, self._timeout_seconds))

    def _postponed(self, reason: str, seconds: float) -> ParsePostponed:
        return ParsePostponed(reason, until=self._clock() + timedelta(seconds=seconds))

    def _begin_calls(self) -> None:
        """Begin all calls there is room for."""
        while not self._is_closed and (call := self._queue.take()):
            task = asyncio.get_running_loop().create_task(self._serve(call))
            self._in_progress.add(task)
            task.add_done_callback(self._in_progress.discard)

    async def _serve(self, call: Call) -> None:
        """Bring a call to its result or its error; its future is always resolved."""
        try:
            # its source may have used up its budget while it waited for its turn
            self._check_hold(call)
            result = await self._read(call)
        except asyncio.CancelledError:
            call.answer.cancel()
            raise
        except Exception as error:
            if not call.answer.done():
                call.answer.set_exception(error)
        else:
            if not call.answer.done():
                call.answer.set_result(result)
        finally:
            self._queue.finish(call)
            self.progress += 1
            self._begin_calls()

    async def _read(self, call: Call) -> Any:
        """Return a worker's answer to a call, which is repeated if the pool breaks.

        ``kill -9`` of the fork server once ended all reading for good, and that of a worker refused innocent pages.
        """
        data = pickle.dumps((call.function, call.args, call.kwargs), pickle.HIGHEST_PROTOCOL)
        reason, broken_count = "", 0
        for pause in _START_PAUSES:
            try:
                worker = await self._take_worker()
                return await self._ask(worker, call, data)
            except WorkersUnavailable as error:
                reason = str(error)
                await asyncio.sleep(pause)
            except WorkerGone:
                reason = "the processes that read pages were killed"
                broken_count += 1
        if broken_count > _MOST_RESTARTS:
            raise ParseInterrupted(reason)
        raise self._postponed(f"no process can be had to read it: {reason}", _UNAVAILABLE.total_seconds())  # fmt: skip

    async def _take_worker(self) -> Worker:
        while self._idle:
            worker = self._idle.pop()
            if not self._workers.is_current(worker):
                self._workers.retire(worker)
            if not worker.is_gone:
                return worker
        return await self._workers.start()

    async def _ask(self, worker: Worker, call: Call, data: bytes) -> Any:
        """Return a worker's answer; raises WorkerGone if the call is not the cause of its death."""
        began = self._monotonic()
        try:
            kind, answer = await worker.ask(data, source=call.source, timeout_seconds=self._timeout_seconds)  # fmt: skip
        except WorkerTooSlow as error:
            worker.kill()
            limit = f"{self._timeout_seconds:g} s"
            raise self._interrupted(call, f"it took more than {limit} to be read") from error
        except WorkerGone as error:
            cause = await self._explain_death(worker)
            if cause is None:
                raise
            raise self._interrupted(call, cause) from error
        except Exception:
            worker.kill()  # what it answered cannot be read
            raise
        finally:
            self._note_time(call, self._monotonic() - began)
        return self._open_answer(worker, call, kind, answer)

    async def _explain_death(self, worker: Worker) -> str | None:
        """Return how a worker died of a call; None if it had not begun the call, or died with the fork server."""
        if not worker.has_taken:
            return None
        return await self._workers.explain_death(worker)

    def _open_answer(self, worker: Worker, call: Call, kind: Kind, answer: Any) -> Any:
        is_out_of_memory = isinstance(answer, MemoryError)
        if is_out_of_memory or worker.call_count >= _MOST_CALLS:
            self._workers.retire(worker)
        else:
            self._idle.append(worker)
        if is_out_of_memory:
            reason = "it needed more memory than allowed (MemoryError)"
            raise self._interrupted(call, reason) from answer
        if call.is_page:
            self._allowance.note_read(call.source)
        if kind is Kind.ERROR:
            raise answer
        return answer

    def _interrupted(self, call: Call, reason: str) -> ParseInterrupted:
        if call.is_page:
            self._allowance.note_interrupted(call.source)
        return ParseInterrupted(reason)

    def _note_time(self, call: Call, seconds: float) -> None:
        self._allowance.charge(call.source, seconds)
        if call.is_alone:
            self._alone_after = self._monotonic() + seconds * _ALONE_REST

    def close(self) -> None:
        """End the processes at once; pages they were reading are read again at the next visit."""
        self._is_closed = True
        for call in self._queue.drain():
            call.answer.cancel()
        for task in self._in_progress:
            task.cancel()
        # a loop that is closed has closed the sockets already
        with contextlib.suppress(RuntimeError):
            self._workers.close()
