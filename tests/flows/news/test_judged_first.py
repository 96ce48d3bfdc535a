"""An article is judged before it is matched, and judged again if another process wrote meanwhile."""

import sqlite3
from contextlib import closing
from copy import copy
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.config.sections.watches import WatchSettings
from crawler.flows.news.judging.draft import make_draft
from crawler.flows.news.judging.judgement import judge_article
from crawler.flows.news.live_matches import LiveMatches, find_live_matches
from crawler.flows.process.configure import apply_config
from crawler.flows.process.parse_pool.understanding import sign_article
from crawler.flows.process.rules import load_rules
from crawler.flows.watch.history import search_past
from crawler.flows.watch.key_index import open_key_index
from crawler.matching.matcher import compile_watch
from crawler.model.article import Article
from crawler.model.visit import PageOutcome
from crawler.storage.crawl.sources import get_source
from crawler.storage.file.database import open_for_writing
from crawler.storage.file.migrations.schema import migrate
from tests.conftest import make_config
from tests.fakes import START
from tests.newsroom import ARTICLE, Newsroom

HOUR = timedelta(hours=1)


def find(room: Newsroom, article: Article) -> LiveMatches:
    """Judge an article and find the watches it matches, without storing it."""
    visit = room.visits["courier"]
    settings = room.rules.config.source_named("courier")
    assert settings is not None
    source = get_source(room.database, visit.source_id, settings, password="")
    page = room.page(visit, article.url)
    draft = make_draft(room.database, page, sign_article(article), now=START)
    judged = judge_article(room.database, page, draft, source=source, rules=room.rules, now=START)
    return find_live_matches(
        room.database,
        draft.article,
        judged,
        source=source,
        rules=room.rules,
        before=LiveMatches(),
    )


def test_a_text_without_anything_new_is_not_analysed(newsroom: Newsroom) -> None:
    first = find(newsroom, ARTICLE)
    newsroom.keep()

    again = find(newsroom, ARTICLE)

    assert first.matches
    assert first.keys
    assert again == LiveMatches()


@pytest.mark.parametrize("headline", [ARTICLE.headline, "Quiet night"])
def test_an_article_is_judged_again_if_another_process_wrote_meanwhile(
    newsroom: Newsroom, database: sqlite3.Connection, headline: str
) -> None:
    """Between judging and storing, the stored text becomes the same as the page's, or ceases to be the same."""
    newsroom.keep(replace(ARTICLE, headline=headline))
    was_seen = headline == ARTICLE.headline
    left = "Storm at sea" if was_seen else ARTICLE.headline
    path = newsroom.rules.config.store.path

    def write_first(statement: str) -> None:
        if statement.startswith("BEGIN IMMEDIATE"):
            database.set_trace_callback(None)
            with closing(open_for_writing(path)) as connection:
                other = copy(newsroom)
                other.database = connection
                other.keep(replace(ARTICLE, headline=left))

    newsroom.page(newsroom.visits["courier"], ARTICLE.url)
    database.set_trace_callback(write_first)

    outcome = newsroom.keep()

    assert outcome is (PageOutcome.REVISED if was_seen else PageOutcome.SEEN)
    assert newsroom.count("indexed_texts") == newsroom.count("revisions") == 2 + was_seen
    assert newsroom.count("matches") == newsroom.count("revisions")


QUERIES = {
    "www": "drone source:www.courier.org",
    "mobile": "drone source:m.courier.org",
    "both": "drone source:courier.org",
}


def test_a_page_of_another_host_matches_live_as_in_history(tmp_path: Path) -> None:
    """It is the mobile page of an article that is stored at its other address."""
    watches = [
        WatchSettings(name=name, query=query, to=("me@example.org",))
        for name, query in QUERIES.items()
    ]
    config = make_config(tmp_path, watches=watches)
    www, mobile = (ARTICLE.url.replace("//", f"//{name}.") for name in ("www", "m"))
    with closing(open_for_writing(config.store.path)) as connection:
        migrate(connection)
        apply_config(connection, config, now=START)
        open_key_index(connection)
        room = Newsroom(connection, load_rules(connection, config))
        room.keep(replace(ARTICLE, url=www, body="Nothing came, and nobody was seen at the quay."))

        outcome = room.keep(replace(ARTICLE, url=mobile))

        live = connection.execute("SELECT watch_id FROM matches").fetchall()
        past = {
            watch.name
            for watch in map(room.rules.watch, range(1, len(watches) + 1))
            if search_past(connection, compile_watch(watch), config, since=START - HOUR).matches
        }
    assert outcome is PageOutcome.REVISED
    assert {room.rules.watch(row[0]).name for row in live} == past == {"www", "both"}
