"""What tests of the archive have in common: a database with pages of several days, and an archiver's work on it."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from crawler.config.schema import Config
from crawler.flows.archive import Archiver
from crawler.flows.news.ingest import keep_article
from crawler.flows.process.configure import apply_config
from crawler.flows.process.parse_pool.understanding import sign_article
from crawler.flows.process.rules import load_rules
from crawler.flows.process.writer import Writer
from crawler.storage.archive.reading import complete_body
from crawler.storage.crawl.entries.pages import find_stored_page
from crawler.storage.crawl.sources import get_source
from crawler.storage.file.database import open_for_reading, open_for_writing
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.file.owners import Owner
from tests.conftest import make_config
from tests.fakes import START, FakeClock
from tests.newsroom import Newsroom, make_story

DAY = timedelta(days=1)


def body_of(number: int, *, size: int = 3000) -> bytes:
    """Return the bytes of a page, which is no text in any encoding."""
    text = make_story(number).body
    return f"<p>{text}</p>".encode() + bytes(range(256)) * (size // 256)


def make_pages(
    folder: Path, *, days: int = 2, a_day: int = 3, size: int = 3000, **archive: object
) -> Config:
    """Fill a database with pages of some days from the start on; return its configuration, with [archive]."""
    config = make_config(folder, archive={"to": str(folder / "archive"), **archive})
    with closing(open_for_writing(config.store.path)) as connection:
        migrate(connection)
        apply_config(connection, config, now=START)
        newsroom = Newsroom(connection, load_rules(connection, config))
        settings = config.source_named("courier")
        assert settings is not None
        visit = newsroom.visits["courier"]
        source = get_source(connection, visit.source_id, settings, password="")
        for number in range(days * a_day):
            article = make_story(number)
            page = replace(
                newsroom.page(visit, article.url),
                body=body_of(number, size=size),
                content_type="text/html",
            )
            keep_article(
                connection,
                page,
                sign_article(article),
                source=source,
                rules=newsroom.rules,
                now=newsroom.clock(),
            )
            if number % a_day == a_day - 1:
                newsroom.clock.advance(days=1)
    return config


def archive(
    config: Config, *, now: datetime, is_stopped: bool = False, longest_seconds: float = 600.0
) -> None:
    """Do all that an archiver has to do at an instant; or have it stopped while it writes."""

    async def work() -> None:
        writer = Writer(config.store.path, Owner.CRAWL, clock=FakeClock(now))
        archiver = Archiver(config.store.path, longest_seconds=longest_seconds)
        if is_stopped:
            archiver.stop()
        try:
            while await archiver.work(writer, config, now=now):
                pass
        finally:
            await asyncio.to_thread(writer.close)

    asyncio.run(work())


def read_bodies(config: Config) -> dict[int, bytes]:
    """Return the bytes of every kept page, wherever they are."""
    with closing(open_for_reading(config.store.path)) as connection:
        ids = [row[0] for row in connection.execute("SELECT id FROM pages ORDER BY id")]
        found = {}
        for page_id in ids:
            stored = find_stored_page(connection, page_id)
            assert stored is not None
            found[page_id] = complete_body(stored, config.archive.to).page.body
    return found


def ask(config: Config, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(config.store.path)) as connection:
        return [tuple(row) for row in connection.execute(sql)]


def count_in_database(config: Config) -> int:
    """Return how many pages have their bytes in the database."""
    (row,) = ask(config, "SELECT count(*) FROM pages WHERE length(body) > 0")
    return int(str(row[0]))
