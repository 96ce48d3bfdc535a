"""What the search offers as filters, and where its results come from. Reads only."""

import json
import sqlite3
from collections.abc import Collection, Sequence


def list_source_names(connection: sqlite3.Connection, *, limit: int) -> tuple[str, ...]:
    """Return the names of sources that have brought an article, in alphabetical order."""
    rows = connection.execute(
        """SELECT name FROM sources WHERE article_count > 0 OR is_active = 1
           ORDER BY name COLLATE NOCASE LIMIT ?""",
        [limit],
    )
    return tuple(row["name"] for row in rows)


_WANTED = """SELECT revisions.id FROM revisions JOIN articles ON articles.id = revisions.article_id
    WHERE revisions.id IN (SELECT value FROM json_each(:ids))
    AND (:watch = '' OR EXISTS (SELECT 1 FROM matches JOIN watches ON watches.id = watch_id
        WHERE matches.story_id = articles.story_id AND watches.name = :watch))
    AND (:stories IS NULL OR articles.story_id IN (SELECT value FROM json_each(:stories)))"""


def list_texts_of(
    connection: sqlite3.Connection,
    ids: Sequence[int],
    *,
    watch: str,
    stories: Collection[int] | None,
) -> frozenset[int]:
    """Return those of some revisions whose story a watch matched, and which are of these stories; "" and None are no limit."""
    wanted = None if stories is None else json.dumps([*stories])
    rows = connection.execute(
        _WANTED, {"ids": json.dumps([*ids]), "watch": watch, "stories": wanted}
    )
    return frozenset(row[0] for row in rows)
