"""Visits that this process has open, and how long they may take."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crawler.model.source import Source
from crawler.model.visit import Visit, VisitOutcome, WaitingEntry

# eight times the calculated time, for slow answers and for pages that come later and go first
_SLACK = 8
# counted for each page if the pause between pages is shorter: answers take time too
_SLOW_ANSWER = timedelta(seconds=2)


@dataclass(slots=True)
class OpenVisit:
    """A visit whose endpoints are being read or whose pages are not all settled.

    ends_by      when it is ended at the latest, in seconds of the event loop's clock
    is_over      closed or abandoned: nothing more is requested or saved for it
    entries      entries whose pages are fetched, by entry id
    words_only   when the page may be fetched, by id of the entries of which only the feed's new words are read until then
    pages        the domain of each page that is not settled yet, by entry id; empty for an entry without an address
    is_read      the source was read, and its place is free for another visit; only its pages are left
    read_at      when that was, in seconds of the event loop's clock
    outcome      how the visit ends once all pages are settled
    refused_entry_id  the entry of a watched page that was refused
    is_baseline  the first reading of a watched page: later visits are compared with it, and it is no news
    """

    visit: Visit
    source: Source
    ends_by: float
    entries: dict[int, WaitingEntry] = field(default_factory=dict)
    words_only: dict[int, datetime] = field(default_factory=dict)
    pages: dict[int, str] = field(default_factory=dict)
    is_read: bool = False
    read_at: float = 0.0
    outcome: VisitOutcome = VisitOutcome.OK
    refused_entry_id: int | None = None
    is_baseline: bool = False
    is_over: bool = False


def give_time(page_count: int, *, pace: timedelta) -> timedelta:
    """Return how long fetching pages of one domain may take.

    pace  the pause between two pages of the domain
    """
    return page_count * max(pace, _SLOW_ANSWER) * _SLACK
