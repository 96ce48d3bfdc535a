"""The daemon's inbox: requests are taken up in order, done at once or by the crawl process, and each is answered."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace

import pytest

from crawler.config.schema import Config
from crawler.errors import RequestRefused, RetryLater
from crawler.flows.crawl_requests import answer_request
from crawler.flows.crawl_services import CrawlServices
from crawler.flows.process.writer import Writer
from crawler.model.request import Request, RequestKind
from crawler.storage.crawl.entries.pages import pack_body, save_page
from crawler.storage.file.database import open_for_reading, to_text, transaction
from crawler.storage.process.requests import list_open_requests, save_request
from scheduler.inbox import Inbox
from tests.fakes import START, FakeClock, article_page
from tests.newsroom import ARTICLE, Newsroom
from tests.spiders.test_crawl import DRONES, PROSE

SPLIT = {"story": 1, "articles": [1]}


@pytest.fixture
async def writer(config: Config, database: sqlite3.Connection) -> AsyncIterator[Writer]:
    found = Writer(config.store.path)
    yield found
    found.close()


class CrawlProcess:
    """Returns the prepared answers in turn; an error is raised."""

    def __init__(self, *answers: str | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[int] = []
        self.is_free = asyncio.Event()
        self.is_free.set()

    async def forward(self, request: Request) -> str:
        self.asked.append(request.id)
        await self.is_free.wait()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def put(database: sqlite3.Connection, kind: RequestKind, arguments: dict[str, object]) -> int:
    with transaction(database):
        return save_request(database, kind, arguments, asked_by="me", now=START)


async def look(inbox: Inbox, config: Config, *, times: int = 1) -> None:
    """Take up all open requests, and wait for the forwarded ones."""
    for _ in range(times):
        await inbox.take_up(config, START)
        tasks = [task for _, task in inbox._in_progress.values()]
        await asyncio.gather(*tasks)


def answers(config: Config) -> list[tuple[object, object]]:
    with closing(open_for_reading(config.store.path)) as connection:
        rows = connection.execute("SELECT is_done, answer FROM requests ORDER BY id")
        return [tuple(row) for row in rows]


async def test_own_requests_are_carried_out_and_the_others_are_forwarded(
    writer: Writer, database: sqlite3.Connection, config: Config
) -> None:
    crawl = CrawlProcess("Story 2 has 1 of them now.")
    inbox = Inbox(writer, crawl.forward, clock=FakeClock())
    put(database, RequestKind.SPLIT, dict(SPLIT))
    put(database, RequestKind.VISIT, {"sources": ["nobody"]})
    put(database, RequestKind.UNMUTE, {"watch": "drones"})

    await look(inbox, config)

    assert answers(config) == [
        (1, "Story 2 has 1 of them now."),
        (0, "none of these sources is known and active yet"),
        (1, "drones was not muted."),
    ]


async def test_a_request_under_way_is_not_forwarded_twice_and_delays_nothing(
    writer: Writer, database: sqlite3.Connection, config: Config
) -> None:
    crawl = CrawlProcess("done")
    crawl.is_free.clear()
    inbox = Inbox(writer, crawl.forward)
    slow = put(database, RequestKind.SPLIT, dict(SPLIT))

    await inbox.take_up(config, START)
    put(database, RequestKind.UNMUTE, {"watch": "drones"})
    await inbox.take_up(config, START)
    await inbox.take_up(config, START)
    assert answers(config) == [(None, None), (1, "drones was not muted.")]
    crawl.is_free.set()
    await look(inbox, config)

    assert crawl.asked == [slow]
    assert answers(config)[0] == (1, "done")


async def test_a_request_of_a_dead_crawl_process_is_forwarded_again(
    writer: Writer, database: sqlite3.Connection, config: Config
) -> None:
    crawl = CrawlProcess(RetryLater("starting"), ConnectionError("gone"), "done")
    inbox = Inbox(writer, crawl.forward)
    number = put(database, RequestKind.SPLIT, dict(SPLIT))

    await look(inbox, config, times=2)
    assert [one.id for one in list_open_requests(database)] == [number]
    await look(inbox, config)

    assert answers(config) == [(1, "done")]


async def test_a_request_that_always_ends_the_crawl_process_is_given_up(
    writer: Writer, database: sqlite3.Connection, config: Config
) -> None:
    crawl = CrawlProcess(*[ConnectionError("gone")] * 3)
    inbox = Inbox(writer, crawl.forward)
    put(database, RequestKind.SPLIT, dict(SPLIT))

    await look(inbox, config, times=4)

    assert len(crawl.asked) == 3
    (outcome,) = answers(config)
    assert outcome[0] == 0
    assert "ConnectionError: gone" in str(outcome[1])


async def test_a_refusal_of_the_crawl_process_is_its_answer(
    writer: Writer, database: sqlite3.Connection, config: Config
) -> None:
    inbox = Inbox(writer, CrawlProcess(RequestRefused("no such story")).forward)
    put(database, RequestKind.SPLIT, dict(SPLIT))

    await look(inbox, config)

    assert answers(config) == [(0, "no such story")]


async def test_pages_are_reprocessed_by_one_request_at_a_time(
    writer: Writer, database: sqlite3.Connection, config: Config
) -> None:
    crawl = CrawlProcess("first", "second")
    crawl.is_free.clear()
    inbox = Inbox(writer, crawl.forward)
    numbers = [put(database, RequestKind.REPROCESS, {"since": to_text(START)}) for _ in "ab"]

    await inbox.take_up(config, START)
    await inbox.take_up(config, START)
    await asyncio.sleep(0)
    crawl.is_free.set()
    await look(inbox, config)
    assert crawl.asked == numbers[:1]
    await look(inbox, config)

    assert crawl.asked == numbers
    assert answers(config) == [(1, "first"), (1, "second")]


async def test_a_request_stays_open_when_the_inbox_is_closed(
    writer: Writer, database: sqlite3.Connection, config: Config
) -> None:
    crawl = CrawlProcess("never")
    crawl.is_free.clear()
    inbox = Inbox(writer, crawl.forward)
    number = put(database, RequestKind.SPLIT, dict(SPLIT))
    await inbox.take_up(config, START)

    await inbox.close()

    assert [one.id for one in list_open_requests(database)] == [number]


async def test_the_crawl_process_reprocesses_kept_pages(
    newsroom: Newsroom, database: sqlite3.Connection, config: Config
) -> None:
    keep_page(newsroom)
    services = CrawlServices(config)
    await services.open()
    asked = Request(id=1, kind="reprocess", arguments={"since": to_text(START)})
    try:
        first = await answer_request(services, Request.from_json(asked.as_json()))
        again = await answer_request(services, asked)
        with pytest.raises(RequestRefused, match="KeyError"):
            await answer_request(services, Request(id=2, kind="split", arguments={}))
    finally:
        services.close()

    assert first == "1 page read again: 1 article was corrected."
    assert again == "1 page read again: 0 articles were corrected."
    assert database.execute("SELECT headline FROM articles").fetchone()[0] == "Ferry Leaves Late"


def keep_page(newsroom: Newsroom) -> None:
    """Store an article as an earlier release might have understood it, with its page."""
    newsroom.keep(replace(ARTICLE, headline="Wrong"))
    page = replace(
        newsroom.page(newsroom.visits["courier"], ARTICLE.url),
        body=article_page("Ferry Leaves Late", PROSE, DRONES),
        content_type="text/html",
        fetched_at=START,
    )
    with transaction(newsroom.database):
        save_page(newsroom.database, page, article_id=1, packed=pack_body(page))
