"""The download handler: Scrapy's own over HTTP/1.1, with limits it lacks.

With answer_parser.py and chunks.py the only file that reaches into the private parts of Scrapy and Twisted; written for
Scrapy 2.19 and Twisted 26.10, and a test says so when either is another. What is added:

- answers are read as leniently as browsers read them, with headers up to 256 KB and 500 lines;
- a body that ends where its connection does is whole, unless the connection was cut;
- every byte of a body is counted in the byte budget, and a connection is not read from while there is no room;
- no more requests are under way to a domain than its budget allows, and a host that asked for silence is not asked;
- a kept connection is used for two minutes and a half, so that a site that moved is not asked at its old address;
- after a failure the host's address is forgotten, and why it was refused is said;
- a certificate that is not accepted is named with its fault.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from OpenSSL import SSL
from scrapy import Request
from scrapy.core.downloader.contextfactory import _get_creator_context
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _ScrapyAgent,
)
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError
from scrapy.http import Response
from scrapy.utils._download_handlers import wrap_twisted_exceptions
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet._sslverify import ClientTLSOptions, _verifyCB
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web._newclient import ResponseFailed
from twisted.web.client import HTTPConnectionPool
from twisted.web.http import PotentialDataLoss, _DataLoss
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer

from crawler.errors import AddressRefused, FetchFailed
from crawler.middlewares.answer_parser import BoundedParser, is_cut
from crawler.middlewares.byte_budget import Ticket, budget_of
from crawler.middlewares.failures import CertificateRefused
from crawler.middlewares.politeness import refuse_quiet
from crawler.middlewares.resolver import ANSWER_SECONDS, GuardedResolver
from crawler.middlewares.turns import turns_of
from crawler.text.urls import budget_key
from crawler.trust import WAY_OUT

# as old as a connection may be is as old as the answer it was made from, at most
CONNECTION_SECONDS = ANSWER_SECONDS
# for a time-out that is stopped; Twisted's delayed calls can be put off, not held
_A_DAY_SECONDS = 86_400.0
_CERTIFICATE_FAULTS = {
    9: "it is not valid yet",
    10: "it has expired",
    18: "it is signed by itself",
    19: "it is signed by an authority of its own that nobody knows",
    20: "nobody known has signed it, or the server does not send the certificate of who has",
    21: "nobody known has signed it, or the server does not send the certificate of who has",
    23: "it was revoked",
}


# who signed it is unknown here; anything else is the server's fault
_UNKNOWN_AUTHORITY = frozenset({18, 19, 20, 21})


class BoundedHandler(HTTP11DownloadHandler):
    """Fetches for http and https within the limits of the process."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool = _ShortLivedPool(self._pool)
        self._contextFactory: Any = _TellingContextFactory(
            self._contextFactory, crawler.settings.get("TLS_CA_FILE")
        )

    async def download_request(self, request: Request) -> Response:
        """Fetch an answer once there is room for it; its bytes count until it is gone from memory."""
        await turns_of(self._crawler).take(request)
        key = request.meta.get("download_slot") or budget_key(request.url)
        ticket = await budget_of(self._crawler).enter(key)
        request.meta["ticket"] = ticket
        try:
            # its host may have asked for silence while this one was between the middlewares and here
            refuse_quiet(self._crawler, request)
            with _true_addresses(request):
                response = await self._fetch(request, ticket)
        except BaseException:
            ticket.let_go()
            raise
        ticket.settle(len(response.body))
        ticket.tie(response)
        return response

    async def _fetch(self, request: Request, ticket: Ticket) -> Response:
        """Do what Scrapy's handler does, with an agent that counts."""
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
    """Raise AddressRefused where the resolver held an address back; forget an address that failed."""
    from twisted.internet import reactor  # noqa: PLC0415  # importing it earlier would install another one

    try:
        yield
    except DownloadCancelledError:  # we ended it ourselves
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


class _CountingAgent(_ScrapyAgent):
    """Counts the bytes of a body, and gives the time back in which it was not read from."""

    def __init__(self, ticket: Ticket, **options: Any) -> None:
        super().__init__(**options)
        self._ticket = ticket
        self._seconds_left: float | None = None

    def _cb_bodyready(self, txresponse: Any, request: Request) -> Any:
        deliver = txresponse.deliverBody

        def deliver_counted(reader: Protocol) -> None:
            del txresponse.deliverBody  # else it and the response would keep each other in memory
            deliver(_CountedReader(reader, self, txresponse))

        txresponse.deliverBody = deliver_counted
        return super()._cb_bodyready(txresponse, request)

    def count(self, size: int, transport: Any) -> None:
        """Count bytes; stops the transport while there is no room, and the clock of the time-out with it."""

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
    """Stands before Scrapy's reader of a body."""

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
            # what Scrapy marks as "dataloss" and not as "partial"
            reason = Failure(ResponseFailed([Failure(_DataLoss())]))  # type: ignore[no-untyped-call]  # Twisted leaves it untyped
        self._reader.connectionLost(reason)


class _BoundedProtocol(_LenientHTTP11ClientProtocol):
    """A connection that knows its age."""

    made_at = 0.0

    def connectionMade(self) -> None:  # noqa: N802  # Twisted's name
        super().connectionMade()
        self.made_at = _ShortLivedPool.clock()

    def request(self, request: Any) -> "Deferred[Any]":
        answer = super().request(request)
        # as Scrapy does for its own: the class is built in, and ours adds nothing that must be made first
        self._parser.__class__ = BoundedParser
        return answer


class _BoundedFactory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: Any) -> _BoundedProtocol:  # noqa: N802  # Twisted's name
        return _BoundedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]  # Twisted leaves it untyped


class _ShortLivedPool(HTTPConnectionPool):
    """Keeps connections for further requests while they are young."""

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


def _tell(fault: int, host: str) -> str:
    """Return a sentence about a certificate that is not accepted."""
    reason = _CERTIFICATE_FAULTS.get(fault, f"OpenSSL names fault {fault}")
    if fault in _UNKNOWN_AUTHORITY:
        return f"the certificate of {host} is signed by someone unknown here ({reason}); {WAY_OUT}"
    return f"the certificate was not accepted: {reason}"


@implementer(IPolicyForHTTPS)
class _TellingContextFactory:
    """Makes TLS connections that say what was wrong with a certificate."""

    def __init__(self, scrapys: Any, ca_file: str | None) -> None:
        self._scrapys = scrapys
        self._ca_file = ca_file

    def creatorForNetloc(self, hostname: bytes, port: int) -> Any:  # noqa: N802  # Twisted's name
        creator = self._scrapys.creatorForNetloc(hostname, port)
        if type(creator) is ClientTLSOptions:
            creator.__class__ = _TellingTLSOptions
            if self._ca_file:
                _add_authority(_get_creator_context(creator), self._ca_file)
        return creator


def _add_authority(context: SSL.Context, ca_file: str) -> None:
    """Have certificates of an authority be believed beside those of the system; raises FetchFailed where they cannot be read."""
    try:
        context.load_verify_locations(ca_file)
    except SSL.Error as error:
        reason = f"the certificates of [tls] ca_file {ca_file} cannot be read"
        raise FetchFailed(reason, url="") from error


class _TellingTLSOptions(ClientTLSOptions):
    def clientConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:  # noqa: N802, N803  # Twisted's names
        connection = super().clientConnectionForTLS(tlsProtocol)
        judge = _verifyCB(tlsProtocol, self._hostnameIsDnsName, self._hostnameASCII)

        def tell(conn: SSL.Connection, certificate: Any, fault: int, depth: int, ok: int) -> bool:
            if not ok:
                refusal = CertificateRefused(_tell(fault, self._hostnameASCII))
                fault_found = Failure(refusal)  # type: ignore[no-untyped-call]  # Twisted leaves it untyped
                tlsProtocol.failVerification(fault_found)
            return bool(judge(conn, certificate, fault, depth, bool(ok)))

        connection.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, tell)
        return connection
