"""The crawl process's side of its line to the daemon: beats and answers go out, orders come in (messages: crawler/worker.py)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from crawler.config.changes import read_order
from crawler.errors import Overtaken, WatchwordError, reason_of
from crawler.flows.crawl_requests import answer_request
from crawler.flows.crawl_services import CrawlServices, until_closed
from crawler.log import log_event, say_repeats
from crawler.machine.processes.lifeline import Lifeline, measure_rss_bytes
from crawler.model.request import Request as Asked

_BEAT_SECONDS = 2.0  # a minute without a beat counts as a hang (scheduler/crawling/vigil.py)
# what is stored within this time is said once: a first visit stores dozens of articles a second, and nobody notices a fiftieth
_STORED_SECONDS = 0.02
_log = logging.getLogger("watchword.worker")

AnswerRequest = Callable[[CrawlServices, Asked], Awaitable[str]]


class DaemonLine:
    """Beats, orders and answers of a process whose work is done by somebody else.

    services       what orders change, and requests of people are carried out with
    config_number  the daemon's number for the configuration this process was started with
    answer         does what a person asked for and returns the answer; raises RequestRefused with the reason
    is_told_to_stop  the daemon closed the line
    """

    def __init__(
        self,
        services: CrawlServices,
        lifeline: Lifeline,
        *,
        config_number: int = 0,
        answer: AnswerRequest = answer_request,
    ) -> None:
        self._services = services
        self._lifeline = lifeline
        # in force as a whole: ``services.rules`` may have a part of another one, if that could not be put in force
        self._config, self._config_number = services.rules.config, config_number
        self._answer_request = answer
        self._chores: set[asyncio.Task[None]] = set()
        self._listening: asyncio.Task[None] | None = None
        self._is_ready = asyncio.Event()
        self._configuring = asyncio.Lock()
        self._stored_count = 0
        self.is_told_to_stop = False
        services.on_stored = self._note_stored

    async def open(
        self, *, stop: Callable[[], Awaitable[None]], measure: Callable[[], Mapping[str, object]]
    ) -> None:
        """Begin to beat and to listen; call it first.

        stop     ends the process in order; called when the daemon closes the line
        measure  what each beat says of the visits: ``visits``, how many are open, and more
        """
        # before anything else: opening the database may take long, and without beats the daemon would take that for a hang
        await self._lifeline.open()
        self.do_beside(self._beat(measure))
        self._listening = asyncio.create_task(self._listen(stop))

    def be_ready(self) -> None:
        """Follow orders from now on: the database is open."""
        self._is_ready.set()

    async def wait_for_stop(self) -> None:
        """Return when the daemon has closed the line and the order to stop was followed."""
        if self._listening is not None:
            await asyncio.wait({self._listening})

    def do_beside(self, chore: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine beside the work until it ends or the line is closed."""
        task = asyncio.get_running_loop().create_task(until_closed(chore))
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    async def _beat(self, measure: Callable[[], Mapping[str, object]]) -> None:
        """Send a beat every two seconds: that the reactor runs, what was done, how the database is; waits for nothing else."""
        while True:
            self._lifeline.beat(
                beat=self._services.clock().isoformat(),
                done=self._services.progress,
                storage=self._services.storage_fault,
                rss=measure_rss_bytes(),
                config=self._config_number,
                **measure(),
            )
            say_repeats()
            await asyncio.sleep(_BEAT_SECONDS)

    def _note_stored(self) -> None:
        """Have the daemon look for alerts now; its own looks are half a second apart."""
        if not self._stored_count:
            asyncio.get_running_loop().call_later(_STORED_SECONDS, self._say_stored)
        self._stored_count += 1

    def _say_stored(self) -> None:
        self._lifeline.beat(stored=self._stored_count)
        self._stored_count = 0

    async def _listen(self, stop: Callable[[], Awaitable[None]]) -> None:
        """Follow orders until standard input ends, then stop; the input also ends when the daemon is killed."""
        async for order in self._lifeline.orders():
            # in a task of its own: the end of input must be noticed whatever an order waits for
            self.do_beside(self._follow(order))
        self.is_told_to_stop = True
        await stop()

    async def _follow(self, order: Mapping[str, Any]) -> None:
        await self._is_ready.wait()
        if "config" in order or "changes" in order:
            await self._replace_config(order)
        if isinstance(order.get("request"), dict):
            await self._answer(order["request"])

    async def _replace_config(self, order: Mapping[str, Any]) -> None:
        """Apply a configuration, or the changes to the one in force; if that fails, the daemon sends all of it again."""
        number = order.get("number", 0)
        async with self._configuring:
            # the same one, sent again while it was being applied
            if number == self._config_number:
                return
            if "changes" in order and order.get("from") != self._config_number:
                log_event(_log, logging.INFO, "changes of another configuration", number=number)
                return
            try:
                # in a thread: all of 50,000 sources takes seconds, and without beats that would look like a hang
                config = await asyncio.to_thread(read_order, order, self._config)
                await self._services.use_config(config)
            except Overtaken as error:
                # two edits in a row: the first arrives when the second is already in the database
                facts = {"number": number, "reason": error}
                log_event(_log, logging.INFO, "configuration overtaken", **facts)
                return
            except Exception:
                what = "configuration not put in force, the old one stays"
                log_event(_log, logging.ERROR, what, exc_info=True)
                return
            self._config, self._config_number = config, number
        log_event(_log, logging.INFO, "configuration replaced", number=number)

    async def _answer(self, request: dict[str, Any]) -> None:
        """Do what a person asked for and send the answer; an error is sent as the answer."""
        try:
            asked = Asked.from_json(request)
            text, is_done = await self._answer_request(self._services, asked), True
        except WatchwordError as error:
            text, is_done = reason_of(error), False
        except Exception as error:
            log_event(_log, logging.ERROR, "request broke", exc_info=True, kind=request.get("kind"))
            text, is_done = f"a fault of Watchword: {error!r}", False
        self._lifeline.answer(request.get("id"), is_done=is_done, text=text)

    def close(self) -> None:
        """End what runs beside the work."""
        for task in self._chores:
            task.cancel()
        # after a stop order the listening task is the caller, and must not cancel itself
        if self._listening is not None and not self.is_told_to_stop:
            self._listening.cancel()
