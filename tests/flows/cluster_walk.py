"""The part of the walk (``storage_walk.py``) in which visits are handed out to workers, and their notes come back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from crawler.clock import Clock
from crawler.config.schema import Config
from crawler.flows.cluster.home.isolation import let_late_pages_go, refuse_isolated, take_back
from crawler.flows.cluster.home.packing import claim, pack
from crawler.flows.cluster.home.replay import Replay
from crawler.flows.cluster.home.replaying import Replaying
from crawler.flows.cluster.notes import ArticleNote, ConcludeNote, DoneNote, ResultNote, SentPage
from crawler.flows.crawl.visit import release_visits
from crawler.flows.process.parse_pool.understanding import sign_article
from crawler.flows.process.rules import Rules
from crawler.flows.process.writer import Writer
from crawler.model.article import Page
from crawler.model.cluster.bundle import Bundle, Pace
from crawler.model.source import Endpoint, EndpointKind, FeedEntry, FetchResult
from crawler.storage.crawl.handing_out.bundles import (
    delete_bundles,
    release_domains,
    set_drained_at,
)
from crawler.storage.crawl.sources import mark_due_now
from scheduler.due.planning import plan_finished
from tests.newsroom import make_story

_KEY = "0123456789abcdef01234567"
_HOUR = timedelta(hours=1)


class ClusterWalk:
    """A home, step by step; each is a piece of work of the writer."""

    def __init__(
        self, writer: Writer, rules: Rules, clock: Clock, alone: Callable[..., Any]
    ) -> None:
        self._writer, self._rules, self._clock, self._alone = writer, rules, clock, alone

    async def go(self, config: Config) -> None:
        """Hand out, replay, lose workers, isolate, drain, and visit at home again."""
        await self._make_due(config)
        [bundle] = await self._pack()
        await self._read(bundle)
        [pages] = await self._pack()
        await self._keep_one(pages)
        await self._writer.run(let_late_pages_go, least=_HOUR, now=self._clock() + 9 * _HOUR)
        for _ in range(4):
            await self._make_due(config)
            lost = [one.id for one in await self._pack(places=9)]
            await self._writer.run(take_back, lost, has_died=True, now=self._clock())
        await self._make_due(config)
        await self._writer.run(refuse_isolated, self._rules, now=self._clock())
        await self._writer.run(self._alone(release_domains), None)
        await self._writer.run(self._alone(set_drained_at), self._clock())
        await self._writer.run(self._alone(set_drained_at), None)
        await self._writer.run(self._alone(delete_bundles))
        await self._writer.run(release_visits, now=self._clock())
        await self._make_due(config, is_claiming=False)

    async def _make_due(self, config: Config, *, is_claiming: bool = True) -> None:
        await plan_finished(self._writer, config, now=self._clock())
        names = [source.name for source in config.sources]
        await self._writer.run(self._alone(mark_due_now), names, now=self._clock())
        if is_claiming:
            await self._writer.run(claim, self._rules, now=self._clock(), limit=9)

    async def _pack(self, *, places: int = 1) -> tuple[Bundle, ...]:
        packed: tuple[Bundle, ...] = await self._writer.run(
            pack, self._rules, key=_KEY, now=self._clock(), places=places
        )
        return packed

    async def _replay(self, bundle: Bundle, number: int, *notes: Any) -> None:
        replay = Replay(Replaying(self._rules, key=_KEY, now=self._clock()))
        await self._writer.run(replay.run, bundle.id, number, notes)

    async def _read(self, bundle: Bundle) -> None:
        now = self._clock()
        for number, tasks in enumerate(bundle.domains, 1):
            notes: list[Any] = []
            for task in tasks.sources:
                # one of them as a page that is watched itself
                kind = EndpointKind.PAGE if task.source.name == "herald" else EndpointKind.FEED
                endpoint = Endpoint(id=0, kind=kind, url=task.source.url)
                links = [f"http://{tasks.domain}/c{n}" for n in range(3)]
                entries = tuple(FeedEntry(url=link, title=link, stated_at=now) for link in links)
                result = FetchResult(endpoint=endpoint, http_status=200, entries=entries)
                notes.append(ResultNote(at=now, visit_id=task.visit.id, result=result))
                notes.append(ConcludeNote(at=now, visit_id=task.visit.id, results=(result,)))
            await self._replay(
                bundle, number, *notes, DoneNote(at=now, pace=Pace(domain=tasks.domain))
            )

    async def _keep_one(self, bundle: Bundle) -> None:
        task = bundle.domains[0].pages[0]
        entry, now = task.entries[0], self._clock()
        page = Page(
            url=entry.url,
            requested_url=entry.url,
            body=b"",
            content_type="text/html",
            fetched_at=now,
            visit_id=task.visit.id,
            source_id=task.source.id,
            entry_id=entry.id,
        )
        story = sign_article(make_story(4711))
        note = ArticleNote(at=now, sent=SentPage(page=page), understood=story)
        done = [DoneNote(at=now, pace=one.pace) for one in bundle.domains]
        await self._replay(bundle, 1, note, *done)
