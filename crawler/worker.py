"""The crawl process: one Scrapy engine that runs for months and visits the sources that are due.

Started by the scheduler as ``python -m crawler``. It reads JSON lines from its standard input:

    {"config": {...}, "number": 1, "beats_fd": 7, "parse_memory": 1500000000, "only": ["name", ...] or null, "once": false, "max_pages": null,
     "log_level": 20, "failure_level": 20}                              first line
    {"changes": {...}, "from": 1, "number": 2}     what is new in a configuration since the one with another number
    {"config": {...}, "number": 2}                 all of it, if no beat shows its number after a while
    {"request": {"id": 1, "kind": "split", "arguments": {...}}}    something a person asked for
    end of file                                    stop: end in order

and writes JSON lines to the pipe whose descriptor is ``beats_fd``:

    {"beat": "2026-11-23T10:00:00+00:00", "visits": 3, "done": 1204, "storage": null, "rss": 151000000, "config": 1}
    {"answer": {"id": 1, "is_done": true, "text": "split"}}
    {"stored": 2}                                  articles were stored: alerts may be due

``done`` counts answers, settled pages and sources read: if it does not grow while visits are open, the process hangs although
it still beats. ``storage`` says why the database cannot be written. Standard output is left to what libraries print.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler

from crawler.errors import StorageUnavailable
from crawler.flows.crawl_requests import answer_request
from crawler.flows.crawl_services import CrawlServices
from crawler.flows.daemon_line import AnswerRequest, DaemonLine
from crawler.log import log_event
from crawler.machine.limits import most_visits, raise_file_limit
from crawler.machine.processes.lifeline import Lifeline, end_now
from crawler.middlewares.download.stopping import stopping_of
from crawler.spiders.reading import ReadingSpider

_LOOK_SECONDS = 0.5  # between two looks for due sources, a query of an index (decision 002)
# visits end one by one; waiting a moment fills several places with one query
_GATHER_SECONDS = 0.05
# sources that are read at a time. A first visit spends nearly all its time in the pause between robots.txt and the feed, so that
# 64 places were 10 first visits a second with a tenth of a core; what open visits have fetched stays in memory while storage
# refuses, which ``[fetch] in_flight`` bounds (decisions 022, 055)
_MOST_VISITS = 128
# with those whose pages are being fetched: a wave of first visits must not keep other sources from being read
_MOST_OPEN = 2 * _MOST_VISITS
# pages of open visits, whose entries are in memory
_MOST_PAGES = 64_000
# an overdue visit had half an hour (LEASE) and an expired page days, so a minute more harms nothing
_SWEEP_SECONDS = 60.0
# for answers that are being received, with what follows from them; the daemon ends this process after six
_STOP_SECONDS = 5.0
_log = logging.getLogger("watchword.worker")


class DueSpider(ReadingSpider):
    """Spider that visits what is due, until it is told to stop, or with ``once`` until nothing is due.

    config_number  the daemon's number for the configuration this process was started with
    answer         does what a person asked for and returns the answer; raises RequestRefused with the reason
    """

    name = "due"

    def __init__(
        self,
        *args: Any,
        services: CrawlServices,
        lifeline: Lifeline,
        only: tuple[str, ...] | None = None,
        once: bool = False,
        config_number: int = 0,
        answer: AnswerRequest = answer_request,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, services=services, **kwargs)
        self._own = services
        self._line = DaemonLine(services, lifeline, config_number=config_number, answer=answer)
        self._only = only
        self._once = once
        self._stopping: asyncio.Task[None] | None = None
        self._swept_at = float("-inf")
        self._most_visits = most_visits(raise_file_limit(), wanted=_MOST_VISITS)
        self.most_pages = min(self.most_pages, self._most_visits)
        # one crawl fetches all there is
        self.gives_back = not once

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Return a spider that counts every answer as progress."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.count_answer, signal=signals.request_left_downloader)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """Claim due sources while there is room, and visit them; yields no requests."""
        await self._line.open(stop=self._stop, measure=self._measure)
        try:
            await self._visit_due()
        except StorageUnavailable as error:
            # we are closing, or the database file was replaced and the daemon ends this process
            log_event(_log, logging.INFO, "no more visits", reason=error.reason)
            await asyncio.Event().wait()
        except Exception:
            # a process that beats but visits nothing would look healthy
            log_event(
                _log,
                logging.ERROR,
                "visiting failed; this process ends and another one is started",
                exc_info=True,
            )
            self._stopping = asyncio.create_task(self._stop())
        # Scrapy wants a generator; visits make their requests themselves
        for request in self.no_requests:
            yield request

    async def _visit_due(self) -> None:
        await self._own.open()
        self._line.be_ready()
        self._line.do_beside(self._own.prepare_matching())
        self._line.do_beside(self._own.watch_clock())
        if not self._once:  # a crawl without the daemon does it at its end
            self._line.do_beside(self._own.archive())
        while True:
            await self._sweep_at_times()
            room = self._count_room()
            claimed = await self.services.notebook.claim_visits(limit=room, only=self._only)
            for visit, source in claimed:
                self.start_visit(visit, source)
            if self._once and not claimed and not self.open_visits:
                return
            await self._wait_for_room(is_backlog=len(claimed) == room)

    def _count_room(self) -> int:
        """Return how many further visits may begin: some places are for sources being read, more for those whose pages wait."""
        opened = self.open_visits.values()
        if sum(len(one.pages) for one in opened) >= _MOST_PAGES:
            return 0
        return min(
            self._most_visits - sum(not one.is_read for one in opened), _MOST_OPEN - len(opened)
        )

    async def _sweep_at_times(self) -> None:
        """End visits that take too long, delete expired pages, and send alerts the daily limit held back; once a minute."""
        now = asyncio.get_running_loop().time()
        if now - self._swept_at < _SWEEP_SECONDS:
            return
        self._swept_at = now
        await self.sweep()
        await self._own.tidy()

    async def _wait_for_room(self, *, is_backlog: bool) -> None:
        """Wait until it is time to look for due sources; with a backlog, until a source was read or a visit has ended."""
        if not is_backlog:
            await asyncio.sleep(_LOOK_SECONDS)
            return
        self.room_made.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.room_made.wait(), _LOOK_SECONDS)
        await asyncio.sleep(_GATHER_SECONDS)

    def _measure(self) -> dict[str, object]:
        return {"visits": len(self.open_visits)}

    async def _stop(self) -> None:
        """End the process: nothing more is requested, and only what is being received is waited for, some seconds at most."""
        self.is_stopping = True
        deadline = asyncio.get_running_loop().time() + _STOP_SECONDS
        stopping_of(self.crawler).begin()
        await self.finish_visits(within_seconds=_STOP_SECONDS)
        ending = asyncio.ensure_future(self.crawler.engine.stop_async())
        await asyncio.wait({ending}, timeout=deadline - asyncio.get_running_loop().time())
        if not ending.done():  # pages are still being understood, which the next visits fetch again
            self.closed("late")
            end_now()

    def closed(self, reason: str) -> None:
        """Close the services when Scrapy closes the spider."""
        self._line.close()
        self.drop_visits()
        self._own.close()
