"""What the home hands out, what counts of a worker's notes, and what becomes of a worker that dies."""

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.config.schema import Config
from crawler.config.sections.sources import SourceSettings
from crawler.errors import VisitOver
from crawler.flows.cluster.wire import read_rules, write_rules
from crawler.flows.cluster.worker_rules import make_worker_rules
from crawler.flows.process.notebook import Refusal, Unread
from crawler.flows.process.parse_pool.understanding import sign_article
from crawler.model.article import Page
from crawler.model.cluster.bundle import Bundle, Pace, PagesTask, SourceTask
from crawler.model.site import RobotsFile, Throttle
from crawler.model.source import Endpoint, EndpointKind, FeedEntry, FetchResult
from crawler.model.visit import PageFailure, VisitOutcome, WaitingEntry
from crawler.storage.crawl.domains import save_robots
from crawler.storage.crawl.handing_out import bundles
from crawler.storage.crawl.visits import count_cut_short
from tests.fakes import START
from tests.flows.cluster.through_the_wire import Wire, make_wire, pages_of, sources_of
from tests.newsroom import make_story

HOUR = timedelta(hours=1)


@pytest.fixture
def wire(tmp_path: Path) -> Wire:
    return make_wire(
        tmp_path, source("courier", "courier.example"), source("gazette", "gazette.example")
    )


def source(name: str, domain: str, **facts: object) -> SourceSettings:
    return SourceSettings.model_validate(
        {"name": name, "url": f"http://{domain}/{name}", "kind": "feed", "backfill": "9d", **facts}
    )


def announce(task: SourceTask, *addresses: str) -> FetchResult:
    entries = tuple(
        FeedEntry(url=address, title=f"Story {address[-1]}", stated_at=START - HOUR)
        for address in addresses
    )
    endpoint = Endpoint(id=0, kind=EndpointKind.FEED, url=task.source.url)
    return FetchResult(endpoint=endpoint, http_status=200, etag='"1"', entries=entries)


async def read_source(wire: Wire, bundle: Bundle, task: SourceTask, *addresses: str) -> None:
    """Let a worker read a source that announces these addresses."""
    async with wire.working_on(bundle) as notebook:
        result = announce(task, *addresses)
        await notebook.keep_result(task.visit, task.source, result)
        await notebook.conclude_visit(task.visit, task.source, (result,), unwritten=())


def page_of(task: PagesTask, entry: WaitingEntry) -> Page:
    return Page(
        url=entry.url,
        requested_url=entry.url,
        body=b"<p>x</p>",
        content_type="text/html",
        fetched_at=START,
        visit_id=task.visit.id,
        source_id=task.source.id,
        entry_id=entry.id,
    )


async def test_a_source_is_read_then_its_pages_go_out_under_their_own_domains(wire: Wire) -> None:
    [bundle] = wire.hand_out()
    courier, gazette = sources_of([bundle])
    own, other = "http://courier.example/1", "http://elsewhere.example/2"
    await read_source(wire, bundle, courier, own, other)
    await read_source(wire, bundle, gazette)

    [second] = wire.hand_out()

    assert {one.domain for one in second.domains} == {"courier.example", "elsewhere.example"}
    assert sorted(entry.url for task in pages_of([second]) for entry in task.entries) == [
        own,
        other,
    ]
    assert wire.rows("SELECT count(*) FROM bundles") == [(1,)], "the first one is done"
    for task in pages_of([second]):
        async with wire.working_on(second) as notebook:
            for entry in task.entries:
                story = make_story(entry.id)
                await notebook.keep_article(page_of(task, entry), sign_article(story), task.source)
    assert wire.rows("SELECT outcome, new_count FROM visits ORDER BY id") == [("ok", 2), ("ok", 0)]
    assert wire.rows("SELECT count(*) FROM tasks") == [(0,)]
    assert wire.rows("SELECT count(*) FROM articles") == [(2,)]


async def test_a_domain_is_in_one_bundle_at_a_time(tmp_path: Path) -> None:
    wire = make_wire(tmp_path, source("a", "x.example"), source("b", "y.example"))
    first = wire.hand_out(places=4)
    task = next(one for one in sources_of(first) if one.source.name == "a")
    holder = next(one for one in first if one.domains[0].domain == "x.example")
    await read_source(wire, holder, task, "http://y.example/1", "http://z.example/1")

    second = wire.hand_out(places=4)

    assert [one.domain for bundle in second for one in bundle.domains] == ["z.example"]


async def test_sources_of_a_domain_share_a_bundle_and_many_domains_are_spread(
    tmp_path: Path,
) -> None:
    names = [source(f"s{n}", f"d{n // 2}.example") for n in range(40)]
    wire = make_wire(tmp_path, *names)

    packed = wire.hand_out(places=5)

    assert [len(one.domains) for one in packed] == [4] * 5
    assert all(len(one.sources) == 2 for bundle in packed for one in bundle.domains)


async def test_notes_that_come_twice_count_once(wire: Wire) -> None:
    [bundle] = wire.hand_out()
    task = sources_of([bundle])[0]
    await read_source(wire, bundle, task, "http://courier.example/1")
    before = wire.rows("SELECT found_count, announced_count FROM visits ORDER BY id")

    for sent in wire.sent:
        wire.replay(*sent)

    assert wire.rows("SELECT found_count, announced_count FROM visits ORDER BY id") == before
    assert before[0] == (1, 1)


async def test_what_a_worker_that_was_given_up_says_does_not_count(wire: Wire) -> None:
    [bundle] = wire.hand_out()
    task = sources_of([bundle])[0]
    wire.take_back(bundle)

    await read_source(wire, bundle, task, "http://courier.example/1")

    assert wire.rows("SELECT count(*) FROM entries") == [(0,)]
    assert {row[0] for row in wire.rows("SELECT outcome FROM visits")} == {"interrupted"}


async def test_pages_of_a_dead_worker_go_to_another_one_and_its_own_article_is_stored_once(
    wire: Wire,
) -> None:
    [bundle] = wire.hand_out()
    for task in sources_of([bundle]):
        await read_source(wire, bundle, task, *(["http://courier.example/1"] if task.source.name == "courier" else []))  # fmt: skip
    [dead] = wire.hand_out()
    wire.take_back(dead)
    [again] = wire.hand_out()
    (pages,) = pages_of([again])
    (entry,) = pages.entries
    story = sign_article(make_story(1))

    async with wire.working_on(again) as notebook:
        await notebook.keep_article(page_of(pages, entry), story, pages.source)
    async with wire.working_on(dead) as notebook:
        await notebook.keep_article(page_of(pages, entry), story, pages.source)

    assert wire.rows("SELECT count(*) FROM articles") == [(1,)]
    assert wire.rows("SELECT new_count, seen_count FROM visits WHERE new_count + seen_count") == [(1, 0)]  # fmt: skip


async def test_a_domain_that_kills_three_workers_goes_alone_and_is_then_isolated(
    tmp_path: Path,
) -> None:
    wire = make_wire(tmp_path, source("a", "bad.example"), source("b", "good.example"))
    for _ in range(3):
        [both] = wire.hand_out()
        assert wire.take_back(both) == ()
        take_over_and_make_due(wire)

    alone = wire.hand_out(places=2)
    assert [[one.domain for one in bundle.domains] for bundle in alone] == [
        ["bad.example"],
        ["good.example"],
    ]
    isolated = wire.take_back(alone[0])
    take_over_and_make_due(wire)
    rest = wire.hand_out(places=2)

    assert isolated == ("bad.example",)
    assert rest == ()
    [reason] = wire.rows("SELECT note FROM visits WHERE outcome = 'failed'")
    assert "watchword cluster retry bad.example" in str(reason[0])
    bundles.release_domains(wire.database)
    take_over_and_make_due(wire)
    assert [one.domain for one in wire.hand_out()[0].domains] == ["bad.example"]


def take_over_and_make_due(wire: Wire) -> None:
    make_due(wire.database)


def make_due(database: sqlite3.Connection) -> None:
    """Do what the daemon does of a visit that ended, and make all sources due."""
    database.execute("UPDATE marks SET value = (SELECT coalesce(max(finish_no), 0) FROM visits) WHERE name = 'visits'")  # fmt: skip
    database.execute("UPDATE sources SET next_due_at = '2000-01-01T00:00:00.000Z'")


async def test_a_domain_that_is_done_is_forgiven_its_deaths(wire: Wire) -> None:
    [bundle] = wire.hand_out()
    wire.take_back(bundle)
    take_over_and_make_due(wire)
    [again] = wire.hand_out()

    async with wire.working_on(again) as notebook:
        await notebook.finish_domain(again.id, Pace(domain="courier.example", latency_seconds=0.5))

    counts = wire.rows("SELECT domain, death_count FROM domain_paces ORDER BY domain")
    assert counts == [("courier.example", 0), ("gazette.example", 1)]


async def test_the_pace_of_a_domain_and_its_rest_travel_with_the_next_bundle(wire: Wire) -> None:
    [bundle] = wire.hand_out()
    task = next(one for one in sources_of([bundle]) if one.source.name == "courier")
    pace = Pace(domain="courier.example", crawl_delay=timedelta(seconds=7), latency_seconds=0.5)
    await read_source(wire, bundle, task, "http://courier.example/1")
    async with wire.working_on(bundle) as notebook:
        await notebook.finish_domain(bundle.id, pace)
    wire.clock.advance(seconds=3)

    [second] = wire.hand_out()

    [domain] = [one for one in second.domains if one.domain == "courier.example"]
    assert domain.pace == replace(pace, rested_seconds=3.0)


async def test_robots_files_and_throttles_travel_both_ways(wire: Wire) -> None:
    fresh = RobotsFile(
        origin="http://courier.example",
        fetched_at=START,
        expires_at=START + HOUR,
        http_status=200,
        body="User-agent: *\nCrawl-delay: 7",
        refusal=None,
    )
    old = replace(fresh, origin="http://gazette.example", expires_at=START - HOUR)
    for one in (fresh, old):
        save_robots(wire.database, one)
    [bundle] = wire.hand_out()
    throttle = Throttle(domain="x.example", until=START + HOUR, reason="429", refusal_count=1)

    async with wire.working_on(bundle) as notebook:
        assert await notebook.find_robots("http://courier.example") == fresh
        assert await notebook.find_robots("http://gazette.example") is None
        await notebook.save_throttle(throttle)
        await notebook.save_robots(replace(fresh, origin="http://gazette.example"))

    assert wire.rows("SELECT domain FROM domains") == [("x.example",)]
    assert wire.rows("SELECT count(*) FROM robots WHERE expires_at > '2020'") == [(2,)]


async def test_no_secret_of_a_source_is_handed_out(tmp_path: Path) -> None:
    secret = {
        "headers": {"X-Api-Key": "geheim-1"},
        "cookies": {"session": "geheim-2"},
        "username": "ada",
        "password": "geheim-3",
        "proxy": "http://ada:geheim-4@proxy.example:3128",
    }
    wire = make_wire(tmp_path, source("wire", "x.example", **secret), source("b", "y.example"))

    [bundle] = wire.hand_out()

    wired, plain = sources_of([bundle])
    assert wired.secrets == ("headers", "cookies", "username", "proxy")
    assert plain.secrets == ()
    assert "geheim" not in repr(bundle) + str(wired.source.headers) + str(wired.source.proxy)
    assert (wired.source.headers, wired.source.proxy) == ({}, None)


async def test_a_backfill_leaves_room_for_news_of_its_domain(tmp_path: Path) -> None:
    wire = make_wire(tmp_path, source("a", "x.example"))
    [bundle] = wire.hand_out()
    (task,) = sources_of([bundle])
    await read_source(wire, bundle, task, *(f"http://x.example/{n}" for n in range(30)))

    [second] = wire.hand_out()

    assert sum(len(one.entries) for one in pages_of([second])) == 8


async def test_a_visit_whose_source_changed_meanwhile_is_over_and_its_tasks_go(
    wire: Wire, config: Config
) -> None:
    [bundle] = wire.hand_out()
    task = sources_of([bundle])[0]
    wire.database.execute("UPDATE sources SET version = 'other'")

    await read_source(wire, bundle, task, "http://courier.example/1")

    assert wire.rows(f"SELECT outcome FROM visits WHERE id = {task.visit.id}") == [("interrupted",)]
    assert wire.rows(f"SELECT count(*) FROM tasks WHERE visit_id = {task.visit.id}") == [(0,)]
    assert wire.rows("SELECT count(*) FROM entries") == [(0,)]


async def test_pages_that_were_not_read_are_settled_and_the_last_ends_the_visit(
    tmp_path: Path,
) -> None:
    wire = make_wire(tmp_path, source("a", "x.example"))
    [bundle] = wire.hand_out()
    (task,) = sources_of([bundle])
    await read_source(wire, bundle, task, *(f"http://x.example/{n}" for n in range(2)))
    [second] = wire.hand_out()
    (pages,) = pages_of([second])
    first, last = (
        Unread(page=page_of(pages, entry), source=pages.source) for entry in pages.entries
    )

    async with wire.working_on(second) as notebook:
        await notebook.refuse_page(first, Refusal("no article"))
    assert wire.rows("SELECT finished_at IS NULL FROM visits") == [(1,)]
    async with wire.working_on(second) as notebook:
        await notebook.fail_page(pages.visit, last, PageFailure(reason="HTTP 500"))

    assert wire.rows("SELECT outcome, refused_count, failed_count FROM visits") == [("ok", 1, 1)]


async def test_a_field_notebook_without_the_bundle_ends_the_visit(wire: Wire) -> None:
    [bundle] = wire.hand_out()
    task = sources_of([bundle])[0]

    with pytest.raises(VisitOver):
        await wire.notebook.keep_discovery(task.visit)
    await wire.notebook.drop_visit(task.visit, outcome=VisitOutcome.OK, reason="late")

    assert wire.sent == []


def test_whoever_visits_at_home_takes_everything_back(wire: Wire) -> None:
    wire.hand_out()

    bundles.delete_bundles(wire.database)

    assert wire.rows("SELECT (SELECT count(*) FROM tasks), (SELECT count(*) FROM bundles)") == [(0, 0)]  # fmt: skip


def test_rows_of_a_bundle_do_not_outlive_it(wire: Wire) -> None:
    [bundle] = wire.hand_out()

    with pytest.raises(sqlite3.IntegrityError):
        wire.database.execute("DELETE FROM bundles WHERE id = ?", [bundle.id])


async def test_a_domain_has_its_pause_even_if_its_worker_has_not_said_yet_that_it_is_done(
    wire: Wire,
) -> None:
    [bundle] = wire.hand_out()
    for task in sources_of([bundle]):
        page = f"http://{task.source.name}.example/1"
        await read_source(wire, bundle, task, page)
    wire.clock.advance(seconds=2)

    [second] = wire.hand_out()

    assert [one.pace.rested_seconds for one in second.domains] == [2.0, 2.0]


async def test_a_domain_has_its_pause_after_a_worker_that_ended_in_order(wire: Wire) -> None:
    [bundle] = wire.hand_out()
    wire.take_back(bundle, has_died=False)

    assert wire.rows("SELECT count(*) FROM domain_paces WHERE asked_at IS NOT NULL") == [(2,)]


def test_a_worker_learns_which_private_hosts_sources_may_link_to(tmp_path: Path) -> None:
    wire = make_wire(
        tmp_path,
        source("desk", "10.1.2.3", allow_private=True),
        source("courier", "courier.example"),
    )

    sent = read_rules(write_rules(make_worker_rules(wire.rules, ())))

    assert sent.private_hosts == ("10.1.2.3",)


def test_visits_that_are_handed_out_are_not_cut_short_by_the_end_of_the_daemon(wire: Wire) -> None:
    [bundle] = wire.hand_out()
    handed_out = count_cut_short(wire.database, since=wire.clock())

    wire.take_back(bundle, has_died=False)

    assert (handed_out, count_cut_short(wire.database, since=wire.clock())) == (0, 2)
