"""Records of a visit: its outcome, the outcome of its pages, and why a page failed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
