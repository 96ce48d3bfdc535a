"""Newspapers on loopback that log the beginning and the end of every request: a process of its own.

    python -m bench.cluster.stage.press PORT --sources N --domains D --interval SECONDS --log FILE

Source n is the feed /feed/n of domain n % D, whose address is 127.9.x.y; each publishes an article every ``--interval``
seconds, at instants of its own. The articles of source 0 lie on twenty other domains. Orders come as lines of JSON:
``{"hold": true}`` ends publishing, ``{"published": true}`` asks what was published.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any, TextIO

from bench.soak.site.articles import LISTED, Article, make_article, write_page

ELSEWHERE = 20
_SEED = 5
# so long an answer takes: requests of two workers to one domain would overlap in the log
_ANSWER_SECONDS = 0.05


def address_of(domain: int) -> str:
    """Return the address of a domain's only host."""
    return f"127.9.{domain // 250}.{domain % 250 + 1}"


class Newspapers:
    """What is published when; the same for the same start."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._port = int(options.port)
        self._interval = float(options.interval)
        self._sources, self._domains = options.sources, options.domains
        self._began_at = time.time()
        self._held_at: float | None = None

    def hold(self) -> None:
        """Publish nothing more."""
        self._held_at = time.time()

    def published(self) -> list[dict[str, Any]]:
        """Return every article that was published, as JSON values."""
        return [
            {
                "source": source,
                "number": number,
                "token": one.token,
                "url": self._write_url(source, number, one),
                "topics": list(one.topics),
                "published_at": one.published_at.isoformat(),
            }
            for source in range(self._sources)
            for number, one in self._list_articles(source)
        ]

    def answer(self, host: str, path: str, *, etag: str) -> tuple[int, str, str, bytes]:
        """Return status, content type, ETag and body."""
        kind, _, rest = path.strip("/").partition("/")
        if kind == "feed":
            return self._answer_feed(int(rest), etag=etag)
        if kind == "a":
            source, number, _ = rest.split("/", 2)
            article = self._find(int(source), int(number))
            return 200, "text/html; charset=utf-8", "", write_page(article)
        return 404, "text/plain", "", f"no {path} at {host}".encode()

    def _answer_feed(self, source: int, *, etag: str) -> tuple[int, str, str, bytes]:
        listed = self._list_articles(source)[-LISTED:]
        tag = f'"{listed[-1][0] if listed else -1}"'
        if tag == etag:
            return 304, "application/rss+xml", tag, b""
        items = "".join(
            f"<item><title>{one.headline}</title><link>{self._write_url(source, number, one)}</link>"
            f"<pubDate>{format_datetime(one.published_at)}</pubDate></item>"
            for number, one in reversed(listed)
        )
        feed = f'<rss version="2.0"><channel><title>Paper {source}</title>{items}</channel></rss>'
        return 200, "application/rss+xml", tag, feed.encode()

    def _list_articles(self, source: int) -> list[tuple[int, Article]]:
        until = self._held_at or time.time()
        last = int((until - self._first_at(source)) // self._interval)
        return [(number, self._find(source, number)) for number in range(last + 1)]

    def _first_at(self, source: int) -> float:
        # the first one is there when the first visit comes
        return self._began_at - self._interval * random.Random(source).random()

    def _find(self, source: int, number: int) -> Article:
        published_at = self._first_at(source) + number * self._interval
        instant = datetime.fromtimestamp(int(published_at), UTC)
        return make_article(source, number, seed=_SEED, published_at=instant)

    def _write_url(self, source: int, number: int, article: Article) -> str:
        domain = source % self._domains
        if source == 0:
            domain = 1 + number % min(ELSEWHERE, self._domains - 1)
        return f"http://{address_of(domain)}:{self._port}/a/{source}/{number}{article.path}"


class Log:
    """One line for each request: host, path, begin and end by the machine's monotonic clock, and the status; 0 if it was cut."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, host: str, path: str, begin: float, status: int) -> None:
        """Write a request that has ended."""
        line = [host, path, round(begin, 4), round(time.monotonic(), 4), status]
        self._out.write(json.dumps(line) + "\n")
        self._out.flush()


class Connection:
    """One connection of a client, which may ask often."""

    def __init__(self, newspapers: Newspapers, log: Log) -> None:
        self._newspapers, self._log = newspapers, log

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer until the client hangs up."""
        try:
            while line := await reader.readline():
                begin = time.monotonic()
                await self._answer(line, begin, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(
        self, line: bytes, begin: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        path, sent = line.decode("latin-1").split()[1], 0
        headers = await _read_headers(reader)
        host = headers.get("host", "").partition(":")[0]
        try:
            await asyncio.sleep(_ANSWER_SECONDS)
            status, kind, tag, body = self._newspapers.answer(
                host, path, etag=headers.get("if-none-match", "")
            )
            extra = f"ETag: {tag}\r\n" if tag else ""
            head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
            sent = status
        finally:
            self._log.write(host, path, begin, sent)


async def _read_headers(reader: asyncio.StreamReader) -> dict[str, str]:
    headers = {}
    while header := (await reader.readline()).decode("latin-1").strip():
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    return headers


async def _obey(newspapers: Newspapers) -> None:
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        if order.get("hold"):
            newspapers.hold()
        answer = newspapers.published() if order.get("published") else []
        print(json.dumps(answer), flush=True)


async def serve(options: argparse.Namespace) -> None:
    """Answer until standard input ends."""
    newspapers = Newspapers(options)
    with options.log.open("a") as out:
        connection = Connection(newspapers, Log(out))
        # all of 127.0.0.0/8
        server = await asyncio.start_server(connection.talk, "0.0.0.0", options.port, backlog=1000)
        print("ready", flush=True)
        async with server:
            await _obey(newspapers)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--sources", type=int, required=True)
    parser.add_argument("--domains", type=int, required=True)
    parser.add_argument("--interval", type=float, required=True)
    parser.add_argument("--log", type=Path, required=True)
    asyncio.run(serve(parser.parse_args()))
