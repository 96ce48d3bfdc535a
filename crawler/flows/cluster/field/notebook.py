"""The notebook of a worker on another machine: it writes down what visits say, and answers from what came with the bundle.

The home replays the notes with the functions of the embedded notebook (``replay.py``), so that both ways store the same.
What needs the database comes with the bundle or is decided at home: which pages a visit has is, so ``conclude_visit`` returns
none, and they come as further bundles.
"""

from collections.abc import Callable, Container
from dataclasses import replace
from datetime import datetime, timedelta

from crawler.clock import Clock
from crawler.errors import HostThrottled, ParsePostponed, VisitOver
from crawler.flows.cluster.field.gathering import Gathering
from crawler.flows.cluster.notes import (
    WATCHED,
    ArticleNote,
    ConcludeNote,
    DoneNote,
    DropNote,
    FailNote,
    FailureNote,
    HoldNote,
    Note,
    RefusalNote,
    ResultNote,
    RobotsNote,
    SearchNote,
    SentPage,
    ThrottleNote,
    WordsNote,
    brings_page,
)
from crawler.flows.crawl.announce import judge_entries, lists_none_of_the_last, make_seen_keys
from crawler.flows.news.judging.kept_pages import is_page_kept
from crawler.flows.process.notebook import Notebook, Refusal, Unread
from crawler.flows.process.parse_pool.understanding import Understood
from crawler.flows.process.rules import Rules
from crawler.model.article import Page
from crawler.model.cluster.bundle import Bundle, Pace, PagesTask, SourceTask
from crawler.model.site import RobotsFile, Throttle
from crawler.model.source import EndpointKind, FetchResult, Source
from crawler.model.visit import PageFailure, PageOutcome, Visit, VisitOutcome, WaitingEntry
from crawler.storage.crawl.entries.pages import pack_body
from crawler.text.web.urls import budget_key


class _Open:
    """A bundle whose notes are gathered."""

    def __init__(self, bundle: Bundle, gathering: Gathering) -> None:
        self.gathering = gathering
        self.domains = frozenset(one.domain for one in bundle.domains)
        self.robots = {one.origin: one for one in bundle.robots}
        self.sources = frozenset(t.visit.id for one in bundle.domains for t in one.sources)
        pages = [task for one in bundle.domains for task in one.pages]
        self.entries = frozenset(entry.id for task in pages for entry in task.entries)
        self.known = frozenset[int]().union(*(task.known for task in pages))
        tasks: list[SourceTask | PagesTask] = [
            *pages,
            *(task for one in bundle.domains for task in one.sources),
        ]
        self.languages = {task.source.id: task.usual_language for task in tasks}


class FieldNotebook(Notebook):
    """Notes of the bundles that a worker has open.

    rules  returns the rules in force: the sizes of kept pages
    """

    def __init__(self, clock: Clock, rules: Callable[[], Rules]) -> None:
        self._now = clock
        self._rules = rules
        self._open: dict[int, _Open] = {}

    def begin(self, bundle: Bundle, gathering: Gathering) -> None:
        """Take up the notes of a bundle."""
        self._open[bundle.id] = _Open(bundle, gathering)

    async def finish_domain(self, bundle_id: int, pace: Pace) -> None:
        """Note that a bundle asks nothing more of a domain."""
        if opened := self._open.get(bundle_id):
            await opened.gathering.add(DoneNote(at=self._now(), pace=pace))

    async def finish(self, bundle_id: int) -> None:
        """Return when all notes of a bundle are with the carrier."""
        if opened := self._open.get(bundle_id):
            await opened.gathering.finish()
        self._open.pop(bundle_id, None)

    def abandon(self, bundle_id: int) -> None:
        """Forget a bundle: its notes do not count any more."""
        if opened := self._open.pop(bundle_id, None):
            opened.gathering.abandon()

    async def _say_of_visit(self, visit: Visit, note: Note) -> None:
        """Add a note on a visit to the bundle that reads its source; raises VisitOver if there is none any more."""
        for opened in self._open.values():
            if visit.id in opened.sources:
                return await opened.gathering.add(note)
        raise VisitOver("the bundle of the visit was given up")

    async def _say_of_page(self, page: Page, note: Note) -> None:
        for opened in self._open.values():
            is_watched = page.entry_id == WATCHED and page.visit_id in opened.sources
            if is_watched or page.entry_id in opened.entries:
                return await opened.gathering.add(note)
        raise VisitOver("the bundle of the page was given up")

    async def _say_of_site(self, address: str, note: Note, *, is_urgent: bool = False) -> None:
        """Add a note on a site to a bundle that has its domain, or else to any: it counts either way."""
        bundles = [*self._open.values()]
        domain = budget_key(address)
        theirs = [one for one in bundles if domain in one.domains] or bundles
        if theirs:
            await theirs[0].gathering.add(note, is_urgent=is_urgent)

    async def claim_visits(
        self, *, limit: int, only: tuple[str, ...] | None = None
    ) -> tuple[tuple[Visit, Source], ...]:
        return ()  # visits come as bundles

    async def release_visits(self, *, keep: Container[int] = ()) -> int:
        return 0  # the home does

    async def keep_discovery(self, visit: Visit) -> None:
        await self._say_of_visit(visit, SearchNote(at=self._now(), visit_id=visit.id))

    async def keep_result(self, visit: Visit, source: Source, result: FetchResult) -> bool:
        now = self._now()
        await self._say_of_visit(visit, ResultNote(at=now, visit_id=visit.id, result=result))
        if result.endpoint.kind is not EndpointKind.FEED:
            return False
        # without the database: that its links change at each fetch is seen at home, and here costs one search for a sitemap
        announced = judge_entries(source, result, now=now)
        return lists_none_of_the_last(result.endpoint, make_seen_keys(announced))

    async def conclude_visit(
        self,
        visit: Visit,
        source: Source,
        results: tuple[FetchResult, ...],
        *,
        unwritten: tuple[FetchResult, ...],
    ) -> tuple[WaitingEntry, ...]:
        brief = tuple(replace(_without_keys(one), entries=(), seen_keys=None) for one in results)
        note = ConcludeNote(
            at=self._now(),
            visit_id=visit.id,
            results=brief,
            unwritten=tuple(map(_without_keys, unwritten)),
        )
        await self._say_of_visit(visit, note)
        watched = [one for one in results if brings_page(one)]
        return tuple(
            WaitingEntry(
                id=WATCHED, url=one.endpoint.url, title="", stated_at=None, attempt_count=0,
                kind=EndpointKind.PAGE, first_seen_at=note.at,
            )
            for one in watched[:1]
        )  # fmt: skip

    async def fail_visit(
        self,
        visit: Visit,
        source: Source,
        result: FetchResult,
        *,
        unwritten: tuple[FetchResult, ...],
    ) -> None:
        brief = tuple(map(_without_keys, unwritten))
        note = FailNote(at=self._now(), visit_id=visit.id, result=_without_keys(result), unwritten=brief)  # fmt: skip
        await self._say_of_visit(visit, note)

    async def extend_visit(self, visit: Visit, *, by: timedelta) -> None:
        """Say nothing: the home knows that the bundle's worker is alive."""

    async def end_visit(
        self, visit: Visit, *, outcome: VisitOutcome, refused_entry_id: int | None = None
    ) -> None:
        """Say nothing: the home ends a visit with its last page."""

    async def drop_visit(self, visit: Visit, *, outcome: VisitOutcome, reason: str) -> None:
        note = DropNote(at=self._now(), visit_id=visit.id, outcome=outcome, reason=reason)
        if any(visit.id in opened.sources for opened in self._open.values()):
            await self._say_of_visit(visit, note)

    async def keep_article(self, page: Page, understood: Understood, source: Source) -> PageOutcome:
        sent = self._send(page, understood.packed)
        note = ArticleNote(at=self._now(), sent=sent, understood=replace(understood, packed=b""))
        await self._say_of_page(page, note)
        return PageOutcome.NEW  # the home judges

    async def keep_new_words(
        self, unread: Unread, reason: str, *, page_due_at: datetime
    ) -> PageOutcome:
        note = WordsNote(
            at=self._now(),
            sent=self._send(unread.page),
            words=unread.words,
            reason=reason,
            page_due_at=page_due_at,
        )
        await self._say_of_page(unread.page, note)
        return PageOutcome.SEEN

    async def refuse_page(self, unread: Unread, refusal: Refusal) -> PageOutcome:
        note = RefusalNote(
            at=self._now(), sent=self._send(unread.page), words=unread.words, refusal=refusal
        )
        await self._say_of_page(unread.page, note)
        return PageOutcome.REFUSED

    async def fail_page(self, visit: Visit, unread: Unread, failure: PageFailure) -> None:
        note = FailureNote(
            at=self._now(), sent=self._send(unread.page), words=unread.words, failure=failure
        )
        await self._say_of_page(unread.page, note)

    async def hold_page(
        self, visit: Visit, unread: Unread, wait: HostThrottled | ParsePostponed
    ) -> None:
        note = HoldNote(
            at=self._now(),
            sent=self._send(unread.page),
            words=unread.words,
            reason=wait.reason,
            until=wait.until,
            is_host=isinstance(wait, HostThrottled),
        )
        await self._say_of_page(unread.page, note)

    async def is_article_known(self, entry_id: int) -> bool:
        return any(entry_id in opened.known for opened in self._open.values())

    async def find_usual_language(self, source_id: int) -> str:
        return next(
            (
                opened.languages[source_id]
                for opened in self._open.values()
                if source_id in opened.languages
            ),
            "",
        )

    async def list_throttles(self) -> tuple[Throttle, ...]:
        return ()  # they come with bundles

    async def save_throttle(self, throttle: Throttle) -> None:
        note = ThrottleNote(at=self._now(), throttle=throttle)
        await self._say_of_site(f"http://{throttle.domain}/", note, is_urgent=True)

    async def find_robots(self, origin: str) -> RobotsFile | None:
        files = (opened.robots.get(origin) for opened in self._open.values())
        return next(filter(None, files), None)

    async def save_robots(self, robots: RobotsFile) -> None:
        await self._say_of_site(robots.origin, RobotsNote(at=self._now(), robots=robots))

    def _send(self, page: Page, packed: bytes = b"") -> SentPage:
        """Return a page without its body, and the body packed if the home may keep it."""
        if not packed and is_page_kept(page, self._rules().config.store):
            packed = pack_body(page)
        return SentPage(page=replace(page, body=b""), packed=packed)


def _without_keys(result: FetchResult) -> FetchResult:
    """Return a result without the keys of the last visit if it says nothing new: 8 kB that nobody reads."""
    if not (result.is_unchanged or result.failure):
        return result
    return replace(result, endpoint=replace(result.endpoint, seen_keys=b""))
