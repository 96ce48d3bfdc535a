"""Records of a visit: its outcome, the pages it has to fetch, their outcome, and why a page failed."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from crawler.model.article import Occasion, Page, PageEntry
from crawler.model.source import EndpointKind, Source

# a visit that takes longer, and longer than its pages can explain, is given up: visits that could not be settled had their
# leases extended for ever, and their sources were never visited again
LEASE = timedelta(minutes=30)
# sources of one domain that are read at a time: they share one budget, so more would only keep other domains waiting
MOST_PER_DOMAIN = 4


# ends the reason of a failure that a machine without a network has with every source
NO_NETWORK = "(no network, or "


def is_network_fault(reason: str) -> bool:
    """Return whether a visit may have failed because this machine has no network."""
    return NO_NETWORK in reason


class VisitOutcome(StrEnum):
    """How a visit ended.

    ok           the source was read
    unchanged    the source answered that nothing changed, or the same bytes came again
    failed       the source could not be fetched or read
    interrupted  the crawl process ended before the visit did
    """

    OK = "ok"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class PageOutcome(StrEnum):
    """The outcome of one announced page; each is a count on its visit."""

    NEW = "new"
    COPY = "copy"
    REVISED = "revised"
    SEEN = "seen"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A visit claimed for this process.

    version    hash of the source's address and kind when it was claimed. If they change, nothing of this visit counts: the
               old site's feed was read for a week after an address had been corrected (decision 021)
    is_wanted  a person asked for it: every endpoint is read, also those that rest
    """

    id: int
    source_id: int
    source_name: str
    version: str = ""
    is_wanted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFailure:
    """Why a page could not be fetched or read.

    reason       one line for a person
    is_final     trying again is of no use
    gone_status  404 or 410, where the site says that the page is no longer there
    is_interrupted  it was fetched, and reading it was cut off
    held_until   until when its site asked to be left alone, or None
    """

    reason: str
    is_final: bool = False
    gone_status: int | None = None
    is_interrupted: bool = False
    held_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingEntry:
    """An announced page that is to be fetched now.

    occasion     why it is fetched now
    interrupted_count  how many times reading its page was cut off since it was announced
    key          identifies it among the source's entries
    text         the feed's own words on it; empty once its page was read
    language     ISO 639-1 code its feed claims, or None
    is_shared    other entries have the same page, or it has none
    kind         of the endpoint that announced it first, None if that is gone
    first_seen_at, unread_since  our first sight of it; since when its page could not be read, or None
    looked_at    last look at its page, or None; ``reason`` is why that failed
    is_from_feed     it is an article in its feed's words, and its page was not read so far
    """

    id: int
    url: str
    title: str
    stated_at: datetime | None
    attempt_count: int
    occasion: Occasion = Occasion.NEWS
    interrupted_count: int = 0
    key: str = ""
    text: str = field(default="", repr=False)
    language: str | None = None
    is_shared: bool = False
    kind: EndpointKind | None = None
    first_seen_at: datetime | None = None
    unread_since: datetime | None = None
    looked_at: datetime | None = None
    reason: str = ""
    is_from_feed: bool = False

    def make_page(
        self, visit: Visit, source: Source, *, is_baseline: bool = False, now: datetime
    ) -> Page:
        """Return the page as long as there is no answer: it holds what the feed says."""
        return Page(
            url=self.url,
            requested_url=self.url,
            body=b"",
            content_type="",
            fetched_at=now,
            visit_id=visit.id,
            source_id=source.id,
            entry_id=self.id,
            occasion=Occasion.BASELINE if is_baseline else self.occasion,
            settings=source.page_settings,
            entry=PageEntry(
                key=self.key,
                title=self.title,
                stated_at=self.stated_at,
                text=self.text,
                language=self.language,
                is_shared=self.is_shared,
                interrupted_count=self.interrupted_count,
            ),
        )
