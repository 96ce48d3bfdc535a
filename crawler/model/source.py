"""A source, the endpoints it is read at, and what each of them announces."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from crawler.model.proxy import Proxy


class SourceKind(StrEnum):
    """How a source's news is found; ``auto`` looks for all endpoints."""

    AUTO = "auto"
    FEED = "feed"
    SITEMAP = "sitemap"
    SECTION = "section"
    PAGE = "page"


class EndpointKind(StrEnum):
    """The kinds of endpoints: a feed, a news sitemap, a section page with links to articles, or a watched page."""

    FEED = "feed"
    SITEMAP = "sitemap"
    SECTION = "section"
    PAGE = "page"


class Health(StrEnum):
    """How a source is doing.

    new       never read yet
    ok        read at its last visit, and it publishes as usual
    failing   its last three visits failed
    quiet     it has published nothing for longer than ever before
    degraded  it answers, but its pages hold no articles, or all the same text: a block or consent page
    """

    NEW = "new"
    OK = "ok"
    FAILING = "failing"
    QUIET = "quiet"
    DEGRADED = "degraded"


# the pattern of a sitemap that names others: they may change while it stays the same
SITEMAP_INDEX = "index"
# the pattern of a stated feed that is a page: the feed its head names is read instead
NAMED_FEED = "named"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An endpoint of a source, with its state after the last answer.

    id         of its row, 0 if it has none yet: then it is known by its kind and address
    origin     how it was found: ``stated``, ``home page``, ``link``, ``anchor``, ``robots.txt``, ``well-known path``
    pattern    shape of the article addresses on a section page, learned at its first visit; or SITEMAP_INDEX, NAMED_FEED
    etag, last_modified, body_hash   of the last answer that was read in full
    read_at    first visit that read it, or None
    seen_keys  keys of the entries listed at the last visit, 8 bytes each; of a sitemap, see extract/sitemap_memory.py
    """

    id: int
    kind: EndpointKind
    url: str
    origin: str = "stated"
    pattern: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    read_at: datetime | None = None
    read_in_full_at: datetime | None = None
    seen_keys: bytes = field(default=b"", repr=False)
    failure_count: int = 0
    due_at: datetime | None = None

    def is_same(self, other: "Endpoint") -> bool:
        """Return whether both are the same endpoint of their source, whether they have a row or not."""
        return (self.kind, self.url) == (other.kind, other.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSettings:
    """How the pages of a source are read, by its configuration.

    timezone    civil zone, used only where a page names none
    language    ISO 639-1 code from the configuration, or None
    select      part of a page -> CSS selector, where the site needs it
    is_watched  the page itself is watched for change, whether it is an article or not
    """

    timezone: str = "UTC"
    language: str | None = None
    select: Mapping[str, str] = field(default_factory=dict)
    is_watched: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A site or feed we visit on a cadence, with its state after the last visit.

    timezone       civil zone of the source, used only where a page names none
    language       ISO 639-1 code from the configuration, or None
    backfill       how far back the very first visit reaches; zero marks everything present as seen
    backfill_from  a person asked for everything published since then, at the next visit
    include, exclude   patterns that article addresses must and must not match
    select         part of a page -> CSS selector, where a site needs it
    headers        sent with each request to the origin of its address, cookies and credentials among them
    headers_for    further origins they may be sent to; they go nowhere else, as other hosts of a domain may belong to other people
    proxy          its own proxy, for all its hosts; None where ``[fetch] proxy`` counts
    is_direct      True visits it without any proxy
    ignores_robots True reads the configured feed although robots.txt forbids it; never its pages
    allow_private  True lets this source be on a loopback or private address
    visited_at     first successful visit, or None
    every          how often it is visited, as far as that is known
    discovered_at  when its endpoints were last looked for
    """

    id: int
    name: str
    url: str
    kind: SourceKind
    tags: tuple[str, ...] = ()
    timezone: str = "UTC"
    language: str | None = None
    backfill: timedelta = timedelta(0)
    backfill_from: datetime | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    select: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers_for: tuple[str, ...] = ()
    proxy: Proxy | None = None
    is_direct: bool = False
    ignores_robots: bool = False
    render: bool = False
    allow_private: bool = False
    visited_at: datetime | None = None
    last_success_at: datetime | None = None
    discovered_at: datetime | None = None
    failure_count: int = 0
    every: timedelta = timedelta(0)
    endpoints: tuple[Endpoint, ...] = ()

    @property
    def page_settings(self) -> PageSettings:
        """How its pages are read."""
        return PageSettings(
            timezone=self.timezone,
            language=self.language,
            select=self.select,
            is_watched=self.kind is SourceKind.PAGE,
        )

    @property
    def scopes(self) -> frozenset[str]:
        """Name and tags: what ``sources`` of a watch may name."""
        return frozenset({self.name, *self.tags})


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """What an endpoint announces about one article.

    url        absolute http(s) address, exactly as announced: a shortened one may be a 404; empty if a feed names none
    guid       the feed's own identifier, or None
    title      plain text, one line; may be empty
    stated_at  publication that the feed or news sitemap states, or None if there is none we believe
    updated_at last change stated, or None; a later one makes us look at the article again
    text       the feed's own words: plain paragraphs joined by a blank line, bounded; may be empty
    language   ISO 639-1 code its feed claims, or None
    """

    url: str
    guid: str | None = None
    title: str = ""
    stated_at: datetime | None = None
    updated_at: datetime | None = None
    text: str = field(default="", repr=False)
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed as understood: its entries in the order it lists them.

    language  ISO 639-1 code the feed claims, or None
    pause     how long the feed asks not to be visited (``ttl``, ``sy:updatePeriod``), or None
    cut_count entries beyond the limit that were not read
    empty_count  entries with neither an address nor any words
    """

    title: str
    language: str | None
    entries: tuple[FeedEntry, ...]
    pause: timedelta | None = None
    cut_count: int = 0
    empty_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """A sitemap as understood.

    entries        new ones first, newest first where dates are stated
    children       sitemaps that an index names, with the last change it states, in its order
    is_news        it carries Google News dates and titles
    cut_count      addresses over the limit, older than all entries
    undated_count  addresses without a date that a first visit only remembers
    first_listed   addresses that no earlier visit listed
    listed_before  addresses that an earlier visit listed
    left_out       addresses that no earlier visit listed, too many to be news
    keys           of all it lists and of some that it listed before, 8 bytes each
    """

    entries: tuple[FeedEntry, ...] = ()
    children: tuple[tuple[datetime | None, str], ...] = ()
    is_news: bool = False
    cut_count: int = 0
    undated_count: int = 0
    first_listed: frozenset[str] = frozenset()
    listed_before: frozenset[str] = frozenset()
    left_out: tuple[str, ...] = ()
    keys: bytes = field(default=b"", repr=False)

    @property
    def is_index(self) -> bool:
        """Whether it names other sitemaps."""
        return bool(self.children)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The links to articles on a section page, in page order, and the shape of their addresses."""

    entries: tuple[FeedEntry, ...]
    pattern: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchResult:
    """What one endpoint said at one visit.

    is_unchanged   nothing new since the last visit: a 304, or the same bytes again
    pause          how long the answer asks not to be visited, or None
    failure        why it could not be read, None if it could
    is_refused     trying again soon cannot end differently
    is_unasked     the proxy on the way failed, which does not count against the endpoint
    note           what a person should know of this result
    empty_count    entries with neither an address nor any words
    first_listed, listed_before   of a sitemap: addresses that are news whatever their date says, and addresses that are not
    seen_keys      what is remembered of a sitemap until its next visit; None for other endpoints
    """

    endpoint: Endpoint
    url: str = ""
    http_status: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    entries: tuple[FeedEntry, ...] = ()
    pattern: str | None = None
    pause: timedelta | None = None
    is_unchanged: bool = False
    failure: str | None = None
    is_refused: bool = False
    is_unasked: bool = False
    note: str | None = None
    empty_count: int = 0
    first_listed: frozenset[str] = frozenset()
    listed_before: frozenset[str] = frozenset()
    seen_keys: bytes | None = field(default=None, repr=False)
