"""Visits under way in this process."""

from dataclasses import dataclass, field

from crawler.model.run import Visit
from crawler.model.source import Source
from crawler.storage.entries import WaitingEntry


@dataclass(slots=True)
class OpenVisit:
    """A visit whose source is being read or whose pages are not all settled.

    entries       pages asked for, by entry id
    pages_open    how many of these are not settled yet
    is_unchanged  the source had nothing new
    has_followed  the request now under way is for a feed that the home page named
    """

    visit: Visit
    source: Source
    entries: dict[int, WaitingEntry] = field(default_factory=dict)
    pages_open: int = 0
    is_unchanged: bool = False
    has_followed: bool = False
