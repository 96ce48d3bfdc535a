"""One execution for one source."""

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
    """What became of one announced page; each is a count on its visit."""

    NEW = "new"
    COPY = "copy"
    REVISED = "revised"
    SEEN = "seen"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A source whose moment has come, claimed for this process.

    version    the source's address and kind when it was claimed: once they change, nothing of this visit counts
    is_wanted  a person asked for it: every endpoint is read, whether it is its turn or not
    """

    id: int
    source_id: int
    source_name: str
    version: str = ""
    is_wanted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFailure:
    """Why a page could not be had.

    reason       one line for a person
    is_final     trying again is of no use
    gone_status  404 or 410, where the site says that the page is no longer there
    is_interrupted  it was had, and reading it was cut off
    held_until   its site asked to be left alone so long, or None
    """

    reason: str
    is_final: bool = False
    gone_status: int | None = None
    is_interrupted: bool = False
    held_until: datetime | None = None
