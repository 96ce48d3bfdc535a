"""Visits under way in this process."""

from dataclasses import dataclass, field

from crawler.model.run import RunOutcome, Visit
from crawler.model.source import Source
from crawler.storage.entries import WaitingEntry


@dataclass(slots=True)
class OpenVisit:
    """A visit whose ways in are being read or whose pages are not all settled.

    entries      pages asked for, by entry id
    pages_open   how many of these are not settled yet
    outcome      how the visit ends once they are
    is_baseline  what is read now is what later visits are compared with, and no news
    """

    visit: Visit
    source: Source
    entries: dict[int, WaitingEntry] = field(default_factory=dict)
    pages_open: int = 0
    outcome: RunOutcome = RunOutcome.OK
    is_baseline: bool = False
