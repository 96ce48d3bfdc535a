"""No more requests under way to a domain than its budget allows, not even for a moment.

Scrapy 2.19 counts a request when its transfer begins. Of two that are sent in one turn of the event loop the first is not
counted yet, so that a domain of which one page at a time may be asked for is now and then asked for two.
"""

import asyncio
import time
from collections import deque
from weakref import WeakKeyDictionary, ref

from scrapy import Request, signals
from scrapy.crawler import Crawler

from crawler.middlewares.scrapy_internals import find_concurrency, restart_pause


class Turns:
    """Lines of requests, one for each download slot: those in front are under way."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = ref(crawler)  # which holds what holds this
        self._lines: dict[str, deque[tuple[Request, asyncio.Event]]] = {}
        # sent after the answer was listened to: who comes next knows what it asked for
        crawler.signals.connect(self._leave, signals.request_left_downloader)

    async def take(self, request: Request) -> None:
        """Wait until it is a request's turn; it leaves the line when it leaves the downloader."""
        key = self._key_of(request)
        if self._find_concurrency(key) is None:
            return
        turn = asyncio.Event()
        self._lines.setdefault(key, deque()).append((request, turn))
        self._call(key)
        await turn.wait()

    def rest(self, request: Request) -> None:
        """Let the pause of a request's domain begin now.

        Scrapy counts it from when a request leaves its queue. One that waits for room or for a connection afterwards reaches the
        server late, and the next one would follow it at once.
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
        # a slot that is gone has no say; a line never waits for nobody
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
    """Return the lines that all handlers of a crawler share."""
    if crawler not in _turns:
        _turns[crawler] = Turns(crawler)
    return _turns[crawler]
