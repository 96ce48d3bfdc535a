"""What comes of notes that cannot be stored or read, and of pages that nobody may read any more: a few tries, and an end that a person sees."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.carriers.memory import MemoryCarrier
from crawler.carriers.memory_worker import MemoryWorker
from crawler.clock import utc_now
from crawler.flows.cluster.field.gathering import Gathering
from crawler.flows.cluster.field.notebook import FieldNotebook
from crawler.flows.cluster.home.isolation import refuse_isolated
from crawler.flows.cluster.wire import EXCHANGE, read_bundle
from crawler.flows.process.parse_pool.understanding import Understood, sign_article
from crawler.model.source import Endpoint, EndpointKind, FeedEntry, FetchResult
from crawler.storage.crawl.handing_out import bundles
from tests.flows.cluster.home_at_work import HomeAtWork
from tests.flows.cluster.test_handing_out import (
    announce,
    page_of,
    read_source,
    source,
)
from tests.flows.cluster.through_the_wire import Wire, make_wire, pages_of, sources_of
from tests.newsroom import make_story

_TOO_LARGE = 2**70  # for a column of SQLite


def unstorable(story: Understood) -> Understood:
    """Return a story whose storing raises an error that no waiting helps."""
    return replace(story, signature=replace(story.signature, keys=(_TOO_LARGE,)))


@pytest.fixture
def wire(tmp_path: Path) -> Wire:
    return make_wire(tmp_path, source("a", "x.example"))


@pytest.mark.parametrize("is_last", [False, True])
async def test_an_article_that_cannot_be_stored_fails_its_page_and_the_others_count(
    wire: Wire, is_last: bool
) -> None:
    [bundle] = wire.hand_out()
    await read_source(
        wire, bundle, sources_of([bundle])[0], "http://x.example/1", "http://x.example/2"
    )
    [second] = wire.hand_out()
    (pages,) = pages_of([second])
    one = pages.entries[-1 if is_last else 0]

    async with wire.working_on(second) as notebook:
        for entry in pages.entries:
            story = sign_article(make_story(entry.id))
            given = unstorable(story) if entry.id == one.id else story
            await notebook.keep_article(page_of(pages, entry), given, pages.source)

    assert wire.rows("SELECT count(*) FROM articles") == [(1,)]
    assert wire.rows("SELECT outcome, new_count, failed_count FROM visits") == [("ok", 1, 1)]
    [(state, tries, reason)] = wire.rows(f"SELECT state, attempt_count, reason FROM entries WHERE id = {one.id}")  # fmt: skip
    assert (state, tries) == ("waiting", 1)
    assert str(reason).startswith("a fault of Watchword: OverflowError")


async def test_an_answer_that_cannot_be_stored_fails_its_visit(wire: Wire) -> None:
    [bundle] = wire.hand_out()
    (task,) = sources_of([bundle])

    async with wire.working_on(bundle) as notebook:
        result = replace(announce(task, "http://x.example/1"), http_status=_TOO_LARGE)
        await notebook.keep_result(task.visit, task.source, result)
        await notebook.conclude_visit(task.visit, task.source, (result,), unwritten=())

    [(outcome, note)] = wire.rows("SELECT outcome, note FROM visits")
    assert outcome == "failed"
    assert "OverflowError" in str(note)
    assert wire.rows("SELECT count(*) FROM tasks") == [(0,)]
    assert wire.rows("SELECT etag FROM endpoints WHERE etag IS NOT NULL") == []


class Newsroom(HomeAtWork):
    """A home with a carrier in memory, and a worker whose doing a test says."""

    def __init__(self, folder: Path, carrier: MemoryCarrier | None = None) -> None:
        self.carrier = carrier or MemoryCarrier()
        super().__init__(folder, self.carrier)
        self.worker = MemoryWorker(self.carrier, "w1")

    async def work(self, do: Callable[[int, bytes], Awaitable[None]]) -> None:
        await self.start()
        await self.worker.open(version=str(EXCHANGE))
        self.tasks.append(asyncio.create_task(self.worker.work(do, places=1)))


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    room = Newsroom(tmp_path)
    yield room
    await room.end()


_ISOLATED = "SELECT domain, death_count FROM domain_paces WHERE isolated_at IS NOT NULL"


async def test_what_no_worker_can_do_is_isolated_in_the_end(room: Newsroom) -> None:
    async def fail(bundle_id: int, body: bytes) -> None:
        raise ValueError("this bundle cannot be done")

    await room.work(fail)

    await room.until(_ISOLATED, [("x.example", 3)])


async def test_notes_that_cannot_be_read_count_as_a_death(room: Newsroom) -> None:
    async def send_noise(bundle_id: int, body: bytes) -> None:
        await room.worker.give(bundle_id, 1, b"noise")
        await asyncio.sleep(3_600)

    await room.work(send_noise)

    await room.until(_ISOLATED, [("x.example", 3)])


async def test_the_words_of_pages_at_an_isolated_domain_alert(room: Newsroom) -> None:
    bundles.note_death(room.database, ["bad.example"], now=utc_now())
    bundles.isolate_domain(room.database, "bad.example", "workers died", now=utc_now())
    notebook = FieldNotebook(utc_now, lambda: room.services.rules)

    async def announce_elsewhere(bundle_id: int, body: bytes) -> None:
        bundle = read_bundle(body)
        notebook.begin(bundle, Gathering(bundle_id, room.worker.give))
        for task in sources_of([bundle]):
            endpoint = Endpoint(id=0, kind=EndpointKind.FEED, url=task.source.url)
            text = "Two drones were seen over the harbour on Monday evening, the police said."
            entry = FeedEntry(url="http://bad.example/1", title="Harbour closed", stated_at=utc_now(), text=text)  # fmt: skip
            result = FetchResult(endpoint=endpoint, http_status=200, entries=(entry,))
            await notebook.keep_result(task.visit, task.source, result)
            await notebook.conclude_visit(task.visit, task.source, (result,), unwritten=())
        await notebook.finish(bundle_id)

    await room.work(announce_elsewhere)

    await room.until("SELECT state, reason FROM entries", [("failed", "workers died")])
    assert room.database.execute("SELECT count(*) FROM alerts").fetchone()[0] == 1


async def test_a_page_of_which_not_even_the_failure_can_be_stored_holds_up_nothing(
    wire: Wire,
) -> None:
    [bundle] = wire.hand_out()
    await read_source(wire, bundle, sources_of([bundle])[0], "http://x.example/1")
    [second] = wire.hand_out()
    (pages,) = pages_of([second])
    wire.database.execute(
        "CREATE TRIGGER no_reason BEFORE UPDATE OF attempt_count ON entries BEGIN SELECT raise(ABORT, 'no'); END"
    )

    async with wire.working_on(second) as notebook:
        bad = unstorable(sign_article(make_story(1)))
        await notebook.keep_article(page_of(pages, pages.entries[0]), bad, pages.source)

    assert wire.rows("SELECT outcome FROM visits") == [("ok",)]
    assert wire.rows("SELECT count(*) FROM tasks") == [(0,)]
    assert wire.rows("SELECT state FROM entries") == [("waiting",)]


async def test_a_password_file_that_is_gone_ends_the_visit_and_not_the_home(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("geheim\n")
    password.chmod(0o600)
    login = {"username": "ada", "password_file": str(password)}
    wire = make_wire(tmp_path, source("a", "x.example", **login), source("b", "y.example"))
    [bundle] = wire.hand_out()
    await read_source(wire, bundle, sources_of([bundle])[0], "http://x.example/1")
    [second] = wire.hand_out()
    (pages,) = pages_of([second])

    password.unlink()
    async with wire.working_on(second) as notebook:
        story = sign_article(make_story(1))
        await notebook.keep_article(page_of(pages, pages.entries[0]), story, pages.source)
    wire.take_back(second)
    bundles.isolate_domain(wire.database, "x.example", "workers died", now=wire.clock())
    refuse_isolated(wire.database, wire.rules, now=wire.clock())

    assert wire.rows("SELECT count(*) FROM tasks WHERE domain = 'x.example'") == [(0,)]
    assert wire.rows("SELECT outcome, note FROM visits WHERE outcome IS NOT NULL") == [("failed", "workers died")]  # fmt: skip


async def test_a_full_or_read_only_file_fails_no_page(wire: Wire) -> None:
    [bundle] = wire.hand_out()
    await read_source(wire, bundle, sources_of([bundle])[0], "http://x.example/1")
    [second] = wire.hand_out()
    (pages,) = pages_of([second])
    gathered: list[tuple[int, int, bytes]] = []

    async def give(bundle_id: int, number: int, body: bytes) -> None:
        gathered.append((bundle_id, number, body))

    wire.notebook.begin(second, Gathering(second.id, give))
    # of words that do not compress into the room that is left
    text = " ".join(f"{number * 7_919:x}" for number in range(60_000))
    story = sign_article(replace(make_story(1), body=text))
    await wire.notebook.keep_article(page_of(pages, pages.entries[0]), story, pages.source)
    await wire.notebook.finish(second.id)

    for fault, end in (
        ("max_page_count = 1", "max_page_count = 1000000"),
        ("query_only = on", "query_only = off"),
    ):
        wire.database.execute(f"PRAGMA {fault}")
        with pytest.raises(sqlite3.OperationalError):
            wire.replay(*gathered[0])
        wire.database.execute(f"PRAGMA {end}")
        assert wire.rows("SELECT state, attempt_count FROM entries") == [("waiting", 0)]
    wire.replay(*gathered[0])

    assert wire.rows("SELECT count(*) FROM articles") == [(1,)]
