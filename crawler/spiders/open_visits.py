"""Visits of this process that have not ended."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crawler.model.source import Source
from crawler.model.visit import Visit, VisitOutcome
from crawler.storage.crawl.crawl_queue import MOST_PER_DOMAIN
from crawler.storage.crawl.entries.entries import WaitingEntry

# slow answers, and pages of other visits between ours
_SLACK = 2
_SLOW_ANSWER = timedelta(seconds=2)


@dataclass(slots=True)
class OpenVisit:
    """A visit whose endpoints are being read or whose pages are not all settled.

    ends_by      on the event loop's clock: when it is let go at the latest
    is_over      closed, or let go: nothing more is asked for or written
    entries      pages asked for, by entry id
    words_only   entries told by their feed's new words alone, by id: when their page may be asked for
    pages_open   how many of these are not settled yet
    is_read      the source was read: what is left are its pages
    outcome      how the visit ends once they are
    refused_entry_id  the watched page, where it was refused
    is_baseline  what is read now is what later visits are compared with, and no news
    """

    visit: Visit
    source: Source
    ends_by: float
    entries: dict[int, WaitingEntry] = field(default_factory=dict)
    words_only: dict[int, datetime] = field(default_factory=dict)
    pages_open: int = 0
    is_read: bool = False
    outcome: VisitOutcome = VisitOutcome.OK
    refused_entry_id: int | None = None
    is_baseline: bool = False
    is_over: bool = False


def give_time(page_count: int, *, pace: timedelta) -> timedelta:
    """Return how long fetching that many pages may take, where several visits share the domain's budget.

    pace  the pause between two pages of the domain
    """
    return page_count * max(pace, _SLOW_ANSWER) * MOST_PER_DOMAIN * _SLACK
