"""Understanding pages and feeds in processes that can be killed.

One hostile feed can hold a parser for half a minute and a page can ask for all memory; neither may stall or
end the crawl. So parsing runs in a pool whose processes have a wall-clock and a memory limit each.
"""

import asyncio
import multiprocessing
import os
import resource
from collections.abc import Callable
from concurrent.futures import TimeoutError as PoolTimeout
from datetime import datetime
from typing import ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

from crawler.config.fetch import FetchSettings
from crawler.errors import SetAside
from crawler.extract.article import extract_article
from crawler.extract.feed import parse_feed
from crawler.model.article import Article, Page
from crawler.model.source import Feed

_P = ParamSpec("_P")
_R = TypeVar("_R")

# a worker is replaced after this many pages: parsers leak, and fragmentation grows
_TASKS_PER_PROCESS = 2000


class ParsePool:
    """The processes that turn bytes into feeds and articles."""

    def __init__(self, settings: FetchSettings, *, process_count: int | None = None) -> None:
        # forkserver: the crawl process has threads and a reactor, which must not be forked
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(
            [
                "crawler.extract.warm",
                "crawler.extract.feed",
                "crawler.extract.sitemap",
                "crawler.extract.home_page",
            ]
        )
        self._timeout_seconds = settings.parse_timeout.total_seconds()
        self._max_entries = settings.max_entries
        self._pool = ProcessPool(
            max_workers=process_count or max(1, min(4, os.cpu_count() or 1)),
            max_tasks=_TASKS_PER_PROCESS,
            initializer=_limit_memory,
            initargs=(settings.parse_memory,),
            context=context,
        )

    async def parse_feed(
        self, body: bytes, *, url: str, content_type: str, fetched_at: datetime
    ) -> Feed:
        """Read a feed; raises NotAFeed, or SetAside when it went over a limit."""
        return await self.run(
            parse_feed,
            body,
            url=url,
            content_type=content_type,
            fetched_at=fetched_at,
            max_entries=self._max_entries,
        )

    async def extract_article(self, page: Page) -> Article:
        """Understand a page; raises NotAnArticle, or SetAside when it went over a limit."""
        return await self.run(extract_article, page)

    async def run(self, function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Call a function of ``extract`` within the limits; raises what it raises, or SetAside over a limit."""
        future = self._pool.schedule(
            function, args=list(args), kwargs=dict(kwargs), timeout=self._timeout_seconds
        )
        try:
            result: _R = await asyncio.wrap_future(future)
        except (PoolTimeout, TimeoutError) as error:
            limit = f"{self._timeout_seconds:g} s"
            raise SetAside(f"it took more than {limit} to understand and was given up") from error
        except (MemoryError, ProcessExpired) as error:
            raise SetAside("understanding it needed more memory than allowed") from error
        return result

    def close(self) -> None:
        """End the processes at once; what they were reading is read again on the next visit."""
        self._pool.stop()  # type: ignore[no-untyped-call]  # pebble leaves it untyped
        self._pool.join()


def _limit_memory(limit_bytes: int) -> None:
    """Run first in each process of the pool."""
    resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))
