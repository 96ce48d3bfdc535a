"""Which addresses are never connected to: this machine, the private network, cloud metadata.

What is written as an address is judged here, before anything is asked of its site; what a name stands for is judged by
the resolver (resolver.py), because what it answers is what gets connected to, after redirects too.
"""

import ipaddress
import socket
from urllib.parse import urlsplit

import idna
from scrapy import Request

from crawler.errors import AddressRefused
from crawler.flows.process.private_hosts import is_proxy, may_be_private
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
USUAL_PORTS = frozenset({80, 443, 8000, 8008, 8080, 8443})


def is_inside(address: str) -> bool:
    """Tell whether an IP address is anything but a public unicast one."""
    ip = ipaddress.ip_address(address)
    mapped = getattr(ip, "ipv4_mapped", None)
    if mapped is not None:
        ip = mapped
    within = any(ip.version == network.version and ip in network for network in _ALSO_INSIDE)
    return within or ip.is_multicast or not ip.is_global


def plain_host(host: str) -> str:
    """Return a host in the form under which it is known: ASCII, small letters, no brackets, no dot at its end."""
    try:
        name = host if host.isascii() else idna.encode(host).decode()
    except idna.IDNAError:
        name = host
    return name.lower().strip("[]").rstrip(".")


def tell_inside(host: str, address: str | None = None) -> str:
    """Say that a host is not connected to, and what to do if it is meant."""
    which = f"{address}, an address" if address and address != host else "an address"
    return (
        f"{host} is {which} of this machine or a private network; if that is meant, "
        "set allow_private = true on the source"
    )


class AddressGuard:
    """Keeps the hosts opened for one source closed to all others, and refuses other schemes and ports."""

    def process_request(self, request: Request) -> None:
        """Refuse a request; raises AddressRefused."""
        parts = urlsplit(request.url)
        if parts.scheme not in {"http", "https"}:
            raise AddressRefused(f"{parts.scheme}: addresses are not fetched, only http and https")
        source = request.meta.get("source")
        own = source if isinstance(source, Source) else None
        host = plain_host(parts.hostname or "")
        is_private = may_be_private(host)
        if is_written_inside(host) and not is_private:
            raise AddressRefused(tell_inside(host))
        if is_proxy(host) and not is_private:
            # the resolver lets a connection through to it wherever it lies, for what is asked by way of it
            raise AddressRefused(
                f"{host} is a proxy's; if a source is meant to lie there too, set allow_private = true on it"
            )
        if own is not None and own.allow_private:
            return
        if is_private:
            raise AddressRefused(f"{host} is private and this source may not use it")
        stated = urlsplit(own.url) if own else None
        is_stated = stated is not None and (plain_host(stated.hostname or ""), stated.port) == (
            host,
            parts.port,
        )
        if parts.port is not None and parts.port not in USUAL_PORTS and not is_stated:
            raise AddressRefused(
                f"port {parts.port} is not fetched: only the usual web ports, or the one a source's address names"
            )


def is_written_inside(host: str) -> bool:
    """Tell whether a host is an inside IP address in any notation, or a name of this machine."""
    name = plain_host(host)
    if name.rpartition(".")[2] == "localhost":
        return True
    try:
        return is_inside(name)
    except ValueError:
        pass
    try:
        return is_inside(socket.inet_ntoa(socket.inet_aton(name)))
    except OSError:
        return False
