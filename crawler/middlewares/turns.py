"""Queues that keep the number of requests under way to a domain within its budget at every moment.

Scrapy 2.19 counts a request when its transfer begins. If two requests are sent in one turn of the event loop, the first is
not counted yet, so a domain that allows one request at a time sometimes got two.
"""

import asyncio
import time
from collections import deque
from weakref import WeakKeyDictionary, ref

from scrapy import Request, signals
from scrapy.crawler import Crawler

from crawler.middlewares.scrapy_internals import find_concurrency, restart_pause


class Turns:
    """Queues of requests, one for each download slot: those in front are under way."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = ref(crawler)  # weak: the crawler holds the handler that holds this
        self._lines: dict[str, deque[tuple[Request, asyncio.Event]]] = {}
        # this signal comes after the one for the answer, so the next request already knows of a throttle the answer asked for
        crawler.signals.connect(self._leave, signals.request_left_downloader)

    async def take(self, request: Request) -> None:
        """Wait until it is a request's turn; it leaves the queue when it leaves the downloader."""
        key = self._key_of(request)
        if self._find_concurrency(key) is None:
            return
        turn = asyncio.Event()
        self._lines.setdefault(key, deque()).append((request, turn))
        self._call(key)
        await turn.wait()

    def rest(self, request: Request) -> None:
        """Let the pause of a request's domain begin now, at the end of its answer.

        Scrapy counts the pause from when a request leaves its queue. A request that then waits for room or for a connection
        reaches the server late, and the next one would follow at once.
        """
        crawler = self._crawler()
        if crawler is not None:
            restart_pause(crawler, self._key_of(request), at=time.monotonic())

    def _leave(self, request: Request) -> None:
        key = self._key_of(request)
        line = self._lines.get(key)
        if line is None:
            return
        left = deque(one for one in line if one[0] is not request)
        if left:
            self._lines[key] = left
            self._call(key)
        else:
            del self._lines[key]

    def _call(self, key: str) -> None:
        allowed = self._find_concurrency(key)
        line = self._lines[key]
        # without a slot there is no limit; otherwise at least one goes on, so that a queue never stands still
        most = len(line) if allowed is None else max(1, allowed)
        for _, (_, turn) in zip(range(most), line, strict=False):
            turn.set()

    def _find_concurrency(self, key: str) -> int | None:
        crawler = self._crawler()
        return None if crawler is None else find_concurrency(crawler, key)

    @staticmethod
    def _key_of(request: Request) -> str:
        return str(request.meta.get("download_slot", ""))


_turns: "WeakKeyDictionary[Crawler, Turns]" = WeakKeyDictionary()


def turns_of(crawler: Crawler) -> Turns:
    """Return the queues that all handlers of a crawler share."""
    if crawler not in _turns:
        _turns[crawler] = Turns(crawler)
    return _turns[crawler]
