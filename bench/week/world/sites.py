"""The sites of a week: what each answers, by its kind and the time of the week."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from bench.week.servers.server import Response
from bench.week.world.articles import answer_article
from bench.week.world.facts import Fact
from bench.week.world.serving import feeds
from bench.week.world.serving.addresses import write_link
from bench.week.world.serving.entries import Entry
from bench.week.world.serving.sending import LOGIN, refuse_stranger, send_feed, want_cookie
from bench.week.world.serving.sitemaps import answer_sitemaps
from bench.week.world.serving.walls import LOGIN_PATH, NOT_FOUND, write_refresh
from bench.week.world.shares import Kind

# kinds whose feed has the whole text as its summary
_SAYS_ALL = frozenset({"text in feed", "one page", "app page", "headline alone", "xhtml", "html inside"})  # fmt: skip
LISTED = 30
_NEW_FEED = "/new/feed.xml"
_REFRESHED_FEED = "/moved/rss.xml"
_COMMENTS = "/comments/feed"
_RETRY_AFTER_SECONDS = 7
_FORBIDDING = b"User-agent: *\nDisallow: /private/\n"
ROBOTS = {
    "robots": _FORBIDDING,
    "robots bom": b"\xef\xbb\xbf" + _FORBIDDING,
    "robots against": b"User-agent: *\nDisallow: /\n",
    "crawl delay": b"User-agent: *\nCrawl-delay: 2\n",
}


@dataclass(slots=True, kw_only=True)
class Phase:
    """The oddities of a site at present; the world switches them during the week."""

    is_walled: bool = False
    is_asleep: bool = False
    is_stumbling: bool = False
    silent_until: datetime | None = None
    is_moved: bool = False
    is_renamed: bool = False
    is_renumbered: bool = False
    guid_series: int = 0


@dataclass(slots=True, kw_only=True)
class Site:
    """A site, with what it has published.

    url        its address, with the port
    new_url    the address it moves to, or its feed redirects to
    facts      its articles, newest first
    announced  what its feed lists, newest first: its own facts, or for an aggregator those of others
    sidebar    headlines in menus and comments of every page
    is_read    whether its feed was requested since it last listed something new
    """

    name: str
    kind: Kind
    language: str
    url: str
    new_url: str = ""
    tags: tuple[str, ...] = ()
    facts: dict[str, Fact] = field(default_factory=dict)
    announced: list[tuple[Fact, str]] = field(default_factory=list)
    sidebar: tuple[str, ...] = ()
    phase: Phase = field(default_factory=Phase)
    is_read: bool = True

    @property
    def host(self) -> str:
        """Return its host name."""
        return self.url.removeprefix("http://").partition(":")[0]

    @property
    def quirks(self) -> frozenset[str]:
        """Return the quirks of its kind."""
        return self.kind.quirks

    @property
    def source_url(self) -> str:
        """Return the address that a person configures for it."""
        if self.kind.endpoint == "auto" and "given" not in self.quirks:
            return f"{self.url}/"
        if self.kind.form == "page":
            return f"{self.url}{next(iter(self.facts))}"
        url = (
            self.url.replace("http://", f"http://{LOGIN}@")
            if "userinfo" in self.quirks
            else self.url
        )
        return f"{url}{feeds.PATHS[self.kind.form]}"

    def announce(self, fact: Fact, url: str, now: datetime) -> None:
        """Put an article at the top of the feed."""
        self.announced.insert(0, (fact, url))
        self.is_read = False
        fact.sources.setdefault(self.name, now)

    def answer(self, host: str, path: str, headers: dict[str, str]) -> Response:
        """Return the answer to a request."""
        if away := self._answer_away(host, path):
            return away
        if path == "/robots.txt":
            return self._robots()
        if refused := refuse_stranger(self.quirks, headers, is_own=host == self.host):
            return refused
        if path == "/":
            return self._home()
        return self._feed(host, path, headers) or answer_article(self, path, headers)

    def _answer_away(self, host: str, path: str) -> Response | None:
        """Return the answer at a host that is not its own."""
        if self.phase.is_asleep:
            return Response(is_cut=True)
        if self.phase.silent_until and datetime.now(UTC) < self.phase.silent_until:
            status = 503 if "503" in self.quirks else 429
            return Response(status=status, headers=[("Retry-After", str(_RETRY_AFTER_SECONDS))])
        if self.phase.is_moved and host == self.host:
            return Response(status=301, headers=[("Location", f"{self.new_url}{path}")])
        return None

    def _robots(self) -> Response:
        for quirk, text in ROBOTS.items():
            if quirk in self.quirks:
                return Response(body=text, content_type="text/plain")
        if "named in robots" in self.quirks:
            line = f"Sitemap: {self.url}{feeds.PATHS[self.kind.form]}\n"
            return Response(body=line.encode(), content_type="text/plain")
        if "robots page" in self.quirks:
            return Response(body=b"<!doctype html><html><body>User-agent news<br>Disallow: /<br></body></html>")  # fmt: skip
        if "robots login" in self.quirks:
            return Response(status=302, headers=[("Location", f"{self.url}{LOGIN_PATH}")])
        return Response(status=404, body=NOT_FOUND)

    def _home(self) -> Response:
        if "front" in self.quirks:
            body = feeds.write_feed("section", self.url, self.entries(), self.quirks, now=datetime.now(UTC), language=self.language)  # fmt: skip
            return Response(body=body)
        link = '<link rel="alternate" type="application/rss+xml" title="{}" href="{}">'
        named = link.format("News", feeds.PATHS["rss"]) if self.kind.form == "rss" else ""
        if "comment feed" in self.quirks:
            named = link.format(f"{self.name} comments", _COMMENTS) + named
        body = (
            f'<!doctype html><html lang="{self.language}"><head><meta charset="utf-8"><title>{self.name}</title>{named}'
            f"</head><body><h1>{self.name}</h1></body></html>"
        ).encode()
        return Response(body=body)

    def _feed(self, host: str, path: str, headers: dict[str, str]) -> Response | None:
        form, plain = self.kind.form, path.partition("?")[0]
        if plain == _COMMENTS and "comment feed" in self.quirks:
            return Response(body=self._write_comments(), content_type="application/rss+xml")
        if form == "sitemap index":
            return answer_sitemaps(self.url, plain, self.entries(), self.quirks)
        if form == "page" or plain not in {feeds.PATHS[form], _NEW_FEED, _REFRESHED_FEED}:
            return None
        if plain == feeds.PATHS[form] and path != "/":
            return self._detour(host, path, headers) or self._write(form, headers)
        leads_here = (
            "renames" in self.quirks and self.phase.is_renamed
        ) or "refresh" in self.quirks
        return self._write(form, headers) if leads_here else None

    def _detour(self, host: str, path: str, headers: dict[str, str]) -> Response | None:
        """Return the redirect in place of a feed that has moved or wants a cookie; else None."""
        if self.phase.is_stumbling:
            return Response(status=502, body=NOT_FOUND)
        if "renames" in self.quirks and self.phase.is_renamed:
            return Response(status=301, headers=[("Location", f"{self.url}{_NEW_FEED}")])
        if "handed on" in self.quirks and host == self.host:
            return Response(status=302, headers=[("Location", f"{self.new_url}{path}")])
        if "refresh" in self.quirks:
            return Response(body=write_refresh(_REFRESHED_FEED))
        return want_cookie(path, headers) if "cookie" in self.quirks else None

    def _write(self, form: str, headers: dict[str, str]) -> Response:
        self.is_read = True
        body = feeds.write_feed(
            form,
            self.url,
            self.entries(),
            self.quirks,
            now=datetime.now(UTC),
            language=self.language,
        )
        response = Response(body=body, content_type=feeds.name_type(form, self.quirks))
        return send_feed(response, headers, self.quirks)

    def _write_comments(self) -> bytes:
        """Return the feed of readers' comments: full of watched words, and no news."""
        now = datetime.now(UTC)
        listed = [
            Entry(link=f"{self.url}/comments/{n}", guid=str(n), title=one, published_at=now, updated_at=now)
            for n, one in enumerate(self.sidebar)
        ]  # fmt: skip
        return feeds.write_feed(
            "rss", self.url, listed, frozenset(), now=now, language=self.language
        )

    def entries(self) -> list[Entry]:
        """Return the entries that its feed lists now."""
        limit = 10_000 if self.kind.form == "sitemap index" else LISTED
        if "newest only" in self.quirks:
            limit = 1
        listed = [self._entry(fact, url) for fact, url in self.announced[:limit]]
        return listed[::-1] if "oldest first" in self.quirks else listed

    def _entry(self, fact: Fact, url: str) -> Entry:
        text, link, guid = fact.text, url, url
        if fact.site == self.name:
            is_renumbered = self.phase.is_renumbered
            link = write_link(self.url, fact.path, self.quirks, is_renumbered=is_renumbered)
        if self.phase.guid_series:
            guid = f"{url}#{self.phase.guid_series}"
        if self.quirks & {"text in feed", "one page"}:
            guid = f"tag:{self.host},2026:{fact.token}"
        whole = " ".join(p.text for p in text.paragraphs)
        title = "" if "app page" in self.quirks else text.headline
        if "headline alone" in self.quirks:
            title, whole = f"{title} - {self.name}", f'<a href="{link}">{title}</a> {self.name}'
        return Entry(
            link=link,
            guid=guid,
            title=title,
            summary=whole if self.quirks & _SAYS_ALL else "",
            text="".join(f"<p>{p.text}</p>" for p in text.paragraphs),
            published_at=fact.published_at,
            updated_at=fact.updated_at,
        )
