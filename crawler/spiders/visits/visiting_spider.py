"""A spider's open visits: how they are started, extended, given up and closed, and how their results are saved."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import scrapy

from crawler.errors import StorageUnavailable, VisitOver
from crawler.flows.crawl.visit_services import VisitServices
from crawler.log import log_event
from crawler.logs.context import bound
from crawler.model.source import Source
from crawler.model.visit import LEASE, Visit, VisitOutcome
from crawler.spiders.parts import pace_of
from crawler.spiders.visits.open_visits import OpenVisit, give_time

_log = logging.getLogger("watchword.crawl")


class VisitingSpider(scrapy.Spider):
    """A spider with open visits; subclasses say what a visit does.

    is_stopping  no visit goes on; those that are open are released when the spider closes
    """

    def __init__(self, *args: Any, services: VisitServices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.services = services
        self.open_visits: dict[int, OpenVisit] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self.room_made = asyncio.Event()
        self.is_stopping = False

    async def _visit(self, opened: OpenVisit) -> None:
        """Run a visit; whatever happens, it is settled in the end."""
        raise NotImplementedError

    def count_answer(self) -> None:
        """Count a request that was answered or failed."""
        self.services.progress += 1

    def start_visit(self, visit: Visit, source: Source) -> None:
        """Open a visit, which reads its source and fetches its pages in a task of its own."""
        loop = asyncio.get_running_loop()
        ends_by = loop.time() + LEASE.total_seconds()
        opened = OpenVisit(visit=visit, source=source, ends_by=ends_by)
        self.open_visits[visit.id] = opened
        # the context in which a task begins is its own
        with bound(source=source.name, visit=visit.id):
            task = self._tasks[visit.id] = loop.create_task(self._visit(opened))
        task.add_done_callback(lambda _: self._tasks.pop(visit.id, None))

    def _close(self, opened: OpenVisit) -> None:
        opened.is_over = True
        self.open_visits.pop(opened.visit.id, None)
        self.services.progress += 1
        self.room_made.set()

    async def finish_visits(self, *, within_seconds: float) -> None:
        """Wait for the visits that are reading their sources, not for pages; call it once nothing more is requested."""
        if self._tasks:
            await asyncio.wait([*self._tasks.values()], timeout=within_seconds)

    def drop_visits(self) -> None:
        """Cancel the open visits; their sources stay due, and the next process visits them."""
        for task in self._tasks.values():
            task.cancel()

    async def sweep(self) -> None:
        """End visits that take longer than their pages can explain, and close those whose end could not be saved.

        Must not run while visits are being claimed: one that was just claimed is not in ``open_visits`` yet.
        """
        now = asyncio.get_running_loop().time()
        for opened in [one for one in self.open_visits.values() if one.ends_by < now]:
            reason = "the visit did not end in time and was abandoned"
            outcome = VisitOutcome.FAILED if not opened.is_read else opened.outcome
            log_event(_log, logging.WARNING, "visit abandoned", source=opened.source.name)
            await self._drop(opened, outcome, reason)
        keep = frozenset(self.open_visits)
        await self.services.notebook.release_visits(keep=keep)

    async def _drop(self, opened: OpenVisit, outcome: VisitOutcome, reason: str) -> None:
        """Close a visit before its end; answers that come later are ignored."""
        # when the spider closes, all of them are released at once; until then what still arrives counts
        if self.is_stopping:
            return
        self._close(opened)
        task = self._tasks.get(opened.visit.id)
        if task is not None and task is not asyncio.current_task():
            task.cancel()
        await self._write(
            opened, self.services.notebook.drop_visit(opened.visit, outcome=outcome, reason=reason)
        )

    async def _write(self, opened: OpenVisit, note: Awaitable[None]) -> None:
        """Save something for a visit. Errors are logged and go no further, so that its page or visit is settled all the same."""
        try:
            await note
        except VisitOver as over:
            if not opened.is_over:
                await self._drop(opened, VisitOutcome.INTERRUPTED, str(over))
        except StorageUnavailable:
            log_event(_log, logging.INFO, "closing while waiting for storage")
        except Exception:
            log_event(
                _log,
                logging.ERROR,
                "could not be written",
                exc_info=True,
                source=opened.source.name,
            )

    async def _extend(self, opened: OpenVisit) -> None:
        """Extend a visit by the time its pages need: each waits in the line of its domain, with those of other visits."""
        lines = Counter(key for one in self.open_visits.values() for key in one.pages.values())
        times = (
            give_time(lines[key], pace=pace_of(self.services, key))
            for key in {*opened.pages.values()}
        )
        # what all of them take together: they are understood one after another
        more = max(give_time(len(opened.pages), pace=timedelta(0)), *times)
        opened.ends_by += more.total_seconds()
        await self._lengthen(opened, by=LEASE + more)

    async def _lengthen(self, opened: OpenVisit, *, by: timedelta) -> None:
        await self._write(opened, self.services.notebook.extend_visit(opened.visit, by=by))
