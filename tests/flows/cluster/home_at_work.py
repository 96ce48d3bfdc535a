"""A home that works, with any carrier."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from crawler.clock import utc_now
from crawler.flows.cluster.carrier import HomeCarrier
from crawler.flows.cluster.home.home import Home, HomeServices
from crawler.flows.cluster.wire import EXCHANGE
from crawler.flows.process.configure import apply_config
from crawler.storage.file.database import open_for_writing
from crawler.storage.file.migrations.schema import migrate
from tests.conftest import make_config
from tests.flows.cluster.test_handing_out import make_due, source


class HomeAtWork:
    """A home of one source, x.example, in a folder of its own."""

    def __init__(self, folder: Path, carrier: HomeCarrier, *, rest_seconds: float = 0.5) -> None:
        folder.mkdir(exist_ok=True)
        self.config = make_config(folder, sources=(source("a", "x.example"),))
        self.database = open_for_writing(self.config.store.path)
        migrate(self.database)
        apply_config(self.database, self.config, now=utc_now())
        self.services = HomeServices(self.config)
        self._carrier = carrier
        self.home = Home(self.services, carrier, rest_seconds=rest_seconds)
        self.tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        await self.services.open()
        await self._carrier.open(version=str(EXCHANGE), clock=utc_now)
        self.tasks.append(asyncio.create_task(self.home.run()))

    async def end(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await asyncio.to_thread(self.services.close)
        self.database.close()

    async def until(self, sql: str, expected: object) -> None:
        async with asyncio.timeout(60):
            while [tuple(row) for row in self.database.execute(sql)] != expected:
                make_due(self.database)
                await asyncio.sleep(0.2)


def make_visit(told: list[str]) -> Callable[[int, bytes], Awaitable[None]]:
    """Return what a worker does with a bundle: it never gets done, and notes when it begins and when it ends."""

    async def visit(bundle_id: int, body: bytes) -> None:
        told.append("begins")
        try:
            await asyncio.sleep(3_600)
        finally:
            told.append("ends")

    return visit
