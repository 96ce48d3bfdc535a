"""The private parts of Scrapy 2.19 and Twisted 26.10 that we use, under our own names.

No other file imports names that they may change without notice, or touches the downloader's slots; once there were 33 such
places in eight files (decision 032). tests/unit/middlewares/test_scrapy_internals.py fails when one of the names changes or
another file uses one. What subclasses of the classes below inherit is listed in test_download_handler.py.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from scrapy import Request
from scrapy.core.downloader import Slot
from scrapy.core.downloader.contextfactory import _get_creator_context as context_of
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
)
from scrapy.core.downloader.handlers.http11 import (
    _LenientHTTP11ClientFactory as ConnectionFactory,
)
from scrapy.core.downloader.handlers.http11 import (
    _LenientHTTP11ClientProtocol as Connection,
)
from scrapy.core.downloader.handlers.http11 import _LenientHTTPClientParser as AnswerParser
from scrapy.core.downloader.handlers.http11 import _ScrapyAgent as FetchAgent
from scrapy.core.downloader.handlers.http11 import _ScrapyProxyAgent as ProxyAgent
from scrapy.core.downloader.handlers.http11 import _TunnelingAgent as TunnelAgent
from scrapy.crawler import Crawler
from scrapy.utils._download_handlers import normalize_bind_address, wrap_twisted_exceptions
from twisted.internet._sslverify import ClientTLSOptions
from twisted.internet._sslverify import _verifyCB as judge_certificate
from twisted.internet.defer import Deferred
from twisted.web._abnf import _istoken as is_token
from twisted.web._newclient import (
    HEADER,
    STATUS,
    ParseError,
    ResponseFailed,
    ResponseNeverReceived,
)
from twisted.web.http import _DataLoss as DataLoss
from twisted.web.http import _MalformedChunkedDataError as MalformedChunks

__all__ = [
    "HEADER", "STATUS", "AnswerParser", "ClientTLSOptions", "Connection", "ConnectionFactory", "DataLoss", "FetchAgent",
    "HTTP11DownloadHandler", "MalformedChunks", "ParseError", "ProxyAgent", "ResponseFailed", "ResponseNeverReceived",
    "TunnelAgent", "context_of", "find_active", "find_concurrency", "is_token", "judge_certificate", "normalize_bind_address",
    "restart_pause", "set_pace", "take_all_waiting", "take_waiting", "wrap_twisted_exceptions",
]  # fmt: skip


_Waiting = tuple[Request, "Deferred[Any]"]


class _RankedQueue(deque[_Waiting]):
    """A slot's queue in which a request with ``meta["rank"]`` takes the place of one of a lower rank, which goes to the end.

    Those without a rank keep their places, so that endpoints and robots.txt are reached however much news there is.
    """

    def append(self, waiting: _Waiting, /) -> None:
        rank = waiting[0].meta.get("rank", 0)
        for at, passed in enumerate(self):
            if passed[0].meta.get("rank", rank) < rank:
                self[at] = waiting
                self.append(passed)
                return
        super().append(waiting)


def _find_slot(crawler: Crawler, key: str) -> Slot | None:
    found: Slot | None = crawler.engine.downloader.slots.get(key)
    return found


def find_concurrency(crawler: Crawler, key: str) -> int | None:
    """Return how many requests of a slot may be under way, None if there is no such slot."""
    slot = _find_slot(crawler, key)
    return None if slot is None else int(slot.concurrency)


def find_active(crawler: Crawler) -> frozenset[Request]:
    """Return the requests that were given to the downloader and are not answered yet."""
    return frozenset(crawler.engine.downloader.active)


def restart_pause(crawler: Crawler, key: str, *, at: float) -> None:
    """Let the pause of a slot begin at ``at``, in seconds of the monotonic clock."""
    slot = _find_slot(crawler, key)
    if slot is not None:
        slot.lastseen = at


def set_pace(
    crawler: Crawler, key: str, *, delay: float, concurrency: int, jitter: float, most: int
) -> None:
    """Set the pause of a slot and how many of its requests may be under way, for the present slot and later ones.

    delay   seconds between two requests
    jitter  share by which Scrapy draws a pause longer or shorter, 0.1 for 10 % to either side
    most    how many slots' settings are remembered before all are forgotten; Scrapy itself never forgets one
    """
    downloader = crawler.engine.downloader
    downloader.per_slot_settings[key] = {
        "delay": delay,
        "concurrency": concurrency,
        "jitter": jitter,
    }
    slot = _find_slot(crawler, key)
    if slot is not None:
        slot.delay, slot.concurrency, slot.jitter = delay, concurrency, jitter
        if not isinstance(slot.queue, _RankedQueue):
            slot.queue = _RankedQueue(slot.queue)
    elif len(downloader.per_slot_settings) > most:
        downloader.per_slot_settings.clear()


def take_all_waiting(crawler: Crawler) -> tuple["Deferred[Any]", ...]:
    """Remove the requests from the queues of all slots and return the Deferreds of their answers."""
    keys = tuple(crawler.engine.downloader.slots)
    return tuple(
        answer for key in keys for answer in take_waiting(crawler, key, is_leaving=lambda _: True)
    )


def take_waiting(
    crawler: Crawler, key: str, *, is_leaving: Callable[[Request], bool]
) -> tuple["Deferred[Any]", ...]:
    """Remove requests from a slot's queue and return the Deferreds of their answers; the others keep their order."""
    slot = _find_slot(crawler, key)
    if slot is None:
        return ()
    queue: deque[tuple[Request, Deferred[Any]]] = slot.queue
    waiting = tuple(queue)
    queue.clear()
    queue.extend(one for one in waiting if not is_leaving(one[0]))
    return tuple(answer for request, answer in waiting if is_leaving(request))
