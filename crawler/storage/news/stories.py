"""The stories table and similarities of articles: merging stories, and splitting them on a person's request.

Owner: crawl process.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crawler.model.story import SimilarArticle, Similarity
from crawler.storage.file.database import to_text
from crawler.storage.file.functions import BODY


@dataclass(frozen=True, slots=True)
class StoredText:
    """The current text of a stored article."""

    article_id: int
    story_id: int
    source: str
    headline: str
    body: str = field(repr=False)


def first_id_since(connection: sqlite3.Connection, instant: datetime) -> int:
    """Return the id of the oldest article first seen since an instant; one past the last if there is none."""
    row = connection.execute(
        "SELECT min(id) FROM (SELECT id FROM articles WHERE first_seen_at >= ? ORDER BY first_seen_at LIMIT 20)",
        [to_text(instant)],
    ).fetchone()
    if row[0] is not None:
        return int(row[0])
    return int(connection.execute("SELECT coalesce(max(id), 0) + 1 FROM articles").fetchone()[0])


def find_same_words(
    connection: sqlite3.Connection, fingerprint: str, *, since_id: int
) -> tuple[StoredText, ...]:
    """Return the articles that have, or once had, exactly this text, the oldest first, at most 50."""
    rows = connection.execute(
        """SELECT DISTINCT articles.id, articles.story_id, sources.name, articles.headline
           FROM revisions JOIN articles ON articles.id = revisions.article_id
           JOIN sources ON sources.id = articles.source_id
           WHERE revisions.fingerprint = ? AND articles.id >= ? AND articles.withdrawn_at IS NULL
           ORDER BY articles.id LIMIT 50""",
        [fingerprint, since_id],
    )
    return tuple(StoredText(row[0], row[1], row[2], row[3], "") for row in rows)


def get_texts(connection: sqlite3.Connection, article_ids: Sequence[int]) -> tuple[StoredText, ...]:
    """Return the current texts of articles."""
    places = ", ".join("?" * len(article_ids))
    rows = connection.execute(
        f"""SELECT articles.id, articles.story_id, sources.name, articles.headline, {BODY}
            FROM articles JOIN revisions ON revisions.id = articles.revision_id
            JOIN sources ON sources.id = articles.source_id
            WHERE articles.id IN ({places}) ORDER BY articles.id""",  # noqa: S608  # question marks
        list(article_ids),
    )
    return tuple(StoredText(*row) for row in rows)


def find_revision_text(connection: sqlite3.Connection, revision_id: int) -> str:
    """Return headline and text of a revision; empty if there is none."""
    row = connection.execute(
        f"SELECT headline || char(10) || {BODY} FROM revisions WHERE id = ?",  # noqa: S608  # our own words
        [revision_id],
    ).fetchone()
    return "" if row is None else str(row[0])


def list_earlier_revisions(
    connection: sqlite3.Connection, article_id: int, *, before_id: int, limit: int = 100
) -> tuple[int, ...]:
    """Return the texts an article had before one of them, newest first."""
    rows = connection.execute(
        "SELECT id FROM revisions WHERE article_id = ? AND id < ? ORDER BY id DESC LIMIT ?",
        [article_id, before_id, limit],
    )
    return tuple(row["id"] for row in rows)


def save_similarities(
    connection: sqlite3.Connection,
    article_id: int,
    similar: Iterable[SimilarArticle],
    *,
    now: datetime,
) -> None:
    """Save how much an article shares with others."""
    connection.executemany(
        """INSERT OR REPLACE INTO similarities
               (article_id, other_id, relation, share, covered, covered_longer, word_count,
                longer_word_count, reason, measured_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            (article_id, one.article_id, *_columns_of(one.similarity), to_text(now))
            for one in similar
        ],
    )


def _columns_of(found: Similarity) -> tuple[object, ...]:
    shares = (found.share, found.covered, found.covered_longer)
    return (
        found.relation.value,
        *(round(share, 4) for share in shares),
        found.word_count,
        found.longer_word_count,
        found.reason,
    )


def merge_stories(
    connection: sqlite3.Connection,
    story_id: int,
    joins: Sequence[int],
    *,
    reason: str,
    now: datetime,
) -> None:
    """Merge other stories into this one, which is found under their ids too; alerts stay with the story they were raised for."""
    for other in joins:
        connection.execute("UPDATE articles SET story_id = ? WHERE story_id = ?", [story_id, other])
        connection.execute("UPDATE matches SET story_id = ? WHERE story_id = ?", [story_id, other])
        connection.execute(
            """UPDATE stories SET merged_into = ?, merged_at = ?, merge_reason = ?, article_count = 0
               WHERE id = ?""",
            [story_id, to_text(now), reason, other],
        )
        connection.execute(
            "UPDATE stories SET merged_into = ? WHERE merged_into = ?", [story_id, other]
        )
    count_articles(connection, story_id)


def count_articles(connection: sqlite3.Connection, story_id: int) -> None:
    """Update a story's count of articles."""
    connection.execute(
        """UPDATE stories SET article_count =
               (SELECT count(*) FROM articles
                   WHERE articles.story_id = stories.id AND withdrawn_at IS NULL) WHERE id = ?""",
        [story_id],
    )


def are_ruled_apart(connection: sqlite3.Connection, one: int, other: int) -> bool:
    """Return whether a person split an article of one story from one of another."""
    row = connection.execute(
        """SELECT 1 FROM story_rulings
           JOIN articles AS a ON a.id = story_rulings.article_id
           JOIN articles AS b ON b.id = story_rulings.other_id
           WHERE (a.story_id = :one AND b.story_id = :other)
              OR (a.story_id = :other AND b.story_id = :one) LIMIT 1""",
        {"one": one, "other": other},
    ).fetchone()
    return row is not None


def find_split(
    connection: sqlite3.Connection, story_id: int, article_ids: Sequence[int]
) -> int | None:
    """Return the story into which a person split exactly these articles before, None without one."""
    row = connection.execute(
        """SELECT story_id FROM articles AS own WHERE id = :first AND story_id <> :story
               AND EXISTS (SELECT 1 FROM story_rulings JOIN articles AS stays ON stays.id = other_id
                           WHERE article_id = own.id AND stays.story_id = :story)
               AND (SELECT json_group_array(id) FROM
                       (SELECT id FROM articles WHERE story_id = own.story_id ORDER BY id)) = :ids""",
        {
            "first": article_ids[0],
            "story": story_id,
            "ids": json.dumps(sorted(article_ids), separators=(",", ":")),
        },
    ).fetchone()
    return None if row is None else int(row["story_id"])


def split_story(
    connection: sqlite3.Connection, story_id: int, article_ids: Sequence[int], *, now: datetime
) -> int:
    """Split articles from a story into one of their own, for good; return its id. Call inside a transaction."""
    staying = [
        row[0]
        for row in connection.execute("SELECT id FROM articles WHERE story_id = ?", [story_id])
        if row[0] not in article_ids
    ]
    connection.executemany(
        "INSERT OR REPLACE INTO story_rulings (article_id, other_id, ruled_at) VALUES (?, ?, ?)",
        [(moved, stays, to_text(now)) for moved in article_ids for stays in staying],
    )
    cursor = connection.execute(
        """INSERT INTO stories (headline, first_seen_at)
           SELECT headline, first_seen_at FROM articles WHERE id = ?""",
        [min(article_ids)],
    )
    new_id = cursor.lastrowid or 0
    _keep_one_new(connection, article_ids)
    for article_id in article_ids:
        connection.execute("UPDATE articles SET story_id = ? WHERE id = ?", [new_id, article_id])
        connection.execute(
            "UPDATE matches SET story_id = ? WHERE article_id = ?", [new_id, article_id]
        )
        connection.execute(
            """UPDATE alerts SET story_id = ? WHERE match_id IN
                   (SELECT id FROM matches WHERE article_id = ?)""",
            [new_id, article_id],
        )
    count_articles(connection, story_id)
    count_articles(connection, new_id)
    return new_id


def _keep_one_new(connection: sqlite3.Connection, article_ids: Sequence[int]) -> None:
    """Keep a watch's oldest ``new`` alert about articles that become one story, and make the others updates.

    Each was the first of its own story before these were merged, and a story has one ``new`` alert for a watch: splitting
    them again failed with "UNIQUE constraint failed: alerts.watch_id, alerts.story_id".
    """
    connection.execute(
        """WITH firsts AS (
               SELECT alerts.id, row_number() OVER
                   (PARTITION BY alerts.watch_id ORDER BY alerts.raised_at, alerts.id) AS place
               FROM alerts JOIN matches ON matches.id = alerts.match_id
               WHERE alerts.kind = 'new'
                   AND matches.article_id IN (SELECT value FROM json_each(?)))
           UPDATE alerts SET kind = 'update' WHERE id IN (SELECT id FROM firsts WHERE place > 1)""",
        [json.dumps(list(article_ids))],
    )
