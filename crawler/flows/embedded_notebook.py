"""The notebook of a process that owns the database: each method is one transaction of ``flows``, or one question to storage.

Nothing is decided here but that news is stored first: another notebook writes the calls down, and the same functions replay them.
"""

from collections.abc import Callable, Container
from datetime import datetime, timedelta

from crawler.clock import Clock
from crawler.errors import HostThrottled, ParsePostponed
from crawler.flows.crawl import visit as visits
from crawler.flows.news import ingest
from crawler.flows.news.pages import feed_words, held_pages, unread_pages
from crawler.flows.process.notebook import Notebook, Refusal, Unread
from crawler.flows.process.parse_pool.understanding import Understood
from crawler.flows.process.rules import Rules
from crawler.flows.process.writer import Writer
from crawler.model.article import Page
from crawler.model.site import RobotsFile, Throttle
from crawler.model.source import FetchResult, Source
from crawler.model.visit import PageFailure, PageOutcome, Visit, VisitOutcome, WaitingEntry
from crawler.storage.crawl import domains
from crawler.storage.crawl.entries.entries import find_entry_article
from crawler.storage.news.article_reading import find_usual_language


class EmbeddedNotebook(Notebook):
    """Writes with a Writer; ``find_rules`` returns the rules in force."""

    def __init__(self, writer: Writer, clock: Clock, find_rules: Callable[[], Rules]) -> None:
        self._run, self._run_behind = writer.run, writer.run_behind
        self._now = clock
        self._rules = find_rules

    async def claim_visits(
        self, *, limit: int, only: tuple[str, ...] | None = None
    ) -> tuple[tuple[Visit, Source], ...]:
        return await self._run(
            visits.claim_visits, self._rules(), now=self._now(), limit=limit, only=only
        )

    async def release_visits(self, *, keep: Container[int] = ()) -> int:
        return await self._run(visits.release_visits, keep=keep, now=self._now())

    async def keep_discovery(self, visit: Visit) -> None:
        await self._run(visits.keep_discovery, visit, now=self._now())

    async def keep_result(self, visit: Visit, source: Source, result: FetchResult) -> bool:
        return await self._run(visits.keep_result, visit, source, result, now=self._now())

    async def conclude_visit(
        self,
        visit: Visit,
        source: Source,
        results: tuple[FetchResult, ...],
        *,
        unwritten: tuple[FetchResult, ...],
    ) -> tuple[WaitingEntry, ...]:
        return await self._run(
            visits.conclude_visit, visit, source, results, unwritten=unwritten, now=self._now()
        )

    async def fail_visit(
        self,
        visit: Visit,
        source: Source,
        result: FetchResult,
        *,
        unwritten: tuple[FetchResult, ...],
    ) -> None:
        await self._run(
            visits.fail_visit, visit, source, result, unwritten=unwritten, now=self._now()
        )

    async def extend_visit(self, visit: Visit, *, by: timedelta) -> None:
        await self._run(visits.extend_visit, visit, by=by, now=self._now())

    async def end_visit(
        self, visit: Visit, *, outcome: VisitOutcome, refused_entry_id: int | None = None
    ) -> None:
        await self._run(
            visits.end_visit,
            visit,
            outcome=outcome,
            refused_entry_id=refused_entry_id,
            now=self._now(),
        )

    async def drop_visit(self, visit: Visit, *, outcome: VisitOutcome, reason: str) -> None:
        await self._run(visits.drop_visit, visit, outcome=outcome, reason=reason, now=self._now())

    async def keep_article(self, page: Page, understood: Understood, source: Source) -> PageOutcome:
        keep = self._run if page.is_news else self._run_behind
        return await keep(
            ingest.keep_article,
            page,
            understood,
            source=source,
            rules=self._rules(),
            now=self._now(),
        )

    async def keep_new_words(
        self, unread: Unread, reason: str, *, page_due_at: datetime
    ) -> PageOutcome:
        return await self._run(
            feed_words.store_new_words,
            unread,
            reason,
            page_due_at=page_due_at,
            rules=self._rules(),
            now=self._now(),
        )

    async def refuse_page(self, unread: Unread, refusal: Refusal) -> PageOutcome:
        return await self._run(
            unread_pages.refuse_page, unread, refusal, rules=self._rules(), now=self._now()
        )

    async def fail_page(self, visit: Visit, unread: Unread, failure: PageFailure) -> None:
        await self._run(
            unread_pages.fail_page, visit, unread, failure, rules=self._rules(), now=self._now()
        )

    async def hold_page(
        self, visit: Visit, unread: Unread, wait: HostThrottled | ParsePostponed
    ) -> None:
        await self._run(
            held_pages.hold_page, visit, unread, wait, rules=self._rules(), now=self._now()
        )

    async def is_article_known(self, entry_id: int) -> bool:
        return await self._run(find_entry_article, entry_id) is not None

    async def find_usual_language(self, source_id: int) -> str:
        return await self._run(find_usual_language, source_id)

    async def list_throttles(self) -> tuple[Throttle, ...]:
        return await self._run(domains.list_throttles, now=self._now())

    async def save_throttle(self, throttle: Throttle) -> None:
        await self._run(domains.save_throttle, throttle)

    async def find_robots(self, origin: str) -> RobotsFile | None:
        return await self._run(domains.find_robots, origin)

    async def save_robots(self, robots: RobotsFile) -> None:
        await self._run(domains.save_robots, robots)
