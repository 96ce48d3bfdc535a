"""A walk through everything that writes to the database, from the configuration to a sent message, failures included."""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial, update_wrapper
from pathlib import Path
from typing import Any

from crawler.config.schema import Config
from crawler.config.sections.sources import SourceSettings
from crawler.config.sections.watches import WatchSettings
from crawler.config.upkeep.archive import Compression
from crawler.errors import HostThrottled, NotYet
from crawler.flows.crawl.visit import (
    claim_visits,
    conclude_visit,
    drop_visit,
    end_visit,
    extend_visit,
    fail_visit,
    keep_discovery,
    keep_result,
    release_visits,
)
from crawler.flows.crawl_requests import apply_crawl_request
from crawler.flows.daemon_upkeep import keep_small
from crawler.flows.mail.audience import load_audience
from crawler.flows.mail.delivery.delivery_times import repair_delivery_times
from crawler.flows.mail.delivery.mailbox import take_up_mails
from crawler.flows.mail.delivery.reports import measure_report
from crawler.flows.mail.delivery.status_reports import queue_notice, queue_status_reports
from crawler.flows.mail.outbox import Outbox
from crawler.flows.mail.queueing.leaving_out import leave_out_removed, restore_returned
from crawler.flows.mail.requests import apply_request, settle_request
from crawler.flows.mail.withheld import raise_withheld
from crawler.flows.news.ingest import keep_article
from crawler.flows.news.pages.held_pages import hold_page
from crawler.flows.news.pages.unread_pages import fail_page, refuse_page
from crawler.flows.news.reprocess import apply_reprocessed, reprocess_page
from crawler.flows.process.configure import apply_config_in_slices
from crawler.flows.process.notebook import Refusal, Unread
from crawler.flows.process.parse_pool.understanding import sign_article
from crawler.flows.process.rules import Rules, load_rules
from crawler.flows.process.writer import Writer
from crawler.flows.retention import CRAWL_RULES, DAEMON_RULES, Sweeper
from crawler.flows.watch.key_index import index_some_texts, open_key_index
from crawler.flows.watch.merging import move_merged
from crawler.model.article import Article, Occasion, Page, PageEntry
from crawler.model.cluster.state import ClusterState
from crawler.model.mail.mailbox import Batch, MailedRequest, Position
from crawler.model.request import CRAWL_KINDS, Request, RequestKind
from crawler.model.site import RobotsFile, Throttle
from crawler.model.source import (
    Endpoint,
    EndpointKind,
    FeedEntry,
    FetchResult,
    PageSettings,
    Source,
)
from crawler.model.visit import PageFailure, Visit, VisitOutcome, WaitingEntry
from crawler.storage.archive.archived import (
    RecordPlace,
    begin_file,
    clear_pages,
    drop_file_pages,
    give_up_file,
    keep_trouble,
    mark_written,
)
from crawler.storage.backup.told import mark_as_told
from crawler.storage.crawl.domains import save_robots, save_throttle
from crawler.storage.crawl.endpoints import save_endpoint
from crawler.storage.crawl.entries.entries import list_waiting_entries
from crawler.storage.crawl.entries.pages import (
    drop_oldest_pages,
    expire_pages,
    find_page,
    list_last_pages,
)
from crawler.storage.crawl.handing_out.bundles import isolate_domain, note_death
from crawler.storage.crawl.handing_out.cluster_state import (
    clear_cluster_state,
    save_cluster_state,
)
from crawler.storage.file.database import transaction
from crawler.storage.mail import deliveries
from crawler.storage.mail.messages import move_alerts
from crawler.storage.mail.reports.status_reports import save_report, save_uptime, spell_recipient
from crawler.storage.mail.withheld import postpone_withheld
from crawler.storage.process.crawls import begin_crawl, keep_crawl
from crawler.storage.process.heartbeats import clear_heartbeat, save_heartbeat
from crawler.storage.process.refused_edits import keep_refused_edit
from crawler.storage.process.requests import list_open_requests, mark_taken, save_request
from crawler.storage.retention.file_room import compact, release_room
from scheduler.due import planning
from scheduler.due.planning import plan_finished, repair_schedule
from tests.conftest import make_config
from tests.fakes import START, FakeClock
from tests.flows.cluster_walk import ClusterWalk
from tests.newsroom import BODY, make_story

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
WATCHED = PageSettings(is_watched=True)
DIGEST = {"alert": "digest", "digest": "17:00"}


def alone(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a storage function as a piece of work: in a transaction of its own."""

    def work(connection: sqlite3.Connection, *args: Any, **kwargs: Any) -> Any:
        with transaction(connection):
            return function(connection, *args, **kwargs)

    work.__name__ = function.__name__
    return work


class Walk:
    """The walk; each step is a piece of work."""

    def __init__(self, writer: Writer, folder: Path) -> None:
        self.writer = writer
        self.clock = FakeClock()
        self.config = self._configure(folder, "drone")
        self.rules = Rules(config=self.config)

    def _configure(self, folder: Path, query: str, *names: str) -> Config:
        return make_config(
            folder,
            store={"path": folder / "watchword.db", "page_retention": "30d"},
            mail={
                "admin": "boss@example.org",
                "status_report": "mon 08:00",
                "to": ["me@example.org"],
            },
            sources=[
                SourceSettings.model_validate(
                    {
                        "name": name,
                        "url": f"http://{name}.example/rss",
                        "kind": "feed",
                        "backfill": "9d",
                    }
                )
                for name in (names or ("courier", "gazette", "herald"))
            ],
            watches=[
                WatchSettings(name="drones", query=query),
                WatchSettings(name="evening", query="swarm", **DIGEST),
            ],
        )

    async def go(self) -> None:
        """Walk all of it."""
        planning._RNG.seed(
            1
        )  # jitter decides which source is claimed first, and so the numbers of the visits
        await self._prepare()
        visits = await self._claim()
        await self._read(*visits["courier"])
        await self._read(*visits["gazette"])
        await self._fail(*visits["herald"])
        await self._fetch(*visits["courier"])
        await self._fetch_copy(*visits["gazette"])
        await self._hold_back(*visits["courier"])
        await self._fetch_walls(*visits["gazette"])
        await self._miss_pages(*visits["courier"])
        await self._end(*visits["courier"], *visits["gazette"])
        await ClusterWalk(self.writer, self.rules, self.clock, alone).go(self.config)
        await self._deliver()
        await self._read_mailbox()
        await self._ask()
        await self._reprocess()
        await self._change()
        await self._rename()
        await self._keep_house()

    async def _prepare(self) -> None:
        await apply_config_in_slices(self.writer, self.config, now=START)
        await self.writer.run(open_key_index)
        self.rules = await self.writer.run(load_rules, self.config)
        robots = RobotsFile(
            origin="http://courier.example",
            fetched_at=START,
            expires_at=START + MINUTE,
            http_status=200,
            body="",
            refusal=None,
        )
        await self.writer.run(save_robots, robots)
        throttle = Throttle(
            domain="slow.example", until=START + MINUTE, reason="429", refusal_count=1
        )
        await self.writer.run(save_throttle, throttle)
        await self.writer.run(alone(save_heartbeat), "daemon", now=START)
        await self.writer.run(alone(save_cluster_state), ClusterState(workers=1), now=START)
        for note in ("It has 2 faults.", "It has 1 fault.", ""):
            await self.writer.run(alone(keep_refused_edit), note, now=START - DAY)
        await self.writer.run(alone(keep_refused_edit), "It has 3 faults.", now=START - DAY)
        await self.writer.run(alone(spell_recipient), "OLD@example.org", "old@example.org")
        uptime = await self.writer.run(alone(save_uptime), uptime_id=None, now=START)
        await self.writer.run(alone(save_uptime), uptime_id=uptime, now=START + MINUTE)
        await self.writer.run(alone(begin_crawl), now=START)
        await self.writer.run(alone(keep_crawl), now=START)

    async def _claim(self) -> dict[str, tuple[Visit, Source]]:
        claimed = await self.writer.run(claim_visits, self.rules, now=START, limit=9)
        return {source.name: (visit, source) for visit, source in claimed}

    async def _read(self, visit: Visit, source: Source) -> None:
        run, clock = self.writer.run, self.clock
        endpoint = await run(
            alone(save_endpoint), visit, EndpointKind.FEED, source.url, origin="stated"
        )
        helper = await run(
            alone(save_endpoint),
            visit,
            EndpointKind.SITEMAP,
            f"{source.url}.xml",
            origin="robots.txt",
        )
        await run(keep_discovery, visit, now=clock())
        entries = tuple(
            FeedEntry(
                url=f"http://{source.name}.example/{n}", title=str(n), stated_at=START - MINUTE
            )
            for n in range(12)
        )
        result = FetchResult(endpoint=endpoint, http_status=200, etag='"1"', entries=entries)
        await run(keep_result, visit, source, result, now=clock())
        # other entries than at the last visit, and a known one: a rollover, and state to take over
        read = replace(endpoint, seen_keys=b"12345678abcdefgh", read_at=START)
        others = (replace(entries[0], url=f"http://{source.name}.example/o{n}") for n in range(2))
        old = (replace(one, stated_at=START - 2 * MINUTE) for one in others)
        await run(
            keep_result, visit, source, FetchResult(endpoint=read, entries=tuple(old)), now=clock()
        )
        await run(
            keep_result, visit, source, FetchResult(endpoint=read, entries=entries[:1]), now=clock()
        )
        unchanged = FetchResult(endpoint=helper, http_status=304, is_unchanged=True)
        broken = FetchResult(
            endpoint=replace(helper, failure_count=2), failure="HTTP 500", http_status=500
        )
        results = (result, unchanged, broken)
        await run(
            conclude_visit, visit, source, results, unwritten=(unchanged, broken), now=clock()
        )
        await run(extend_visit, visit, by=MINUTE, now=clock())

    async def _fail(self, visit: Visit, source: Source) -> None:
        # without an id: it is saved with its result
        endpoint = Endpoint(id=0, kind=EndpointKind.FEED, url=source.url)
        failed = FetchResult(endpoint=endpoint, failure="HTTP 500", http_status=500)
        await self.writer.run(fail_visit, visit, source, failed, unwritten=(failed,), now=START)

    async def _waiting(self, source: Source) -> tuple[WaitingEntry, ...]:
        found: tuple[WaitingEntry, ...] = await self.writer.run(
            list_waiting_entries, source.id, now=self.clock()
        )
        return found

    def _page(self, visit: Visit, entry: WaitingEntry) -> Page:
        return Page(
            url=entry.url,
            requested_url=entry.url,
            body=PAGE.encode(),
            content_type="text/html",
            fetched_at=self.clock(),
            visit_id=visit.id,
            source_id=visit.source_id,
            entry_id=entry.id,
        )

    def _unread(
        self, visit: Visit, source: Source, entry: WaitingEntry, words: Article | None = None
    ) -> Unread:
        return Unread(
            page=self._page(visit, entry),
            source=source,
            words=sign_article(words) if words else None,
        )

    async def _keep(
        self, visit: Visit, source: Source, entry: WaitingEntry, article: Article
    ) -> None:
        page = self._page(visit, entry)
        await self.writer.run(
            keep_article,
            page,
            sign_article(article),
            source=source,
            rules=self.rules,
            now=self.clock(),
        )

    async def _fetch(self, visit: Visit, source: Source) -> None:
        """Store a new article, one that is edited, one for a digest, and one that was looked at without result."""
        entries = await self._waiting(source)
        slogan = f"{make_story(1).body}\n\nAll drones, all day"
        first = replace(make_story(1), url=entries[0].url, body=slogan)
        await self._keep(visit, source, entries[0], first)
        await self._keep(
            visit, source, entries[0], replace(first, body=f"{first.body}\n\n{BODY}", headline="B")
        )
        await self._keep(visit, source, entries[0], replace(first, body=f"{first.body}\n\n{BODY}", headline="B"))  # fmt: skip
        await self._keep(visit, source, entries[1], replace(make_story(2, word="swarm"), url=entries[1].url))  # fmt: skip
        unread = self._unread(visit, source, entries[2])
        await self.writer.run(
            refuse_page, unread, Refusal("a wall"), rules=self.rules, now=self.clock()
        )
        watched = replace(unread, page=replace(unread.page, settings=WATCHED))
        await self.writer.run(
            refuse_page, watched, Refusal("no text"), rules=self.rules, now=self.clock()
        )

    async def _fetch_copy(self, visit: Visit, source: Source) -> None:
        """Store a copy, and an article that merges two stories."""
        entries = await self._waiting(source)
        await self._keep(visit, source, entries[0], replace(make_story(1), url=entries[0].url))
        alone_, both = long_story(10), long_story(11)
        for entry, body in zip(entries[1:4], (alone_, both, f"{alone_}\n\n{both}"), strict=True):
            article = Article(url=entry.url, headline="H", body=body, language="en")
            await self._keep(visit, source, entry, article)

    async def _hold_back(self, visit: Visit, source: Source) -> None:
        """Store an article whose headline changes more times a day than the limit of alerts."""
        entry = (await self._waiting(source))[-1]
        for number in range(6):
            changed = replace(make_story(31), url=entry.url, headline=f"Version {number}")
            await self._keep(visit, source, entry, changed)
        day = timedelta(days=1)
        await self.writer.run(alone(postpone_withheld), 1, due_at=self.clock() + day)
        # a sentence that alerts settles what was withheld of the article
        news = replace(changed, body=f"{changed.body}\n\n{BODY}")
        page = self._page(visit, entry)
        await self.writer.run(keep_article, page, sign_article(news), source=source, rules=self.rules, now=self.clock() + day)  # fmt: skip
        await self.writer.run(raise_withheld, rules=self.rules, now=self.clock() + day)

    async def _fetch_walls(self, visit: Visit, source: Source) -> None:
        """Store a watched page, a text under another article's address, and a wall that is recognised at its third address."""
        entries = await self._waiting(source)
        page = replace(self._page(visit, entries[0]), settings=WATCHED)
        for text in ("Visitor 1", "Visitor 2"):
            watched = replace(make_story(21), url=entries[0].url, body=text)
            await self.writer.run(keep_article, page, sign_article(watched), source=source, rules=self.rules, now=self.clock())  # fmt: skip
        unread = replace(self._unread(visit, source, entries[0]), page=page)
        await self.writer.run(refuse_page, unread, Refusal("a robot check"), rules=self.rules, now=self.clock())  # fmt: skip
        claimed = replace(make_story(22), url=entries[2].url, headline="Other")
        await self._keep(visit, source, entries[1], claimed)
        await self._keep(visit, source, entries[2], replace(make_story(23), url=entries[2].url, headline="Own"))  # fmt: skip
        for entry in entries[3:6]:
            page = replace(self._page(visit, entry), entry=PageEntry(title=f"News {entry.id}"))
            wall = replace(make_story(24), url=f"{entry.url}-wall", is_foreign=True)
            with suppress(NotYet):
                await self.writer.run(keep_article, page, sign_article(wall), source=source, rules=self.rules, now=self.clock())  # fmt: skip
                await self.writer.run(Outbox(self.config).take_up)

    async def _miss_pages(self, visit: Visit, source: Source) -> None:
        run, clock = self.writer.run, self.clock
        entries = await self._waiting(source)
        soft, final = PageFailure(reason="HTTP 500"), PageFailure(reason="forbidden", is_final=True)
        cut = PageFailure(reason="it was cut off", is_interrupted=True)
        alerted = make_story(3)
        words = replace(
            alerted, url=entries[1].url, from_feed="the page could not be read: HTTP 403"
        )
        held = replace(soft, held_until=clock() + timedelta(hours=1))
        early = replace(make_story(4), url=entries[0].url, from_feed=words.from_feed)
        tries = ((0, soft, None), (0, cut, None), (0, held, early), (1, final, words))
        for entry, failure, outcomes in tries:
            unread = self._unread(visit, source, entries[entry], outcomes)
            await run(fail_page, visit, unread, failure, rules=self.rules, now=clock())
        await self._keep(visit, source, entries[1], replace(alerted, url=entries[1].url))
        unasked = self._unread(
            visit, source, entries[2], replace(make_story(5), url=entries[2].url, from_feed="429")
        )
        for minutes in (1, 60):
            wait = HostThrottled("429", until=clock() + minutes * MINUTE)
            await run(hold_page, visit, unasked, wait, rules=self.rules, now=clock())
        clock.advance(hours=2)
        looks = [
            entry for entry in await self._waiting(source) if entry.occasion is Occasion.REVISIT
        ]
        wait, unread = (
            HostThrottled("429", until=clock() + MINUTE),
            self._unread(visit, source, looks[0]),
        )
        await run(hold_page, visit, unread, wait, rules=self.rules, now=clock())
        for status in (404, 410):
            gone = PageFailure(reason="gone", is_final=True, gone_status=status)
            unread = self._unread(visit, source, looks[0])
            await run(fail_page, visit, unread, gone, rules=self.rules, now=clock())

    async def _end(self, visit: Visit, _: Source, other: Visit, __: Source) -> None:
        run, clock = self.writer.run, self.clock
        await run(end_visit, visit, outcome=VisitOutcome.OK, now=clock())
        await run(drop_visit, other, outcome=VisitOutcome.OK, reason="let go", now=clock())
        for _day in range(
            4
        ):  # three failures in a row are an event, which is in a notice to the admin
            await plan_finished(self.writer, self.config, now=clock())
            clock.advance(days=1)
            for claimed, source in (await self._claim_now()).values():
                await self._fail(claimed, source)
            await plan_finished(self.writer, self.config, now=clock())
            clock.advance(minutes=5)
            await run(queue_notice, self.config, now=clock())
        await plan_finished(self.writer, self.config, now=clock())
        await self._claim_now()
        await run(release_visits, now=clock())
        await plan_finished(self.writer, self.config, now=clock())

    async def _claim_now(self) -> dict[str, tuple[Visit, Source]]:
        claimed = await self.writer.run(claim_visits, self.rules, now=self.clock(), limit=9)
        return {source.name: (visit, source) for visit, source in claimed}

    async def _deliver(self) -> None:
        run, clock = self.writer.run, self.clock
        outbox = Outbox(self.config)
        while await run(outbox.take_up, limit=2):
            pass
        await run(queue_status_reports, self.config, now=clock())
        clock.advance(days=9)
        await run(queue_status_reports, self.config, now=clock())
        await run(alone(deliveries.merge_due_digests), now=clock())
        now = clock()
        await run(alone(deliveries.keep_gathering), now=now, again_at=now, since=now - MINUTE)
        await run(alone(deliveries.release_held), now=clock())
        leased = await run(
            alone(deliveries.lease_deliveries), channel=None, now=clock(), lease=MINUTE, limit=9
        )
        ids = [delivery.id for delivery in leased]
        report = await run(measure_report, self.config, "me@example.org", now=clock())
        await run(alone(save_report), ids[0], "me@example.org", report)
        await run(alone(deliveries.mark_sent), ids[0], "250 taken", now=clock())
        later = clock() + MINUTE
        await run(
            alone(deliveries.mark_deferred), ids[1], "451 later", now=clock(), next_try_at=later
        )
        await run(alone(deliveries.hurry_deliveries), ids[1:2], now=clock())
        await run(alone(deliveries.mark_dead), ids[2], "550 never", now=clock())
        await run(alone(deliveries.retry_dead), ids[2:3], now=clock())
        await run(alone(move_alerts), [1], ids[0], ids[1])
        await run(alone(deliveries.release_deliveries))

    async def _read_mailbox(self) -> None:
        """Read a mail that asks to unsubscribe, with an invalid token."""
        action = MailedRequest(uid=3, token="1.0.abcdefghijklmnopqrst", mail_id="m")
        batch = Batch(position=Position(validity=1, uid=3), requests=(action,))
        await self.writer.run(take_up_mails, batch, mailbox="m", keys=(b"k",), now=self.clock())

    async def _ask(self) -> None:
        """Make every request that a person can make."""
        since = START.isoformat()
        asked: list[tuple[RequestKind, dict[str, Any]]] = [
            (RequestKind.VISIT, {"sources": ["courier"]}),
            (RequestKind.BACKFILL, {"source": "courier", "since": since}),
            (RequestKind.MUTE, {"watch": "drones", "story": None, "source": "courier", "recipient": None, "until": None}),
            (RequestKind.UNMUTE, {"watch": "drones"}),
            (RequestKind.REJECT, {"alerts": [1]}),
            (RequestKind.STAR, {"reader": "owner", "stories": [1, 2], "is_on": True}),
            (RequestKind.READ, {"reader": "owner", "stories": [1], "is_on": False}),
            (RequestKind.RETRY, {"alerts": None}),
            (RequestKind.RESEND, {"alert": 1, "recipients": ["me@example.org"]}),
            (RequestKind.SPLIT, {"story": 1, "articles": [3]}),
            (RequestKind.LINE_RULE, {"source": "courier", "line": "All drones", "ruling": "cut"}),
            (RequestKind.CLUSTER_DRAIN, {"is_on": True}),
            (RequestKind.CLUSTER_RETRY, {"domains": ["a.example"]}),
        ]  # fmt: skip
        now = self.clock()
        await self.writer.run(alone(note_death), ["a.example"], now=now)
        await self.writer.run(alone(isolate_domain), "a.example", "three deaths", now=now)
        for kind, arguments in asked:
            await self.writer.run(alone(save_request), kind, arguments, asked_by="me", now=now)
        for request in await self.writer.run(list_open_requests):
            await self.writer.run(alone(mark_taken), request.id, now=now)
            await self.writer.run(settle_request, request, self._apply, now=now)

    def _apply(self, connection: sqlite3.Connection, request: Request) -> str:
        if request.kind in CRAWL_KINDS:
            return apply_crawl_request(connection, request, now=self.clock())
        return apply_request(connection, request, self.config, now=self.clock())

    async def _reprocess(self) -> None:
        """Correct the stored text of an article, and look back at what a first visit left out."""
        claimed = await self._claim_now()
        assert claimed["courier"][1].backfill_from is not None
        stored = await self.writer.run(find_page, "1")
        assert stored is not None

        class Reader:
            """Stands in for the parse pool, which does not change what is written."""

            async def run(self, _: object, page: Page, **__: object) -> Article:
                return replace(make_story(5), url=page.url)

        done = await reprocess_page(self.writer, Reader(), stored, self.config)  # type: ignore[arg-type]  # a reader of pages
        await self.writer.run(apply_reprocessed, done)
        await self.writer.run(release_visits, now=self.clock())

    async def _change(self) -> None:
        """Put another configuration into force: a source moved, another was removed, a watch has another query."""
        folder = self.config.store.path.parent
        changed = self._configure(folder, "drone OR boat", "courier")
        moved = changed.sources[0].model_copy(update={"url": "http://new.example/rss"})
        watches = changed.watches[:1]
        changed = changed.model_copy(update={"sources": (moved,), "watches": watches})
        await apply_config_in_slices(self.writer, changed, now=self.clock())
        await self.writer.run(queue_status_reports, changed, now=self.clock())

    async def _rename(self) -> None:
        """Change names by request, by hand with another change, and back; remove a reader who then returns."""
        run, clock = self.writer.run, self.clock
        courier = self.config.sources[0]
        moved = courier.model_copy(update={"name": "mail"})

        def configure(name: str, query: str, *, source: SourceSettings = courier, to: str = "me@example.org") -> Config:  # fmt: skip
            watch = WatchSettings(name=name, query=query, sources=(source.name,), to=(to,))
            stays = {"store": self.config.store, "mail": self.config.mail}
            return make_config(
                self.config.store.path.parent, sources=[source], watches=[watch], **stays
            )

        limited = configure("drones", "drone")
        await apply_config_in_slices(self.writer, limited, now=clock())
        await self._ask_for(RequestKind.RENAME_WATCH, limited, old="drones", new="uav")
        await apply_config_in_slices(self.writer, configure("uav", "boat"), now=clock())
        other = configure("flyers", "drone")
        await apply_config_in_slices(self.writer, other, now=clock())
        await self._ask_for(RequestKind.RENAME_WATCH, other, old="uav", new="flyers")
        await run(move_merged)
        follows = configure("flyers", "drone", source=moved)
        await apply_config_in_slices(self.writer, follows, now=clock())
        await run(alone(_make_one_pending))
        for to in ("you@example.org", "me@example.org"):
            audience = await run(load_audience, configure("flyers", "drone", source=moved, to=to))
            await run(restore_returned, audience, now=clock())
            await run(leave_out_removed, audience, after_id=0, now=clock())

    async def _ask_for(self, kind: RequestKind, config: Config, **names: str) -> None:
        now = self.clock()
        await self.writer.run(alone(save_request), kind, names, asked_by="me", now=now)
        for request in await self.writer.run(list_open_requests):

            def apply(connection: sqlite3.Connection, one: Request) -> str:
                return apply_request(connection, one, config, now=now)

            is_done = await self.writer.run(settle_request, request, apply, now=now)
            assert is_done

    async def _keep_house(self) -> None:
        self.clock.advance(days=-300)
        await self.writer.run(repair_schedule, self.config, now=self.clock())
        await self.writer.run(alone(_spoil_times))
        await self.writer.run(repair_delivery_times, self.config, now=self.clock())
        self.clock.advance(days=400)
        await self._archive()
        await self.writer.run(drop_oldest_pages, most_bytes=1, limit=1)
        await self.writer.run(expire_pages, before=self.clock())
        await self.writer.run(alone(_forget_index))
        await self.writer.run(index_some_texts)
        await self.writer.run(alone(clear_heartbeat), "daemon")
        await self.writer.run(alone(clear_cluster_state))
        await self._sweep()
        # as when this file is put back from a backup
        await self.writer.run(mark_as_told, now=self.clock())

    async def _archive(self) -> None:
        """Move a page into an archive file, delete that for its age, and give up one that cannot be written."""
        run, clock = self.writer.run, self.clock
        begin = partial(
            begin_file, day="2026-11-23", address="/there", compression=Compression.GZIP
        )
        update_wrapper(begin, begin_file)
        await run(begin, name="a.warc.gz")
        await run(keep_trouble, 1, "it is full", next_try_at=clock())
        page_id, *_ = await run(list_last_pages, since=START - 400 * DAY)
        place = RecordPlace(page_id=page_id, start=0, length=1)
        await run(mark_written, 1, [place], size=1, now=clock())
        await run(clear_pages, now=clock(), limit=9)
        await run(drop_file_pages, 1, now=clock(), limit=9)
        await run(begin, name="b.warc.gz")
        await run(give_up_file, 2)

    async def _sweep(self) -> None:
        """Delete, add up and compress what is old, and give room back."""
        store = self.config.store.model_copy(update={"article_retention": 90 * DAY})
        config = self.config.model_copy(update={"store": store})
        of_crawl, of_daemon = Sweeper(CRAWL_RULES), Sweeper(DAEMON_RULES)
        self.clock.advance(days=500)
        while await self.writer.run(of_crawl.sweep, config, now=self.clock()):
            pass
        while await self.writer.run(keep_small, config, of_daemon, now=self.clock()):
            pass
        await self.writer.run(release_room, pages=1)
        await self.writer.run(compact)


PAGE = "<html><body><p>Two drones.</p></body></html>"


def long_story(number: int) -> str:
    """Return a text that is long enough to be compared by its phrases."""
    return "\n\n".join(make_story(number * 10 + part, word="boat").body for part in range(3))


def _spoil_times(connection: sqlite3.Connection) -> None:
    """Set times as a clock far ahead leaves them."""
    connection.execute(
        "UPDATE deliveries SET state = 'pending', lease_until = '2099-01-01T00:00:00.000Z'"
    )


def _make_one_pending(connection: sqlite3.Connection) -> None:
    """Leave a single delivery of an alert pending, so that it is clear what is left out."""
    connection.execute("UPDATE deliveries SET state = 'sent'")
    connection.execute(
        """UPDATE deliveries SET state = 'pending', sealed_at = NULL WHERE id =
           (SELECT max(id) FROM deliveries WHERE NOT is_asked AND id IN (SELECT delivery_id FROM delivery_alerts))"""
    )


def _forget_index(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE key_index SET complete_from = (SELECT max(id) + 1 FROM revisions)")
    connection.execute("INSERT INTO revision_keys (revision_keys) VALUES ('delete-all')")
