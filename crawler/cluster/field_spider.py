"""A worker of a cluster: one Scrapy engine that makes the visits of the bundles it gets (``watchword worker``)."""

import asyncio
import logging
import random
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from scrapy import Request, signals
from scrapy.crawler import Crawler

from crawler.backoff import Backoff
from crawler.cluster.task_spider import TaskSpider
from crawler.errors import CarrierUnavailable, StopNow, VisitOver
from crawler.flows.cluster.carrier import WorkerCarrier
from crawler.flows.cluster.field.gathering import Gathering
from crawler.flows.cluster.field.services import FieldServices
from crawler.flows.cluster.wire import EXCHANGE, DamagedParcel, read_bundle, read_rules
from crawler.log import log_event, say_repeats
from crawler.logs.context import bound
from crawler.middlewares.download.stopping import stopping_of
from crawler.settings import settings_from

# the home gives a worker up after thirty seconds without a beat; by then nothing of it may be under way any more
FENCE_SECONDS = 20.0
_LOOK_SECONDS = 0.5
_SWEEP_SECONDS = 60.0
_STOP_SECONDS = 5.0
_BACKOFF = Backoff(timedelta(seconds=1), timedelta(seconds=10), (0.7, 1.3))
_RNG = random.Random()  # noqa: S311  # jitter, not a secret
_log = logging.getLogger("watchword.worker")


class FieldSpider(TaskSpider):
    """Spider that visits what bundles hold, until it is told to stop.

    places  how many bundles are under way at a time
    fault   why the carrier refused this worker, None if it did not
    must_restart  the home has other limits by now, which Scrapy reads only when it starts
    """

    name = "field"

    def __init__(
        self,
        *args: Any,
        services: FieldServices,
        carrier: WorkerCarrier,
        places: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, services=services, **kwargs)
        self._carrier = carrier
        self._places = places
        self._doing: dict[int, asyncio.Task[Any]] = {}
        self._stopping: asyncio.Task[None] | None = None
        self._is_fenced = False
        self.fault: StopNow | None = None
        self.must_restart = False

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "FieldSpider":
        """Return a spider whose requests look at the fence, each time they could leave."""
        spider: FieldSpider = super().from_crawler(crawler, *args, **kwargs)
        stopping_of(crawler).check = spider.check_fence
        crawler.signals.connect(spider.count_answer, signal=signals.request_left_downloader)
        return spider

    def check_fence(self) -> None:
        """Raise VisitOver if the home may have given this worker up: nothing is asked any more."""
        if self._carrier.find_silence() > FENCE_SECONDS:
            raise VisitOver("no beat was acknowledged for 20 seconds; others do this worker's work")

    async def start(self) -> AsyncIterator[Request]:
        """Do bundles until told to stop; yields no requests."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop_soon)
        watching = asyncio.create_task(self._watch())
        try:
            await self._open()
            await self._carrier.work(self.do_bundle, places=self._places)
        except StopNow as error:
            self.fault = error
        finally:
            watching.cancel()
            await self._carrier.close()
        for request in self.no_requests:
            yield request

    async def _open(self) -> None:
        failures = 0
        while True:
            try:
                return await self._carrier.open(version=str(EXCHANGE))
            except CarrierUnavailable as error:
                failures += 1
                if failures == 1:
                    log_event(_log, logging.WARNING, "waiting for the home", reason=str(error))
            await asyncio.sleep(_BACKOFF.draw_after(failures, _RNG).total_seconds())

    def stop_soon(self) -> None:
        """End in order; for signals."""
        if self._stopping is None:
            log_event(_log, logging.INFO, "worker stopping", bundles=len(self._doing))
            self._stopping = asyncio.create_task(self.stop())

    async def _watch(self) -> None:
        """Look at the fence, and end visits that take too long."""
        swept_at = asyncio.get_running_loop().time()
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            self._look_at_fence()
            now = asyncio.get_running_loop().time()
            if now - swept_at >= _SWEEP_SECONDS:
                swept_at = now
                say_repeats()
                await self.sweep()

    def _look_at_fence(self) -> None:
        is_silent = self._carrier.find_silence() > FENCE_SECONDS
        if is_silent and not self._is_fenced:
            event = "no beat acknowledged, work dropped"
            log_event(_log, logging.WARNING, event, bundles=len(self._doing))
            for task in self._doing.values():
                task.cancel("given up")
        if self._is_fenced and not is_silent:
            log_event(_log, logging.INFO, "beats are acknowledged again")
        self._is_fenced = is_silent

    async def do_bundle(self, bundle_id: int, body: bytes) -> None:
        """Do all of a bundle; returns once its notes are with the carrier, raises if it was given up."""
        self.check_fence()
        if self.is_stopping:
            raise VisitOver("this worker is stopping")
        task = self._doing[bundle_id] = asyncio.ensure_future(self._do_bundle(bundle_id, body))
        try:
            await task
        except asyncio.CancelledError:
            self._field.notebook.abandon(bundle_id)
            if asyncio.current_task() is not None and task.cancelled() and self._is_fenced:
                raise VisitOver("this worker was silent for too long") from None
            task.cancel()
            raise
        finally:
            self._doing.pop(bundle_id, None)

    async def _do_bundle(self, bundle_id: int, body: bytes) -> None:
        bundle = read_bundle(body)
        if bundle.id != bundle_id:
            raise DamagedParcel("a bundle has another number than its job")
        await self._take_rules(bundle.rules)
        for one in bundle.domains:
            self._field.site_limits.take_over(one.pace, bundle.throttles)
        self._field.notebook.begin(bundle, Gathering(bundle.id, self._carrier.give))
        parts = [self.do_tasks(bundle, one) for one in bundle.domains]
        with bound(bundle=bundle.id):
            await asyncio.gather(*parts)
        await self._field.notebook.finish(bundle.id)

    async def _take_rules(self, key: str) -> None:
        if self._field.has_rules(key):
            return
        try:
            rules = read_rules(await self._carrier.get_rules(key))
        except LookupError as gone:
            # no fault of its domains: the home publishes its rules anew and hands them out again
            raise VisitOver(str(gone)) from gone
        before = settings_from(self._field.rules.config)
        self._field.use_rules(key, rules)
        if settings_from(self._field.rules.config) != before:
            self.must_restart = True
            self.stop_soon()

    async def stop(self) -> None:
        """End in order: nothing more is asked, what is being received is waited for, the rest goes back to the home."""
        self.is_stopping = True
        self._carrier.stop()
        stopping_of(self.crawler).begin()
        if self._doing:
            await asyncio.wait([*self._doing.values()], timeout=_STOP_SECONDS)
        for task in self._doing.values():
            task.cancel()

    def closed(self, reason: str) -> None:
        """Close the services when Scrapy closes the spider."""
        self.drop_visits()
        self._field.close()
