"""What every notebook promises to those who read sources and pages; another implementation is added to ``NOTEBOOKS``."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.errors import HostThrottled, VisitOver
from crawler.flows.crawl.announce import lists_none_of_the_last
from crawler.flows.crawl_services import CrawlServices
from crawler.flows.process.configure import apply_config
from crawler.flows.process.notebook import Notebook, Refusal, Unread
from crawler.flows.process.parse_pool.understanding import sign_article
from crawler.model.article import Article, Page
from crawler.model.site import RobotsFile, Throttle
from crawler.model.source import Endpoint, EndpointKind, FeedEntry, FetchResult, Source
from crawler.model.visit import PageFailure, PageOutcome, Visit, VisitOutcome, WaitingEntry
from crawler.storage.file.database import open_for_writing
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.file.owners import Owner
from tests.conftest import make_config
from tests.fakes import START, FakeClock
from tests.newsroom import make_story

MINUTE = timedelta(minutes=1)
ENDPOINT = Endpoint(id=0, kind=EndpointKind.FEED, url="http://courier.example/rss")
NOTEBOOKS: dict[str, Callable[[CrawlServices], Notebook]] = {
    "embedded": lambda services: services.notebook
}


@dataclass
class Bench:
    """A notebook, and the database that its calls end up in."""

    notebook: Notebook
    database: sqlite3.Connection
    visit: Visit
    source: Source

    def announce(self, *numbers: int, endpoint: Endpoint = ENDPOINT) -> FetchResult:
        entries = tuple(
            FeedEntry(url=f"http://courier.example/{n}", stated_at=START - n * MINUTE)
            for n in numbers
        )
        return FetchResult(endpoint=endpoint, http_status=200, etag='"1"', entries=entries)

    async def conclude(self, *numbers: int) -> tuple[WaitingEntry, ...]:
        result = self.announce(*numbers)
        await self.notebook.keep_result(self.visit, self.source, result)
        return await self.notebook.conclude_visit(self.visit, self.source, (result,), unwritten=())

    def page(self, entry: WaitingEntry) -> Page:
        return Page(
            url=entry.url,
            requested_url=entry.url,
            body=b"<p>x</p>",
            content_type="text/html",
            fetched_at=START,
            visit_id=self.visit.id,
            source_id=self.source.id,
            entry_id=entry.id,
        )

    def unread(self, entry: WaitingEntry, words: Article | None = None) -> Unread:
        understood = sign_article(words) if words else None
        return Unread(page=self.page(entry), source=self.source, words=understood)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        return [tuple(row) for row in self.database.execute(sql)]

    def seen_keys(self) -> bytes:
        return bytes(self.database.execute("SELECT seen_keys FROM endpoints").fetchone()[0])


@pytest.fixture(params=NOTEBOOKS)
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    config = make_config(tmp_path)
    database = open_for_writing(config.store.path)
    migrate(database)
    apply_config(database, config, now=START)
    services = CrawlServices(config, clock=FakeClock(), owner=Owner.CRAWL)
    await services.open()
    notebook = NOTEBOOKS[request.param](services)
    name = config.sources[0].name
    [(visit, source)] = await notebook.claim_visits(limit=9, only=(name,))
    yield Bench(notebook, database, visit, replace(source, backfill=timedelta(days=9)))
    services.close()
    database.close()


async def test_a_visit_goes_from_its_claim_to_its_counts(bench: Bench) -> None:
    notebook, visit = bench.notebook, bench.visit
    await notebook.keep_discovery(visit)
    new, refused, failed, held = await bench.conclude(1, 2, 3, 4)
    await notebook.extend_visit(visit, by=MINUTE)
    outcomes = [
        await notebook.keep_article(bench.page(new), sign_article(make_story(1)), bench.source),
        await notebook.refuse_page(bench.unread(refused), Refusal("a wall")),
    ]
    await notebook.fail_page(visit, bench.unread(failed), PageFailure(reason="HTTP 500"))
    wait = HostThrottled("it asked for an hour", until=START + 60 * MINUTE)
    await notebook.hold_page(visit, bench.unread(held), wait)

    await notebook.end_visit(visit, outcome=VisitOutcome.OK)

    assert outcomes == [PageOutcome.NEW, PageOutcome.REFUSED]
    counts = "outcome, found_count, announced_count, new_count, refused_count, failed_count"
    assert bench.rows(f"SELECT {counts} FROM visits WHERE id = {visit.id}") == [
        ("ok", 4, 4, 1, 1, 1)
    ]
    assert bench.rows("SELECT state FROM entries ORDER BY id") == [
        ("fetched",),
        ("refused",),
        ("waiting",),
        ("waiting",),
    ]
    assert await notebook.is_article_known(new.id)
    assert not await notebook.is_article_known(held.id)
    assert await notebook.find_usual_language(bench.source.id) == "en"


async def test_pages_to_fetch_come_newest_first(bench: Bench) -> None:
    waiting = await bench.conclude(3, 1, 2)

    assert [entry.url[-1] for entry in waiting] == ["1", "2", "3"]


async def test_an_endpoint_without_an_id_is_known_by_its_kind_and_address(bench: Bench) -> None:
    await bench.notebook.keep_result(bench.visit, bench.source, bench.announce(1, 2))
    sitemap = replace(ENDPOINT, kind=EndpointKind.SITEMAP, origin="robots.txt")
    broken = FetchResult(endpoint=ENDPOINT, failure="HTTP 500", http_status=500)

    await bench.notebook.conclude_visit(
        bench.visit, bench.source, (broken,), unwritten=(broken, bench.announce(endpoint=sitemap))
    )

    assert ENDPOINT.is_same(replace(ENDPOINT, id=7, etag='"1"'))
    assert not ENDPOINT.is_same(sitemap)
    assert bench.rows("SELECT kind, origin, etag, failure_count FROM endpoints ORDER BY id") == [
        ("feed", "stated", '"1"', 1),
        ("sitemap", "robots.txt", '"1"', 0),
    ]


async def test_a_rollover_is_seen_without_the_database_and_confirmed_by_the_notebook(
    bench: Bench,
) -> None:
    first = await bench.notebook.keep_result(bench.visit, bench.source, bench.announce(1, 2))
    same = await bench.notebook.keep_result(bench.visit, bench.source, bench.announce(2, 3))
    then = bench.seen_keys()

    rolled_over = await bench.notebook.keep_result(bench.visit, bench.source, bench.announce(7, 8))

    assert (first, same, rolled_over) == (False, False, True)
    before, now = replace(ENDPOINT, seen_keys=then), bench.seen_keys()
    assert lists_none_of_the_last(before, now)
    assert not lists_none_of_the_last(before, then)
    assert not lists_none_of_the_last(before, now[:8])
    assert not lists_none_of_the_last(replace(before, kind=EndpointKind.SITEMAP), now)


async def test_nothing_is_kept_for_a_visit_that_is_over(bench: Bench) -> None:
    (entry,) = await bench.conclude(1)
    await bench.notebook.drop_visit(bench.visit, outcome=VisitOutcome.OK, reason="it took too long")
    story = sign_article(make_story(1))

    for late in (
        bench.notebook.keep_result(bench.visit, bench.source, bench.announce(2)),
        bench.notebook.extend_visit(bench.visit, by=MINUTE),
        bench.notebook.keep_article(bench.page(entry), story, bench.source),
        bench.notebook.fail_page(bench.visit, bench.unread(entry), PageFailure(reason="HTTP 500")),
        bench.notebook.keep_new_words(bench.unread(entry), "late", page_due_at=START),
    ):
        with pytest.raises(VisitOver):
            await late

    await bench.notebook.end_visit(bench.visit, outcome=VisitOutcome.UNCHANGED)
    assert bench.rows("SELECT outcome, note FROM visits") == [("ok", "it took too long")]
    assert bench.rows("SELECT state FROM entries") == [("waiting",)]
    assert bench.rows("SELECT count(*) FROM articles") == [(0,)]


async def test_a_visit_that_failed_says_why_and_open_ones_are_released(bench: Bench) -> None:
    failed = FetchResult(endpoint=ENDPOINT, failure="HTTP 500", http_status=500)

    kept = await bench.notebook.release_visits(keep={bench.visit.id})
    await bench.notebook.fail_visit(bench.visit, bench.source, failed, unwritten=(failed,))

    assert kept == 0
    assert bench.rows("SELECT outcome, note, http_status FROM visits") == [
        ("failed", "HTTP 500", 500)
    ]
    assert bench.rows("SELECT last_failure FROM endpoints") == [("HTTP 500",)]


async def test_a_feeds_new_words_are_kept_until_its_page_is_due(bench: Bench) -> None:
    (entry,) = await bench.conclude(1)
    unread = bench.unread(entry, make_story(1))

    outcome = await bench.notebook.keep_new_words(unread, "HTTP 500", page_due_at=START + MINUTE)

    assert outcome is PageOutcome.NEW
    assert bench.rows("SELECT state, reason FROM entries") == [("waiting", "HTTP 500")]


async def test_what_sites_ask_is_kept(bench: Bench) -> None:
    throttle = Throttle(domain="x.org", until=START + MINUTE, reason="429", refusal_count=1)
    robots = RobotsFile(
        origin="http://x.org",
        fetched_at=START,
        expires_at=START + MINUTE,
        http_status=200,
        body="Disallow:",
        refusal=None,
    )

    await bench.notebook.save_throttle(throttle)
    await bench.notebook.save_robots(robots)

    assert await bench.notebook.list_throttles() == (throttle,)
    assert await bench.notebook.find_robots("http://x.org") == robots
    assert await bench.notebook.find_robots("http://y.org") is None
