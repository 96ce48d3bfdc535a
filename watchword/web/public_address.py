"""The address at which readers see the web pages: behind a proxy, by another name, under a prefix, over TLS.

``[web] url`` decides, never the Host header of a request. A proxy may remove the prefix (nginx
``proxy_pass http://.../;``, Caddy ``handle_path``) or keep it: Datasette sees each path with the prefix exactly once.
"""

import ipaddress
import os
from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from watchword.web.access.cookies import InstanceCookies

ALIVE_PATH = "/-/alive"
ALIVE = "alive\n"
# by these sentences, and that word, `check --network` knows our pages from another server's
SIGN_IN = "This needs a sign-in.\n"
NO_SUCH_LINK = "This link is not valid, or its alert no longer exists. Nothing was changed."
ANOTHER_NAME = (
    "These web pages are for this machine only: open them as 127.0.0.1 or localhost. For readers elsewhere, set "
    "[web] url and a password.\n"
)
PID_HEADER = "x-watchword-pid"

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_App = Callable[[_Message, _Receive, _Send], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicAddress:
    """The address of the web pages for their readers.

    origin  scheme and host, such as ``https://desk.example``; empty if the request's own address holds
    base    the path that all pages begin with, with a slash at both ends
    """

    origin: str = ""
    base: str = "/"

    @classmethod
    def read(cls, url: str) -> "PublicAddress":
        """Return the address in ``[web] url``.

        An http address of this machine without a path counts as none: through a tunnel readers see another one.
        """
        parts = urlsplit(url)
        path = quote(unquote(parts.path), safe="/-._~!$&'()*+,;=:@").replace("'", "%27").strip("/")
        base = f"/{path}/" if path else "/"
        host = parts.hostname or ""
        if not host or (base == "/" and parts.scheme == "http" and is_loopback(host)):
            return cls()
        netloc = parts.netloc.rpartition("@")[2]
        return cls(origin=f"{parts.scheme}://{_to_ascii(netloc)}", base=base)

    @property
    def host(self) -> str:
        """The host with its port; empty if the request's own address holds."""
        return urlsplit(self.origin).netloc

    @property
    def is_of_this_machine(self) -> bool:
        """Whether readers open the pages as this machine: no address is stated, or a loopback one."""
        return not self.host or is_loopback(urlsplit(self.origin).hostname or "")

    @property
    def url(self) -> str:
        """The whole address; empty if the request's own address holds."""
        return self.origin and self.origin + self.base

    @property
    def is_https(self) -> bool:
        """Whether readers come over TLS."""
        return self.origin.startswith("https://")

    def find_route(self, path: str, heads: Collection[str]) -> str:
        """Return a path without the prefix, whether the proxy removed it or not.

        heads  the first segments of paths without the prefix: a database can have the prefix as its name
        """
        rest = path[len(self.base) :]
        is_kept = path.startswith(self.base) and rest.split("/")[0].split(".")[0] in heads
        return f"/{rest}" if is_kept else path


def is_loopback(host: str) -> bool:
    """Return whether a host is a loopback name or address."""
    if host.lower() == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def write_origin(host: str, port: int) -> str:
    """Return the http origin of a socket; for one that listens on all addresses (0.0.0.0, ::), that of loopback."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104  # compared, not bound
    # in fe80::1%eth0 the % is escaped (RFC 6874)
    return f"http://[{host.replace('%', '%25')}]:{port}" if ":" in host else f"http://{host}:{port}"


def _names_this_machine(headers: list[tuple[bytes, bytes]]) -> bool:
    """Return whether the Host header, if there is one, is a loopback name or address.

    Any page on the web can have its own name lead to 127.0.0.1 and then read what answers there (DNS rebinding).
    """
    stated = dict(headers).get(b"host", b"localhost").decode("latin-1")
    return is_loopback((urlsplit(f"//{stated}").hostname or "") if stated else "localhost")


def _to_ascii(netloc: str) -> str:
    if netloc.isascii():
        return netloc
    host, colon, port = netloc.partition(":")
    return host.encode("idna").decode("ascii") + colon + port


class AtPublicAddress:
    """An ASGI application that serves another one at its public address, and answers health checks itself.

    heads    the first segments of paths without the prefix
    cookies  the names of the application's cookies in the browser
    is_local whether readers come from this machine only, so that requests under another name are refused
    """

    def __init__(
        self,
        application: _App,
        address: PublicAddress,
        *,
        heads: Collection[str],
        cookies: InstanceCookies,
        is_local: bool = False,
    ) -> None:
        self._application = application
        self._address = address
        self._heads = frozenset(heads)
        self._cookies = cookies
        self._is_local = is_local

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        asked = (scope.get("raw_path") or quote(scope["path"]).encode()).decode("latin-1")
        path = self._address.find_route(asked.partition("?")[0], self._heads)
        if self._is_local and not _names_this_machine(scope["headers"]):
            await _answer(send, 421, {}, ANOTHER_NAME.encode())
        elif path == ALIVE_PATH:
            await _answer(send, 200, {PID_HEADER: str(os.getpid())}, ALIVE.encode())
        elif f"{path}/" == self._address.base and path.strip("/") not in self._heads:
            await _answer(send, 301, {"location": self._address.base}, b"")
        else:
            whole = self._address.base + path.lstrip("/")
            placed = {**scope, "path": unquote(whole), "raw_path": whole.encode("latin-1")}
            placed["headers"] = self._read_cookies(self._name_host(scope["headers"]))
            await self._application(placed, receive, self._place_answers(send))

    def _name_host(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        if not self._address.host:
            return headers
        others = [(name, value) for name, value in headers if name.lower() != b"host"]
        return [*others, (b"host", self._address.host.encode())]

    def _read_cookies(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        # HTTP/2 may split cookies over several headers (RFC 9113, 8.2.3)
        sent = b"; ".join(value for name, value in headers if name.lower() == b"cookie")
        others = [(name, value) for name, value in headers if name.lower() != b"cookie"]
        ours = self._cookies.read(sent)
        return [*others, (b"cookie", ours)] if ours else others

    def _place_answers(self, send: _Send) -> _Send:
        async def placed(event: _Message) -> None:
            if event["type"] == "http.response.start":
                headers = [(n, self._place_value(n, v)) for n, v in event["headers"]]
                event = {**event, "headers": headers}
            await send(event)

        return placed

    def _place_value(self, name: bytes, value: bytes) -> bytes:
        """Return a header's value for readers: redirects lead below the prefix, cookies belong to this instance."""
        base = self._address.base
        if name.lower() == b"set-cookie":
            return self._cookies.write(value)
        if name.lower() != b"location" or not value.startswith(b"/"):
            return value
        # a Location of "//host" would lead to another host
        place = "/" + value.decode("latin-1").lstrip("/")
        path, mark, query = place.partition("?")
        route = self._address.find_route(path, self._heads)
        return f"{base}{route.lstrip('/')}{mark}{query}".encode("latin-1")


async def _answer(send: _Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    plain = {
        "content-type": "text/plain; charset=utf-8",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "referrer-policy": "no-referrer",
        "content-length": str(len(body)),
    }
    sent = [
        (name.encode(), value.encode("latin-1")) for name, value in {**plain, **headers}.items()
    ]
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body})
