"""Addresses that are never connected to: this machine, private networks, cloud metadata.

An IP address in a URL is judged here, before anything is requested; the addresses of a name are judged by the resolver
(resolver.py), because those are what is connected to, after redirects too. Checking the URL alone is not enough
(changedetection.io GHSA-3c45-4pj5-ch7m), and neither is checking it with another parser than the one that fetches
(GHSA-rph4-96w6-q594).
"""

import ipaddress
import socket
from urllib.parse import urlsplit

import idna
from scrapy import Request

from crawler.errors import AddressRefused
from crawler.flows.process.private_hosts import is_proxy, may_be_private
from crawler.model.source import Source

# prefixes that ``ipaddress`` calls global although they can lead inside: NAT64 (64:ff9b::), 6to4 (2002::), IPv4-compatible
# (::/96) and site-local (fec0::) addresses, and Azure's metadata service
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
# of http, https and their usual alternatives; other ports belong to databases, mail and admin pages
USUAL_PORTS = frozenset({80, 443, 8000, 8008, 8080, 8443})


def is_inside(address: str) -> bool:
    """Return whether an IP address is anything but a public unicast one; raises ValueError if it is none."""
    ip = ipaddress.ip_address(address)
    mapped = getattr(ip, "ipv4_mapped", None)
    if mapped is not None:
        ip = mapped
    # to Python's is_global, multicast addresses are global as well
    within = any(ip.version == network.version and ip in network for network in _ALSO_INSIDE)
    return within or ip.is_multicast or not ip.is_global


def plain_host(host: str) -> str:
    """Return a host in normal form: ASCII, lower case, no brackets, no final dot; not converted to ASCII if IDNA fails."""
    try:
        name = host if host.isascii() else idna.encode(host).decode()
    except idna.IDNAError:
        name = host
    return name.lower().strip("[]").rstrip(".")


def explain_inside(host: str, address: str | None = None) -> str:
    """Return the sentence that says why a host is not connected to, and what to do if it is meant."""
    which = f"{address}, an address" if address and address != host else "an address"
    return (
        f"{host} is {which} of this machine or a private network; if that is meant, "
        "set allow_private = true on the source"
    )


class AddressGuard:
    """Downloader middleware that refuses inside addresses, other schemes and ports, and private hosts of other sources."""

    def process_request(self, request: Request) -> None:
        """Let a request through or raise AddressRefused."""
        parts = urlsplit(request.url)
        if parts.scheme not in {"http", "https"}:
            raise AddressRefused(f"{parts.scheme}: addresses are not fetched, only http and https")
        source = request.meta.get("source")
        own = source if isinstance(source, Source) else None
        host = plain_host(parts.hostname or "")
        is_private = may_be_private(host)
        if is_written_inside(host) and not is_private:
            raise AddressRefused(explain_inside(host))
        if is_proxy(host) and not is_private:
            # the resolver allows a proxy's address wherever it lies, which must not open it to sources
            raise AddressRefused(
                f"{host} belongs to a proxy; to read a source there too, set allow_private = true on it"
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
                f"port {parts.port} is not allowed, only the usual web ports or the one in a source's address"
            )


def is_written_inside(host: str) -> bool:
    """Return whether a host is an inside IP address in any notation, or a name of this machine."""
    name = plain_host(host)
    if name.rpartition(".")[2] == "localhost":
        return True
    try:
        return is_inside(name)
    except ValueError:
        pass
    try:
        # decimal, hexadecimal and short forms, such as 2130706433, 0x7f.1 and 127.1
        return is_inside(socket.inet_ntoa(socket.inet_aton(name)))
    except OSError:
        return False
