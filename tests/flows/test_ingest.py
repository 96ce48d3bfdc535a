import sqlite3
from dataclasses import replace

import pytest

from crawler.flows.ingest import keep_article, refuse_page
from crawler.flows.rules import Rules
from crawler.model.article import Article, Page
from crawler.model.run import PageOutcome, Visit
from crawler.model.source import Source
from crawler.storage.articles import list_articles
from crawler.storage.crawl_queue import claim_due_visits
from crawler.storage.database import transaction
from crawler.storage.sources import get_source
from tests.fakes import START, FakeClock

BODY = "Two drones crossed the quay at dawn, said the pilot, and nobody could say whose they were or why they came."
ARTICLE = Article(url="https://courier.org/a", headline="Quay crossed", body=BODY, language="en")


class Newsroom:
    """Feeds articles into the database as a visit would."""

    def __init__(self, database: sqlite3.Connection, rules: Rules) -> None:
        self.database = database
        self.rules = rules
        self.clock = FakeClock()
        with transaction(database):
            visits = claim_due_visits(database, now=START, limit=10)
        self.visits = {visit.source_name: visit for visit in visits}

    def keep(self, article: Article = ARTICLE, *, source: str = "courier") -> PageOutcome:
        visit = self.visits[source]
        settings = self.rules.config.source_named(source)
        assert settings is not None
        found: Source = get_source(self.database, visit.source_id, settings, password="")
        return keep_article(
            self.database,
            self.page(visit, article.url),
            article,
            source=found,
            rules=self.rules,
            now=self.clock(),
        )

    def page(self, visit: Visit, url: str) -> Page:
        self.database.execute(
            """INSERT INTO entries (source_id, url, announced_url, first_seen_at, state)
               VALUES (?, ?, ?, '', 'waiting') ON CONFLICT DO NOTHING""",
            [visit.source_id, url, url],
        )
        row = self.database.execute(
            "SELECT id FROM entries WHERE source_id = ? AND url = ?", [visit.source_id, url]
        ).fetchone()
        return Page(
            url=url,
            requested_url=url,
            body=b"",
            content_type="",
            fetched_at=self.clock(),
            run_id=visit.run_id,
            source_id=visit.source_id,
            entry_id=row["id"],
        )

    def count(self, table: str) -> int:
        return int(self.database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


@pytest.fixture
def newsroom(database: sqlite3.Connection, rules: Rules) -> Newsroom:
    return Newsroom(database, rules)


def test_a_new_article_that_says_the_word_owes_one_alert(newsroom: Newsroom) -> None:
    assert newsroom.keep() is PageOutcome.NEW

    assert newsroom.count("articles") == newsroom.count("matches") == newsroom.count("alerts") == 1
    delivery = newsroom.database.execute("SELECT * FROM deliveries").fetchone()
    assert (delivery["recipient"], delivery["state"]) == ("me@example.org", "owed")


def test_the_same_page_again_only_moves_last_seen(newsroom: Newsroom) -> None:
    newsroom.keep()
    newsroom.clock.advance(hours=1)

    assert newsroom.keep() is PageOutcome.SEEN

    row = newsroom.database.execute("SELECT * FROM articles").fetchone()
    assert row["last_seen_at"] > row["first_seen_at"]
    assert newsroom.count("revisions") == newsroom.count("alerts") == 1


def test_a_copy_elsewhere_joins_the_story_and_stays_silent(newsroom: Newsroom) -> None:
    newsroom.keep()
    copy = replace(ARTICLE, url="https://gazette.org/b", headline="Drones at dawn")

    assert newsroom.keep(copy, source="gazette") is PageOutcome.COPY

    assert (newsroom.count("articles"), newsroom.count("stories")) == (2, 1)
    assert (newsroom.count("matches"), newsroom.count("alerts")) == (2, 1)


def test_a_revised_body_alerts_once(newsroom: Newsroom) -> None:
    newsroom.keep(replace(ARTICLE, body=BODY.replace("drones", "boats")))
    assert newsroom.count("alerts") == 0

    assert newsroom.keep() is PageOutcome.REVISED
    assert newsroom.keep(replace(ARTICLE, body=BODY + " Again drones.")) is PageOutcome.REVISED

    kinds = [row[0] for row in newsroom.database.execute("SELECT kind FROM alerts")]
    assert kinds == ["update"]
    assert newsroom.count("revisions") == 3


def test_search_finds_the_current_text_and_not_the_old(newsroom: Newsroom) -> None:
    newsroom.keep()
    newsroom.keep(replace(ARTICLE, body=BODY.replace("pilot", "captain")))

    found = [
        len(list_articles(newsroom.database, limit=5, search=word)) for word in ("captain", "pilot")
    ]

    assert found == [1, 0]
    newsroom.database.execute("INSERT INTO articles_fts (articles_fts) VALUES ('integrity-check')")


def test_a_crash_before_the_commit_leaves_nothing(newsroom: Newsroom) -> None:
    newsroom.database.execute(
        "CREATE TRIGGER crash BEFORE INSERT ON deliveries BEGIN SELECT raise(ABORT, 'crash'); END"
    )

    with pytest.raises(sqlite3.IntegrityError):
        newsroom.keep()

    tables = ("articles", "revisions", "stories", "matches", "alerts", "deliveries")
    assert [newsroom.count(table) for table in tables] == [0] * 6
    state = newsroom.database.execute("SELECT state FROM entries").fetchone()[0]
    assert state == "waiting"


def test_a_refused_page_keeps_its_reason(newsroom: Newsroom) -> None:
    page = newsroom.page(newsroom.visits["courier"], "https://courier.org/shell")

    refuse_page(newsroom.database, page, "the page is empty", keeps=True)

    row = newsroom.database.execute("SELECT state, reason FROM entries").fetchone()
    assert tuple(row) == ("refused", "the page is empty")
    assert (
        newsroom.database.execute(
            "SELECT refused_count FROM runs WHERE id = ?", [page.run_id]
        ).fetchone()[0]
        == 1
    )
