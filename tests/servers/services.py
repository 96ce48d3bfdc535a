"""Chat and push services on loopback that answer, count and refuse as the real ones do.

Plug-ins with a fixed host reach these through a proxy, which answers for every such host under its own certificate.
"""

import contextlib
import json
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs

import trustme

from crawler.text.web.proxies import ProxyRules


@dataclass
class Said:
    """A message to a service, with ``text`` and ``title`` as the service would show them."""

    host: str
    path: str
    text: str
    title: str
    status: int


@dataclass
class Services:
    """All services on one port.

    status  with ``answer``, the answer to every message; 200 and no answer for that of the real service
    """

    folder: Path
    status: int = 200
    answer: dict[str, Any] | bytes = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)

    def __post_init__(self) -> None:
        authority = trustme.CA()
        self.ca = self.folder / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca))
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        hosts = ("discord.com", "api.pushover.net", "hooks.slack.com", "api.telegram.org")
        authority.issue_cert(*hosts).configure_cert(self._context)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _make_handler(self, self._context))
        self._server.daemon_threads = True

    @property
    def port(self) -> int:
        return int(self._server.server_port)

    @property
    def proxies(self) -> ProxyRules:
        """The proxy rules with which a process reaches this server for those hosts; it must also trust the authority in ``ca``."""
        return ProxyRules.read(f"http://127.0.0.1:{self.port}", ())

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def texts(self) -> list[str]:
        """Return the accepted messages, title and text."""
        return [f"{one.title}\n{one.text}".strip() for one in self.said if one.status < 300]

    def judge(self, host: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Record a message; return status and body of the answer."""
        title, text = _read(body)
        status, answer = self.status, self.answer
        if status == 200 and not answer:
            status, answer = _answer(host, path, title, text)
        if text or title:
            self.said.append(Said(host, path, text, title, status))
        return status, answer if isinstance(answer, bytes) else json.dumps(answer).encode()


def _read(body: bytes) -> tuple[str, str]:
    """Return title and text of a plug-in's request, whichever form it has."""
    try:
        posted = json.loads(body)
    except ValueError:
        posted = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    if not isinstance(posted, dict):
        return "", ""
    attachments = posted.get("attachments") or [{}]
    text = next(
        (
            posted[name]
            for name in ("status", "content", "message", "text", "body")
            if posted.get(name)
        ),
        attachments[0].get("text", ""),
    )
    return str(posted.get("title") or attachments[0].get("title") or ""), str(text)


def _answer(host: str, path: str, title: str, text: str) -> tuple[int, dict[str, Any] | bytes]:
    """Return the real service's answer; too long messages are refused by the limit and way of counting of each."""
    everything = len(text.encode("utf-16-le")) // 2
    if path.startswith("/api/v1/statuses") and len(text) > 500:
        return 422, {"error": "Validation failed: Text character limit of 500 exceeded"}
    if host == "discord.com" and everything > 2000:
        posted = {
            "_errors": [
                {"code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer in length."}
            ]
        }
        return 400, {"code": 50035, "errors": {"content": posted}, "message": "Invalid Form Body"}
    if host == "api.pushover.net" and (len(text) > 1024 or len(title) > 250):
        return 400, {"message": "is too long", "errors": ["message is too long"], "status": 0}
    if host == "api.telegram.org" and everything > 4096:
        return 400, {
            "ok": False,
            "error_code": 400,
            "description": "Bad Request: message is too long",
        }
    if host == "ntfy" and len(text.encode()) > 4096:
        return 413, {"code": 41301, "http": 413, "error": "message too large"}
    return 200, b"ok" if host == "hooks.slack.com" else _YES


# the fields that plug-ins look for in a good answer
_YES = {
    "status": 1, "ok": True, "id": "1", "url": "https://x.example/1", "username": "me", "account": {"id": "1", "username": "me"},
    "result": {"message_id": 1}, "room_id": "!r:x", "event_id": "$e", "user_id": "@me:x", "access_token": "t", "home_server": "x",
}  # fmt: skip


def _make_handler(services: Services, context: ssl.SSLContext) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        inside = ""

        def do_CONNECT(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self.inside = self.path.partition(":")[0]
            self.connection = context.wrap_socket(self.connection, server_side=True)
            self.rfile = self.connection.makefile("rb", -1)
            self.wfile = self.connection.makefile("wb", 0)
            self.close_connection = False

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            host = self.inside or ("ntfy" if "/ntfy" in self.path or self.path == "/" else "")
            status, answer = services.judge(host, self.path, body)
            with contextlib.suppress(ConnectionError):
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        do_POST = do_PUT = do_GET  # noqa: N815  # the names http.server looks for

        def finish(self) -> None:
            with contextlib.suppress(OSError):
                super().finish()
            self.connection.close()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
