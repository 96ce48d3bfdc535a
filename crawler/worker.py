"""The crawl process: one Scrapy engine for months, fed with the sources that are due.

Started by the scheduler as ``python -m crawler``. It is spoken to in JSON lines on its standard input:

    {"config": {...}, "only": ["name", ...] or null, "once": false, "max_pages": null, "log_level": 20}   first line
    {"config": {...}}           later lines: another accepted configuration
    end of file                 stop: finish what is in hand and end

and answers on its standard output, one line a few seconds, so that a hang is noticed:

    {"beat": "2026-11-23T10:00:00+00:00", "visits": 3}
"""

import asyncio
import contextlib
import json
import logging
import sys
from collections.abc import AsyncIterator
from typing import Any

from scrapy import Request
from scrapy.crawler import AsyncCrawlerProcess, Crawler

from crawler.config.schema import Config
from crawler.flows.desk import Desk
from crawler.flows.visit import claim_visits
from crawler.log import set_up_logging
from crawler.settings import worker_settings
from crawler.spiders.reading import ReadingSpider
from crawler.storage.crawl_queue import extend_leases

_LOOK_SECONDS = 0.5
# visits end one by one; their places are filled several at a time
_GATHER_SECONDS = 0.05
_BEAT_SECONDS = 2.0
_MOST_VISITS = 64
_log = logging.getLogger("watchword.worker")


class DueSpider(ReadingSpider):
    """Visits whatever is due, until it is told to stop, or with ``once`` until nothing is."""

    name = "due"

    def __init__(
        self,
        *args: Any,
        desk: Desk,
        only: tuple[str, ...] | None = None,
        once: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, desk=desk, **kwargs)
        self._only = only
        self._once = once
        self._beating: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._indexing: asyncio.Task[None] | None = None
        self._is_told_to_stop = False

    async def start(self) -> AsyncIterator[Request]:
        """Claim due sources as there is room for them, and ask for each."""
        await self.desk.open()
        self._beating = asyncio.create_task(self._beat())
        self._listening = asyncio.create_task(self._listen())
        self._indexing = asyncio.create_task(self._prepare_matching())
        while True:
            room = _MOST_VISITS - len(self.open_visits)
            claimed = await self.desk.writer.run(
                claim_visits, self.desk.rules, now=self.desk.clock(), limit=room, only=self._only
            )
            for visit, source in claimed:
                self.start_visit(visit, source)
            if self._once and not claimed and not self.open_visits:
                break
            await self._wait_for_room(is_backlog=len(claimed) == room)
        # a generator by Scrapy's wish: visits ask for what they need themselves
        for request in self.no_requests:
            yield request

    async def _prepare_matching(self) -> None:
        await self.desk.warm_matching()
        await self.desk.complete_key_index()

    async def _wait_for_room(self, *, is_backlog: bool) -> None:
        """Wait until it is worth looking again: where more is due than we could take, as soon as visits have ended."""
        if not is_backlog:
            await asyncio.sleep(_LOOK_SECONDS)
            return
        self.visit_ended.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.visit_ended.wait(), _LOOK_SECONDS)
        await asyncio.sleep(_GATHER_SECONDS)

    async def _beat(self) -> None:
        """Keep our visits ours, and show that the reactor turns and the database answers."""
        while True:
            now = self.desk.clock()
            source_ids = [opened.source.id for opened in self.open_visits.values()]
            await self.desk.writer.run(extend_leases, source_ids, now=now)
            sys.stdout.write(
                json.dumps({"beat": now.isoformat(), "visits": len(source_ids)}) + "\n"
            )
            sys.stdout.flush()
            await asyncio.sleep(_BEAT_SECONDS)

    async def _listen(self) -> None:
        """Take configurations from standard input; its end means stop, also when the daemon was killed."""
        reader = asyncio.StreamReader(limit=64 * 1024 * 1024)
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            await self.desk.use_config(Config.model_validate(json.loads(line)["config"]))
            _log.info("configuration replaced")
        self._is_told_to_stop = True
        if self.crawler.engine is not None:
            await self.crawler.engine.stop_async()

    def closed(self, reason: str) -> None:
        """Close the desk when Scrapy closes the spider."""
        for task in (self._beating, self._indexing):
            if task is not None:
                task.cancel()
        # told to stop, the listening task is the one that is closing us
        if self._listening is not None and not self._is_told_to_stop:
            self._listening.cancel()
        self.drop_visits()
        self.desk.close()


def main() -> None:
    """Run the crawl process until its standard input ends."""
    # the scheduler sends nothing more before our first beat, so no later line can be caught in this buffer
    first = json.loads(sys.stdin.buffer.readline())
    set_up_logging(level=first["log_level"])
    config = Config.model_validate(first["config"])
    only = first.get("only")
    process = AsyncCrawlerProcess(worker_settings(config))
    crawler: Crawler = process.create_crawler(DueSpider)
    process.crawl(
        crawler,
        desk=Desk(config),
        only=None if only is None else tuple(only),
        once=bool(first.get("once")),
        max_pages=first.get("max_pages"),
    )
    process.start(install_signal_handlers=False)
