"""A worker in a process of its own, to be killed and paused: python -m tests.carriers.worker_process DATABASE NAME

It says "began" of each bundle, and "done" or "cancelled" when it is done with it: those with an odd number never end by themselves.
"""

import asyncio
import sys

from crawler.carriers.postgres.worker import PostgresWorker
from crawler.log import set_up_logging
from tests.carriers.clusters import BEAT_SECONDS, LOOK_SECONDS


async def _work(database: str, name: str) -> None:
    end = PostgresWorker(database, name=name, beat_seconds=BEAT_SECONDS, look_seconds=LOOK_SECONDS)

    async def do(bundle_id: int, body: bytes) -> None:
        await end.give(bundle_id, 1, b"began")
        try:
            await asyncio.sleep(1_000 * (bundle_id % 2))
        except asyncio.CancelledError:
            await end.give(bundle_id, 2, b"cancelled")
            raise
        await end.give(bundle_id, 2, b"done")

    await end.open(version="1")
    await end.work(do, places=2)


if __name__ == "__main__":
    set_up_logging(process="crawl")
    asyncio.run(_work(*sys.argv[1:]))
