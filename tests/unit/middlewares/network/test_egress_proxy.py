"""The egress proxy of a rendering browser: it refuses forbidden addresses."""

import asyncio
import socket
import struct

import pytest

from crawler.middlewares.network.egress_proxy import GuardedProxy
from crawler.text.web.proxies import ProxyRules
from tests.fakes import FakeSite, Reply
from tests.servers.forward_proxy import ForwardProxy

REFUSED, SUCCEEDED, UNREACHABLE = 2, 0, 4


def request(host: str, port: int) -> bytes:
    """Return a CONNECT as a browser sends it: names as names, addresses as addresses."""
    try:
        target = b"\x01" + socket.inet_pton(socket.AF_INET, host)
    except OSError:
        try:
            target = b"\x04" + socket.inet_pton(socket.AF_INET6, host)
        except OSError:
            target = b"\x03" + bytes([len(host)]) + host.encode()
    return b"\x05\x01\x00" + target + struct.pack("!H", port)


async def ask(proxy: GuardedProxy, host: str, port: int, words: bytes = b"") -> tuple[int, bytes]:
    """Connect through the proxy; return the reply code and the site's answer."""
    address = await proxy.open()
    reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
    writer.write(b"\x05\x01\x00")
    assert await reader.readexactly(2) == b"\x05\x00"
    writer.write(request(host, port))
    code = (await reader.readexactly(10))[1]
    writer.write(words)
    answer = await reader.read() if code == SUCCEEDED else b""
    writer.close()
    proxy.close()
    return code, answer


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "LOCALHOST", "0.0.0.0", "169.254.169.254", "10.1.2.3", "::1",
        "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2130706433", "0x7f000001", "fe80::1",
    ],
)  # fmt: skip
async def test_a_private_address_is_refused_in_every_notation(site: FakeSite, host: str) -> None:
    code, _ = await ask(GuardedProxy(), host, 80)

    assert code == REFUSED
    assert site.paths() == []


async def test_other_ports_than_those_of_the_web_are_refused() -> None:
    code, _ = await ask(GuardedProxy(), "192.0.33.8", 25)

    assert code == REFUSED


async def test_only_the_host_that_a_source_may_use_is_open(site: FakeSite) -> None:
    site.pages["/"] = Reply(b"hello")
    port = int(site.url.rpartition(":")[2])
    words = b"GET / HTTP/1.0\r\n\r\n"

    own, answer = await ask(GuardedProxy(private_host="127.0.0.1"), "127.0.0.1", port, words)
    other, _ = await ask(GuardedProxy(private_host="127.0.0.1"), "localhost", port, words)

    assert (own, answer[-5:]) == (SUCCEEDED, b"hello")
    assert other == REFUSED


async def test_a_browser_uses_the_proxy_of_the_configuration(site: FakeSite) -> None:
    site.pages["/"] = Reply(b"hello")
    words = b"GET / HTTP/1.0\r\n\r\n"
    with ForwardProxy(ports={"news.example": int(site.url.rpartition(":")[2])}) as proxy:
        proxy.login = "Basic ZGVzazpwQHNz"
        url = proxy.url.replace("http://", "http://desk:p%40ss@")
        rules = ProxyRules.read(url, ["nobody.invalid"])

        code, answer = await ask(GuardedProxy(find_proxy=rules.find), "news.example", 80, words)
        unknown, _ = await ask(GuardedProxy(find_proxy=rules.find), "other.example", 443)
        excepted, _ = await ask(GuardedProxy(find_proxy=rules.find), "nobody.invalid", 443)

        assert (code, answer[-5:]) == (SUCCEEDED, b"hello")
        assert (unknown, excepted) == (UNREACHABLE, UNREACHABLE)
        assert [one.target for one in proxy.passed] == ["news.example:80", "other.example:443"]
        assert "proxy-authorization" not in site.asked[0].headers


@pytest.mark.parametrize(
    ("host", "port"),
    [("10.1.2.3", 80), ("2130706433", 80), ("169.254.169.254", 80), ("::ffff:10.0.0.1", 443), ("news.example", 25)],
)  # fmt: skip
async def test_a_proxy_is_not_asked_for_a_literal_private_address(host: str, port: int) -> None:
    with ForwardProxy() as proxy:
        rules = ProxyRules.read(proxy.url, [])

        code, _ = await ask(GuardedProxy(find_proxy=rules.find), host, port)

        assert code == REFUSED
        assert proxy.passed == []


async def test_a_host_that_does_not_exist_is_unreachable() -> None:
    code, _ = await ask(GuardedProxy(), "nobody.invalid", 80)

    assert code == UNREACHABLE


async def test_a_connection_that_is_not_socks_is_closed() -> None:
    proxy = GuardedProxy()
    address = await proxy.open()
    reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))

    writer.write(b"GET http://127.0.0.1/ HTTP/1.0\r\n" + b"x" * 100 + b"\r\n\r\n")

    assert b"HTTP" not in await reader.read()
    writer.close()
    proxy.close()
