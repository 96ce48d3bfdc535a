"""Reprocessing kept pages: it understands a page as a visit would."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from crawler.config.schema import Config
from crawler.config.sections.sources import SourceSettings
from crawler.extract.elsewhere.page_part import read_part
from crawler.flows.news.reprocess import Reprocessed, apply_reprocessed, reprocess_page
from crawler.model.article import Article, Page
from crawler.storage.crawl.entries.pages import find_page, pack_body, save_page
from crawler.storage.file.database import transaction
from crawler.storage.news.boilerplate import Ruling, rule_line
from crawler.storage.watch.key_search import KeySearch, walk_found
from crawler.storage.watch.keys import begin_key_index
from tests.conftest import make_config
from tests.fakes import START
from tests.newsroom import ARTICLE, Newsroom

SLOGAN = "All drones, all day"
WITH_SLOGAN = replace(ARTICLE, body=f"{ARTICLE.body}\n\n{SLOGAN}")


class Direct:
    """Runs storage work at once, and stands in for the parse pool."""

    def __init__(
        self, connection: sqlite3.Connection, article: Article, asked: list[object]
    ) -> None:
        self._connection = connection
        self._article = article
        self._asked = asked

    async def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if isinstance(args[0], Page) and "source" in kwargs:
            self._asked.append(function)
            return self._article
        return function(self._connection, *args, **kwargs)


async def reprocess(
    room: Newsroom, config: Config, article: Article, *, asked: list[object] | None = None
) -> Reprocessed:
    """Replace the kept page of the first article by another one, and reprocess it; ``asked`` is how it was read."""
    page = replace(room.page(room.visits["courier"], ARTICLE.url), body=b"<p>")
    with transaction(room.database):
        save_page(room.database, page, article_id=1, packed=pack_body(page))
    stored = find_page(room.database, "1")
    assert stored is not None
    direct = Direct(room.database, article, [] if asked is None else asked)
    done = await reprocess_page(direct, direct, stored, config)  # type: ignore[arg-type]  # a reader of pages
    apply_reprocessed(room.database, done)
    return done


@pytest.mark.parametrize(("kind", "body"), [("page", WITH_SLOGAN.body), ("feed", ARTICLE.body)])
async def test_boilerplate_is_cut_out_of_articles_and_not_of_watched_pages(
    newsroom: Newsroom, config: Config, kind: str, body: str
) -> None:
    newsroom.keep(WITH_SLOGAN)
    rule_line(newsroom.database, "courier.org", ruling=Ruling.CUT, key="alldronesallday", line=SLOGAN, now=START)  # fmt: skip
    source = SourceSettings.model_validate(
        {"name": "courier", "url": "http://courier.example/", "kind": kind}
    )
    config = make_config(config.store.path.parent, sources=[source])

    done = await reprocess(newsroom, config, WITH_SLOGAN)

    assert done.article is not None
    assert done.article.body == body


async def test_a_corrected_text_is_found_by_its_new_words_alone(
    newsroom: Newsroom, config: Config
) -> None:
    begin_key_index(newsroom.database, "1")
    newsroom.keep()

    await reprocess(newsroom, config, replace(ARTICLE, body="A submarine crossed the quay."))

    found = [
        tuple(walk_found(newsroom.database, KeySearch(keys=f'"={key}"')))
        for key in ("submarine", "drones")
    ]
    assert found == [(1,), ()]
    assert newsroom.count("shingles") == 1


async def test_a_part_of_a_page_that_entries_share_is_read_as_that_part(
    newsroom: Newsroom, config: Config
) -> None:
    newsroom.keep()
    newsroom.database.execute("UPDATE entries SET is_shared = 1, entry_key = 'a #1'")
    asked = list[object]()

    await reprocess(newsroom, config, ARTICLE, asked=asked)

    assert asked == [read_part]
