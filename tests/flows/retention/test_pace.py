"""The crawl process keeps up with what becomes old: several sweeps a minute, with other work in between."""

import asyncio
import sqlite3
from datetime import timedelta

from crawler.config.schema import Config
from crawler.flows.crawl_services import CrawlServices
from crawler.storage.file.database import to_text, transaction
from crawler.storage.file.owners import Owner
from tests.fakes import START, FakeClock
from tests.newsroom import Newsroom, make_story


def test_more_pages_go_in_a_minute_than_a_sweep_takes(newsroom: Newsroom, config: Config) -> None:
    database: sqlite3.Connection = newsroom.database
    newsroom.keep(make_story(1))
    with transaction(database):
        for _ in range(400):
            cursor = database.execute(
                """INSERT INTO pages (entry_id, url, requested_url, fetched_at, content_type, size, body)
                   VALUES (1, '', '', ?, '', 1, x'00')""",
                [to_text(START)],
            )
            database.execute(
                "INSERT INTO page_sizes VALUES (?, 1, ?, 1)", [cursor.lastrowid, to_text(START)]
            )

    async def tidy() -> None:
        clock = FakeClock(START + timedelta(days=31))
        services = CrawlServices(config, clock=clock, owner=Owner.CRAWL)
        await services.tidy()
        await asyncio.to_thread(services.close)

    asyncio.run(tidy())

    assert newsroom.count("pages") == 0
