"""The receivers of messages: a real mail server that can misbehave, and a receiver of webhooks."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from bench.week.judging.messages import Received, read_message, read_payload
from tests.fakes import FakeMailbox

ReadMessage = Callable[..., Received]
ReadPayload = Callable[..., Received]
# for this long after the server's answer a message may not be recorded as sent yet
_RECORD_TIME = timedelta(seconds=2)
# shorter than the timeout in settings.py
_SLOW_SECONDS = 4.0


class Inbox(FakeMailbox):
    """A mail server on loopback that records each message and when it was accepted.

    mode  ``well``, ``down`` (421 to all), ``slow``, ``greylist`` (451 to the first try for each recipient and minute) or ``cut``
          (takes a message and closes the connection before its answer)
    cut   how many messages were taken without an answer
    felt  mode -> how many messages it affected
    """

    def __init__(self, read: ReadMessage = read_message) -> None:
        super().__init__()
        self._read = read
        self.received: list[Received] = []
        self.mode = "well"
        self.cut = 0
        self.felt = Counter[str]()
        self._claimed = 0
        self._known: set[str] = set()
        self._toggle = 0

    def count_in_flight(self, since: datetime | None = None) -> int:
        """Return how many messages are being taken, or were taken just before an instant or later.

        The sender may not have recorded them as sent.
        """
        first = (since or datetime.now(UTC)) - _RECORD_TIME
        return self._claimed + sum(one.at >= first for one in self.received)

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Answer to a recipient, by mode."""
        if self.mode == "down":
            self.felt["down"] += 1
            return "421 4.3.2 not now"
        if self.mode == "greylist" and address not in self._known:
            self._known.add(address)
            self.felt["greylist"] += 1
            return "451 4.7.1 greylisted, come again"
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        """Answer to a message, by mode."""
        self._claimed += 1
        try:
            return await self._take(server, session, envelope)
        finally:
            self._claimed -= 1

    async def _take(self, server: Any, session: Any, envelope: Any) -> str:
        if self.mode == "slow":
            self.felt["slow"] += 1
            await asyncio.sleep(_SLOW_SECONDS)
        answer = await super().handle_DATA(server, session, envelope)
        message: EmailMessage = self.messages.pop()
        for recipient in envelope.rcpt_tos:
            self.received.append(self._read(message, recipient=recipient, at=datetime.now(UTC)))
        if self.mode == "cut":
            self._toggle += 1
        if self.mode == "cut" and self._toggle % 3 == 1:
            self.cut += 1
            self.felt["cut"] += 1
            server.transport.abort()
        return answer


class _HookServer(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that are gone: daemons are killed here."""


class Hook:
    """A receiver of webhooks at ``http://127.0.0.1:PORT/CHANNEL``."""

    def __init__(self, received: list[Received], read: ReadPayload = read_payload) -> None:
        self._server = _HookServer(("127.0.0.1", 0), _hook_handler(received, read))
        self._server.daemon_threads = True

    @property
    def port(self) -> int:
        """Return the port it listens on."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _hook_handler(received: list[Received], read: ReadPayload) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # http.server's name
            payload = self.rfile.read(int(self.headers["Content-Length"]))
            channel = self.path.strip("/")
            received.append(read(payload, channel=channel, at=datetime.now(UTC)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # as in http.server
            pass

    return Handler
