"""The download handler: Scrapy's own for HTTP/1.1, with the limits it lacks.

Written for Scrapy 2.19 and Twisted 26.10, whose private parts come from scrapy_internals.py; a test fails for other versions.
What is added:

- answers are read as leniently as browsers do, with headers up to 256 KB and 500 lines;
- a body that ends with its connection is whole (RFC 9112 6.3), unless the connection was cut;
- every byte of a body is counted in the byte budget, and a connection is not read from while there is no room;
- no more requests are under way to a domain than its budget allows, and none to a throttled host;
- a kept connection is used for 150 seconds, so that a site that moved is not asked at its old address;
- after a failure the host's addresses are forgotten, and a refused address is reported as one;
- what is wrong with a certificate that is not accepted is named;
- requests through a proxy use proxy_route.py, and a proxy that is down is left alone for 20 seconds.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError
from scrapy.http import Response
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import HTTPConnectionPool
from twisted.web.http import PotentialDataLoss

from crawler.errors import AddressRefused
from crawler.middlewares.download.answer_parser import BoundedParser, is_cut
from crawler.middlewares.download.byte_budget import Ticket, budget_of
from crawler.middlewares.download.failures import ProxyFault
from crawler.middlewares.download.stopping import stopping_of
from crawler.middlewares.network.certificates import ExplainingContextFactory
from crawler.middlewares.network.proxy_route import KnownFaults, find_answer_fault, make_proxy_agent
from crawler.middlewares.network.resolver import ANSWER_SECONDS, GuardedResolver
from crawler.middlewares.politeness import refuse_throttled
from crawler.middlewares.scrapy_internals import (
    Connection,
    ConnectionFactory,
    DataLoss,
    FetchAgent,
    HTTP11DownloadHandler,
    ResponseFailed,
    normalize_bind_address,
    wrap_twisted_exceptions,
)
from crawler.middlewares.turns import turns_of
from crawler.model.proxy import Proxy
from crawler.text.web.urls import budget_key

# the resolver's answer and then a kept connection may each lead to an old address this long: five minutes together (decision 020)
CONNECTION_SECONDS = ANSWER_SECONDS
# how far a stopped time-out is postponed, because Twisted's delayed calls cannot be paused
_A_DAY_SECONDS = 86_400.0


class BoundedHandler(HTTP11DownloadHandler):
    """Download handler for http and https that keeps the limits of the process."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool = _ShortLivedPool(self._pool)
        self._proxy_faults = KnownFaults(time.monotonic)
        self._contextFactory: Any = ExplainingContextFactory(
            self._contextFactory, crawler.settings.get("TLS_CA_FILE")
        )

    async def download_request(self, request: Request) -> Response:
        """Fetch and return an answer; raises VisitOver if it is not there in time when the process is to end."""
        stopping = stopping_of(self._crawler)
        return await stopping.cut_short(request, self._download(request))

    async def _download(self, request: Request) -> Response:
        """Fetch and return an answer, once there is room for it; its bytes count until it is gone from memory."""
        turns = turns_of(self._crawler)
        await turns.take(request)
        key = request.meta.get("download_slot") or budget_key(request.url)
        ticket = await budget_of(self._crawler).enter(key)
        request.meta["ticket"] = ticket
        try:
            # the host may have asked to be left alone while this request waited after the middlewares
            refuse_throttled(self._crawler, request)
            stopping_of(self._crawler).refuse()
            with _true_addresses(request):
                response = await self._fetch_by_proxy(request, ticket)
        except BaseException:
            ticket.let_go()
            raise
        finally:
            turns.rest(request)
        ticket.settle(len(response.body))
        ticket.tie(response)
        return response

    async def _fetch_by_proxy(self, request: Request, ticket: Ticket) -> Response:
        """Fetch an answer; raises ProxyFault if the answer, or its absence, is the proxy's doing."""
        self._proxy_faults.refuse(request)
        try:
            response = await self._fetch(request, ticket)
            if fault := find_answer_fault(request, response):
                raise fault
        except ProxyFault as fault:
            self._proxy_faults.note(request, fault)
            raise
        return response

    async def _fetch(self, request: Request, ticket: Ticket) -> Response:
        """Fetch as Scrapy's handler does, with an agent that counts bytes."""
        agent = _CountingAgent(
            ticket,
            contextFactory=self._contextFactory,
            bindAddress=self._bind_address,
            pool=self._pool,
            maxsize=self._default_maxsize,
            fail_on_dataloss=self._fail_on_dataloss,
            crawler=self._crawler,
        )
        with wrap_twisted_exceptions():
            return await maybe_deferred_to_future(agent.download_request(request))


@contextmanager
def _true_addresses(request: Request) -> Iterator[None]:
    """On an error, raise AddressRefused if the resolver withheld the host's addresses, else forget them and raise it again."""
    from twisted.internet import reactor  # noqa: PLC0415  # importing it earlier would install another one

    try:
        yield
    except DownloadCancelledError:  # we ended it ourselves, over max_size
        raise
    except Exception as error:
        resolver = reactor.nameResolver
        if isinstance(resolver, GuardedResolver):
            host = urlsplit(request.meta.get("proxy") or request.url).hostname or ""
            known = resolver.known(host)
            if known is not None and known.refusal is not None:
                raise AddressRefused(known.refusal) from error
            resolver.forget(host)
        raise


class _CountingAgent(FetchAgent):
    """Scrapy's agent, which counts a body's bytes and stops its time-out while the connection is not read from."""

    def __init__(self, ticket: Ticket, **options: Any) -> None:
        super().__init__(**options)
        self._ticket = ticket
        self._seconds_left: float | None = None

    def _get_agent(self, request: Request, timeout: float) -> Any:
        proxy = request.meta.get("via_proxy")
        if not isinstance(proxy, Proxy):
            return super()._get_agent(request, timeout)
        from twisted.internet import reactor  # noqa: PLC0415  # importing it earlier would install another one

        return make_proxy_agent(
            request,
            proxy,
            timeout=timeout,
            reactor=reactor,
            contextFactory=self._contextFactory,
            bindAddress=normalize_bind_address(self._bindAddress),
            pool=self._pool,
        )

    def _cb_bodyready(self, txresponse: Any, request: Request) -> Any:
        deliver = txresponse.deliverBody

        def deliver_counted(reader: Protocol) -> None:
            # otherwise it and the response would keep each other in memory
            del txresponse.deliverBody
            deliver(_CountedReader(reader, self, txresponse))

        txresponse.deliverBody = deliver_counted
        return super()._cb_bodyready(txresponse, request)

    def count(self, size: int, transport: Any) -> None:
        """Count bytes; while there is no room, stop reading from the transport and stop the time-out."""

        time_out: Any = self._timeout_cl

        def pause() -> None:
            transport.pauseProducing()
            if time_out.active():
                self._seconds_left = time_out.getTime() - time_out.seconds()
                time_out.reset(_A_DAY_SECONDS)

        def resume() -> None:
            if self._seconds_left is not None and time_out.active():
                time_out.reset(max(self._seconds_left, 0))
            self._seconds_left = None
            transport.resumeProducing()

        self._ticket.grow(size, pause=pause, resume=resume)


class _CountedReader(Protocol):
    """Protocol that counts a body's bytes before it passes them to Scrapy's reader."""

    def __init__(self, reader: Any, agent: _CountingAgent, txresponse: Any) -> None:
        self._reader = reader
        self._agent = agent
        self._txresponse = txresponse

    def makeConnection(self, transport: Any) -> None:  # noqa: N802  # Twisted's name
        self._transport = transport
        self._reader.makeConnection(transport)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        self._agent.count(len(data), self._transport)
        self._reader.dataReceived(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802  # Twisted's name
        if isinstance(reason.value, PotentialDataLoss) and is_cut(self._txresponse):
            # Scrapy flags this one as "dataloss", and a body that merely ended with its connection as "partial"
            reason = Failure(ResponseFailed([Failure(DataLoss())]))  # type: ignore[no-untyped-call]  # Twisted leaves it untyped
        self._reader.connectionLost(reason)


class _BoundedProtocol(Connection):
    """A connection that knows its age and uses our parser."""

    made_at = 0.0

    def connectionMade(self) -> None:  # noqa: N802  # Twisted's name
        super().connectionMade()
        self.made_at = _ShortLivedPool.clock()

    def request(self, request: Any) -> "Deferred[Any]":
        answer = super().request(request)
        # Twisted cannot be told which parser to use, so its class is replaced, as Scrapy does for its own; ours has no __init__
        self._parser.__class__ = BoundedParser
        return answer


class _BoundedFactory(ConnectionFactory):
    def buildProtocol(self, addr: Any) -> _BoundedProtocol:  # noqa: N802  # Twisted's name
        return _BoundedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]  # Twisted leaves it untyped


class _ShortLivedPool(HTTPConnectionPool):
    """Connection pool that reuses a connection only for its first 150 seconds."""

    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(self, scrapys: HTTPConnectionPool) -> None:
        super().__init__(scrapys._reactor, persistent=True)  # type: ignore[no-untyped-call]  # Twisted leaves it untyped
        self.maxPersistentPerHost = scrapys.maxPersistentPerHost
        self._factory = _BoundedFactory

    def getConnection(self, key: Any, endpoint: Any) -> "Deferred[Any]":  # noqa: N802  # Twisted's name
        for connection in tuple(self._connections.get(key, ())):
            if connection.made_at + CONNECTION_SECONDS <= self.clock():
                self._timeouts[connection].cancel()
                self._removeConnection(key, connection)  # type: ignore[no-untyped-call]  # Twisted leaves it untyped
        return super().getConnection(key, endpoint)
