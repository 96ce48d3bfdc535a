"""Which addresses are never connected to: this machine, the private network, cloud metadata.

The guard stands in the resolver, because what it answers is what gets connected to: literals in any notation,
redirects and a second DNS answer all pass through it.
"""

import ipaddress
import socket
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.resolver import CachingThreadedResolver
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError

from crawler.errors import AddressRefused
from crawler.flows.private_hosts import may_be_private
from crawler.model.source import Source

# prefixes that Python calls global although they lead back inside, and one cloud's metadata service
_ALSO_INSIDE = tuple(
    ipaddress.ip_network(network)
    for network in (
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "::/96",
        "fec0::/10",
        "168.63.129.16/32",
    )
)
# why a name was refused; Twisted turns the resolver's error into a bare "DNS lookup failed"
_refusals: dict[str, str] = {}
_MOST_REFUSALS = 1000
USUAL_PORTS = frozenset({80, 443, 8000, 8008, 8080, 8443})


def is_inside(address: str) -> bool:
    """Tell whether an IP address is anything but a public unicast one."""
    ip = ipaddress.ip_address(address)
    mapped = getattr(ip, "ipv4_mapped", None)
    if mapped is not None:
        ip = mapped
    within = any(ip.version == network.version and ip in network for network in _ALSO_INSIDE)
    return within or ip.is_multicast or not ip.is_global


class GuardedResolver(CachingThreadedResolver):
    """Scrapy's resolver, which refuses answers that lead inside."""

    def getHostByName(self, name: str, timeout: object = ()) -> "Deferred[str]":  # noqa: N802  # Twisted's name
        """Resolve a name; the result is the address that will be connected to."""
        return super().getHostByName(name).addCallback(self._check, name)

    @staticmethod
    def _check(address: str, name: str) -> str:
        if not may_be_private(name) and is_inside(address):
            if len(_refusals) >= _MOST_REFUSALS:
                _refusals.clear()
            _refusals[name] = (
                f"{name} is {address}, an address of this machine or a private network; if that is meant, "
                "set allow_private = true on the source"
            )
            # Twisted logs any other error of a resolver with a traceback; the guard below puts the true one in its place
            raise DNSLookupError(_refusals[name])
        _refusals.pop(name, None)
        return address


class AddressGuard:
    """Keeps the hosts opened for one source closed to all others, and refuses other schemes and ports."""

    def process_request(self, request: Request) -> None:
        """Refuse a request; raises AddressRefused."""
        parts = urlsplit(request.url)
        if parts.scheme not in {"http", "https"}:
            raise AddressRefused(f"{parts.scheme}: addresses are not fetched, only http and https")
        source = request.meta.get("source")
        own = source if isinstance(source, Source) else None
        if own is not None and own.allow_private:
            return
        host = parts.hostname or ""
        if may_be_private(host):
            raise AddressRefused(f"{host} is private and this source may not use it")
        stated = urlsplit(own.url) if own else None
        is_stated = stated is not None and (stated.hostname, stated.port) == (host, parts.port)
        if parts.port is not None and parts.port not in USUAL_PORTS and not is_stated:
            raise AddressRefused(
                f"port {parts.port} is not fetched: only the usual web ports, or the one a source's address names"
            )
        # through a proxy the name is resolved elsewhere, so here only what is written can be judged
        if own is not None and own.proxy and is_written_inside(host):
            raise AddressRefused(f"{host} is an address of this machine or a private network")

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Put the true reason in the place of the resolver's; raises AddressRefused."""
        reason = _refusals.get(urlsplit(request.url).hostname or "")
        if reason and not isinstance(exception, AddressRefused):
            raise AddressRefused(reason) from exception


def is_written_inside(host: str) -> bool:
    """Tell whether a host is an inside IP address in any notation, or a name of this machine."""
    if host.rstrip(".").endswith("localhost"):
        return True
    try:
        return is_inside(host.strip("[]"))
    except ValueError:
        pass
    try:
        return is_inside(socket.inet_ntoa(socket.inet_aton(host)))
    except OSError:
        return False
