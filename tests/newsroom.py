"""Stores articles in a database as a visit would, without fetching anything.

With TESTS_NOTEBOOK=field each article goes to the home of a cluster first, as bytes, and is replayed there.
"""

import os
import sqlite3
from dataclasses import replace
from datetime import datetime
from random import Random

from crawler.flows.cluster.home.packing import without_secrets
from crawler.flows.cluster.home.replay_pages import open_page
from crawler.flows.cluster.home.replaying import Replaying
from crawler.flows.cluster.notes import ArticleNote, SentPage
from crawler.flows.cluster.wire import join_notes, read_notes, write_note
from crawler.flows.mail.outbox import Outbox
from crawler.flows.news.ingest import keep_article
from crawler.flows.process.notebook import Unread
from crawler.flows.process.parse_pool.understanding import Understood, sign_article
from crawler.flows.process.rules import Rules
from crawler.model.article import Article, Occasion, Page
from crawler.model.source import Source
from crawler.model.visit import PageOutcome, Visit
from crawler.storage.crawl.crawl_queue import claim_due_visits
from crawler.storage.crawl.sources import get_source
from crawler.storage.file.database import to_text, transaction
from tests.fakes import START, FakeClock

BODY = "Two drones crossed the quay at dawn, said the pilot, and nobody could say whose they were or why they came."
ARTICLE = Article(url="https://courier.org/a", headline="Quay crossed", body=BODY, language="en")
_VOCABULARY = [
    "harbour",
    "quay",
    "ferry",
    "pilot",
    "council",
    "lamp",
    "keeper",
    "fisherman",
    "morning",
    "shore",
    "market",
    "bread",
    "school",
    "teacher",
    "roof",
    "storm",
    "message",
    "window",
    "engine",
    "winter",
    "island",
    "bridge",
    "doctor",
    "orchard",
    "singer",
    "violin",
    "river",
    "library",
    "grain",
    "mountain",
    "tunnel",
    "glass",
    "carpet",
    "village",
    "election",
    "budget",
    "judge",
    "painter",
    "railway",
    "lantern",
    "potato",
    "copper",
    "kitchen",
    "garden",
    "museum",
]


def make_story(number: int, *, word: str = "drone") -> Article:
    """Return an article whose text is unique to its number, and which says the word once."""
    rng = Random(number)
    words = rng.choices(_VOCABULARY, k=60)
    words.insert(5, word)
    url = f"https://courier.org/{number}"
    body = f"{' '.join(words[:30]).capitalize()}. {' '.join(words[30:]).capitalize()}."
    return Article(url=url, headline=f"Story {number}", body=body, language="en")


class Newsroom:
    """Stores articles in the database as a visit would."""

    def __init__(
        self, database: sqlite3.Connection, rules: Rules, *, now: datetime = START
    ) -> None:
        self.database = database
        self.rules = rules
        self.clock = FakeClock(now)
        with transaction(database):
            visits = claim_due_visits(database, now=now, limit=10)
        self.visits = {visit.source_name: visit for visit in visits}

    def keep(
        self,
        article: Article = ARTICLE,
        *,
        source: str = "courier",
        occasion: Occasion = Occasion.NEWS,
    ) -> PageOutcome:
        visit = self.visits[source]
        settings = self.rules.config.source_named(source)
        assert settings is not None
        found: Source = get_source(self.database, visit.source_id, settings, password="")
        page = replace(self.page(visit, article.url), occasion=occasion)
        understood = sign_article(article)
        if os.environ.get("TESTS_NOTEBOOK") == "field":
            page, understood, found = self._send(page, understood, found)
        outcome = keep_article(
            self.database,
            page,
            understood,
            source=found,
            rules=self.rules,
            now=self.clock(),
        )
        self.take_up()
        return outcome

    def _send(
        self, page: Page, understood: Understood, source: Source
    ) -> tuple[Page, Understood, Source]:
        """Return what the home of a cluster makes of an article that a worker sent."""
        note = ArticleNote(at=self.clock(), sent=SentPage(page=page), understood=understood)
        (came,) = read_notes(join_notes([write_note(note)]))
        assert isinstance(came, ArticleNote)
        own = Replaying(self.rules, key="0" * 24, now=self.clock())
        return open_page(came), own.read_here(came.understood), without_secrets(source)

    def take_up(self) -> None:
        """Gather queued alerts into messages, as the daemon does twice a second."""
        Outbox(self.rules.config).take_up_all(self.database)

    def unread(
        self, url: str = ARTICLE.url, *, source: str = "courier", words: Article | None = None
    ) -> Unread:
        """Return an entry whose page was not read."""
        visit = self.visits[source]
        settings = self.rules.config.source_named(source)
        assert settings is not None
        found = get_source(self.database, visit.source_id, settings, password="")
        return Unread(
            page=self.page(visit, url), source=found, words=sign_article(words) if words else None
        )

    def page(self, visit: Visit, url: str) -> Page:
        self.database.execute(
            """INSERT INTO entries (source_id, entry_key, url, announced_url, first_seen_at, state)
               VALUES (?, ?, ?, ?, ?, 'waiting') ON CONFLICT DO NOTHING""",
            [visit.source_id, url, url, url, to_text(self.clock())],
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
            visit_id=visit.id,
            source_id=visit.source_id,
            entry_id=row["id"],
        )

    def kinds(self) -> list[str]:
        return [row[0] for row in self.database.execute("SELECT kind FROM alerts ORDER BY id")]

    def count(self, table: str) -> int:
        return int(self.database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
