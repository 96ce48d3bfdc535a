"""A source, and what its feed announces."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class SourceKind(StrEnum):
    """How a source's news is found."""

    AUTO = "auto"
    FEED = "feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A site or feed we visit on a cadence, with what the last visit left behind.

    timezone       civil zone of the source, used only where a page names none
    language       ISO 639-1 code the person stated, or None
    backfill       how far back the very first visit reaches; zero marks what is present as seen
    allow_private  True lets this source live on a loopback or private address
    etag, last_modified, body_hash   of the last answer that was read in full
    visited_at     first successful visit, or None
    """

    id: int
    name: str
    url: str
    kind: SourceKind
    tags: tuple[str, ...] = ()
    timezone: str = "UTC"
    language: str | None = None
    backfill: timedelta = timedelta(0)
    allow_private: bool = False
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    visited_at: datetime | None = None
    read_in_full_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """What a feed announces about one article.

    url        absolute http(s) address, as announced
    guid       the feed's own identifier, or None
    title      plain text, one line; may be empty
    stated_at  publication the feed states, or None if it states none we believe
    updated_at last change the feed states, or None; a later one makes us look at the article again
    """

    url: str
    guid: str | None = None
    title: str = ""
    stated_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed as understood: its entries in the order it lists them.

    language  ISO 639-1 code the feed claims, or None
    cut_count entries beyond the limit that were not read
    """

    title: str
    language: str | None
    entries: tuple[FeedEntry, ...]
    cut_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedAnswer:
    """A feed as it was answered: what the next conditional request needs, and what it says."""

    url: str
    http_status: int
    etag: str | None
    last_modified: str | None
    body_hash: str
    feed: Feed
    note: str | None = None
