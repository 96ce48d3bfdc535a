"""Stores articles as the daemon leaves them behind, with entries, visits, pages, matches and messages."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from bench.growth.archive.mails import Postbox
from bench.growth.archive.texts import Made
from crawler.config.schema import Config
from crawler.dedup.verdict import judge
from crawler.machine.zstd import zstd
from crawler.model.article import Confidence, Page, Precision, PublicationDate
from crawler.model.source import FeedEntry
from crawler.model.story import Relation, SimilarArticle, Similarity
from crawler.model.visit import PageOutcome, Visit, VisitOutcome
from crawler.storage.crawl.crawl_queue import finish_visit
from crawler.storage.crawl.entries.announcements import Announcement, save_entries
from crawler.storage.crawl.entries.entries import EntryState, mark_entry, note_look
from crawler.storage.crawl.entries.pages import save_page
from crawler.storage.crawl.visits import count_page
from crawler.storage.file.database import to_text, transaction
from crawler.storage.file.parameters import numbered
from crawler.storage.news.article_sources import save_announcer
from crawler.storage.news.articles import save_revision
from crawler.storage.news.boilerplate import note_lines
from crawler.storage.news.sketches import save_sketch
from crawler.storage.news.stories import save_similarities
from crawler.storage.watch.keys import save_keys

# copies are of one of the last so many articles
_REMEMBERED = 2_000
_SAME = Similarity(relation=Relation.SAME, share=0.9, covered=0.9, covered_longer=0.9, word_count=300, longer_word_count=330, reason="90% of the phrases")  # fmt: skip
# a kept page is 35 to 60 KB and would make the file of a million articles 15 GB larger, in pages of SQLite that nothing
# but its own page refers to; a short one takes the same place in every index
_PAGE = zstd.compress(b"<!doctype html><title>kept</title>" + bytes(range(256)) * 2)


class Desk:
    """Stores articles in the order of their numbers, spread evenly over the time of the archive.

    keep_from    the pages of articles first seen since then are kept
    match_every  one article in so many met a watch, was alerted and sent
    make_page    returns a page as it is stored, compressed
    """

    def __init__(  # noqa: PLR0913  # what an archive can be made of
        self,
        connection: sqlite3.Connection,
        config: Config,
        *,
        begin: datetime,
        end: datetime,
        count: int,
        keep_from: datetime,
        match_every: int = 2,
        make_page: Callable[[], bytes] = lambda: _PAGE,
    ) -> None:
        self._connection = connection
        self._begin, self._step = begin, (end - begin) / count
        self._keep_from, self._match_every, self._make = keep_from, match_every, make_page
        self._sources = dict(connection.execute("SELECT name, id FROM sources").fetchall())
        self._versions = dict(connection.execute("SELECT name, version FROM sources").fetchall())
        self._endpoints = {name: self._save_endpoint(name) for name in self._sources}
        self._postbox = Postbox(connection, max(len(config.watches), 1))
        self._is_watched = bool(config.watches)
        self._visit: Visit | None = None
        self._known: dict[int, tuple[int, int, str]] = {}

    def store(self, made: Made) -> None:
        """Store an article with everything that comes with it."""
        now = self._begin + self._step * (made.number + 1)
        visit = self._open_visit(made.source, now)
        entry_id = self._save_entry(made, visit, now)
        page = self._build_page(made, visit, entry_id, now)
        article = replace(made.article, publication_date=_date(now))
        similar = self._list_similar(made)
        verdict = judge(
            article, fingerprint=made.signature.fingerprint, known=None, similar=similar
        )
        revision = save_revision(self._connection, page, article, verdict=verdict, now=now)
        save_sketch(self._connection, revision.article_id, made.signature.keys)
        save_similarities(self._connection, revision.article_id, similar, now=now)
        save_keys(self._connection, revision.id, [made.keys])
        save_announcer(
            self._connection, revision.article_id, visit.source_id, revision_id=revision.id, now=now
        )
        if now > self._keep_from:
            save_page(self._connection, page, article_id=revision.article_id, packed=self._make())
        mark_entry(self._connection, entry_id, EntryState.FETCHED, article_id=revision.article_id)
        note_look(self._connection, entry_id, is_vain=False, is_page=True, now=now)
        host = urlsplit(article.url).hostname or ""
        lines = [("readmore", "Read more"), (f"line{made.number}", f"Subheading {made.number}")]
        note_lines(self._connection, host, lines, url_key=article.key, now=now)
        count_page(self._connection, visit.id, PageOutcome(verdict.kind.value))
        if self._is_watched and not similar and made.number % self._match_every == 1:
            self._postbox.tell(revision, now=now)
        if made.copy_of is None:
            self._known[made.number] = revision.article_id, revision.story_id, made.source
            # copies are of one of the last thousand articles
            self._known.pop(made.number - _REMEMBERED, None)

    def close(self) -> None:
        """End the last visit, and mark all as planned."""
        with transaction(self._connection):
            self._end_visit(self._begin)
            self._connection.execute(
                "UPDATE marks SET value = (SELECT coalesce(max(finish_no), 0) FROM visits) WHERE name = 'visits'"
            )

    def _list_similar(self, made: Made) -> tuple[SimilarArticle, ...]:
        if made.copy_of is None:
            return ()
        article_id, story_id, source = self._known[made.copy_of]
        return (
            SimilarArticle(
                article_id=article_id, story_id=story_id, source=source, similarity=_SAME
            ),
        )

    def _open_visit(self, source: str, now: datetime) -> Visit:
        """Return the visit under way, or begin the next one: a visit brings articles of one source."""
        if self._visit is not None and self._visit.source_name == source:
            return self._visit
        self._end_visit(now)
        cursor = self._connection.execute(
            "INSERT INTO visits (source_id, version, started_at, http_status, listed_count, found_count) VALUES (?, ?, ?, 200, 30, 4)",
            [self._sources[source], self._versions[source], to_text(now)],
        )
        self._visit = Visit(
            id=cursor.lastrowid or 0, source_id=self._sources[source], source_name=source
        )
        return self._visit

    def _end_visit(self, now: datetime) -> None:
        if self._visit is not None:
            finish_visit(self._connection, self._visit, outcome=VisitOutcome.OK, now=now)

    def _save_endpoint(self, source: str) -> int:
        row = self._connection.execute(
            """INSERT INTO endpoints (source_id, version, kind, url, origin, read_at, last_success_at)
               SELECT id, version, 'feed', url, 'stated', ?1, ?1 FROM sources WHERE name = ?2 RETURNING id""",
            numbered(to_text(self._begin), source),
        ).fetchone()
        return int(row[0])

    def _save_entry(self, made: Made, visit: Visit, now: datetime) -> int:
        url, key = made.article.url, made.article.key
        entry = FeedEntry(url=url, guid=url, title=made.article.headline, stated_at=now)
        item = Announcement(url=url, key=key, entry=entry, state=EntryState.WAITING, entry_key=key, has_own_guid=True)  # fmt: skip
        save_entries(
            self._connection,
            visit.source_id,
            [item],
            endpoint_id=self._endpoints[made.source],
            now=now,
        )
        return int(self._connection.execute("SELECT last_insert_rowid()").fetchone()[0])

    def _build_page(self, made: Made, visit: Visit, entry_id: int, now: datetime) -> Page:
        url = made.article.url
        return Page(url=url, requested_url=url, body=b"", content_type="text/html", fetched_at=now, visit_id=visit.id, source_id=visit.source_id, entry_id=entry_id)  # fmt: skip


def _date(now: datetime) -> PublicationDate:
    return PublicationDate(
        published_at=now - timedelta(minutes=5),
        precision=Precision.MINUTE,
        zone="UTC",
        evidence=to_text(now),
        origin="json-ld",
        confidence=Confidence.STATED,
    )
