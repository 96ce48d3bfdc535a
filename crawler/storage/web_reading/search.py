"""What the search offers as filters, and where its results come from. Reads only."""

import json
import sqlite3
from collections.abc import Sequence


def list_source_names(connection: sqlite3.Connection, *, limit: int) -> tuple[str, ...]:
    """Return the names of sources that have brought an article, in alphabetical order."""
    rows = connection.execute(
        """SELECT name FROM sources WHERE article_count > 0 OR is_active = 1
           ORDER BY name COLLATE NOCASE LIMIT ?""",
        [limit],
    )
    return tuple(row["name"] for row in rows)


def list_matched_by(
    connection: sqlite3.Connection, watch: str, story_ids: Sequence[int]
) -> frozenset[int]:
    """Return those of some stories that a watch matched."""
    rows = connection.execute(
        """SELECT DISTINCT story_id FROM matches JOIN watches ON watches.id = watch_id
           WHERE watches.name = ? AND story_id IN (SELECT value FROM json_each(?))""",
        [watch, json.dumps([*story_ids])],
    )
    return frozenset(row["story_id"] for row in rows)
