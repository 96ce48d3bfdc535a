"""Kept pages take a bounded room: a page, a source in a day, and all together; what is understood from them stays."""

import os
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.config.schema import Config
from crawler.flows.news.ingest import keep_article
from crawler.flows.news.pages.unread_pages import refuse_page
from crawler.flows.process.configure import apply_config
from crawler.flows.process.notebook import Refusal
from crawler.flows.process.parse_pool.understanding import sign_article
from crawler.flows.process.rules import load_rules
from crawler.flows.retention import CRAWL_RULES, Sweeper
from crawler.flows.upkeep import tidy
from crawler.storage.crawl.sources import get_source
from tests.conftest import make_config
from tests.fakes import START
from tests.newsroom import Newsroom, make_story


@pytest.fixture
def config(tmp_path: Path) -> Config:
    config = make_config(tmp_path)
    store = config.store.model_copy(
        update={"page_size": 20_000, "page_space_per_source": 60_000, "page_space": 80_000}
    )
    return config.model_copy(update={"store": store})


@pytest.fixture
def newsroom(database: sqlite3.Connection, config: Config) -> Newsroom:
    apply_config(database, config, now=START)
    return Newsroom(database, load_rules(database, config))


def keep(newsroom: Newsroom, number: int, size: int, *, source: str = "courier") -> None:
    """Store an article whose page cannot be compressed."""
    visit, article = newsroom.visits[source], make_story(number)
    settings = newsroom.rules.config.source_named(source)
    assert settings is not None
    found = get_source(newsroom.database, visit.source_id, settings, password="")
    page = replace(newsroom.page(visit, article.url), body=os.urandom(size))
    keep_article(
        newsroom.database,
        page,
        sign_article(article),
        source=found,
        rules=newsroom.rules,
        now=newsroom.clock(),
    )


def test_a_page_over_its_limit_is_not_kept_and_its_article_is(newsroom: Newsroom) -> None:
    keep(newsroom, 1, 20_001)
    keep(newsroom, 2, 19_000)

    assert newsroom.count("articles") == 2
    assert newsroom.count("pages") == newsroom.count("page_sizes") == 1


def test_a_source_has_its_room_for_a_day_and_takes_none_of_anothers(newsroom: Newsroom) -> None:
    for number in range(5):
        keep(newsroom, number, 19_000)
    assert newsroom.count("pages") == 3
    keep(newsroom, 10, 19_000, source="gazette")
    assert newsroom.count("pages") == 4

    newsroom.clock.advance(hours=25)
    keep(newsroom, 11, 19_000)

    assert newsroom.count("pages") == 5
    assert newsroom.count("articles") == 7


def test_refused_pages_count_too(newsroom: Newsroom) -> None:
    visit = newsroom.visits["courier"]
    for number in range(5):
        unread = newsroom.unread(f"https://courier.org/{number}")
        page = replace(unread.page, body=os.urandom(19_000), visit_id=visit.id)
        refuse_page(
            newsroom.database,
            replace(unread, page=page),
            Refusal(reason="no article"),
            rules=newsroom.rules,
            now=newsroom.clock(),
        )

    assert newsroom.count("pages") == 3


def test_all_together_the_oldest_go_first(newsroom: Newsroom, config: Config) -> None:
    for day in range(6):
        keep(newsroom, day, 19_000)
        newsroom.clock.advance(hours=25)
    assert newsroom.count("pages") == 6

    sweeper = Sweeper(CRAWL_RULES)
    while tidy(newsroom.database, config, sweeper, now=newsroom.clock(), rules=newsroom.rules):
        pass

    rows = newsroom.database.execute("SELECT url FROM pages ORDER BY id").fetchall()
    assert [row["url"] for row in rows] == [f"https://courier.org/{day}" for day in range(2, 6)]
    assert newsroom.count("page_sizes") == 4
    assert newsroom.count("articles") == 6


def test_an_expired_page_takes_no_room(newsroom: Newsroom, config: Config) -> None:
    keep(newsroom, 1, 19_000)

    tidy(
        newsroom.database,
        config,
        Sweeper(CRAWL_RULES),
        now=newsroom.clock() + timedelta(days=31),
        rules=newsroom.rules,
    )

    assert newsroom.count("pages") == newsroom.count("page_sizes") == 0
