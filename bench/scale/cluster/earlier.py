"""Stores articles as f6b1981 did, when all of an article was done on the database's thread: ``python -P earlier.py CONFIG < ORDERS``.

Python of a checkout of that commit runs it, so that what is imported here is found there. Orders and answers are pickled:
``fill`` brings articles of the past, which are stored without judging them; ``keep`` brings articles with their pages.
"""

import pickle
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from crawler.flows.configure import apply_config
from crawler.flows.ingest import keep_article
from crawler.flows.key_index import open_key_index
from crawler.flows.rules import load_rules
from crawler.flows.visit import claim_visits, end_visit
from crawler.matching.analyzer import analyze
from crawler.matching.inflection import prepare
from crawler.model.run import RunOutcome, Visit
from crawler.storage.articles import save_revision
from crawler.storage.database import open_for_writing, transaction
from crawler.storage.entries import Announcement, EntryState, mark_entry, save_entries
from crawler.storage.furniture import note_lines
from crawler.storage.keys import save_keys
from crawler.storage.schema import migrate
from crawler.storage.sketches import save_sketch
from crawler.storage.ways import save_way
from crawler.text.urls import article_key, host_of

from crawler.clock import utc_now
from crawler.config.load import load_config
from crawler.dedup.fingerprint import fingerprint_words
from crawler.dedup.sketch import sketch
from crawler.model.article import Article, Page, Verdict, VerdictKind
from crawler.model.source import FeedEntry, Source, WayKind
from crawler.text.normalize import tokenize

LANGUAGES = ("en", "de")
_MOST_REMEMBERED = 500_000


@dataclass(frozen=True, slots=True)
class _Visited:
    visit: Visit
    source: Source
    way_id: int


class Peer:
    """The database of that commit, with one visit to each source under way."""

    def __init__(self, file: Path) -> None:
        self._config = load_config(file, environ={})
        self._database = open_for_writing(self._config.store.path)
        migrate(self._database)
        apply_config(self._database, self._config, now=utc_now())
        open_key_index(self._database)
        self._pieces: dict[tuple[str, str], tuple[tuple[str, ...], tuple[str, ...]]] = {}

    def begin_filling(self, _: object) -> None:
        """Write without waiting for the disk: a fill that is cut off is begun again."""
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "foreign_keys = OFF", "cache_size = -1000000"):  # fmt: skip
            self._database.execute(f"PRAGMA {pragma}")
        self._visits = self._open_visits()

    def fill(self, articles: Iterable[tuple[str, str, str, str, str]]) -> None:
        """Store articles of the past: address, source, headline, body, language."""
        with transaction(self._database):
            for url, source, headline, body, language in articles:
                visited = self._visits[source]
                page = self._announce(visited, url, headline, b"")
                self._store(page, Article(url=url, headline=headline, body=body, language=language))

    def end_filling(self, _: object) -> None:
        """End the visits, and the file as it is used."""
        self._end_visits()
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.close()

    def begin(self, _: object) -> None:
        """Load watches and dictionaries."""
        self._rules = load_rules(self._database, self._config)
        for language in LANGUAGES:
            prepare(language)
            self._rules.index.warm(language)

    def keep(
        self, articles: Iterable[tuple[str, str, str, str, str, bytes]]
    ) -> tuple[float, int, int]:
        """Store articles, each with its page; return seconds of processor time, matches and alerts."""
        self._visits, seconds = self._open_visits(), 0.0
        before = self._count("matches"), self._count("alerts")
        for url, name, headline, body, language, content in articles:
            visited = self._visits[name]
            with transaction(self._database):
                page = self._announce(visited, url, headline, content)
            article = Article(url=url, headline=headline, body=body, language=language)
            keep = partial(keep_article, source=visited.source, rules=self._rules, now=utc_now())
            began = time.thread_time()
            keep(self._database, page, article)
            seconds += time.thread_time() - began
        self._end_visits()
        return seconds, self._count("matches") - before[0], self._count("alerts") - before[1]

    def _open_visits(self) -> dict[str, _Visited]:
        rules = load_rules(self._database, self._config)
        self._database.execute("UPDATE sources SET next_due_at = '2020-01-01T00:00:00.000Z', lease_until = NULL")  # fmt: skip
        opened = {}
        for visit, source in claim_visits(self._database, rules, now=utc_now(), limit=10_000):
            with transaction(self._database):
                way = save_way(self._database, source.id, WayKind.FEED, source.url, origin="stated")
            opened[source.name] = _Visited(visit, source, way.id)
        return opened

    def _end_visits(self) -> None:
        for one in self._visits.values():
            end_visit(self._database, one.visit, outcome=RunOutcome.OK, now=utc_now())

    def _announce(self, visited: _Visited, url: str, headline: str, content: bytes) -> Page:
        """Save an entry, and return its page. Call inside a transaction."""
        now = utc_now()
        entry = FeedEntry(url=url, guid=url, title=headline, stated_at=now)
        item = Announcement(url=url, key=article_key(url), entry=entry, state=EntryState.WAITING)
        save_entries(self._database, visited.source.id, [item], way_id=visited.way_id, now=now)
        entry_id = self._database.execute("SELECT last_insert_rowid()").fetchone()[0]
        return Page(url=url, requested_url=url, body=content, content_type="text/html", fetched_at=now, run_id=visited.visit.run_id, source_id=visited.source.id, entry_id=entry_id)  # fmt: skip

    def _store(self, page: Page, article: Article) -> None:
        pieces = [self._piece(one, article.language) for one in article.body.split()]
        words = tuple(word for own, _ in pieces for word in own)
        verdict = Verdict(kind=VerdictKind.NEW, fingerprint=fingerprint_words(words), article_id=None, story_id=None, reason="first time we see it")  # fmt: skip
        now = utc_now()
        revision = save_revision(self._database, page, article, verdict=verdict, now=now)
        save_sketch(self._database, revision.article_id, sketch(words))
        save_keys(self._database, revision.id, sorted({key for _, own in pieces for key in own}))
        mark_entry(
            self._database, page.entry_id, EntryState.FETCHED, article_id=revision.article_id
        )
        lines = [("readmore", "Read more"), (f"line{revision.id}", f"Subheading {revision.id}")]
        note_lines(self._database, host_of(article.url), lines, url_key=article_key(article.url), now=now)  # fmt: skip

    def _piece(self, piece: str, language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the words and the keys of what stands between two spaces."""
        if len(self._pieces) > _MOST_REMEMBERED:
            self._pieces.clear()
        found = self._pieces.get((piece, language))
        if found is None:
            keys = tuple(analyze("", piece, language=language, sources=()).places)
            found = self._pieces[piece, language] = tokenize(piece), keys
        return found

    def _count(self, table: str) -> int:
        return int(self._database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def main(arguments: Sequence[str]) -> None:
    """Do what is asked until the orders end."""
    peer, orders, answers = Peer(Path(arguments[0])), sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            name, what = pickle.load(orders)
        except EOFError:
            return
        pickle.dump(getattr(peer, name)(what), answers)
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
