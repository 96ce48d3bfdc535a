"""A crawl process that is a whole cluster: a home and a worker, with the carrier in memory between them.

It takes the place of ``python -m crawler`` in tests that are run on both notebooks (TESTS_NOTEBOOK=field).
"""

import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator
from typing import Any
from zoneinfo import ZoneInfo

from scrapy import Request
from scrapy.crawler import AsyncCrawlerProcess

from crawler.carriers.memory import MemoryCarrier
from crawler.carriers.memory_worker import MemoryWorker
from crawler.cluster.field_spider import FieldSpider
from crawler.cluster.home import HomeProcess
from crawler.config.schema import Config
from crawler.flows.cluster.field.services import FieldServices
from crawler.flows.cluster.home.home import HomeServices
from crawler.flows.cluster.wire import EXCHANGE
from crawler.flows.process.parse_pool.server import spawn
from crawler.log import VISIT_FAILURES, set_up_logging
from crawler.machine.processes.lifeline import Lifeline, end_now, end_without_parent
from crawler.settings import worker_settings


class WholeCluster(FieldSpider):
    """A worker that ends with the home beside it."""

    name = "whole cluster"

    def __init__(self, *args: Any, home: HomeProcess, worker: MemoryWorker, **kwargs: Any) -> None:
        super().__init__(*args, carrier=worker, places=4, **kwargs)
        self._home = home
        self._worker = worker

    async def start(self) -> AsyncIterator[Request]:
        """Work until the home ends."""
        home = asyncio.create_task(self._home.run())
        while not home.done():
            try:
                await self._worker.open(version=str(EXCHANGE))
                break
            except Exception:
                await asyncio.sleep(0.05)
        working = asyncio.create_task(self._work())
        await asyncio.wait({home})
        await self.stop()
        await working
        end_now() if home.exception() is None else home.result()
        for request in self.no_requests:
            yield request

    async def _work(self) -> None:
        async for _ in super().start():
            pass


def main() -> None:
    """Run until standard input ends, as ``crawler/__main__.py`` does."""
    first = json.loads(sys.stdin.buffer.readline())
    lifeline = Lifeline(first.get("beats_fd"))
    logging.getLogger(VISIT_FAILURES).setLevel(first.get("failure_level", logging.NOTSET))
    end_without_parent(20.0)
    spawned = spawn(memory_bytes=first["parse_memory"])
    config = Config.model_validate(first["config"])
    zone = ZoneInfo(config.admin_reader.zone)
    set_up_logging(level=first["log_level"], zone=zone, process="crawl")
    carrier = MemoryCarrier()
    home = HomeProcess(first, HomeServices(config), carrier, lifeline)
    process = AsyncCrawlerProcess(worker_settings(config))
    process.crawl(
        process.create_crawler(WholeCluster),
        services=FieldServices(config, name="w1", allow_private=True, spawned=spawned),
        home=home,
        worker=MemoryWorker(carrier, "w1"),
    )
    process.start(install_signal_handlers=False)
    end_now()


if __name__ == "__main__":
    main()
