"""The public address of the web pages: how paths, redirects and cookies are changed."""

from collections.abc import MutableMapping
from typing import Any

import pytest

from watchword.web.access.cookies import InstanceCookies
from watchword.web.public_address import AtPublicAddress, PublicAddress, write_origin

HEADS = frozenset({"", "-", "assets", "favicon", "news"})


@pytest.mark.parametrize(
    ("url", "origin", "base"),
    [
        ("https://desk.example", "https://desk.example", "/"),
        ("https://desk.example/", "https://desk.example", "/"),
        ("https://desk.example/a/b?x=1#y", "https://desk.example", "/a/b/"),
        ("https://me:pw@desk.example:8443/a//", "https://desk.example:8443", "/a/"),
        (
            'https://m\u00fcnchen.example/m\u00fc"x/',
            "https://xn--mnchen-3ya.example",
            "/m%C3%BC%22x/",
        ),
        ("http://[2001:db8::1]:81/a/", "http://[2001:db8::1]:81", "/a/"),
        ("http://127.0.0.1:8001/a", "http://127.0.0.1:8001", "/a/"),
        # on loopback only: a tunnel or another port leads here too
        ("http://127.0.0.1:8001/", "", "/"),
        ("http://[::1]:8001/", "", "/"),
        ("http://desk.localhost/", "", "/"),
        ("", "", "/"),
    ],
)
def test_origin_and_prefix_are_read_from_the_setting(url: str, origin: str, base: str) -> None:
    assert PublicAddress.read(url) == PublicAddress(origin=origin, base=base)


@pytest.mark.parametrize(
    ("base", "path", "route"),
    [
        ("/", "/news/articles", "/news/articles"),
        ("/desk/", "/news/articles", "/news/articles"),
        ("/desk/", "/desk/news/articles", "/news/articles"),
        ("/desk/", "/desk/", "/"),
        ("/desk/", "/desk/.json", "/.json"),
        ("/desk/", "/deskless", "/deskless"),
        # a database with the name of the prefix
        ("/news/", "/news", "/news"),
        ("/news/", "/news/articles/2", "/news/articles/2"),
        ("/news/", "/news/news/articles/2", "/news/articles/2"),
        ("/news/", "/news/news.json", "/news.json"),
        ("/news/", "/news/-/alive", "/-/alive"),
        ("/news/", "/news/assets/a.css", "/assets/a.css"),
    ],
)
def test_a_prefix_is_removed_once_whether_the_proxy_removed_it_or_not(
    base: str, path: str, route: str
) -> None:
    assert PublicAddress(base=base).find_route(path, HEADS) == route


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),  # only compared, no socket is bound
        ("::", "http://[::1]:80"),
        ("::1", "http://[::1]:80"),
        ("fe80::1%eth0", "http://[fe80::1%25eth0]:80"),
        ("desk", "http://desk:80"),
    ],
)
def test_addresses_of_ipv6_have_brackets(host: str, origin: str) -> None:
    assert write_origin(host, 80) == origin


async def ask(
    address: PublicAddress, path: str, answer: list[tuple[bytes, bytes]]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Send a request through; return what the application saw, and the headers of the answer."""
    seen: dict[str, Any] = {}
    sent: list[MutableMapping[str, Any]] = []

    async def application(scope: MutableMapping[str, Any], _receive: Any, send: Any) -> None:
        seen.update(scope)
        await send({"type": "http.response.start", "status": 200, "headers": answer})

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.disconnect"}

    async def send(event: MutableMapping[str, Any]) -> None:
        sent.append(event)

    scope = {
        "type": "http",
        "path": path,
        "raw_path": path.encode(),
        "headers": [(b"host", b"evil")],
    }
    cookies = InstanceCookies("secret", base=address.base, is_https=address.is_https)
    served = AtPublicAddress(application, address, heads=HEADS, cookies=cookies)
    await served(scope, receive, send)
    return seen, {name.decode(): value.decode() for name, value in sent[0]["headers"]}


@pytest.mark.parametrize(
    ("name", "value", "became"),
    [
        ("location", "/-/settings", "/desk/-/settings"),
        ("location", "/desk/news?x=/", "/desk/news?x=/"),
        ("location", "//evil.example/", "/desk/evil.example/"),
        ("location", "https://else.example/", "https://else.example/"),
        (
            "set-cookie",
            "a=1; Path=/; SameSite=Lax",
            "a=1; Path=/desk/; SameSite=Lax; HttpOnly; Secure",
        ),
        ("set-cookie", "a=1; path=/", "a=1; Path=/desk/; HttpOnly; Secure"),
        ("set-cookie", "a=1; Path=/desk/", "a=1; Path=/desk/; HttpOnly; Secure"),
        ("content-type", "/x", "/x"),
    ],
)
async def test_redirects_and_cookies_stay_under_the_prefix(
    name: str, value: str, became: str
) -> None:
    address = PublicAddress.read("https://desk.example/desk/")

    seen, headers = await ask(address, "/news", [(name.encode(), value.encode())])

    assert headers[name] == became
    assert (seen["path"], dict(seen["headers"])) == ("/desk/news", {b"host": b"desk.example"})


async def test_the_prefix_without_its_slash_leads_to_the_start() -> None:
    seen, headers = await ask(PublicAddress(base="/desk/"), "/desk", [])

    assert (seen, headers["location"]) == ({}, "/desk/")
