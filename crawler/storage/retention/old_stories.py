"""Old stories that no watch matched and nobody marked, deleted with their articles and texts: ``[store] article_retention``.

Owner: crawl process.
"""

import json
import sqlite3
from datetime import datetime

from crawler.storage.file.database import to_text, transaction
from crawler.storage.retention.swept import Swept

# a story is as old as its newest article; watched pages are read at each visit and so are never old
_MEMBERS = "SELECT id FROM stories AS members WHERE members.id = stories.id OR members.merged_into = stories.id"
_AMONG = "IN (SELECT value FROM json_each(?))"
_NEEDLESS = f"""stories.merged_into IS NULL
    AND NOT EXISTS (SELECT 1 FROM articles WHERE articles.story_id = stories.id AND (articles.first_seen_at >= :before
        OR articles.withdrawn_at IS NOT NULL
        OR EXISTS (SELECT 1 FROM matches WHERE matches.article_id = articles.id)
        OR EXISTS (SELECT 1 FROM watched_lines WHERE watched_lines.article_id = articles.id)
        OR EXISTS (SELECT 1 FROM entries WHERE entries.article_id = articles.id
            AND (entries.state = 'waiting' OR entries.revisit_at IS NOT NULL))))
    AND NOT EXISTS (SELECT 1 FROM matches WHERE matches.story_id IN ({_MEMBERS}))
    AND NOT EXISTS (SELECT 1 FROM alerts WHERE alerts.story_id IN ({_MEMBERS}))
    AND NOT EXISTS (SELECT 1 FROM story_marks WHERE story_marks.story_id IN ({_MEMBERS}))
    AND NOT EXISTS (SELECT 1 FROM mutes WHERE mutes.story_id IN ({_MEMBERS}))"""  # noqa: S608  # our own text


def forget_stories(
    connection: sqlite3.Connection, before: datetime, after: int, limit: int
) -> Swept:
    """Delete old stories, the first ones first. Entries of their articles stay, as announced and skipped."""
    seen = connection.execute(
        f"""SELECT id, first_seen_at < :before AS is_old, {_NEEDLESS} AS is_needless
            FROM stories WHERE id > :after ORDER BY id LIMIT :limit""",  # noqa: S608  # our own text
        {"before": to_text(before), "after": after, "limit": limit},
    ).fetchall()
    ids = [int(row["id"]) for row in seen if row["is_old"] and row["is_needless"]]
    is_end = len(seen) < limit or not seen[-1]["is_old"]
    with transaction(connection):
        _delete(connection, ids)
    return Swept(len(ids), None if is_end else seen[-1]["id"])


def _delete(connection: sqlite3.Connection, story_ids: list[int]) -> None:
    stories = json.dumps(story_ids)
    articles = [
        row[0]
        for row in connection.execute(
            "SELECT id FROM articles WHERE story_id IN (SELECT value FROM json_each(?))", [stories]
        )
    ]
    named = [json.dumps(articles)]
    connection.execute(
        f"UPDATE entries SET article_id = NULL, state = 'skipped' WHERE article_id {_AMONG}",  # noqa: S608
        named,
    )
    connection.execute(f"UPDATE odd_answers SET article_id = NULL WHERE article_id {_AMONG}", named)  # noqa: S608
    for table in ("pages", "shingles", "article_sources"):
        connection.execute(f"DELETE FROM {table} WHERE article_id {_AMONG}", named)  # noqa: S608
    _unlink(connection, articles)
    connection.execute(f"UPDATE articles SET revision_id = NULL WHERE id {_AMONG}", named)  # noqa: S608
    connection.execute(f"DELETE FROM revisions WHERE article_id {_AMONG}", named)  # noqa: S608
    connection.execute(f"DELETE FROM articles WHERE id {_AMONG}", named)  # noqa: S608
    connection.execute(f"DELETE FROM stories WHERE merged_into {_AMONG}", [stories])  # noqa: S608
    connection.execute(f"DELETE FROM stories WHERE id {_AMONG}", [stories])  # noqa: S608


def _unlink(connection: sqlite3.Connection, article_ids: list[int]) -> None:
    for table in ("similarities", "story_rulings"):
        connection.execute(
            f"""DELETE FROM {table} WHERE article_id IN (SELECT value FROM json_each(:ids))
                OR other_id IN (SELECT value FROM json_each(:ids))""",  # noqa: S608  # our own names
            {"ids": json.dumps(article_ids)},
        )


def count_old_stories(connection: sqlite3.Connection, before: datetime) -> int:
    """Return how many stories would be deleted."""
    row = connection.execute(
        f"SELECT count(*) FROM stories WHERE first_seen_at < :before AND {_NEEDLESS}",  # noqa: S608
        {"before": to_text(before)},  # our own text
    ).fetchone()
    return int(row[0])
