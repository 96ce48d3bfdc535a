"""A server of many sites from memory, one loopback address each: ``python -m bench.endtoend.server FOLDER`` prints its port."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

_ITEM = "<item><title>Entry {0}</title><link>http://{1}/{0}.html</link><guid>{1}-{0}</guid><pubDate>{2}</pubDate></item>"


def _head(status: str, kind: str, length: int) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n".encode()


class Sites:
    """The pages of all sites in memory; the host a client asks for decides which site answers."""

    def __init__(self, folder: Path) -> None:
        self._sites = {
            int(site.name): {file.stem: file.read_bytes() for file in site.iterdir()}
            for site in folder.iterdir()
        }
        # entries without a date are no news at a first visit
        self._published = format_datetime(datetime.now(UTC) - timedelta(hours=1))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                path = head.split(" ", 2)[1]
                host = head.lower().partition("\nhost:")[2].split("\r\n", 1)[0].strip()
                writer.write(self._answer(host, path))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, host: str, path: str) -> bytes:
        """Return the whole answer; site n has the address 127.1.(n / 250).(n % 250 + 1)."""
        third, fourth = (int(part) for part in host.partition(":")[0].split(".")[2:])
        pages = self._sites.get(third * 250 + fourth - 1, {})
        if path == "/rss":
            items = "".join(
                _ITEM.format(name, host, self._published) for name in sorted(pages, key=int)
            )
            feed = f'<rss version="2.0"><channel><title>t</title>{items}</channel></rss>'.encode()
            return _head("200 OK", "application/rss+xml", len(feed)) + feed
        page = pages.get(path.strip("/").removesuffix(".html"))
        if page is None:
            return _head("404 Not Found", "text/plain", 0)
        return _head("200 OK", "text/html", len(page)) + page


def find_host(site: int) -> str:
    """Return the loopback address of a site."""
    return f"127.1.{site // 250}.{site % 250 + 1}"


async def main() -> None:
    """Serve until killed."""
    sites = Sites(Path(sys.argv[1]))
    server = await asyncio.start_server(sites.serve, "0.0.0.0", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
