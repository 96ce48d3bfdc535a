"""The sites of a week: what each answers, by its kind and by how far the week is."""

import gzip
import hashlib
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bench.week import feeds, pages
from bench.week.facts import Fact
from bench.week.server import Response
from bench.week.shares import Kind

LISTED = 30
_CHILD_SIZE = 6
_NEW_FEED = "/new/feed.xml"
_REFRESHED_FEED = "/moved/rss.xml"
_RETRY_AFTER_SECONDS = 7
_NOT_FOUND = b"<!doctype html><title>Not found</title><h1>Not found</h1>"
ROBOTS = b"User-agent: *\nDisallow: /private/\n"


@dataclass(slots=True, kw_only=True)
class Phase:
    """What is odd about a site just now; the world switches these during the week."""

    is_walled: bool = False
    is_asleep: bool = False
    silent_until: datetime | None = None
    is_moved: bool = False
    is_renamed: bool = False
    guid_series: int = 0


@dataclass(slots=True, kw_only=True)
class Site:
    """A site, with what it has published.

    url        where it is, with the port
    new_url    where it moves to, if it moves
    facts      its articles, newest first
    announced  what its feed lists, newest first: its own facts, or others' (an aggregator)
    rail       what its menus and comments say on every page
    """

    name: str
    kind: Kind
    language: str
    url: str
    new_url: str = ""
    tags: tuple[str, ...] = ()
    facts: dict[str, Fact] = field(default_factory=dict)
    announced: list[tuple[Fact, str]] = field(default_factory=list)
    rail: tuple[str, ...] = ()
    phase: Phase = field(default_factory=Phase)
    silences: list[tuple[datetime, float]] = field(default_factory=list)
    etag_sent: int = 0

    @property
    def host(self) -> str:
        """Return its host name."""
        return self.url.removeprefix("http://").partition(":")[0]

    @property
    def quirks(self) -> frozenset[str]:
        """Return what is odd about its kind."""
        return self.kind.quirks

    @property
    def source_url(self) -> str:
        """Return the address a person gives for it."""
        if self.kind.endpoint == "auto":
            return f"{self.url}/"
        if self.kind.form == "page":
            return f"{self.url}{next(iter(self.facts))}"
        return f"{self.url}{feeds.PATHS[self.kind.form]}"

    def announce(self, fact: Fact, url: str, now: datetime) -> None:
        """List an article first."""
        self.announced.insert(0, (fact, url))
        fact.sources.setdefault(self.name, now)

    def answer(self, host: str, path: str, headers: dict[str, str]) -> Response:
        """Return what is answered to a request."""
        if self.phase.is_asleep:
            return Response(is_cut=True)
        if self.phase.silent_until and datetime.now(UTC) < self.phase.silent_until:
            return Response(status=429, headers=[("Retry-After", str(_RETRY_AFTER_SECONDS))])
        if self.phase.is_moved and host == self.host:
            return Response(status=301, headers=[("Location", f"{self.new_url}{path}")])
        if path == "/robots.txt":
            return self._robots()
        if path == "/":
            return self._home()
        found = self._feed(path, headers)
        return found or self._article(path)

    def _robots(self) -> Response:
        if "robots" in self.quirks:
            return Response(body=ROBOTS, content_type="text/plain")
        return Response(status=404, body=_NOT_FOUND)

    def _home(self) -> Response:
        path = feeds.PATHS["rss"]
        body = (
            f'<!doctype html><html lang="{self.language}"><head><meta charset="utf-8"><title>{self.name}</title>'
            f'<link rel="alternate" type="application/rss+xml" href="{path}"></head><body><h1>{self.name}</h1></body></html>'
        )
        return Response(body=body.encode())

    def _feed(self, path: str, headers: dict[str, str]) -> Response | None:
        form, plain = self.kind.form, path.partition("?")[0]
        if form == "sitemap index":
            return self._sitemaps(plain)
        if form == "page" or plain not in {feeds.PATHS[form], _NEW_FEED, _REFRESHED_FEED}:
            return None
        if plain == feeds.PATHS[form]:
            return self._detour(path, headers) or self._write(form, headers)
        leads_here = (
            "renames" in self.quirks and self.phase.is_renamed
        ) or "refresh" in self.quirks
        return self._write(form, headers) if leads_here else None

    def _detour(self, path: str, headers: dict[str, str]) -> Response | None:
        """Return what stands in the feed's place where it has moved, or wants a cookie."""
        if "renames" in self.quirks and self.phase.is_renamed:
            return Response(status=301, headers=[("Location", f"{self.url}{_NEW_FEED}")])
        if "refresh" in self.quirks:
            head = f'<meta http-equiv="refresh" content="0; url={_REFRESHED_FEED}">'
            return Response(body=f"<!doctype html><html><head>{head}</head></html>".encode())
        if "cookie" in self.quirks and "seen=1" not in headers.get("cookie", ""):
            cookie = [("Location", path), ("Set-Cookie", "seen=1; Path=/")]
            return Response(status=302, headers=cookie)
        return None

    def _write(self, form: str, headers: dict[str, str]) -> Response:
        body = feeds.WRITERS[form](self.url, self.entries(), self.quirks)
        response = Response(body=body, content_type=feeds.CONTENT_TYPES.get(form, "text/xml"))
        if "etag" in self.quirks:
            etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            if headers.get("if-none-match") == etag:
                return Response(status=304, headers=[("ETag", etag)])
            self.etag_sent += 1
            response.headers.append(("ETag", etag))
        if "gzip" in self.quirks:
            response.body = gzip.compress(body)
        if "no length" in self.quirks:
            response.has_length = False
        if "long header" in self.quirks:
            response.headers.append(("X-Long", "x" * 20_000))
        return response

    def _sitemaps(self, path: str) -> Response | None:
        entries = self.entries()
        children = max(1, -(-len(entries) // _CHILD_SIZE))
        if path == feeds.PATHS["sitemap index"]:
            return Response(body=feeds.write_sitemap_index(self.url, children), content_type="text/xml")  # fmt: skip
        if path.startswith("/wp-sitemap-posts-post-"):
            number = int(path.removeprefix("/wp-sitemap-posts-post-").partition(".")[0])
            oldest_first = list(reversed(entries))
            part = oldest_first[(number - 1) * _CHILD_SIZE : number * _CHILD_SIZE]
            body = feeds.write_sitemap(self.url, list(reversed(part)), self.quirks)
            return Response(body=body, content_type="text/xml")
        return None

    def entries(self) -> list[feeds.Entry]:
        """Return what its feed lists now."""
        limit = 10_000 if self.kind.form == "sitemap index" else LISTED
        listed = [self._entry(fact, url) for fact, url in self.announced[:limit]]
        return listed[::-1] if "oldest first" in self.quirks else listed

    def _entry(self, fact: Fact, url: str) -> feeds.Entry:
        text = fact.text
        link = url
        if "session" in self.quirks:
            link = f"{url}?PHPSESSID={random.getrandbits(64):016x}"
        summary = " ".join(p.text for p in text.paragraphs) if "text in feed" in self.quirks else ""
        title = text.headline
        if "text in feed" in self.quirks:  # its address says nothing of it
            title = f"{title} ({fact.token})"
        guid = f"{url}#{self.phase.guid_series}" if self.phase.guid_series else url
        if "text in feed" in self.quirks:
            guid = f"tag:{self.host},2026:{fact.token}"
        return feeds.Entry(
            link=link,
            guid=guid,
            title=title,
            summary=summary,
            published_at=fact.published_at,
            updated_at=fact.updated_at,
        )

    def _article(self, path: str) -> Response:
        plain = path.partition("?")[0].partition(";")[0]
        fact = self.facts.get(plain)
        if fact is None or "text in feed" in self.quirks:
            return Response(status=404, body=_NOT_FOUND)
        now = datetime.now(UTC)
        if fact.gone_at is not None and fact.gone_at <= now:
            return Response(status=410, body=_NOT_FOUND)
        if self.phase.is_walled:
            return Response(body=pages.WALL)
        fact.served.append((now, len(fact.states) - 1))
        if self.kind.form == "page":
            items = [paragraph.text for paragraph in fact.text.paragraphs]
            return Response(body=pages.write_list(fact.text.headline, items, self.language))
        encoding = "windows-1251" if "cp1251" in self.quirks else "utf-8"
        body = pages.write_page(
            fact.text,
            published_at=fact.published_at,
            rail=self.rail,
            comments=[f"{one} again, I saw it" for one in self.rail],
            is_paywalled="paywall" in self.quirks,
            encoding=encoding,
        )
        return Response(body=body, content_type=f"text/html; charset={encoding}")
