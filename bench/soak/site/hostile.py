"""Hostile sites: each kind answers as some real site or attacker does, from bodies made once.

A kind is a function (site, asked, writer) that answers one request; the source is read at ``/rss``.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import count

from bench.soak.site import bodies
from bench.soak.site.answers import FEED, Asked, pour, reset, send, send_missing

# far more than any bound on headers: a reader without one is killed
_HEADER_BOMB_BYTES = 400_000_000
# longer than any time limit
_FOREVER_SECONDS = 600


class HostileSite:
    """The state of a hostile site: its address, and how many links it has announced."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._numbers = count(1)
        self._visits = count(1)

    def next_visit(self) -> int:
        """Count a visit; return how many there were."""
        return next(self._visits)

    def announce(self, fresh: int, *, rest: str = "", updated: str = "", path: str = "a") -> bytes:
        """Return a feed of new links, then ``rest``."""
        return bodies.write_feed(
            [self.link(next(self._numbers), path) for _ in range(fresh)], rest, updated
        )

    def link(self, number: int, path: str = "a") -> str:
        return f"{self.url}/{path}/{number}"


Answer = Callable[[HostileSite, Asked, asyncio.StreamWriter], Awaitable[None]]


async def slow_pages(site: HostileSite, asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Pages that use up all the time a parser gets."""
    await _feed_or(site, asked, writer, site_fresh=8, page=bodies.many_paragraphs)


async def large_pages(site: HostileSite, asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Many pages of 10 MB that are quickly parsed."""
    await _feed_or(site, asked, writer, site_fresh=10, page=bodies.heavy_page)


async def deep_pages(site: HostileSite, asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Pages of 200,000 nested elements."""
    await _feed_or(site, asked, writer, site_fresh=2, page=bodies.deep_page)


async def one_line(site: HostileSite, asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Pages whose text is one word of 10 MB."""
    await _feed_or(site, asked, writer, site_fresh=1, page=bodies.one_line)


async def walls(site: HostileSite, asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Pages that answer 200 and ask whether the reader is human."""
    await _feed_or(site, asked, writer, site_fresh=3, page=bodies.wall)


async def _feed_or(
    site: HostileSite,
    asked: Asked,
    writer: asyncio.StreamWriter,
    *,
    site_fresh: int,
    page: Callable[[], bytes],
) -> None:
    if asked.path == "/rss":
        await send(writer, site.announce(site_fresh), FEED)
    else:
        await send(writer, page())


async def header_bomb(_site: HostileSite, _asked: Asked, writer: asyncio.StreamWriter) -> None:
    """400 MB of header lines."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    lines = b"".join(b"X-Filler-%d: %s\r\n" % (number, b"a" * 1000) for number in range(250))
    for _ in range(_HEADER_BOMB_BYTES // len(lines)):
        writer.write(lines)
        await writer.drain()
    writer.close()


async def slow_headers(_site: HostileSite, _asked: Asked, writer: asyncio.StreamWriter) -> None:
    """A header line that arrives one character a second."""
    await _trickle(writer, b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a")


async def endless_body(_site: HostileSite, _asked: Asked, writer: asyncio.StreamWriter) -> None:
    """A body that never ends, a piece each second."""
    await _trickle(
        writer,
        b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"5\r\n<!-- \r\n",
    )


async def _trickle(writer: asyncio.StreamWriter, start: bytes, piece: bytes) -> None:
    writer.write(start)
    for _ in range(_FOREVER_SECONDS):
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(1)
    writer.close()


async def silence(_site: HostileSite, _asked: Asked, writer: asyncio.StreamWriter) -> None:
    """No answer at all."""
    await asyncio.sleep(_FOREVER_SECONDS)
    writer.close()


async def reset_in_the_middle(
    site: HostileSite, _asked: Asked, writer: asyncio.StreamWriter
) -> None:
    """Half a feed, then RST."""
    body = site.announce(20)
    writer.write(
        f"HTTP/1.1 200 OK\r\nContent-Type: {FEED}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    )
    await pour(writer, body[: len(body) // 2])
    reset(writer)


async def gzip_bomb(_site: HostileSite, _asked: Asked, writer: asyncio.StreamWriter) -> None:
    """400 MB compressed to half a megabyte."""
    await send(writer, bodies.gzip_bomb(), FEED, headers="Content-Encoding: gzip\r\n")


async def many_rules(site: HostileSite, asked: Asked, writer: asyncio.StreamWriter) -> None:
    """A robots.txt of 19,000 rules, and a feed of 9,000 long links."""
    if asked.path == "/robots.txt":
        await send(writer, bodies.many_rules(), "text/plain")
    elif asked.path == "/rss":
        long = f"a/{'abc' * 400}"
        await send(writer, site.announce(30, rest=bodies.long_links(site.url), path=long), FEED)
    else:
        await send(writer, bodies.write_article(f"<p>{bodies.PROSE * 3}</p>"))


async def redirect_loop(_site: HostileSite, asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Two addresses that redirect to each other, with a cookie each time."""
    there = "/loop" if asked.path == "/rss" else "/rss"
    headers = f"Location: {there}\r\nSet-Cookie: seen=1\r\n"
    await send(writer, b"", status="302 Found", headers=headers)


async def huge_feed(site: HostileSite, asked: Asked, writer: asyncio.StreamWriter) -> None:
    """A feed of 100,000 entries."""
    if asked.path == "/rss":
        await send(writer, bodies.huge_feed(site.url), FEED)
    else:
        await send_missing(writer)


async def quadratic_feed(_site: HostileSite, _asked: Asked, writer: asyncio.StreamWriter) -> None:
    """A feed that a sanitiser reads in quadratic time."""
    await send(writer, bodies.quadratic_feed(), FEED)


async def wrong_encodings(site: HostileSite, asked: Asked, writer: asyncio.StreamWriter) -> None:
    """A Latin-1 feed that states UTF-16, and random bytes that state UTF-7."""
    if asked.path == "/rss":
        body = site.announce(3).replace(b'version="1.0"?', b'version="1.0" encoding="utf-16"?')
        await send(writer, body.replace(b"Entry", b"Entr\xe9"), f"{FEED}; charset=utf-16")
    else:
        await send(writer, b"\xff\xfe" + bytes(range(256)) * 4000, "text/html; charset=utf-7")


async def ended_by_closing(site: HostileSite, asked: Asked, writer: asyncio.StreamWriter) -> None:
    """HTTP/1.0 without a length: the answer ends with the connection."""
    is_feed = asked.path == "/rss"
    body = site.announce(1) if is_feed else bodies.write_article(f"<p>{bodies.PROSE * 3}</p>")
    writer.write(f"HTTP/1.0 200 OK\r\nContent-Type: {FEED if is_feed else 'text/html'}\r\n\r\n".encode())  # fmt: skip
    await pour(writer, body)
    writer.close()


async def restless_feed(site: HostileSite, asked: Asked, writer: asyncio.StreamWriter) -> None:
    """A feed whose forty entries claim at each fetch to have changed just now."""
    if asked.path == "/rss":
        links = [site.link(number) for number in range(40)]
        await send(writer, bodies.write_feed(links, updated=datetime.now(UTC).isoformat()), FEED)
    else:
        text = "".join(f"<p>{asked.path} {line} {bodies.PROSE}</p>" for line in range(5))
        await send(writer, bodies.write_article(text))


async def asks_to_wait(site: HostileSite, _asked: Asked, writer: asyncio.StreamWriter) -> None:
    """503 and 429, each with another Retry-After, one of them far in the future."""
    waits = ("60", "Fri, 31 Dec 2999 23:59:59 GMT", "5", "-1")
    number = site.next_visit()
    status = "503 Service Unavailable" if number % 2 else "429 Too Many Requests"
    await send(writer, b"", status=status, headers=f"Retry-After: {waits[number % 4]}\r\n")


# the most harmful first: with fewer sources only the first ones are used
HOSTILE: dict[str, Answer] = {
    "slow pages": slow_pages,
    "header bomb": header_bomb,
    "large pages": large_pages,
    "endless body": endless_body,
    "silence": silence,
    "many rules": many_rules,
    "quadratic feed": quadratic_feed,
    "gzip bomb": gzip_bomb,
    "huge feed": huge_feed,
    "restless feed": restless_feed,
    "deep pages": deep_pages,
    "one line": one_line,
    "reset": reset_in_the_middle,
    "redirect loop": redirect_loop,
    "slow headers": slow_headers,
    "asks to wait": asks_to_wait,
    "walls": walls,
    "wrong encodings": wrong_encodings,
    "ended by closing": ended_by_closing,
}
_KEEP_ROBOTS = frozenset({"many rules"})


async def answer(kind: str, site: HostileSite, asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Answer as a kind does. Except for one kind robots.txt allows everything, so that the rest is reached."""
    if asked.path == "/robots.txt" and kind not in _KEEP_ROBOTS:
        await send_missing(writer)
    else:
        await HOSTILE[kind](site, asked, writer)
