"""A worker's end of a carrier in memory.

A test ends it as a machine would: ``vanish`` is kill -9, ``pause`` and ``resume`` are SIGSTOP and SIGCONT, or a cut cable.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from importlib import metadata

from crawler.carriers.meeting import NEVER_SEEN, log, refuse_clock, refuse_version
from crawler.carriers.memory import MemoryCarrier
from crawler.clock import Clock
from crawler.errors import StopNow, VisitOver
from crawler.flows.cluster.carrier import WorkerState
from crawler.log import log_event

Do = Callable[[int, bytes], Awaitable[None]]


class MemoryWorker:
    """What a worker calls.

    clock      the worker's own; the home's if it is None
    monotonic  what its silence is measured by, in seconds
    """

    def __init__(
        self,
        carrier: MemoryCarrier,
        name: str,
        *,
        clock: Clock | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.is_beating = False
        self._carrier, self._clock, self._monotonic = carrier, clock, monotonic
        self._version = ""
        self._places = 0
        self._doing: dict[int, asyncio.Task[None]] = {}
        self._is_stopping = self._is_gone = False
        self._silent_since: float | None = None
        self._opened_at = self._beat_at = carrier.clock()

    async def open(self, *, version: str) -> None:
        self._carrier.answer()
        if not self._carrier.version:
            raise StopNow(NEVER_SEEN)
        refuse_version(home=self._carrier.version, worker=version)
        now = self._carrier.clock()
        ahead = ((self._clock or self._carrier.clock)() - now).total_seconds()
        refuse_clock(home_seconds=0.0, worker_seconds=ahead)
        self._version, self._opened_at, self.is_beating = version, now, True
        self._carrier.workers[self.name] = self

    async def close(self) -> None:
        """Disconnect."""

    async def work(self, do: Do, *, places: int) -> None:
        self._places = places
        try:
            while not self._is_over() or self._doing:
                self._take_bundles(do)
                await self._carrier.change()
        finally:
            for task in self._doing.values():  # only if this is cancelled is there any left
                task.cancel()
            self._beat_at, self.is_beating = self._carrier.clock(), False
        if not self._is_gone:
            refuse_version(home=self._carrier.version, worker=self._version)

    def stop(self) -> None:
        self._is_stopping = True
        self._carrier.tell()

    def vanish(self) -> None:
        """End as by kill -9: what it was doing stops, and nothing of it arrives any more."""
        self._is_gone, self.is_beating = True, False
        self._beat_at = self._carrier.clock()
        for task in self._doing.values():
            task.cancel()
        self._carrier.tell()

    def pause(self) -> None:
        """Beat no more, and have nothing arrive; what it was doing goes on, as after a cut."""
        self.is_beating, self._silent_since = False, self._monotonic()
        self._beat_at = self._carrier.clock()

    def resume(self) -> None:
        """Beat again; bundles that were taken back in between are dropped before anything is given."""
        self.is_beating, self._silent_since = True, None
        self.drop_taken()
        self._carrier.tell()

    async def give(self, bundle_id: int, number: int, body: bytes) -> None:
        while self._silent_since is not None and not self._is_gone:
            await self._carrier.change()
        if self._is_gone:
            raise asyncio.CancelledError
        await self._carrier.accept(bundle_id, number, body)

    async def get_rules(self, key: str) -> bytes:
        if key not in self._carrier.rules:
            raise LookupError(key)
        return self._carrier.rules[key]

    async def find_newest_rules(self) -> tuple[str, bytes] | None:
        """Return the rules that were published last."""
        return next(reversed(self._carrier.rules.items()), None)

    def find_silence(self) -> float:
        return 0.0 if self._silent_since is None else self._monotonic() - self._silent_since

    def describe(self) -> WorkerState:
        """Return the worker as the home sees it."""
        return WorkerState(
            name=self.name,
            version=metadata.version("watchword"),
            places=self._places,
            busy=len(self._doing),
            started_at=self._opened_at,
            beat_at=self._carrier.clock() if self.is_beating else self._beat_at,
            is_alive=self.is_beating,
        )

    def drop_taken(self) -> None:
        """Cancel what is done for bundles that were taken back; a worker learns of it with a beat."""
        for bundle_id, task in self._doing.items():
            if self.is_beating and not self._holds(bundle_id):
                task.cancel()

    def _holds(self, bundle_id: int) -> bool:
        bundle = self._carrier.bundles.get(bundle_id)
        return bundle is not None and bundle.worker is self

    def _is_over(self) -> bool:
        return self._is_stopping or self._is_gone or self._carrier.version != self._version

    def _take_bundles(self, do: Do) -> None:
        while self.is_beating and not self._is_over() and len(self._doing) < self._places:
            taken = self._carrier.take_waiting(self)
            if taken is None:
                return
            self._doing[taken[0]] = asyncio.create_task(self._do(do, *taken))

    async def _do(self, do: Do, bundle_id: int, body: bytes) -> None:
        try:
            await do(bundle_id, body)
        except VisitOver as over:
            log_event(log, logging.INFO, "bundle given up", bundle=bundle_id, reason=str(over))
        except Exception:
            log_event(log, logging.ERROR, "bundle failed", exc_info=True, bundle=bundle_id)
            if self._holds(bundle_id):
                self._carrier.bundles[bundle_id].has_failed = True
                self._carrier.bundles[bundle_id].worker = None
        finally:
            del self._doing[bundle_id]
            # kill -9 leaves the bundle with its dead worker until the home takes it back
            if not self._is_gone and self._holds(bundle_id):
                del self._carrier.bundles[bundle_id]
            self._carrier.tell()
