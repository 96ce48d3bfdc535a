"""The one HTTP server for all hosts of a week, on IPv4 and IPv6 loopback, with its log of requests."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request: when it came and when its answer was sent (monotonic seconds), and the answer."""

    at: datetime
    began: float
    ended: float
    host: str
    path: str
    address: str
    headers: dict[str, str]
    status: int
    has_version: bool = False


@dataclass(slots=True, kw_only=True)
class Response:
    """An answer; without ``has_length`` its body ends with the connection, with ``is_cut`` nothing is sent."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: list[tuple[str, str]] = field(default_factory=list)
    has_length: bool = True
    is_cut: bool = False
    version: str = "HTTP/1.1"


Answerer = Callable[[str, str, dict[str, str], str], Response]


class WebServer:
    """Serves every host on one port of several loopback addresses.

    is_away      whether no request is answered
    turned_away  how many requests came meanwhile
    left         host -> an address it has left
    answer       (host, path, headers, our address that was asked) -> response
    broken       requests that failed by a fault of the bench, never of a site
    """

    addresses = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
    six = "::1"

    def __init__(self, answer: Answerer) -> None:
        self.answer = answer
        self.asked: list[Asked] = []
        self.is_away = False
        self.turned_away = 0
        self.left: dict[str, str] = {}
        self.broken: list[str] = []
        self._servers = list(self._bind_all())

    def _bind_all(self) -> Sequence[ThreadingHTTPServer]:
        for _ in range(20):
            servers = [_make(self, self.addresses[0], 0)]
            self.port = int(servers[0].server_address[1])
            try:
                servers += [_make(self, address, self.port) for address in self.addresses[1:]]
                if socket.has_ipv6:
                    servers.append(_make(self, self.six, self.port))
            except OSError:
                for server in servers:
                    server.server_close()
            else:
                return servers
        raise OSError("no port is free on all loopback addresses")

    @property
    def has_six(self) -> bool:
        """Whether IPv6 is served."""
        return len(self._servers) > len(self.addresses)

    def reply_to(self, host: str, path: str, headers: dict[str, str], here: str) -> Response:
        """Return the answer at one of its addresses; None if nobody answers there, or the bench failed."""
        if not self.is_away and self.left.get(host) != here:
            try:
                return self.answer(host, path, headers, here)
            except (
                Exception
            ) as error:  # any error: a fault of the bench must not look like a site's silence
                self.broken.append(f"{host}{path}: {error!r}")
        return Response(is_cut=True)

    def __enter__(self) -> Self:
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()


class _Server4(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that are gone: daemons are killed here."""


class _Server6(_Server4):
    address_family = socket.AF_INET6


def _make(web: WebServer, address: str, port: int) -> ThreadingHTTPServer:
    kind = _Server6 if ":" in address else _Server4
    return kind((address, port), _handler(web))


def _handler(web: WebServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # http.server's name
            began, at = time.monotonic(), datetime.now(UTC)
            headers = {name.lower(): value for name, value in self.headers.items()}
            host = headers.get("host", "").rpartition(":")[0].lower()
            here = str(self.connection.getsockname()[0])
            web.turned_away += web.is_away
            reply = web.reply_to(host, self.path, headers, here)
            with contextlib.suppress(OSError):
                self._send(reply)
            web.asked.append(
                Asked(
                    at=at,
                    began=began,
                    ended=time.monotonic(),
                    host=host,
                    path=self.path,
                    address=here,
                    headers=headers,
                    status=0 if reply.is_cut else reply.status,
                    has_version=any(name == "ETag" for name, _ in reply.headers),
                )
            )

        def _send(self, reply: Response) -> None:
            if reply.is_cut:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.protocol_version = reply.version
            self.send_response_only(reply.status)
            if reply.status != 304:
                self.send_header("Content-Type", reply.content_type)
            for name, value in reply.headers:
                self.send_header(name, value)
            if reply.has_length:
                self.send_header("Content-Length", str(len(reply.body)))
            else:
                self.send_header("Connection", "close")
                self.close_connection = True
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: Any) -> None:  # as in http.server
            pass

    return Handler
