"""The end of fetching: what waits is given up at once, what is being received has a moment to end.

Without this a stop waited for every request that was in line: for the pause of its domain, for a name server that does not
answer, for a site that has gone silent. Six seconds later the process was killed.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
from weakref import WeakKeyDictionary, ref

from scrapy import Request, signals
from scrapy.crawler import Crawler
from twisted.python.failure import Failure

from crawler.errors import VisitOver
from crawler.middlewares.scrapy_internals import take_all_waiting

_T = TypeVar("_T")
# an answer that is on its way arrives within this; a site that is silent, or cannot be reached, is not waited for
_FIRST_BYTES_SECONDS = 0.5
# for the rest of an answer that has begun; together less than the six seconds after which the daemon ends the process
_REST_SECONDS = 3.5


class Stopping:
    """Whether the requests of a crawler are to end.

    is_asked  no request leaves any more
    check     raises VisitOver where no request may leave for another reason: a worker that was given up
    """

    def __init__(self, crawler: Crawler) -> None:
        self.check: Callable[[], None] = lambda: None
        self._crawler = ref(crawler)  # weak: the crawler holds the handler that holds this
        self._asked = asyncio.Event()
        self._begun: set[Request] = set()
        crawler.signals.connect(self._note_begun, signals.headers_received)
        crawler.signals.connect(self._forget, signals.request_left_downloader)

    @property
    def is_asked(self) -> bool:
        """Whether ``begin`` was called."""
        return self._asked.is_set()

    def begin(self) -> None:
        """Fail the requests that wait for their turn, and those under way after a moment."""
        self._asked.set()
        crawler = self._crawler()
        for answer in take_all_waiting(crawler) if crawler is not None else ():
            answer.errback(Failure(_over()))  # type: ignore[no-untyped-call]  # Twisted leaves it untyped

    def refuse(self) -> None:
        """Raise VisitOver if no request may leave any more: the next visit makes it."""
        if self.is_asked:
            raise _over()
        self.check()

    async def cut_short(self, request: Request, fetching: Coroutine[Any, Any, _T]) -> _T:
        """Return the answer to a request; raises VisitOver if it is not there in time once ``begin`` was called."""
        task = asyncio.ensure_future(fetching)
        asked = asyncio.ensure_future(self._asked.wait())
        try:
            await asyncio.wait({task, asked}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                await asyncio.wait({task}, timeout=_FIRST_BYTES_SECONDS)
            if not task.done() and request in self._begun:
                await asyncio.wait({task}, timeout=_REST_SECONDS)
            if not task.done():
                raise _over()
            return task.result()
        finally:
            asked.cancel()
            task.cancel()

    def _note_begun(self, request: Request) -> None:
        self._begun.add(request)

    def _forget(self, request: Request) -> None:
        self._begun.discard(request)


def _over() -> VisitOver:
    return VisitOver("Watchword is stopping; the source is due again")


_stoppings: "WeakKeyDictionary[Crawler, Stopping]" = WeakKeyDictionary()


def stopping_of(crawler: Crawler) -> Stopping:
    """Return the one that all parts of a crawler share."""
    if crawler not in _stoppings:
        _stoppings[crawler] = Stopping(crawler)
    return _stoppings[crawler]
