"""A server of two small pages: health checks ask it every few seconds, and nobody else should."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from crawler.log import log_event

_log = logging.getLogger("watchword.daemon")
# of a request: a longer or slower one is not a health check's
_MOST_BYTES = 8_192
_READ_SECONDS = 5.0
_ANSWER_SECONDS = 10.0
_REASONS = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a request."""

    status: int
    content_type: str
    body: bytes


NOT_THERE = Answer(404, "text/plain", b"There are /healthz and /metrics.\n")
_NO_METHOD = Answer(405, "text/plain", b"Only GET and HEAD.\n")


class HealthServer:
    """Serves what ``answer`` returns for a path, on one address or none."""

    def __init__(self, answer: Callable[[str], Awaitable[Answer]]) -> None:
        self._answer = answer
        self._server: asyncio.Server | None = None
        self._address: tuple[str, int] | None = None

    async def listen(self, address: tuple[str, int] | None) -> None:
        """Listen on an address from now on, None for none; an address that cannot be had is logged and tried at the next call."""
        if address == self._address:
            return
        await self.close()
        if address is None:
            return
        try:
            self._server = await asyncio.start_server(self._serve, *address, limit=_MOST_BYTES)
        # UnicodeError: a name that no host can have, such as one with two dots
        except (OSError, UnicodeError) as error:
            where = f"{address[0]}:{address[1]}"
            reason = getattr(error, "strerror", None) or str(error)
            log_event(_log, logging.ERROR, "health pages not open", at=where, reason=reason)
            return
        self._address = address

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            self._server = self._address = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):  # fmt: skip
            async with asyncio.timeout(_READ_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
            method, path, _ = head.split(b"\r\n", 1)[0].decode("ascii").split(" ")
            async with asyncio.timeout(_ANSWER_SECONDS):
                answer = await self._answer(path.partition("?")[0]) if method in {"GET", "HEAD"} else _NO_METHOD  # fmt: skip
                writer.write(_write(answer, has_body=method != "HEAD"))
                await writer.drain()
        writer.close()


def _write(answer: Answer, *, has_body: bool) -> bytes:
    head = (
        f"HTTP/1.1 {answer.status} {_REASONS[answer.status]}\r\nContent-Type: {answer.content_type}\r\n"
        f"Content-Length: {len(answer.body)}\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + (answer.body if has_body else b"")
