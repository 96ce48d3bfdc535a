"""Fills a database by the functions of ``storage`` alone, many articles a transaction, with the rows the daemon leaves behind.

What judging and matching would find is known here without them: an article is a copy or it is not, and every second one met
a watch, was alerted and sent. So a million articles take half an hour and not half a day.
"""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from urllib.parse import urlsplit

from bench.growth.archive.mails import Postbox
from bench.growth.archive.settings import ARTICLES_A_DAY, Archive, source_of
from bench.growth.archive.texts import Made, Press
from crawler.clock import utc_now
from crawler.config.load import load_config
from crawler.config.schema import Config
from crawler.dedup.verdict import judge
from crawler.flows.process.configure import apply_config
from crawler.flows.watch.key_index import open_key_index
from crawler.machine.zstd import zstd
from crawler.model.article import (
    Confidence,
    Page,
    Precision,
    PublicationDate,
)
from crawler.model.source import FeedEntry
from crawler.model.story import Relation, SimilarArticle, Similarity
from crawler.model.visit import PageOutcome, Visit, VisitOutcome
from crawler.storage.crawl.crawl_queue import finish_visit
from crawler.storage.crawl.entries.announcements import Announcement, save_entries
from crawler.storage.crawl.entries.entries import EntryState, mark_entry, note_look
from crawler.storage.crawl.entries.pages import save_page
from crawler.storage.crawl.visits import count_page
from crawler.storage.file.database import open_for_writing, to_text, transaction
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.file.parameters import numbered
from crawler.storage.news.article_sources import save_announcer
from crawler.storage.news.articles import save_revision
from crawler.storage.news.boilerplate import note_lines
from crawler.storage.news.sketches import save_sketch
from crawler.storage.news.stories import save_similarities
from crawler.storage.watch.keys import save_keys

# articles whose rows are made at a time, by one process, and articles of one transaction
_AT_ONCE = 2_000
_A_TRANSACTION = 10  # batches
# while filling: with the usual 2 MB the random keys of a million sketches are read from disk again and again
CACHE_KB = 2_000_000
# what the index gathers in memory: FTS5's own megabyte is written, and merged again, every 400 articles
LARGE_MEMORY, USUAL_MEMORY = 128 << 20, 1 << 20
# it writes that whenever a statement begins a savepoint, too. So what ``storage`` adds to it goes into a table of this
# connection first, by a view of the same name, and into the index in one statement
_LATER = (
    "CREATE TABLE side.kept_keys (id INTEGER PRIMARY KEY, keys TEXT)",
    "CREATE TEMP TABLE later_keys (id INTEGER PRIMARY KEY, keys TEXT)",
    "CREATE TEMP VIEW revision_keys AS SELECT 0 AS rowid, '' AS keys",
    "CREATE TEMP TRIGGER keys_later INSTEAD OF INSERT ON revision_keys BEGIN INSERT INTO later_keys VALUES (new.rowid, new.keys); END",
)
_NO_LONGER_LATER = (
    "DROP VIEW temp.revision_keys",
    "DETACH DATABASE side",
)
_SAME = Similarity(relation=Relation.SAME, share=0.9, covered=0.9, covered_longer=0.9, word_count=300, longer_word_count=330, reason="90% of the phrases")  # fmt: skip
# a kept page is 35 to 60 KB and would make the file of a million articles 15 GB larger, in pages of SQLite that nothing
# but its own page refers to; a short one takes the same place in every index
_PAGE = zstd.compress(b"<!doctype html><title>kept</title>" + bytes(range(256)) * 2)
_KEPT_DAYS = 30


def fill(archive: Archive, folder: Path, *, workers: int = 1) -> None:
    """Fill a database; ``folder`` holds the real articles whose words are used."""
    config = load_config(archive.config, environ={})
    connection = open_for_writing(config.store.path)
    with closing(connection):
        migrate(connection)
        # a fill that is cut off is begun again
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KB}")
        end = utc_now()
        begin = end - timedelta(days=archive.count / ARTICLES_A_DAY)
        apply_config(connection, config, now=begin)
        open_key_index(connection)
        set_memory(connection, LARGE_MEMORY)
        connection.execute("ATTACH DATABASE ? AS side", [str(archive.kept_keys)])
        for statement in _LATER:
            connection.execute(statement)
        desk = _Desk(connection, config, begin=begin, end=end, count=archive.count)
        batches = _make_all(archive.count, folder, workers)
        while chunk := [*islice(batches, _A_TRANSACTION)]:
            with transaction(connection):
                for made in chain.from_iterable(chunk):
                    desk.store(made)
            with transaction(connection):
                _index(connection)
        desk.close()
        for statement in _NO_LONGER_LATER:
            connection.execute(statement)
        set_memory(connection, USUAL_MEMORY)
        connection.execute(
            "UPDATE sources SET visited_at = ?1, last_success_at = ?1", numbered(to_text(end))
        )
        connection.execute("PRAGMA journal_mode = WAL")
    (archive.folder / "filled").touch()


def _index(connection: sqlite3.Connection) -> None:
    """Add what was stored since the last time to the index."""
    connection.execute(
        "INSERT INTO main.revision_keys (rowid, keys) SELECT id, keys FROM later_keys ORDER BY id"
    )
    # an index without content cannot be asked for them again
    connection.execute("INSERT INTO side.kept_keys SELECT id, keys FROM later_keys")
    connection.execute("DELETE FROM later_keys")


def set_memory(connection: sqlite3.Connection, size: int) -> None:
    """Set how many bytes the full-text index gathers before it writes a segment."""
    connection.execute(
        "INSERT INTO main.revision_keys (revision_keys, rank) VALUES ('hashsize', ?)", [size]
    )  # our own names


def _make_all(count: int, folder: Path, workers: int) -> Iterator[list[Made]]:
    """Yield all articles, a batch at a time, made by other processes a few batches ahead."""
    with ProcessPoolExecutor(workers, initializer=_open_press, initargs=(folder,)) as pool:
        waiting = []
        for first in range(0, count, _AT_ONCE):
            waiting.append(pool.submit(_make_batch, first, min(_AT_ONCE, count - first)))
            if len(waiting) > 2 * workers:
                yield waiting.pop(0).result()
        while waiting:
            yield waiting.pop(0).result()


_press: list[Press] = []


def _open_press(folder: Path) -> None:
    _press.append(Press(folder))


def _make_batch(first: int, count: int) -> list[Made]:
    return list(_press[0].make(first, count, source_of=source_of))


class _Desk:
    """Stores articles in the order of their numbers, spread evenly over the time of the archive."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        config: Config,
        *,
        begin: datetime,
        end: datetime,
        count: int,
    ) -> None:
        self._connection = connection
        self._begin, self._step = begin, (end - begin) / count
        self._keep_from = end - timedelta(days=_KEPT_DAYS)
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
        page = self._make_page(made, visit, entry_id, now)
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
            save_page(self._connection, page, article_id=revision.article_id, packed=_PAGE)
        mark_entry(self._connection, entry_id, EntryState.FETCHED, article_id=revision.article_id)
        note_look(self._connection, entry_id, is_vain=False, is_page=True, now=now)
        host = urlsplit(article.url).hostname or ""
        lines = [("readmore", "Read more"), (f"line{made.number}", f"Subheading {made.number}")]
        note_lines(self._connection, host, lines, url_key=article.key, now=now)
        count_page(self._connection, visit.id, PageOutcome(verdict.kind.value))
        if self._is_watched and not similar and made.number % 2:
            self._postbox.tell(revision, now=now)
        if made.copy_of is None:
            self._known[made.number] = revision.article_id, revision.story_id, made.source
            # copies are of one of the last thousand articles
            self._known.pop(made.number - _AT_ONCE, None)

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

    def _make_page(self, made: Made, visit: Visit, entry_id: int, now: datetime) -> Page:
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
