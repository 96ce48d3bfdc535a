"""The egress proxy of a rendering browser: a SOCKS5 proxy on loopback that refuses what the address guard refuses.

A browser resolves names and follows redirects itself, so a guard on our requests would see only the first one. All its
connections pass through here, and go to the addresses that were judged (decision 011). If the configuration has a proxy,
the egress proxy tunnels through it (CONNECT), so that no browser bypasses a company's proxy; names are then resolved
by that proxy, and only IP addresses in URLs are judged here.

Source: RFC 1928 (SOCKS 5), the part that a browser uses: CONNECT without authentication.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable

from crawler.machine.tunnel import open_tunnel
from crawler.middlewares.network.address_guard import USUAL_PORTS, is_written_inside
from crawler.middlewares.network.resolver import judge
from crawler.model.proxy import Proxy

# of one connection, in each direction, before it is closed: a page's scripts may stream without end
_MOST_BYTES = 100_000_000
# a connection on which either side sends nothing for this long is closed; the browser opens another one if it needs it
_IDLE_SECONDS = 60.0
# for the browser's request, the look-up and the attempts at up to six addresses
_CONNECT_SECONDS = 15.0
# for each address but the last one, so that five dead addresses leave time for the sixth
_NEXT_SECONDS = 2.0
# bytes read at once, which is what each connection may hold in memory in each direction
_CHUNK = 65536
# codes of RFC 1928: replies (section 6), then the command and address types (section 4)
_SUCCEEDED, _REFUSED, _UNREACHABLE = 0, 2, 4
_CONNECT, _IPV4, _NAME, _IPV6 = 1, 1, 3, 4
_PLAIN_PORT = 80  # SOCKS names no scheme: any other port is taken for https when a proxy is chosen
FindProxy = Callable[[str], Proxy | None]


class GuardedProxy:
    """SOCKS5 server that connects a browser to public addresses only.

    private_host  a host that may have inside addresses, at any port; None for none
    find_proxy    returns the proxy for an address, None for none
    """

    def __init__(
        self, *, private_host: str | None = None, find_proxy: FindProxy = lambda _url: None
    ) -> None:
        self._private_host = private_host
        self._find_proxy = find_proxy
        self._server: asyncio.Server | None = None

    async def open(self) -> str:
        """Listen on a free loopback port and return the address for a browser's settings."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"socks5://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, browser: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, EOFError, TimeoutError, ValueError):
            async with asyncio.timeout(_CONNECT_SECONDS):
                host, port = await _read_request(browser, back)
                site = await self._connect(host, port, back)
            if site is not None:
                await _relay(browser, back, *site)
        back.close()

    async def _connect(
        self, host: str, port: int, back: asyncio.StreamWriter
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        where = f"[{host}]" if ":" in host else host
        scheme = "http" if port == _PLAIN_PORT else "https"
        proxy = self._find_proxy(f"{scheme}://{where}:{port}/")
        try:
            if proxy is None:
                addresses = await self._resolve(host, port)
            else:
                addresses = (proxy.host,) if self._may_ask(host, port) else ()
            if not addresses:
                _answer(back, _REFUSED)
                return None
            site = await _open_one(addresses, port if proxy is None else proxy.port)
            if proxy is not None:
                await open_tunnel(*site, f"{where}:{port}", login=proxy.login, by=proxy.place)
        except OSError:
            _answer(back, _UNREACHABLE)
            return None
        _answer(back, _SUCCEEDED)
        return site

    def _may_ask(self, host: str, port: int) -> bool:
        """Return whether a host may be reached through a proxy, judged by the name or IP address in the URL alone."""
        if host == self._private_host:
            return True
        return port in USUAL_PORTS and not is_written_inside(host)

    async def _resolve(self, host: str, port: int) -> tuple[str, ...]:
        """Return the addresses that may be connected to; empty if the guard refuses them all."""
        is_private = host == self._private_host
        if not is_private and port not in USUAL_PORTS:
            return ()
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        # a link-local IPv6 address comes with its interface ("fe80::1%eth0")
        addresses = (str(entry[4][0]).partition("%")[0] for entry in found)
        return judge(host, addresses, is_private=is_private).addresses


async def _open_one(
    addresses: tuple[str, ...], port: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the first address that answers; raises OSError if none does."""
    *others, last = addresses
    for address in others:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_NEXT_SECONDS):
                return await asyncio.open_connection(address, port)
    return await asyncio.open_connection(last, port)


async def _read_request(
    browser: asyncio.StreamReader, back: asyncio.StreamWriter
) -> tuple[str, int]:
    """Read greeting and request and return host and port; raises ValueError if they are no SOCKS5 CONNECT."""
    version, method_count = await browser.readexactly(2)
    await browser.readexactly(method_count)
    back.write(b"\x05\x00")
    greeting, command, _, kind = await browser.readexactly(4)
    if (version, greeting, command) != (5, 5, _CONNECT):
        raise ValueError("no SOCKS5 CONNECT")
    if kind == _NAME:
        (length,) = await browser.readexactly(1)
        host = (await browser.readexactly(length)).decode("ascii")
    else:
        family, size = {_IPV4: (socket.AF_INET, 4), _IPV6: (socket.AF_INET6, 16)}[kind]
        host = socket.inet_ntop(family, await browser.readexactly(size))
    (port,) = struct.unpack("!H", await browser.readexactly(2))
    return host.lower(), port


def _answer(back: asyncio.StreamWriter, code: int) -> None:
    back.write(bytes((5, code, 0, _IPV4)) + bytes(6))


async def _relay(
    browser: asyncio.StreamReader,
    back: asyncio.StreamWriter,
    site: asyncio.StreamReader,
    onward: asyncio.StreamWriter,
) -> None:
    """Pass bytes both ways until either side ends, is silent for a minute, or has sent too much."""
    directions = [
        asyncio.create_task(_pass_on(*direction)) for direction in ((browser, onward), (site, back))
    ]
    try:
        await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for direction in directions:
            direction.cancel()
        await asyncio.gather(*directions, return_exceptions=True)
        onward.close()


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    left = _MOST_BYTES
    while left > 0:
        chunk = await asyncio.wait_for(source.read(_CHUNK), _IDLE_SECONDS)
        if not chunk:
            return
        left -= len(chunk)
        sink.write(chunk)
        await sink.drain()
