"""The matches table: which watch met which text, with the sentence that proves it.

Owner: crawl process.
"""

import json
import sqlite3
from datetime import datetime

from crawler.model.article import Revision
from crawler.model.watch import Match
from crawler.storage.file.database import to_instant, to_instant_or_none, to_text
from crawler.storage.file.parameters import numbered


def save_match(
    connection: sqlite3.Connection, revision: Revision, match: Match, *, now: datetime
) -> int:
    """Save a match and return its row id. Call in the revision's transaction."""
    cursor = connection.execute(
        """INSERT INTO matches (watch_id, revision_id, article_id, story_id, matched_at, terms,
               hit_count, in_headline, snippet, snippet_marks, score)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            match.watch_id,
            revision.id,
            revision.article_id,
            revision.story_id,
            to_text(now),
            json.dumps(match.terms, ensure_ascii=False),
            match.hit_count,
            int(match.in_headline),
            match.snippet.text,
            json.dumps(match.snippet.marks),
            match.score,
        ],
    )
    return cursor.lastrowid or 0


def list_met(connection: sqlite3.Connection, revision_id: int) -> frozenset[int]:
    """Return the watches that met a text."""
    rows = connection.execute(
        """SELECT watch_id FROM matches WHERE article_id =
               (SELECT article_id FROM revisions WHERE id = ?1) AND revision_id = ?1""",
        numbered(revision_id),
    )
    return frozenset(row["watch_id"] for row in rows)


def find_first_match(connection: sqlite3.Connection, article_id: int) -> datetime | None:
    """Return when an article first met a watch, None if it never did."""
    row = connection.execute(
        "SELECT min(matched_at) FROM matches WHERE article_id = ?", [article_id]
    ).fetchone()
    return to_instant_or_none(row[0])


def list_matches(
    connection: sqlite3.Connection, watch_id: int, *, limit: int
) -> tuple[sqlite3.Row, ...]:
    """Return the matches of a watch, newest first, with headline and source."""
    return tuple(
        connection.execute(
            """SELECT matches.*, revisions.headline, articles.url, sources.name AS source
               FROM matches JOIN revisions ON revisions.id = matches.revision_id
               JOIN articles ON articles.id = matches.article_id
               JOIN sources ON sources.id = articles.source_id
               WHERE matches.watch_id = ? AND articles.withdrawn_at IS NULL ORDER BY matches.id DESC LIMIT ?""",
            [watch_id, limit],
        )
    )


def read_match(row: sqlite3.Row) -> dict[str, object]:
    """Return a row of ``list_matches`` with its lists as lists."""
    lists = {name: json.loads(row[name]) for name in ("terms", "snippet_marks")}
    return {**dict(row), **lists}


def count_matches(connection: sqlite3.Connection, watch_id: int) -> int:
    """Return how many matches ``list_matches`` lists without a limit."""
    row = connection.execute(
        """SELECT count(*) FROM matches JOIN articles ON articles.id = matches.article_id
           WHERE matches.watch_id = ? AND articles.withdrawn_at IS NULL""",
        [watch_id],
    ).fetchone()
    return int(row[0])


def list_revisions_between(
    connection: sqlite3.Connection, since: datetime, until: datetime, *, most: int
) -> tuple[tuple[int, datetime], ...]:
    """Return the texts fetched between two instants, oldest first, as (id, when), among the ``most`` newest texts."""
    rows = connection.execute(
        """SELECT id, fetched_at FROM (SELECT revisions.id, revisions.fetched_at, withdrawn_at FROM revisions
               JOIN articles ON articles.id = article_id ORDER BY revisions.id DESC LIMIT ?)
           WHERE fetched_at BETWEEN ? AND ? AND withdrawn_at IS NULL ORDER BY id""",
        [most, to_text(since), to_text(until)],
    )
    return tuple((row["id"], to_instant(row["fetched_at"])) for row in rows)


def is_first_revision(connection: sqlite3.Connection, revision_id: int) -> bool:
    """Return whether a text is the first of its article."""
    row = connection.execute(
        """SELECT min(id) = ?1 FROM revisions
           WHERE article_id = (SELECT article_id FROM revisions WHERE id = ?1)""",
        numbered(revision_id),
    ).fetchone()
    return bool(row[0])
