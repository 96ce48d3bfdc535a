"""A fetched page, the article understood from it, and the verdict of dedup.

A body is never part of a record's ``repr``: Scrapy and tracebacks write that to the log. On a full disk whole pages were
logged ("Error processing Page(body=b'<!doctype...')").
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from crawler.model.source import PageSettings


class Occasion(StrEnum):
    """Why a page is read now, which decides whom it alerts, and when.

    NEWS      its entry is new since the last visit, or says something new: alerts at once
    BACKFILL  its entry comes from a first visit or a look back: alerts are gathered
    REVISIT   its article is known and looked at again: alerts at once
    BASELINE  the first visit of a watched page, with which later ones are compared: alerts nobody
    TOLD      a backup was put back, and what was published before counts as told: alerts nobody, later changes alert
    """

    NEWS = "news"
    BACKFILL = "backfill"
    REVISIT = "revisit"
    BASELINE = "baseline"
    TOLD = "told"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageEntry:
    """What an endpoint announced of a page, as far as reading and judging it need that.

    key         identifies it among the source's entries
    title, stated_at, text   what the feed said of it
    language    ISO 639-1 code its feed claims, or None
    is_shared   other entries have the same page
    interrupted_count  how many times reading its page was cut off so far
    """

    key: str = ""
    title: str = ""
    stated_at: datetime | None = None
    text: str = field(default="", repr=False)
    language: str | None = None
    is_shared: bool = False
    interrupted_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One fetched response, on its way to becoming an article.

    url           final address after redirects; requested_url the one asked for
    body          bytes as received, decompressed
    content_type  the header as sent, may be empty
    fetched_at    aware UTC
    visit_id, source_id, entry_id   rows this page belongs to
    occasion      why it is read now
    settings      how the configuration wants pages of its source read
    entry         what was announced of it
    """

    url: str
    requested_url: str
    body: bytes = field(repr=False)
    content_type: str
    fetched_at: datetime
    visit_id: int
    source_id: int
    entry_id: int
    occasion: Occasion = Occasion.NEWS
    settings: PageSettings = field(default_factory=PageSettings)
    entry: PageEntry = field(default_factory=PageEntry)

    @property
    def is_news(self) -> bool:
        """Return whether it may alert at once, and so goes before pages of first visits."""
        return self.occasion in {Occasion.NEWS, Occasion.REVISIT}


class Precision(StrEnum):
    """How exactly a publication time is known."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


class Confidence(StrEnum):
    """How far a publication time can be believed."""

    STATED = "stated"
    DERIVED = "derived"
    GUESSED = "guessed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationDate:
    """A publication time with its evidence.

    published_at  aware UTC; for precision DAY, midnight of that day in ``zone``
    zone          the zone it was stated in: an IANA name or an offset such as ``+02:00``
    evidence      the words it was read from
    origin        where they stood: ``json-ld``, ``microdata``, ``meta``, ``time``, ``relative``, ``feed``, ``text``, ``address``,
                  ``guess``
    """

    published_at: datetime
    precision: Precision
    zone: str
    evidence: str
    origin: str
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Byline:
    """A stated author line.

    text       the line, without "By"
    names      the persons and agencies in it, one by one
    is_agency  it credits a news agency
    """

    text: str
    names: tuple[str, ...] = ()
    is_agency: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """The news item understood from a page.

    url       canonical address: one article each
    body      paragraphs joined by a blank line; never byline, tags or boilerplate
    language  ISO 639-1 code
    standfirst  the paragraph of the body that stands apart under the headline; may be empty
    cut         lines that were taken out of the body, each with the reason
    is_teaser   the page shows only the beginning to readers who do not pay
    key         identifies it where its address does not: one of several pieces of news on a page
    from_feed   why the text is the feed's own and not the page's; empty if the page was read
    body_origin where the body was found if the page does not show it, such as JSON-LD; else empty
    more_urls   further parts of the article, on pages of their own, in order
    whole_url   the page with all parts, None if the site offers none or the article is not split
    is_foreign  whether its headings share no word with what was announced; None if there was nothing to compare
    """

    url: str
    headline: str
    body: str = field(repr=False)
    language: str
    standfirst: str = field(default="", repr=False)
    body_origin: str = ""
    more_urls: tuple[str, ...] = ()
    whole_url: str | None = None
    is_teaser: bool = False
    is_foreign: bool | None = None
    byline: Byline | None = None
    publication_date: PublicationDate | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    image_url: str | None = None
    key: str = ""
    from_feed: str = ""
    cut: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownArticle:
    """The article already stored under an address.

    is_from_feed  its text is the feed's own: the page could not be read so far
    """

    article_id: int
    story_id: int
    fingerprint: str
    headline: str
    url: str = ""
    body: str = field(default="", repr=False)
    is_from_feed: bool = False


class VerdictKind(StrEnum):
    """How an article relates to what is stored: the classes of a verdict."""

    NEW = "new"
    REVISED = "revised"
    SEEN = "seen"
    COPY = "copy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The judgement on one article.

    fingerprint  32 hex digits: blake2b-128 of the normalised body
    article_id   the article it revises or repeats, None if the address is unknown
    story_id     the story it joins or belongs to, None if it opens one
    joins        other stories that turn out to be this one
    reason       one line for a person
    changes_headline  a known article has another headline now
    completes    a known article had its feed's words only, and this is its page
    """

    kind: VerdictKind
    fingerprint: str
    article_id: int | None
    story_id: int | None
    reason: str
    joins: tuple[int, ...] = ()
    changes_headline: bool = False
    completes: bool = False

    @property
    def repeats(self) -> int | None:
        """The id of the article whose text it only repeats; None if it says something new."""
        return self.article_id if self.kind is VerdictKind.SEEN else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One distinct body of an article, as stored.

    completes  it is the page of an article that had its feed's words only
    """

    id: int
    article_id: int
    story_id: int
    source_id: int
    url: str
    headline: str
    body: str = field(repr=False)
    language: str
    fetched_at: datetime
    is_first: bool
    changes_headline: bool = False
    completes: bool = False
