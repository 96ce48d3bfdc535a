"""The servers of the bundled newspaper: two outlets on free ports of the loopback address."""

import hashlib
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from crawler.clock import Clock, utc_now
from watchword.demo.press import Press

_PAGE_TYPE = "text/html; charset=utf-8"
# browsers display this type, but save application/rss+xml to a file
_FEED_TYPE = "application/xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Outlet:
    """An outlet that is being served."""

    name: str
    home_url: str
    feed_url: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of an address.

    changed_at  sent as Last-Modified; None if there is no such date
    """

    status: int
    content_type: str
    body: bytes
    changed_at: datetime | None = None


class Newspaper:
    """The newspaper, served between entering and leaving the context.

    clock  the time; the paper counts as published when this object is made
    pace   a factor for the seconds after which articles appear and are edited
    """

    def __init__(self, *, clock: Clock = utc_now, pace: float = 1.0) -> None:
        self._clock = clock
        self.press = Press(opened_at=clock(), pace=pace)
        self._servers = {key: _Server(self, key) for key in self.press.outlets}
        self._is_out = False

    @property
    def outlets(self) -> tuple[Outlet, ...]:
        """The outlets, in the order of articles.toml."""
        return tuple(
            Outlet(sheet.name, f"{self._base(key)}/", f"{self._base(key)}/{sheet.feed}")
            for key, sheet in self.press.outlets.items()
        )

    def _base(self, outlet: str) -> str:
        return f"http://127.0.0.1:{self._servers[outlet].server_port}"

    def start(self) -> None:
        """Start the servers."""
        for server in self._servers.values():
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        self._is_out = True

    def stop(self) -> None:
        """Stop the servers, if they were started, and release their ports."""
        for server in self._servers.values():
            if self._is_out:  # shutdown waits for the serving loop, for ever if there is none
                server.shutdown()
            server.server_close()
        self._is_out = False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def answer(self, outlet: str, path: str) -> Answer:
        """Return what an address of an outlet answers now."""
        now, base, press = self._clock(), self._base(outlet), self.press
        if path == "/robots.txt":
            return Answer(200, "text/plain; charset=utf-8", b"User-agent: *\nAllow: /\n")
        if path == "/":
            home = press.print_home(outlet, base=base, now=now)
            return Answer(200, _PAGE_TYPE, home.encode(), press.last_change_at(outlet, now=now))
        if path == f"/{press.outlets[outlet].feed}":
            feed = press.print_feed(outlet, base=base, now=now)
            return Answer(200, _FEED_TYPE, feed.encode(), press.last_change_at(outlet, now=now))
        story = press.find(outlet, path.removeprefix("/news/").removesuffix(".html"), now=now)
        if story is None or story.markup == "missing":
            page = press.print_not_found(outlet, base=base, now=now)
            return Answer(404, _PAGE_TYPE, page.encode())
        page = press.print_page(story, base=base, now=now)
        return Answer(200, _PAGE_TYPE, page.encode(), press.updated_at(story, now=now))


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, newspaper: Newspaper, outlet: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.newspaper = newspaper
        self.outlet = outlet

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore that a reader hung up; show any other error, which is a fault of the demo."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # handed through


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:  # http.server's name
        answer = self.server.newspaper.answer(self.server.outlet, self.path.partition("?")[0])
        etag = f'"{hashlib.blake2b(answer.body, digest_size=8).hexdigest()}"'
        is_known = answer.status == 200 and self._is_known(etag, answer.changed_at)
        self.send_response(304 if is_known else answer.status)
        if answer.status == 200:
            self.send_header("ETag", etag)
        if answer.changed_at is not None:
            self.send_header("Last-Modified", format_datetime(answer.changed_at, usegmt=True))
        if not is_known:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if not is_known and self.command != "HEAD":
            self.wfile.write(answer.body)

    do_HEAD = do_GET  # noqa: N815  # http.server's name

    def _is_known(self, etag: str, changed_at: datetime | None) -> bool:
        """Return whether the client has this version already; if it sends a tag, its date is ignored (RFC 9110, 13.2.2)."""
        tags = self.headers.get("If-None-Match")
        if tags is not None:
            return etag in tags or tags.strip() == "*"
        since = _read_instant(self.headers.get("If-Modified-Since", ""))
        if since is None or changed_at is None:
            return False
        return changed_at.replace(microsecond=0) <= since  # the header has whole seconds only

    def log_message(self, format: str, *args: object) -> None:  # http.server's name
        """Log nothing: the terminal belongs to the demo."""


def _read_instant(header: str) -> datetime | None:
    with suppress(ValueError, OverflowError):
        instant = parsedate_to_datetime(header)
        return instant if instant.tzinfo else None
    return None
