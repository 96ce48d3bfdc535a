"""The article_sources table: all sources that announced an article, the first and those that list it later.

Owner: crawl process. A row is added in the transaction that settles the entry, and stays.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from crawler.storage.file.database import to_instant, to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcer:
    """A source that announced an article.

    revision_id   the article's text at that time; 0 if that was not recorded
    announced_at  aware UTC: when the article was understood for it
    """

    source: str
    revision_id: int
    announced_at: datetime


def save_announcer(
    connection: sqlite3.Connection,
    article_id: int,
    source_id: int,
    *,
    revision_id: int,
    now: datetime,
) -> None:
    """Record that a source announced an article; the first time counts. Call inside a transaction."""
    connection.execute(
        """INSERT OR IGNORE INTO article_sources (article_id, source_id, revision_id, announced_at)
           VALUES (?, ?, ?, ?)""",
        [article_id, source_id, revision_id, to_text(now)],
    )


def is_announced_by(connection: sqlite3.Connection, article_id: int, source_id: int) -> bool:
    """Return whether a source announced an article before."""
    row = connection.execute(
        "SELECT 1 FROM article_sources WHERE article_id = ? AND source_id = ?",
        [article_id, source_id],
    ).fetchone()
    return row is not None


def list_source_ids(connection: sqlite3.Connection) -> tuple[tuple[int, str], ...]:
    """Return id and name of every source that ever announced something."""
    rows = connection.execute(
        """SELECT id, name FROM sources
           WHERE EXISTS (SELECT 1 FROM article_sources WHERE source_id = sources.id)"""
    )
    return tuple((row["id"], row["name"]) for row in rows)


def list_announcers(connection: sqlite3.Connection, article_id: int) -> tuple[Announcer, ...]:
    """Return the sources that announced an article, in the order they did."""
    return map_announcers(connection, [article_id]).get(article_id, ())


def map_announcers(
    connection: sqlite3.Connection, article_ids: Iterable[int]
) -> Mapping[int, tuple[Announcer, ...]]:
    """Return the sources that announced each of some articles, in the order they did."""
    rows = connection.execute(
        """SELECT article_id, sources.name, revision_id, announced_at FROM article_sources
           JOIN sources ON sources.id = source_id
           WHERE article_id IN (SELECT value FROM json_each(?)) ORDER BY article_sources.id""",
        [json.dumps([*article_ids])],
    )
    found: dict[int, tuple[Announcer, ...]] = {}
    for row in rows:
        announcer = Announcer(
            source=row["name"],
            revision_id=row["revision_id"],
            announced_at=to_instant(row["announced_at"]),
        )
        found[row["article_id"]] = (*found.get(row["article_id"], ()), announcer)
    return found
