"""A real forward proxy on loopback, as companies have: it forwards requests, opens tunnels for CONNECT, and may want a login."""

import asyncio
import contextlib
import threading
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

_PHRASES = {407: "Proxy Authentication Required", 502: "Bad Gateway", 503: "Service Unavailable"}


@dataclass(frozen=True, slots=True)
class Passed:
    """A request to the proxy; ``target`` is a whole address, or host and port of a CONNECT."""

    method: str
    target: str
    headers: dict[str, str]


@dataclass
class ForwardProxy:
    """A proxy that alone can resolve the names of the test's sites.

    ports    name -> loopback port of the site; an entry ``name:port`` goes first
    login    the Proxy-Authorization it wants, empty for none
    refuses  name -> the proxy's own answer for that host: a status, or bytes as they are sent
    passed   all requests, refused or not
    """

    ports: dict[str, int] = field(default_factory=dict)
    login: str = ""
    refuses: dict[str, int | bytes] = field(default_factory=dict)
    passed: list[Passed] = field(default_factory=list)
    port: int = 0
    host: str = "127.0.0.1"

    @property
    def url(self) -> str:
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"  # fmt: skip

    def targets(self) -> list[str]:
        """Return the targets that were requested, without robots.txt."""
        return [one.target for one in self.passed if not one.target.endswith("/robots.txt")]

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, self.host, self.port)
        )
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        # await their ends: a connection that outlives its loop warns during some later test
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
            head = await reader.readuntil(b"\r\n\r\n")
            await self._answer(head, reader, writer)
        writer.close()

    async def _answer(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, target, _ = first.split(" ")
        pairs = [line.partition(":")[::2] for line in lines]
        headers = {name.lower(): value.strip() for name, value in pairs}
        self.passed.append(Passed(method, target, headers))
        parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
        refusal = self._refuse(headers, parts.hostname or "")
        port = self.ports.get(parts.netloc) or self.ports.get(parts.hostname or "")
        if refusal is None and port is None:
            refusal = _say(503, "X-Squid-Error: ERR_DNS_FAIL 0")
        if refusal is not None or port is None:
            writer.write(refusal or b"")
            await writer.drain()
            return
        site, onward = await asyncio.open_connection("127.0.0.1", port)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            kept = [line for line in lines if not line.lower().startswith(("proxy-", "connection"))]
            onward.write("\r\n".join([f"{method} {path or '/'} HTTP/1.1", *kept, "Connection: close", "", ""]).encode("latin-1") + body)  # fmt: skip
        await asyncio.gather(_pass(reader, onward), _pass(site, writer))

    def _refuse(self, headers: dict[str, str], host: str) -> bytes | None:
        if self.login and headers.get("proxy-authorization") != self.login:
            return _say(407, 'Proxy-Authenticate: Basic realm="desk"')
        refusal = self.refuses.get(host)
        return _say(refusal) if isinstance(refusal, int) else refusal


def _say(status: int, *lines: str) -> bytes:
    phrase = _PHRASES.get(status, "No")
    return "\r\n".join(
        [f"HTTP/1.1 {status} {phrase}", *lines, "Content-Length: 0", "Connection: close", "", ""]
    ).encode()


async def _pass(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        with contextlib.suppress(OSError):
            while chunk := await source.read(65_536):
                sink.write(chunk)
                await sink.drain()
    finally:
        with contextlib.suppress(OSError, RuntimeError):
            sink.close()
