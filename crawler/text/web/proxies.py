"""Checking proxy settings, and choosing the proxy for an address (decision 028).

The exceptions are stricter than those of NO_PROXY, which every program reads differently: a name means exactly that host,
a name with a leading dot means the domain with all its hosts, a network applies to hosts written as IP addresses.
"""

import ipaddress
import re
import socket
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Self
from urllib.parse import unquote, urlsplit

from crawler.logs.masking.own_secrets import keep_secret
from crawler.model.proxy import Proxy
from crawler.text.web.hosts import read_host

NO_PROXY = "none"
EVERY_HOST = "*"
_USUAL_PORTS = {"http": 80, "https": 443}
_HIGHEST_PORT = 65_535  # a port has 16 bits
_EXAMPLE = 'write "http://proxy.example.org:3128"'
_QUOTES = "\"'`"
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def check_proxy(value: str) -> str:
    """Return a proxy's address in normal form, login included, or ``none``.

    raises  ValueError with what is wrong and what to write instead; never with a part of the login
    """
    if value == NO_PROXY:
        return value
    scheme, mark, rest = value.partition("://")
    _check_scheme(value, scheme.lower() if mark else "")
    if not value.isprintable() or re.search(r"[\s\\]", value):
        raise ValueError(f"a proxy's address cannot contain a space or backslash; {_EXAMPLE}")
    # the login ends at the last @ before the path, as browsers read it
    place, _, path = rest.partition("/")
    login, at, bare = place.rpartition("@")
    if "?" in place or "#" in place or (path and "@" in path):
        raise ValueError(f"write characters such as / ? # in a proxy's password as %2F %3F %23; {_EXAMPLE}")  # fmt: skip
    if path:
        raise ValueError(
            f"a proxy's address has no path, and PAC scripts are not supported; {_EXAMPLE}, the proxy that the script names"
        )
    host, port = _read_place(bare)
    return f"http://{login}{at}{Proxy(host=host, port=port).place}"


def _check_scheme(value: str, scheme: str) -> None:
    if value and (value[0] in _QUOTES or value[-1] in _QUOTES):
        raise ValueError(f"the proxy's address includes quotes; {_EXAMPLE}")
    if scheme.startswith("socks"):
        raise ValueError(
            f"a SOCKS proxy ({scheme}://) is not supported, only an HTTP proxy; {_EXAMPLE}"
        )
    if scheme == "https":
        raise ValueError(
            f"a proxy is reached over http://, even for https:// sites, which stay encrypted through it; {_EXAMPLE}"
        )
    if scheme != "http":
        raise ValueError(
            f'this is not the address of a proxy; {_EXAMPLE}, or "{NO_PROXY}" for none'
        )


def _read_place(bare: str) -> tuple[str, int]:
    """Return host and port of a proxy; the port is 80 if none is stated."""
    host, port = _split_port(bare)
    if not host:
        raise ValueError(f"a proxy's address needs a host; {_EXAMPLE}")
    return read_host(host).lower(), port or _USUAL_PORTS["http"]


def _read_port(port: str) -> int:
    # int() accepts digits of any script, and refuses texts of thousands of digits with an error of its own
    if not (port.isascii() and port.isdecimal()) or not 1 <= int(port[:9]) <= _HIGHEST_PORT:
        raise ValueError(f"a port is a number from 1 to {_HIGHEST_PORT}")
    return int(port)


def read_proxy(stated: str | None) -> Proxy | None:
    """Return the proxy of an address that was checked; None for ``none`` or no address."""
    if not stated or stated == NO_PROXY:
        return None
    login, _, place = stated.partition("://")[2].rpartition("@")
    host, port = _read_place(place)
    name, _, password = login.partition(":")
    header = b64encode(f"{unquote(name)}:{unquote(password)}".encode()).decode()
    keep_secret(unquote(password))
    keep_secret(header)
    return Proxy(host=host, port=port, login=f"Basic {header}" if name or password else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exempt:
    """Hosts that are asked without the proxy: one exception of the setting, parsed.

    name     a host, or with a leading dot a domain with all its hosts; empty for a network
    network  one or many IP addresses; None for a name
    port     None for any port
    """

    name: str = ""
    network: _Network | None = None
    port: int | None = None

    def covers(self, host: str, address: _Address | None, port: int) -> bool:
        """Return whether a host is among these; ``address`` is the host as an IP address, if it is written as one."""
        if self.port not in {None, port}:
            return False
        if self.network is not None:
            return (
                address is not None
                and address.version == self.network.version
                and address in self.network
            )
        if self.name == EVERY_HOST:
            return True
        if self.name.startswith("."):
            return f".{host}".endswith(self.name)
        return host == self.name


def check_exception(value: str) -> str:
    """Return an exception (host, domain or network) in normal form; raises ValueError with what to write instead."""
    _read_exception(value)
    return value.strip().lower()


# all exceptions are read for each address that is requested; a setting may have a thousand
@lru_cache(maxsize=4096)
def _read_exception(value: str) -> _Exempt:
    stated = value.strip().lower()
    if stated == EVERY_HOST:
        return _Exempt(name=EVERY_HOST)
    _check_alone(stated)
    if "/" in stated:
        return _read_network(stated)
    if stated.count(":") > 1 and not stated.startswith("["):
        return _Exempt(network=ipaddress.ip_network(read_host(stated)))
    host, port = _split_port(stated)
    if host.startswith("."):
        return _Exempt(name=f".{read_host(host[1:]).lower()}", port=port)
    name = read_host(host).lower()
    address = _read_address(name)
    if address is not None:
        return _Exempt(network=ipaddress.ip_network(address), port=port)
    return _Exempt(name=name, port=port)


def _check_alone(stated: str) -> None:
    """Raise ValueError if an exception is empty, more than one host, a URL, or has a wildcard within."""
    if not stated:
        raise ValueError('an empty text is not a host; write its name, or "*" for every host')
    if "," in stated or re.search(r"\s", stated):
        raise ValueError(f'"{stated}" is more than one host; write each separately')
    if "://" in stated or "@" in stated:
        raise ValueError(
            'write only the host into `no_proxy`, as "intranet.example.org", without "http://"'
        )
    if "*" in stated or not stated.strip("."):
        raise ValueError(
            f'"{stated}" is not a host; write ".example.org" for a domain with all its hosts, "*" for every host'
        )


def _split_port(stated: str) -> tuple[str, int | None]:
    host, mark, port = stated.rpartition(":")
    if not mark or stated.endswith("]"):
        return stated, None
    return host, _read_port(port)


def _read_network(stated: str) -> _Exempt:
    start, _, rest = stated.partition("/")
    length, mark, port = rest.partition(":")
    if not length.isdecimal():
        raise ValueError(
            f'"{stated}" is neither a host nor a network; write "intranet.example.org" or "10.0.0.0/8"'
        )
    try:
        network = ipaddress.ip_network(f"{start.strip('[]')}/{length}", strict=False)
    except ValueError:
        raise ValueError(f'"{stated}" is not a network; write it as "10.0.0.0/8" or "fd00::/8"') from None  # fmt: skip
    if str(network.network_address) != str(ipaddress.ip_address(start.strip("[]"))):
        raise ValueError(f'"{stated}" is a host within a network; write the network, "{network}"')
    return _Exempt(network=network, port=_read_port(port) if mark else None)


@dataclass(frozen=True, slots=True)
class ProxyRules:
    """The rules by which the proxy for an address is chosen.

    proxy       the proxy for every host, or None
    exceptions  hosts that are asked without it; this machine always is
    """

    proxy: Proxy | None = None
    exceptions: tuple[str, ...] = ()

    @classmethod
    def read(cls, proxy: str | None, exceptions: Iterable[str]) -> Self:
        """Return the rules of settings that were checked."""
        return cls(read_proxy(proxy), tuple(exceptions))

    def find(self, url: str) -> Proxy | None:
        """Return the proxy that an address is asked through; None if it is asked directly."""
        if self.proxy is None:
            return None
        try:
            parts = urlsplit(url)
            host, port = _plain_host(parts.hostname or ""), parts.port
        except ValueError:
            # an exception has to be certain, so in doubt the proxy is used
            return self.proxy
        address = _read_address(host)
        if _is_this_machine(host, address):
            return None
        number = port or _USUAL_PORTS.get(parts.scheme, 0)
        exempt = map(_read_exception, self.exceptions)
        is_excepted = any(one.covers(host, address, number) for one in exempt)
        return None if is_excepted else self.proxy


def _plain_host(host: str) -> str:
    host = host.rstrip(".").lower()
    try:
        return host if host.isascii() else read_host(host).lower()
    except ValueError:
        return host


def _is_this_machine(host: str, address: _Address | None) -> bool:
    """Return whether a host is this machine; a proxy would take such a host for its own machine."""
    if address is not None:
        return address.is_loopback or address.is_unspecified
    return host.rpartition(".")[2] == "localhost"


def _read_address(host: str) -> _Address | None:
    """Return the IP address that a host is written as, in any notation (``0x7f.1`` is 127.0.0.1); None for a name."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host))
        except (OSError, ValueError):
            return None
    return getattr(address, "ipv4_mapped", None) or address
