"""Requests through a proxy: connections, CONNECT, and errors that are the proxy's fault and not the site's.

Replaces Scrapy's tunnel, which waits for ever for a proxy that hangs up after CONNECT, keeps everything it sends in memory,
and knows only IPv4 (decision 028).
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure

from crawler.middlewares.download.failures import ProxyFault, explain_error
from crawler.middlewares.scrapy_internals import ProxyAgent, TunnelAgent
from crawler.model.proxy import Proxy
from crawler.text.web.http import is_of_proxy

# a running proxy accepts connections at once; the rest of a request's time is for the site
CONNECT_SECONDS = 10.0
# how long requests through a proxy that is down are refused at once: otherwise each of a hundred pages would wait for its own
# time-out. As long as for a robots.txt that was not reached
DOWN_SECONDS = 20.0
# of an answer to CONNECT, which may have no end; a longer one counts as no proxy's
_MOST_BYTES = 65_536
_STATUS = re.compile(rb"HTTP/1\.\d (\d{3})\b")
# RFC 9110, 15.5.8
_WANTS_LOGIN = 407
# from here on the proxy tried and failed (RFC 9110, 15.6); below it refused
_FIRST_FAILURE = 500


def find_answer_fault(request: Request, response: Response) -> ProxyFault | None:
    """Return the proxy's fault if an answer over plain http is the proxy's own; None if it is the site's."""
    proxy = request.meta.get("via_proxy")
    if not isinstance(proxy, Proxy) or request.url.startswith("https:"):
        return None
    if not is_of_proxy(
        response.status, lambda name: (response.headers.get(name) or b"").decode("latin-1")
    ):
        return None
    return _judge(proxy, response.status, host=urlsplit(request.url).hostname or "")


def _judge(proxy: Proxy, status: int, *, host: str) -> ProxyFault:
    """Return the fault of a proxy that does not let a request through."""
    if status == _WANTS_LOGIN and proxy.login:
        return ProxyFault(f"the proxy {proxy.place} does not accept its login", is_down=True)
    if status == _WANTS_LOGIN:
        sentence = (
            f"the proxy {proxy.place} wants a login; write it into the proxy's address, as "
            "http://name:password@host:port"
        )
        return ProxyFault(sentence, is_down=True)
    does = "does not reach" if status >= _FIRST_FAILURE else "does not let us through to"
    return ProxyFault(f"the proxy {proxy.place} {does} {host}: HTTP {status}")


class KnownFaults:
    """Proxies that were found down less than 20 seconds ago: requests through them are refused at once.

    clock  monotonic, in seconds
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._down: dict[Proxy, tuple[ProxyFault, float]] = {}

    def refuse(self, request: Request) -> None:
        """Raise ProxyFault if a request's proxy was found down."""
        proxy = request.meta.get("via_proxy")
        known = self._down.get(proxy) if isinstance(proxy, Proxy) else None
        if known is not None and known[1] > self._clock():
            raise ProxyFault(known[0].sentence, is_down=True)

    def note(self, request: Request, fault: ProxyFault) -> None:
        """Remember a fault that concerns all sites; needs no limit, because all proxies are in the configuration."""
        proxy = request.meta.get("via_proxy")
        if isinstance(proxy, Proxy) and fault.is_down:
            self._down[proxy] = fault, self._clock() + DOWN_SECONDS


def make_proxy_agent(request: Request, proxy: Proxy, *, timeout: float, **options: Any) -> Any:
    """Return the Twisted agent for requests through a proxy.

    timeout  seconds of the whole request
    options  reactor, contextFactory, bindAddress, pool
    """
    options["connectTimeout"] = min(timeout, CONNECT_SECONDS)
    if request.url.startswith("https:"):
        login = proxy.login.encode() if proxy.login else None
        agent: Any = _TunnelAgent(proxyConf=(proxy.host, proxy.port, login), **options)
    else:
        agent = _PlainAgent(proxyURI=proxy.url.encode(), **options)
    agent.proxy = proxy
    return agent


class _PlainAgent(ProxyAgent):
    proxy: Proxy

    def _getEndpoint(self, uri: Any) -> Any:  # noqa: N802  # Twisted's name
        return _ProxyEndpoint(self)


class _TunnelAgent(TunnelAgent):
    proxy: Proxy

    def _getEndpoint(self, uri: Any) -> Any:  # noqa: N802  # Twisted's name
        return _TunnelEndpoint(self, uri)


class _ProxyEndpoint:
    """A Twisted endpoint that connects to a proxy, at any of its addresses; its failures are ProxyFault."""

    def __init__(self, agent: Any) -> None:
        self._agent = agent
        self._proxy: Proxy = agent.proxy

    def connect(self, factory: Any) -> "Deferred[Any]":
        """Return a Deferred of the connection's protocol."""
        endpoint = HostnameEndpoint(
            self._agent._reactor,
            self._proxy.host,
            self._proxy.port,
            self._agent._endpointFactory._connectTimeout,
            self._agent._endpointFactory._bindAddress,
        )
        connecting: Deferred[Any] = endpoint.connect(factory)
        return connecting.addErrback(self._explain)

    def _explain(self, failure: Failure) -> Failure:
        reason = explain_error(failure.value) if failure.value else "no connection was made"
        sentence = f"the proxy {self._proxy.place} cannot be reached: {reason}"
        fault = ProxyFault(sentence, is_down=True)
        return Failure(fault)  # type: ignore[no-untyped-call]  # Twisted leaves it untyped


class _TunnelEndpoint(_ProxyEndpoint):
    """A Twisted endpoint that connects to a site over TLS, through a proxy's tunnel."""

    def __init__(self, agent: Any, uri: Any) -> None:
        super().__init__(agent)
        self._uri = uri

    def connect(self, factory: Any) -> "Deferred[Any]":
        """Return a Deferred of the protocol of the connection inside the tunnel."""
        # the policy for the site's name and not the proxy's: the certificate is checked against it
        policy = self._agent._contextFactory.creatorForNetloc(self._uri.host, self._uri.port)
        within = TLSMemoryBIOFactory(policy, True, factory)
        tunnel = _Tunnel(self._proxy, self._uri, within)
        connecting = super().connect(Factory.forProtocol(lambda: tunnel))

        def give_up(_: "Deferred[Any]") -> None:
            connecting.cancel()
            tunnel.give_up()

        ready: Deferred[Any] = Deferred(give_up)
        tunnel.ready = ready
        connecting.addErrback(tunnel.fail)
        return ready


class _Tunnel(Protocol):
    """Protocol that asks a proxy for a tunnel (CONNECT), then passes bytes on to the connection inside it."""

    ready: "Deferred[Any]"

    def __init__(self, proxy: Proxy, uri: Any, within: Any) -> None:
        self._proxy = proxy
        self._uri = uri
        self._factory = within
        self._within: Any = None
        self._read = b""

    def connectionMade(self) -> None:  # noqa: N802  # Twisted's name
        host = self._uri.host.decode("ascii")
        where = f"[{host}]" if ":" in host and not host.startswith("[") else host
        lines = [f"CONNECT {where}:{self._uri.port} HTTP/1.1", f"Host: {where}:{self._uri.port}"]
        if self._proxy.login:
            lines.append(f"Proxy-Authorization: {self._proxy.login}")
        self._wire.write("\r\n".join([*lines, "", ""]).encode())

    @property
    def _wire(self) -> Any:
        return self.transport

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        if self._within is not None:
            self._within.dataReceived(data)
            return
        self._read += data
        _, end, rest = self._read.partition(b"\r\n\r\n")
        found = _STATUS.match(self._read)
        if (end and not found) or len(self._read) > _MOST_BYTES:
            self._refuse(f"the server at {self._proxy.place} is not a proxy", is_down=True)
        elif end and found:
            self._take(int(found[1]), rest)

    def _take(self, status: int, rest: bytes) -> None:
        self._read = b""
        if not 200 <= status < 300:
            host = self._uri.host.decode("ascii")
            self.fail(Failure(_judge(self._proxy, status, host=host)))  # type: ignore[no-untyped-call]  # Twisted leaves it untyped
            self._wire.abortConnection()
            return
        self._within = self._factory.buildProtocol(self._wire.getPeer())
        self._within.makeConnection(self._wire)
        if rest:
            self._within.dataReceived(rest)
        if not self.ready.called:
            self.ready.callback(self._within.wrappedProtocol)

    def _refuse(self, sentence: str, *, is_down: bool = False) -> None:
        self.fail(Failure(ProxyFault(sentence, is_down=is_down)))  # type: ignore[no-untyped-call]  # Twisted leaves it untyped
        self._wire.abortConnection()

    def fail(self, failure: Failure) -> None:
        """Fail the Deferred of the tunnel, unless it was answered already."""
        if not self.ready.called:
            self.ready.errback(failure)

    def give_up(self) -> None:
        """Close the connection after the request was cancelled."""
        if self.transport is not None:
            self._wire.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: N802  # Twisted's name
        if self._within is not None:
            self._within.connectionLost(reason)
            return
        sentence = f"the proxy {self._proxy.place} hung up without an answer"
        self.fail(Failure(ProxyFault(sentence)))  # type: ignore[no-untyped-call]  # Twisted leaves it untyped
