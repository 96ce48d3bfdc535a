"""Keep one crawl process alive: start it, send it configurations and requests, and replace it when it dies, hangs,
makes no progress, or holds too much memory.
"""

import asyncio
import inspect
import logging
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from crawler.backoff import AROUND, Backoff
from crawler.config.schema import Config
from crawler.errors import RequestInterrupted, RequestRefused, RetryLater
from crawler.log import log_event
from crawler.model.request import Request
from scheduler.crawling.config_orders import ConfigOrders
from scheduler.crawling.core_share import CoreShare
from scheduler.crawling.crawl_child import CRAWL_COMMAND, CrawlChild
from scheduler.crawling.crawl_messages import Answer, Beat, Stored, read_message
from scheduler.crawling.vigil import Liveness, Patience, Verdict, Vigil

_log = logging.getLogger("watchword.daemon")
# how often a child is judged, which is a look at /proc: often enough to count its silence in steps of at most 2 s
_JUDGE_SECONDS = 0.5
# how long to read on after its end: an answer it gave just before counts
_LAST_WORDS_SECONDS = 1.0
_RNG = random.Random()  # noqa: S311  # jitter, not a secret


class CrawlProcess:
    """A supervised crawl process.

    on_death   called each time a child has ended, before the next is started
    on_stored  called when the child has stored articles: their alerts may be due
    command    the command that starts a crawl process
    """

    def __init__(
        self,
        config: Config,
        *,
        on_death: Callable[[], Awaitable[None] | None] = lambda: None,
        on_stored: Callable[[], None] = lambda: None,
        command: Sequence[str] = CRAWL_COMMAND,
        patience: Patience = Patience(),  # noqa: B008  # frozen
    ) -> None:
        self._orders = ConfigOrders(config, resend_seconds=patience.resend_seconds)
        self._on_death, self._on_stored = on_death, on_stored
        self._command = command
        self._patience = patience
        self._backoff = Backoff(
            timedelta(seconds=patience.first_wait_seconds),
            timedelta(seconds=patience.longest_wait_seconds),
            AROUND,
        )
        self._child: CrawlChild | None = None
        self._needs_renewal = False
        self._is_heard = asyncio.Event()
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._stop_asked = asyncio.Event()
        self._stop_seconds = patience.end_seconds
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self.liveness = Liveness()

    async def supervise(self) -> None:
        """Keep a child running until ``stop``; log whatever goes wrong meanwhile and go on."""
        self._is_idle.clear()
        death_count, clock = 0, asyncio.get_running_loop().time
        try:
            while not self._stop_asked.is_set():
                started = clock()
                is_renewal = await self._live_once()
                await self._unless_stopped(self._report_death())
                if is_renewal or self._stop_asked.is_set():
                    continue
                if clock() - started > self._patience.well_seconds:
                    death_count = 0
                self.liveness.restart_count += 1
                death_count += 1
                wait = self._backoff.draw_after(death_count, _RNG)
                await self._unless_stopped(asyncio.sleep(wait.total_seconds()))
        finally:
            self._is_idle.set()

    async def stop(self, *, within_seconds: float) -> None:
        """End the child in order, and ``supervise`` with it; return when both have ended."""
        self._stop_seconds = within_seconds
        self._stop_asked.set()
        await self._is_idle.wait()

    def replace_config(self, config: Config) -> None:
        """Replace the configuration; it is sent until a beat says that the child uses it."""
        before = self._orders.config
        self._orders.replace(config)
        self.liveness.is_configured = False
        self._needs_renewal = self._needs_renewal or _needs_new_engine(before, config)

    async def forward(self, request: Request) -> str:
        """Have the crawl process carry out a request, and return its answer.

        raises   RequestRefused with the reason, RetryLater if there is no process to ask, RequestInterrupted if it ends
                 before it answers: the request may have been carried out or not
        """
        if self._child is None or not self._is_heard.is_set():
            raise RetryLater("the crawl process is not running")
        if request.id not in self._waiting:
            self._waiting[request.id] = asyncio.get_running_loop().create_future()
            self._child.send({"request": request.as_json()})
        answer = await asyncio.shield(self._waiting[request.id])
        if not answer.is_done:
            raise RequestRefused(answer.text)
        return answer.text

    async def _live_once(self) -> bool:
        """Run one child from its start to its end; return whether it was ended to be replaced."""
        try:
            child = await self._start()
        except (
            Exception
        ) as error:  # no memory, process or descriptor left: waiting before the next try helps
            self._say(logging.ERROR, "crawl process cannot be started", reason=repr(error))
            return False
        hearing = asyncio.create_task(self._hear(child))
        is_renewal = False
        try:
            is_renewal = await self._watch(child)
            await asyncio.wait({hearing}, timeout=_LAST_WORDS_SECONDS)
        except Exception as error:
            self._say(
                logging.ERROR,
                "supervision failed, the crawl process is replaced",
                reason=repr(error),
            )
        finally:
            await child.kill()  # also what is left of its parse pool
            hearing.cancel()
            self._forget(child)
        return is_renewal

    async def _start(self) -> CrawlChild:
        # set before the first await: a configuration that arrives during the start must be sent after it
        self._needs_renewal = False
        orders, now = self._orders, asyncio.get_running_loop().time()
        orders.begin(now=now)
        child = await CrawlChild.start(orders.config, number=orders.number, command=self._command)
        self._child = child
        self.liveness.pid = child.pid
        self._vigil = Vigil(
            _allow_for(orders.config, self._patience),
            memory_bytes=orders.config.fetch.crawl_memory,
            now=now,
        )
        return child

    def _forget(self, child: CrawlChild) -> None:
        """Forget a child that has ended; whoever waits for an answer gets RequestInterrupted."""
        child.close()
        self._child = None
        self._is_heard.clear()
        live = self.liveness
        live.is_beating, live.is_configured, live.storage, live.visits = False, False, None, 0
        live.cluster, live.core_share = None, 0.0
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(
                    RequestInterrupted("the crawl process ended before it answered")
                )
                future.exception()  # asyncio logs one that nobody reads, and whoever asked may be gone

    async def _watch(self, child: CrawlChild) -> bool:
        """Judge a child until it ends, or end it; return whether it was ended to be replaced."""
        clock, share = asyncio.get_running_loop().time, CoreShare()
        while not await self._unless_stopped(child.wait(_JUDGE_SECONDS)):
            if self._stop_asked.is_set():
                await child.end(within_seconds=self._stop_seconds)
                return False
            if self._needs_renewal:
                await self._renew(child)
                return True
            used = child.cpu_seconds()
            self.liveness.core_share = share.measure(clock(), cpu_seconds=used)
            verdict = self._vigil.judge(clock(), cpu_seconds=used)
            if verdict is Verdict.HEAVY:
                self._say_heavy()
                await self._renew(child)
                return True
            if verdict is not None:
                log_event(_log, logging.ERROR, f"crawl process {verdict.value}", pid=child.pid)
                await child.kill()
        log_event(_log, logging.ERROR, "crawl process died", pid=child.pid, code=child.returncode)
        return False

    def _say_heavy(self) -> None:
        log_event(
            _log,
            logging.WARNING,
            "crawl process renewed for its memory",
            rss_mb=self.liveness.rss_bytes // 1_000_000,
            ceiling_mb=self._vigil.memory_bytes // 1_000_000,
            visits=self.liveness.visits,
        )

    async def _renew(self, child: CrawlChild) -> None:
        """End a child in order: visits it has claimed are finished or stay due."""
        self.liveness.renewal_count += 1
        ending = asyncio.ensure_future(child.end(within_seconds=self._patience.end_seconds))
        await self._unless_stopped(asyncio.wait({ending}))
        if not ending.done():  # the daemon was told to stop meanwhile, which allows less time
            ending.cancel()
            await child.end(within_seconds=self._stop_seconds)

    async def _hear(self, child: CrawlChild) -> None:
        """Take in a child's messages until it ends."""
        while True:
            try:
                line = await child.next_line()
                if not line:
                    return
                self._take(child, read_message(line))
            except Exception as error:
                # one bad line must not end supervision, and the daemon with it: log it and go on
                self._say(logging.ERROR, "message of the crawl process ignored", reason=error)
                await asyncio.sleep(0)

    def _take(self, child: CrawlChild, message: Beat | Answer | Stored) -> None:
        if isinstance(message, Stored):
            self._on_stored()
            return
        if isinstance(message, Answer):
            future = self._waiting.pop(message.request_id, None)
            if future is not None and not future.done():
                future.set_result(message)
            return
        self._vigil.see(message)
        self._is_heard.set()
        live = self.liveness
        if not live.is_beating:
            log_event(_log, logging.INFO, "crawl process started", pid=child.pid)
        live.is_beating, live.beaten_at = True, time.monotonic()
        live.visits, live.done = message.visits, message.done
        live.storage, live.rss_bytes, live.cluster = message.storage, message.rss_bytes, message.cluster  # fmt: skip
        live.is_configured = message.config_number == self._orders.number
        # if it does not read now, sending more would only fill our memory
        if self._needs_renewal or child.has_unread():
            return
        now = asyncio.get_running_loop().time()
        order = self._orders.next_order(message.config_number, now=now)
        if order is not None:
            child.send(order)

    async def _report_death(self) -> None:
        try:
            work = self._on_death()
            if inspect.isawaitable(work):
                await work
        except Exception:
            log_event(
                _log,
                logging.ERROR,
                "the end of a crawl process could not be recorded",
                exc_info=True,
            )

    async def _unless_stopped(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Return the result of some work; cancel it and return None if ``stop`` is called before it is done."""
        task = asyncio.ensure_future(work)
        stopping = asyncio.ensure_future(self._stop_asked.wait())
        try:
            await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            stopping.cancel()
            task.cancel()
            await asyncio.wait({task})

    def _say(self, level: int, event: str, *, reason: object) -> None:
        log_event(_log, level, event, reason=reason)


def _allow_for(config: Config, patience: Patience) -> Patience:
    """Return the patience, longer if the configured pauses between pages are very long."""
    # twice leaves room for jitter, which makes a pause up to a third longer
    pause = 2 * config.fetch.per_domain.delay + config.fetch.timeout
    return replace(patience, stall_seconds=max(patience.stall_seconds, pause.total_seconds()))


def _needs_new_engine(before: Config, after: Config) -> bool:
    """Return whether the engine must start anew: it reads these settings only at its start."""
    return (before.fetch, before.tls, before.cluster, before.needs_browser) != (
        after.fetch,
        after.tls,
        after.cluster,
        after.needs_browser,
    )
