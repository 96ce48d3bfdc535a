"""Stand-ins for the outside world: a clock, a web site, a mail server. Real sockets on loopback, nothing patched."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from aiosmtpd.controller import Controller

from watchword.web.ports import find_free_port

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
# the field scenarios of alerts import it by this name
free_port = find_free_port


class FakeClock:
    """A clock that stands still until ``advance`` is called."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **parts: float) -> None:
        """Move the clock on, as in ``advance(hours=1)``."""
        self.now += timedelta(**parts)


@dataclass
class Reply:
    """The answer of an address."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


# the values of ``pages``; bytes are sent as they are
Answer = Reply | bytes


@dataclass
class Asked:
    """A request that arrived."""

    path: str
    headers: dict[str, str]


class FakeSite:
    """A web site on loopback; ``pages`` maps a path to its reply or to a function that makes one.

    A reply of bytes is sent as it is, status line included, and the connection is closed after it. When the site plays a
    proxy, paths are whole addresses: ``pages["http://alice.github.io/rss"]``.

    default  answers any other path; 404 unless it is replaced
    port     0 takes a free one
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.pages: dict[str, Answer | Callable[[Asked], Answer]] = {}
        self.default: Answer | Callable[[Asked], Answer] = Reply(status=404)
        self.asked: list[Asked] = []
        self._server = ThreadingHTTPServer((host, port), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def paths(self) -> list[str]:
        """Return the paths that were requested, without robots.txt."""
        return [asked.path for asked in self.asked if asked.path != "/robots.txt"]

    def put_feed(self, path: str, *links: str, **facts: str) -> None:
        """Add an RSS feed that announces these paths of the site."""
        self.pages[path] = Reply(
            rss([(f"{self.url}{link}", facts.get("updated", "")) for link in links]),
            content_type="application/rss+xml",
        )

    def put_article(self, path: str, headline: str, *paragraphs: str) -> None:
        """Add an article page."""
        self.pages[path] = Reply(article_page(headline, *paragraphs))

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                asked = Asked(self.path, {k.lower(): v for k, v in self.headers.items()})
                site.asked.append(asked)
                found = site.pages.get(self.path, site.default)
                reply = found(asked) if callable(found) else found
                if isinstance(reply, bytes):
                    self.close_connection = True
                    with contextlib.suppress(ConnectionError):
                        self.wfile.write(reply)
                    return
                self.send_response(reply.status)
                for name, value in {
                    "Content-Type": reply.content_type,
                    "Content-Length": str(len(reply.body)),
                    **reply.headers,
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(ConnectionError):
                    self.wfile.write(reply.body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler


def rss(entries: list[tuple[str, str]]) -> bytes:
    """Return an RSS feed of entries given as (address, last change or None)."""
    items = "".join(
        f"<item><title>Entry {number}</title><link>{link}</link><guid>{link}</guid>"
        + (f"<atom:updated>{updated}</atom:updated>" if updated else "")
        + "<pubDate>Mon, 23 Nov 2026 09:00:00 GMT</pubDate></item>"
        for number, (link, updated) in enumerate(entries)
    )
    return (
        '<?xml version="1.0"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
        f"<title>Fake</title><link>http://x.example/</link><description>d</description>{items}</channel></rss>"
    ).encode()


def article_page(headline: str, *paragraphs: str) -> bytes:
    """Return a plain article page."""
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{headline}</title></head>'
        f"<body><article><h1>{headline}</h1>{text}</article></body></html>"
    ).encode()


class FakeMailbox:
    """A real SMTP server on loopback.

    messages  the accepted messages, in order
    refuse    recipient -> its answer, such as ``550 no such user`` or ``451 try later``
    """

    def __init__(self, **options: Any) -> None:
        self.messages: list[EmailMessage] = []
        self.refuse: dict[str, str] = {}
        self._controller = Controller(self, hostname="127.0.0.1", port=find_free_port(), **options)

    @property
    def port(self) -> int:
        return int(self._controller.port)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return "250 taken"


def read_part(message: EmailMessage, kind: str = "plain") -> str:
    """Return a part of a message as text."""
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


@contextlib.contextmanager
def silent_port() -> Iterator[int]:
    """Yield a port that accepts connections and never sends anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])
