"""Queries about stories, for people: their articles, who was first, and what these share."""

import sqlite3

from crawler.storage.file.parameters import numbered

# when an outlet published it: as stated, if that is known to the hour; a bare day would sort before every hour of that day
PUBLISHED_OR_SEEN_AT = """iif(articles.published_precision IN ('minute', 'hour'), articles.published_at, articles.first_seen_at)"""
_LIST = f"""
SELECT stories.id, stories.headline, stories.first_seen_at, stories.article_count,
    (SELECT count(DISTINCT source_id) FROM articles WHERE story_id = stories.id) AS source_count,
    (SELECT sources.name FROM articles JOIN sources ON sources.id = articles.source_id
     WHERE articles.story_id = stories.id AND articles.withdrawn_at IS NULL
     ORDER BY {PUBLISHED_OR_SEEN_AT}, articles.id LIMIT 1) AS first_source
FROM stories WHERE article_count >= ? ORDER BY first_seen_at DESC, id DESC LIMIT ?
"""  # noqa: S608  # our own expression
# the article that a member shares most with: because of that one it joined the story
BEST_IN_STORY = """LEFT JOIN similarities AS best ON best.article_id = articles.id AND best.relation = 'same'
    AND best.other_id = (
        SELECT k.other_id FROM similarities AS k JOIN articles AS o ON o.id = k.other_id
        WHERE k.article_id = articles.id AND k.relation = 'same' AND o.story_id = articles.story_id
        ORDER BY k.share DESC, k.other_id LIMIT 1)"""
_MEMBERS = f"""
SELECT articles.id, sources.name AS source, articles.headline, articles.url, articles.published_at,
    articles.published_precision, articles.first_seen_at, revisions.word_count,
    best.other_id AS shares_with, best.share, best.reason
FROM articles JOIN sources ON sources.id = articles.source_id
JOIN revisions ON revisions.id = articles.revision_id
{BEST_IN_STORY}
WHERE articles.story_id = ? AND articles.withdrawn_at IS NULL
ORDER BY {PUBLISHED_OR_SEEN_AT}, articles.id
"""  # noqa: S608  # our own expression
_RELATED = """
WITH pairs AS (
    SELECT similarities.article_id, other_id AS id, share FROM articles JOIN similarities ON similarities.article_id = articles.id
    WHERE story_id = ?1 AND relation = 'related'
    UNION ALL
    SELECT similarities.article_id, similarities.article_id, share FROM articles JOIN similarities ON other_id = articles.id
    WHERE story_id = ?1 AND relation = 'related')
SELECT pairs.article_id, other.id, other.story_id, sources.name AS source, other.headline, pairs.share
FROM pairs JOIN articles AS other ON other.id = pairs.id
JOIN sources ON sources.id = other.source_id
WHERE other.story_id <> ?1
ORDER BY pairs.share DESC LIMIT 20
"""
_MERGED = "SELECT id, headline, merged_at, merge_reason FROM stories WHERE merged_into = ? ORDER BY merged_at"


def list_stories(
    connection: sqlite3.Connection, *, fewest_articles: int, limit: int
) -> tuple[sqlite3.Row, ...]:
    """Return stories, the newest first, without merged ones."""
    return tuple(connection.execute(_LIST, [max(1, fewest_articles), limit]))


def count_stories(connection: sqlite3.Connection, *, fewest_articles: int) -> int:
    """Return how many stories ``list_stories`` lists without a limit."""
    row = connection.execute(
        "SELECT count(*) FROM stories WHERE article_count >= ?", [max(1, fewest_articles)]
    ).fetchone()
    return int(row[0])


def find_story(connection: sqlite3.Connection, story_id: int) -> sqlite3.Row | None:
    """Return a story, or the one it was merged into; None if there is no such id."""
    row: sqlite3.Row | None = connection.execute(
        """SELECT * FROM stories WHERE id =
               (SELECT coalesce(merged_into, id) FROM stories WHERE id = ?)""",
        [story_id],
    ).fetchone()
    return row


def list_members(connection: sqlite3.Connection, story_id: int) -> tuple[sqlite3.Row, ...]:
    """Return a story's articles in the order of publication, each with its greatest similarity to another."""
    return tuple(connection.execute(_MEMBERS, [story_id]))


def list_related(connection: sqlite3.Connection, story_id: int) -> tuple[sqlite3.Row, ...]:
    """Return articles of other stories that share much with this one."""
    return tuple(connection.execute(_RELATED, numbered(story_id)))


def list_merged(connection: sqlite3.Connection, story_id: int) -> tuple[sqlite3.Row, ...]:
    """Return the stories that were merged into this one."""
    return tuple(connection.execute(_MERGED, [story_id]))
