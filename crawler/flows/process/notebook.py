"""The notebook: all that a visit says to whoever keeps the books (decision 038).

What reads sources and pages knows no database: it calls these methods, with records of ``model`` and values of the stages. In
the process that owns the database each is a transaction of ``flows`` (``flows/embedded_notebook.py``). An endpoint that has no
row yet has the id 0, and is known by its kind and address.
"""

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from crawler.errors import HostThrottled, ParsePostponed
from crawler.flows.process.parse_pool.understanding import Understood
from crawler.model.article import Page
from crawler.model.site import RobotsFile, Throttle
from crawler.model.source import FetchResult, Source
from crawler.model.visit import PageFailure, PageOutcome, Visit, VisitOutcome, WaitingEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """An entry whose page was not read.

    page   the entry, with the answer if there was one
    words  the article made of its feed's words, understood, or None
    """

    page: Page
    source: Source
    words: Understood | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a fetched page is no article.

    may_come  it may hold one later: no text so far, or a wall
    is_wall   it is not the page that was asked for, so the feed's words wait for a while too
    """

    reason: str
    may_come: bool = False
    is_wall: bool = False


class VisitNotes(Protocol):
    """What is said of visits and endpoints. Each raises VisitOver if the visit does not count any more."""

    async def claim_visits(
        self, *, limit: int, only: tuple[str, ...] | None = None
    ) -> tuple[tuple[Visit, Source], ...]:
        """Claim visits to due sources; ``only``: names to choose from, None for all."""

    async def release_visits(self, *, keep: Container[int] = ()) -> int:
        """Close visits that were left open, except those to ``keep``; return how many. Never raises VisitOver."""

    async def keep_discovery(self, visit: Visit) -> None:
        """Record that the endpoints were looked for."""

    async def keep_result(self, visit: Visit, source: Source, result: FetchResult) -> bool:
        """Record what an endpoint said; return whether its feed rolled over."""

    async def conclude_visit(
        self,
        visit: Visit,
        source: Source,
        results: tuple[FetchResult, ...],
        *,
        unwritten: tuple[FetchResult, ...],
    ) -> tuple[WaitingEntry, ...]:
        """Settle a visit whose endpoints have all been read; return the pages to fetch now. Without any, the visit is over."""

    async def fail_visit(
        self,
        visit: Visit,
        source: Source,
        result: FetchResult,
        *,
        unwritten: tuple[FetchResult, ...],
    ) -> None:
        """End a visit whose source could not be read at any endpoint; ``result``: the failure that is reported."""

    async def extend_visit(self, visit: Visit, *, by: timedelta) -> None:
        """Extend the lease of a visit that has pages to fetch."""

    async def end_visit(
        self, visit: Visit, *, outcome: VisitOutcome, refused_entry_id: int | None = None
    ) -> None:
        """End a visit whose pages are all settled. Never raises VisitOver: a closed visit stays as it is."""

    async def drop_visit(self, visit: Visit, *, outcome: VisitOutcome, reason: str) -> None:
        """Close a visit that cannot end in order. Never raises VisitOver."""


class PageNotes(Protocol):
    """What is said of pages, and what is asked about their entries. What writes raises VisitOver as above."""

    async def keep_article(self, page: Page, understood: Understood, source: Source) -> PageOutcome:
        """Judge, store and match an article; raises NotYet if it is a wall."""

    async def keep_new_words(
        self, unread: Unread, reason: str, *, page_due_at: datetime
    ) -> PageOutcome:
        """Store a feed's new words for an article that has only those; ``reason``: why the last look at the page failed."""

    async def refuse_page(self, unread: Unread, refusal: Refusal) -> PageOutcome:
        """Record that a page holds no article; its feed's words may alert instead."""

    async def fail_page(self, visit: Visit, unread: Unread, failure: PageFailure) -> None:
        """Record that a page could not be fetched: it waits for another try, or has failed."""

    async def hold_page(
        self, visit: Visit, unread: Unread, wait: HostThrottled | ParsePostponed
    ) -> None:
        """Let a page wait until its host may be asked again, or it may be read."""

    async def is_article_known(self, entry_id: int) -> bool:
        """Return whether an entry's page was understood as an article before."""

    async def find_usual_language(self, source_id: int) -> str:
        """Return the language of most articles of a source, empty if there is none."""


class SiteNotes(Protocol):
    """What sites ask of crawlers."""

    async def list_throttles(self) -> tuple[Throttle, ...]:
        """Return the hosts that are throttled now."""

    async def save_throttle(self, throttle: Throttle) -> None:
        """Save a throttle for later crawls."""

    async def find_robots(self, origin: str) -> RobotsFile | None:
        """Return the robots.txt kept for an origin, however old."""

    async def save_robots(self, robots: RobotsFile) -> None:
        """Save a robots.txt for later crawls."""


class Notebook(VisitNotes, PageNotes, SiteNotes, Protocol):
    """All of it; one object, which a crawl process has in its services."""
