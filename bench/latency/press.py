"""Sites that publish while they are visited: feeds of real pages, and when each entry was first served."""

import asyncio
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Self

from bench.endtoend.server import find_host

_ITEM = "<item><title>Entry {0}</title><link>http://{1}/{0}.html</link><guid>{1}-{0}</guid><pubDate>{2}</pubDate></item>"
# what a feed holds, as most do
_FEED_LENGTH = 25


class Press:
    """A server of many sites, one loopback address each, in a thread of its own.

    served_at  page -> when a feed with it was first asked for, by ``time.monotonic``
    asked_at   page -> when the page itself was last asked for
    """

    def __init__(self, pages: Iterator[bytes]) -> None:
        self._pages = pages
        self._bodies: dict[int, bytes] = {}
        self._sites: dict[int, list[tuple[int, str]]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.served_at: dict[int, float] = {}
        self.asked_at: dict[int, float] = {}
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        start = asyncio.start_server(self._serve, "0.0.0.0", 0, backlog=1000)
        server = asyncio.run_coroutine_threadsafe(start, self._loop).result()
        self.port = int(server.sockets[0].getsockname()[1])
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def publish(self, site: int) -> int:
        """Put a new page into a site's feed and return its number."""
        number = len(self._bodies)
        self._bodies[number] = next(self._pages)
        self._sites.setdefault(site, []).insert(0, (number, format_datetime(datetime.now(UTC))))
        return number

    def write_feed_url(self, site: int) -> str:
        """Return the address of a site's feed."""
        return f"http://{find_host(site)}:{self.port}/rss"

    def list_asked(self, pages: Iterable[int]) -> list[float]:
        """Return when these pages were asked for, of those that were."""
        return [self.asked_at[page] for page in pages if page in self.asked_at]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                path = head.split(" ", 2)[1]
                host = head.lower().partition("\nhost:")[2].split("\r\n", 1)[0].strip()
                status, kind, body = self._answer(host, path)
                length = f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(f"HTTP/1.1 {status}\r\n{length}".encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, host: str, path: str) -> tuple[str, str, bytes]:
        now = time.monotonic()
        third, fourth = (int(part) for part in host.partition(":")[0].split(".")[2:])
        if path == "/rss":
            entries = self._sites.get(third * 250 + fourth - 1, [])[:_FEED_LENGTH]
            for number, _ in entries:
                self.served_at.setdefault(number, now)
            items = "".join(_ITEM.format(number, host, at) for number, at in entries)
            feed = f'<rss version="2.0"><channel><title>t</title>{items}</channel></rss>'
            return "200 OK", "application/rss+xml", feed.encode()
        name = path.strip("/").removesuffix(".html")
        if not name.isdecimal():
            return "404 Not Found", "text/plain", b""
        self.asked_at[int(name)] = now
        return "200 OK", "text/html", self._bodies[int(name)]
