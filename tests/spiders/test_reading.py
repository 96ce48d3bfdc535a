"""Spiders when something fails: whichever callback raises or write fails, the visit is settled and its source is due."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request
from scrapy.http import HtmlResponse, Response
from twisted.python.failure import Failure

from crawler.config.sections.sources import SourceSettings
from crawler.errors import FetchFailed, HostThrottled, RobotsForbid
from crawler.extract.navigation.robots import Robots
from crawler.flows.crawl_services import CrawlServices
from crawler.flows.process.configure import apply_config
from crawler.middlewares.download.page_queue import PageQueue
from crawler.spiders.reading import ReadingSpider
from crawler.storage.crawl.sources import list_changed_sources, save_sources, start_backfill
from crawler.storage.file.database import open_for_writing, transaction
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.file.owners import Owner
from crawler.worker import DueSpider
from scheduler.due.planning import plan_finished_visits
from tests.conftest import make_config
from tests.fakes import START, FakeClock

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>F</title><link>http://courier.example/</link>
<description>d</description>{items}</channel></rss>"""
ITEM = (
    "<item><title>{0}</title><link>http://courier.example/{0}</link><pubDate>{1}</pubDate></item>"
)
PAGE = """<html lang="en"><body><article><h1>Drones over the quay</h1><p>Two drones had crossed the harbour an hour before, said
the pilot, who saw them against the morning light, and nobody could say whose they were or why they came over the quay.</p>
<p>The harbour master closed the eastern pier for the night and asked the coast guard for a boat, while forty passengers
waited in the hall until the ferry was allowed to leave again in the morning.</p></article></body></html>"""


class FakeEngine:
    """Stands in for Scrapy's engine: returns prepared answers, and records the requests."""

    def __init__(self) -> None:
        self.answers: dict[str, Response | Exception] = {}
        self.asked: list[Request] = []
        self.downloader = SimpleNamespace(active=set[Request]())
        self.scheduler: PageQueue

    async def download_async(self, request: Request) -> Response:
        answer = self.answers.get(request.url, FetchFailed("refused", url=request.url))
        if isinstance(answer, Exception):
            raise answer
        return answer

    def crawl(self, request: Request) -> None:
        self.asked.append(request)
        self.scheduler.enqueue_request(request)


class Bench:
    """A spider at work on a database of its own, without a running Scrapy."""

    def __init__(self, folder: Path) -> None:
        source = SourceSettings.model_validate(
            {
                "name": "courier",
                "url": "http://courier.example/rss",
                "kind": "feed",
                "backfill": "9d",
            }
        )
        self.config = make_config(folder, sources=[source])
        self.database = open_for_writing(self.config.store.path)
        migrate(self.database)
        self.clock = FakeClock()
        apply_config(self.database, self.config, now=START)
        self.services = CrawlServices(self.config, clock=self.clock, owner=Owner.CRAWL)
        self.engine = FakeEngine()
        self.spider = ReadingSpider("bench", services=self.services)
        crawler: Any = SimpleNamespace(engine=self.engine, spider=self.spider)
        self.spider.crawler = crawler
        self.engine.scheduler = PageQueue.from_crawler(crawler)

    async def visit(self, *names: str) -> None:
        """Claim the source and read its feed, which lists these articles."""
        items = "".join(
            ITEM.format(name, format_datetime(START - timedelta(hours=1))) for name in names
        )
        body = FEED.format(items=items).encode()
        self.engine.answers["http://courier.example/rss"] = Response(
            "http://courier.example/rss", body=body
        )
        await self.claim()

    async def claim(self) -> int:
        claimed = await self.services.notebook.claim_visits(limit=10)
        for visit, source in claimed:
            self.spider.start_visit(visit, source)
        await asyncio.gather(*self.spider._tasks.values(), return_exceptions=True)
        return len(claimed)

    async def answer(self, request: Request, *, body: str = PAGE, status: int = 200) -> None:
        """Pass the answer to a request for a page through the callback and the pipeline."""
        response = HtmlResponse(request.url, status=status, body=body.encode(), request=request)
        for page in await request.callback(response):  # type: ignore[misc]  # our own coroutine
            await self.spider.ingest(page)

    async def fail(self, request: Request, error: Exception) -> None:
        await request.errback(Failure(error))  # type: ignore[misc,no-untyped-call]  # our own coroutine

    def is_settled(self) -> bool:
        return not self.spider.open_visits

    def is_due_again(self) -> bool:
        """Return whether the source can be claimed once it is planned and due."""
        plan_finished_visits(self.database, self.config, now=self.clock())
        row = self.database.execute(
            "SELECT (SELECT count(*) FROM visits WHERE finished_at IS NULL), next_due_at FROM sources"
        ).fetchone()
        return row[0] == 0 and row[1] is not None

    def outcome(self) -> str | None:
        row = self.database.execute("SELECT outcome FROM visits ORDER BY id DESC").fetchone()
        return None if row is None else row["outcome"]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    own = Bench(tmp_path)
    await own.services.open()
    yield own
    await asyncio.to_thread(own.services.close)
    own.database.close()


async def test_a_visit_without_faults_is_settled(bench: Bench) -> None:
    await bench.visit("a", "b")
    for request in bench.engine.asked:
        await bench.answer(request)

    assert bench.is_settled()
    assert bench.outcome() == "ok"
    assert bench.is_due_again()


@pytest.mark.parametrize(
    "error",
    [
        FetchFailed("no answer", url=""),
        RobotsForbid("robots.txt forbids it"),
        HostThrottled("come back later", until=START + timedelta(hours=1)),
        RuntimeError("something nobody thought of"),
    ],
    ids=lambda error: error.__class__.__name__,
)
async def test_a_page_that_cannot_be_fetched_settles_the_visit(
    bench: Bench, error: Exception
) -> None:
    await bench.visit("a", "b")
    await bench.fail(bench.engine.asked[0], error)
    await bench.answer(bench.engine.asked[1])

    assert bench.is_settled()
    assert bench.is_due_again()


async def test_an_internal_error_while_reading_ends_the_visit_as_failed(bench: Bench) -> None:
    bench.engine.answers["http://courier.example/rss"] = ZeroDivisionError("a fault of ours")
    await bench.claim()

    assert bench.is_settled()
    assert bench.outcome() == "failed"
    assert bench.is_due_again()


HOUR = 3600.0
WRITES = ["UPDATE ON visits", "INSERT ON visits", "INSERT ON endpoints", "UPDATE ON endpoints", "INSERT ON entries", "UPDATE ON entries",
    "INSERT ON articles", "INSERT ON revisions", "INSERT ON stories", "INSERT ON matches", "INSERT ON alerts", "INSERT ON outbox",
    "INSERT ON pages"]  # fmt: skip


@pytest.mark.parametrize("write", WRITES)
async def test_a_write_that_fails_leaves_no_visit_open(bench: Bench, write: str) -> None:
    bench.database.execute(
        f"CREATE TRIGGER broken BEFORE {write} BEGIN SELECT raise(ABORT, 'broken'); END"
    )
    try:
        await bench.visit("a", "b")
    except sqlite3.IntegrityError:
        assert (
            write == "INSERT ON visits"
        )  # nothing was claimed: the next try is half a second later
    for request in bench.engine.asked:
        await bench.answer(request)
    bench.database.execute("DROP TRIGGER broken")
    await bench.spider.sweep()

    assert bench.is_settled()
    assert bench.is_due_again()
    bench.clock.advance(days=2)
    assert await bench.claim() == 1


async def test_a_visit_past_its_deadline_is_given_up_and_its_late_pages_are_ignored(
    bench: Bench,
) -> None:
    await bench.visit("a", "b")
    await bench.answer(bench.engine.asked[0])
    for opened in bench.spider.open_visits.values():
        opened.ends_by = 0.0
    await bench.spider.sweep()
    settled, articles = bench.is_settled(), count(bench.database, "articles")
    await bench.answer(bench.engine.asked[1])

    assert settled
    assert count(bench.database, "articles") == articles == 1
    assert bench.is_due_again()


async def test_pages_in_line_wait_for_the_next_visit_where_their_source_should_be_read_again(
    bench: Bench,
) -> None:
    bench.spider.gives_back = True
    await bench.visit("a", "b", "c")
    first = bench.engine.scheduler.next_request()
    assert first is not None
    bench.engine.downloader.active.add(first)
    await bench.spider.sweep()
    (opened,) = bench.spider.open_visits.values()
    kept = len(opened.pages)
    opened.read_at = -HOUR

    await bench.spider.sweep()
    await bench.answer(first)

    assert kept == 3
    assert bench.is_settled()
    assert bench.outcome() == "ok"
    assert not bench.engine.scheduler.has_pending_requests()
    sql = "SELECT state, attempt_count FROM entries ORDER BY state"
    states = [tuple(row) for row in bench.database.execute(sql)]
    assert states == [("fetched", 1), ("waiting", 0), ("waiting", 0)]
    assert bench.is_due_again()
    bench.clock.advance(days=2)
    bench.engine.asked.clear()
    assert await bench.claim() == 1
    assert {"b", "c"} <= {request.url[-1] for request in bench.engine.asked}


async def test_a_visit_whose_source_was_read_leaves_its_place_to_another(bench: Bench) -> None:
    lifeline: Any = None
    due = DueSpider("due", services=bench.services, lifeline=lifeline)
    await bench.visit("a", "b")
    (reading,) = bench.spider.open_visits.values()

    due.open_visits = {number: replace(reading, is_read=False) for number in range(124)}
    while_reading = due._count_room()
    due.open_visits |= {number: replace(reading, is_read=True) for number in range(128)}
    when_read = due._count_room()
    due.open_visits = dict.fromkeys(range(253), reading)
    many_open = due._count_room()
    reading.pages = dict.fromkeys(range(64_000), "x.org")

    assert reading.is_read
    assert (while_reading, when_read, many_open) == (4, 128, 3)
    assert due._count_room() == 0


async def test_one_crawl_keeps_a_visit_until_all_its_pages_are_fetched(bench: Bench) -> None:
    await bench.visit("a", "b")
    for opened in bench.spider.open_visits.values():
        opened.read_at = -HOUR

    await bench.spider.sweep()

    assert not bench.is_settled()
    assert bench.engine.scheduler.has_pending_requests()


async def test_a_visit_has_time_for_the_pages_that_wait_before_its_own(bench: Bench) -> None:
    await bench.visit("a")
    alone = next(iter(bench.spider.open_visits.values())).ends_by
    slow = bench.services.site_limits
    slow.keep("http://elsewhere.example", Robots(crawl_delay=timedelta(minutes=1)), until=START)
    opened = next(iter(bench.spider.open_visits.values()))
    opened.pages = dict.fromkeys(range(100), "elsewhere.example")

    await bench.spider._extend(opened)

    assert opened.ends_by - alone >= 100 * 60


async def test_pages_read_at_an_old_address_are_dropped(bench: Bench) -> None:
    await bench.visit("a", "b")
    await bench.answer(bench.engine.asked[0])
    move(bench.database, "http://new.example/rss")
    await bench.answer(bench.engine.asked[1])
    bench.config = make_config(bench.config.store.path.parent, sources=[SourceSettings(name="courier", url="http://new.example/rss")])  # fmt: skip

    assert bench.is_settled()
    assert bench.outcome() == "interrupted"
    assert count(bench.database, "articles") == 1
    assert bench.is_due_again()
    row = bench.database.execute("SELECT discovered_at, visited_at FROM sources").fetchone()
    assert tuple(row) == (None, None)


async def test_a_look_back_requested_during_a_visit_is_made_after_it(bench: Bench) -> None:
    await bench.visit("a")
    bench.clock.advance(seconds=5)
    with transaction(bench.database):
        start_backfill(
            bench.database, "courier", since=START - timedelta(days=9), now=bench.clock()
        )
    await bench.answer(bench.engine.asked[0])
    plan_finished_visits(bench.database, bench.config, now=bench.clock())

    row = bench.database.execute("SELECT backfill_from, next_due_at FROM sources").fetchone()
    assert row["backfill_from"] is not None
    assert await bench.claim() == 1
    plan_finished_visits(bench.database, bench.config, now=bench.clock())
    assert bench.database.execute("SELECT backfill_from FROM sources").fetchone()[0] is None


def count(database: sqlite3.Connection, table: str) -> int:
    return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def move(database: sqlite3.Connection, url: str) -> None:
    with transaction(database):
        moved = [SourceSettings(name="courier", url=url, kind="feed")]
        save_sources(database, list_changed_sources(database, moved), now=START)
