"""Any number of newspapers on loopback, each with 20 articles a day at instants of its own; a process of its own.

    python -m bench.sizes.press PORT PACE

Every source has an address of its own in 127.0.0.0/8, so that each is a site of its own. Texts are those of ``bench.growth``, in
pages of 45 kB.
"""

import asyncio
import sys
import time
from email.utils import formatdate
from zlib import crc32

from bench.dedup.__main__ import OPEN
from bench.growth.archive.texts import Press, write_page

_INTERVAL_SECONDS = 86_400 / 20
_LISTED = 10
_MARKUP = "<div class='c'><a class='l' href='/section'>A menu entry</a></div>\n" * 620


class Newspapers:
    """Answers for feeds and articles, the same for the same address and time; at pace 5 they publish 100 articles a day."""

    def __init__(self, pace: float) -> None:
        self._interval = _INTERVAL_SECONDS / pace
        self._press = Press(OPEN, most_words=1_000_000)

    def answer(self, path: str, host: str, *, etag: str) -> tuple[int, str, str, bytes]:
        """Return status, content type, ETag and body."""
        kind, _, rest = path.strip("/").partition("/")
        if kind == "feed" and rest.isdecimal():
            return self._feed(int(rest), host, etag=etag)
        if kind == "a":
            source, _, number = rest.partition("/")
            return 200, "text/html; charset=utf-8", "", self._article(int(source), int(number))
        return 404, "text/plain", "", b"no such page"

    def _feed(self, source: int, host: str, *, etag: str) -> tuple[int, str, str, bytes]:
        offset = (source * 997) % self._interval
        last = int((time.time() - offset) // self._interval)
        tag = f'"{last}"'
        if tag == etag:
            return 304, "application/rss+xml", tag, b""
        items = "".join(
            f"<item><title>Article {number} of {source}</title><link>http://{host}/a/{source}/{number}</link>"
            f"<pubDate>{formatdate(number * self._interval + offset, usegmt=True)}</pubDate></item>"
            for number in range(last, last - _LISTED, -1)
        )
        feed = f'<rss version="2.0"><channel><title>Paper {source}</title>{items}</channel></rss>'
        return 200, "application/rss+xml", tag, feed.encode()

    def _article(self, source: int, number: int) -> bytes:
        name = (source, number)
        (made,) = self._press.make(crc32(repr(name).encode()), 1, source_of=lambda _: ("s", "h"))
        return write_page(made.article, nav=_MARKUP)


async def serve(port: int, pace: float) -> None:
    """Answer until the process is ended."""
    newspapers = Newspapers(pace)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                headers = {}
                while header := (await reader.readline()).decode("latin-1").strip():
                    name, _, value = header.partition(":")
                    headers[name.lower()] = value.strip()
                path = line.decode("latin-1").split()[1]
                status, kind, tag, body = newspapers.answer(
                    path, headers.get("host", ""), etag=headers.get("if-none-match", "")
                )
                extra = f"ETag: {tag}\r\n" if tag else ""
                head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "0.0.0.0", port, backlog=1000)  # all of 127.0.0.0/8
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
