"""HTTP answers written by hand, because no library would send the hostile ones."""

import asyncio
import hashlib
import socket
import struct
from dataclasses import dataclass, field

# bytes in one write: bodies of 10 MB are sent without a copy in each connection's buffer
_SLICE_BYTES = 256 * 1024
FEED = "application/rss+xml"
PAGE = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request: its path, and its headers by lower-case name."""

    path: str
    headers: dict[str, str] = field(default_factory=dict)


async def read_request(reader: asyncio.StreamReader) -> Asked | None:
    """Return the next request of a connection, or None at its end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    words = first.split(" ")
    return Asked(path=words[1] if len(words) > 1 else "/", headers=headers)


async def send(
    writer: asyncio.StreamWriter,
    body: bytes,
    content_type: str = PAGE,
    *,
    status: str = "200 OK",
    headers: str = "",
) -> None:
    """Answer with a body; ``headers`` are whole lines, each with its end."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    writer.write(head.encode("latin-1"))
    await pour(writer, body)


async def send_feed(
    writer: asyncio.StreamWriter, asked: Asked, body: bytes, content_type: str
) -> None:
    """Answer with a feed, or with 304 if the client has this version."""
    etag = f'"{hashlib.sha1(body, usedforsecurity=False).hexdigest()}"'
    if asked.headers.get("if-none-match") == etag:
        writer.write(f"HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\n\r\n".encode())
        return
    await send(writer, body, content_type, headers=f"ETag: {etag}\r\n")


async def pour(writer: asyncio.StreamWriter, body: bytes) -> None:
    """Write a large body in slices, as fast as the client reads."""
    whole = memoryview(body)
    for start in range(0, len(whole), _SLICE_BYTES):
        writer.write(whole[start : start + _SLICE_BYTES])
        await writer.drain()


async def send_missing(writer: asyncio.StreamWriter) -> None:
    """Answer 404."""
    await send(writer, b"not here", "text/plain", status="404 Not Found")


def reset(writer: asyncio.StreamWriter) -> None:
    """End the connection with RST instead of FIN."""
    connected = writer.get_extra_info("socket")
    if connected is not None:
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
