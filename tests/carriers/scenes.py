"""A cluster at work: what tests of all carriers do with it."""

import asyncio
from collections.abc import Callable

from crawler.flows.cluster.carrier import JobState, WorkerCarrier
from tests.carriers.clusters import Cluster, Do, Worker, has_state, until


class Scene:
    """A cluster whose home is open, and its workers."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster, self.home = cluster, cluster.home
        self.workers: list[Worker] = []
        self.go_on = asyncio.Event()

    async def start(self, name: str = "one", do: Do | None = None, *, places: int = 2) -> Worker:
        end = await self.cluster.make_worker(name)
        await end.open(version="1")
        return self.work(end, do or self.wait, places=places)

    def work(self, end: WorkerCarrier, do: Do, *, places: int = 2) -> Worker:
        self.workers.append(Worker(end, do, places=places))
        return self.workers[-1]

    async def wait(self, bundle_id: int, body: bytes) -> None:
        await self.go_on.wait()

    async def until_state(self, bundle_id: int, state: JobState | None) -> None:
        await until(lambda: has_state(self.cluster, bundle_id, state))

    async def end(self) -> None:
        self.go_on.set()
        for worker in self.workers:
            if not worker.task.done():
                await worker.stop()


async def quick(bundle_id: int, body: bytes) -> None:
    """Do a bundle at once."""


async def so(is_so: Callable[[], object]) -> None:
    async def ask() -> object:
        return is_so()

    await until(ask)
