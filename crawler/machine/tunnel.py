"""A tunnel through a proxy (CONNECT), on a connection that was already made to it."""

import asyncio
import re

_GRANTED = re.compile(rb"HTTP/1\.\d 2\d\d\b")


async def open_tunnel(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    place: str,
    *,
    login: str,
    by: str,
) -> None:
    """Ask a proxy for a tunnel to a host.

    place   the host and port, an IPv6 address in brackets
    login   value of the Proxy-Authorization header, empty for none
    by      the proxy, for messages
    raises  OSError if it refuses; the connection is then closed
    """
    header = f"Proxy-Authorization: {login}\r\n" if login else ""
    writer.write(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{header}\r\n".encode("ascii"))
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (EOFError, asyncio.LimitOverrunError):
        head = b""
    if not _GRANTED.match(head):
        writer.close()
        raise OSError(f"the proxy {by} does not let us through to {place}")
