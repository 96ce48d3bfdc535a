"""Serving the bundled newspaper: two outlets, two real HTTP servers on free loopback ports."""

import hashlib
import threading
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import urlsplit

from crawler.clock import Clock, utc_now
from scheduler.demo.press import Press

_PAGE_TYPE = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Outlet:
    """An outlet that is being served."""

    name: str
    home_url: str
    feed_url: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address answers."""

    status: int
    content_type: str
    body: bytes
    changed_at: datetime | None = None


class Newspaper:
    """The newspaper, out from entering the context until leaving it.

    clock  says how long it has been out; its first reading is the moment it came out
    pace   multiplies the seconds after which articles appear and are edited
    """

    def __init__(self, *, clock: Clock = utc_now, pace: float = 1.0) -> None:
        self._clock = clock
        self.press = Press(opened_at=clock(), pace=pace)
        self._servers = {key: _Server(self, key) for key in self.press.outlets}

    @property
    def outlets(self) -> tuple[Outlet, ...]:
        """The outlets, in the order of articles.toml."""
        return tuple(
            Outlet(sheet.name, f"{self._base(key)}/", f"{self._base(key)}/{sheet.feed}")
            for key, sheet in self.press.outlets.items()
        )

    def _base(self, outlet: str) -> str:
        return f"http://127.0.0.1:{self._servers[outlet].server_port}"

    def __enter__(self) -> Self:
        """Open both outlets."""
        for server in self._servers.values():
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close both outlets."""
        for server in self._servers.values():
            server.shutdown()
            server.server_close()

    def answer(self, outlet: str, path: str) -> Answer:
        """Give what an address of an outlet answers now."""
        now, base, press = self._clock(), self._base(outlet), self.press
        if path == "/":
            return _page(press.print_home(outlet, base=base, now=now))
        if path == "/robots.txt":
            return Answer(200, "text/plain; charset=utf-8", b"User-agent: *\nAllow: /\n")
        if path == f"/{press.outlets[outlet].feed}":
            feed = press.print_feed(outlet, base=base, now=now)
            return Answer(
                200,
                "application/xml; charset=utf-8",
                feed.encode(),
                _last_change(press, outlet, now),
            )
        story = press.find(outlet, path.removeprefix("/news/").removesuffix(".html"), now=now)
        if story is None or story.markup == "missing":
            return Answer(
                404, _PAGE_TYPE, b"<!doctype html><title>Not found</title><h1>Not found</h1>"
            )
        return _page(press.print_page(story, base=base, now=now))


def _page(text: str) -> Answer:
    return Answer(200, _PAGE_TYPE, text.encode())


def _last_change(press: Press, outlet: str, now: datetime) -> datetime:
    return max(press.updated_at(story, now=now) for story in press.stories(outlet, now=now))


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, newspaper: Newspaper, outlet: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.newspaper = newspaper
        self.outlet = outlet


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:  # http.server's name
        answer = self.server.newspaper.answer(self.server.outlet, urlsplit(self.path).path)
        etag = f'"{hashlib.blake2b(answer.body, digest_size=8).hexdigest()}"'
        is_known = answer.status == 200 and self.headers.get("If-None-Match") == etag
        body = b"" if is_known else answer.body
        self.send_response(304 if is_known else answer.status)
        self.send_header("ETag", etag)
        if answer.changed_at is not None:
            self.send_header("Last-Modified", format_datetime(answer.changed_at, usegmt=True))
        if not is_known:
            self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # http.server's name
        """Stay quiet: the terminal belongs to the demo."""
