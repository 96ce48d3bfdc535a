"""What a watch covered in a period: every story, who had it and when. Reads only."""

import sqlite3
from datetime import datetime

from crawler.storage.file.database import to_text
from crawler.storage.file.parameters import numbered
from crawler.storage.web_reading.cards import WITHDRAWN


def list_covered_stories(
    connection: sqlite3.Connection, watch_id: int, *, since: datetime, until: datetime, limit: int
) -> tuple[int, ...]:
    """Return the stories a watch first matched in a period, the first one first."""
    rows = connection.execute(
        f"""SELECT story_id, min(matched_at) AS first_at FROM matches WHERE watch_id = ?1 AND matched_at < ?3
           AND story_id IN (SELECT story_id FROM matches WHERE watch_id = ?1 AND matched_at >= ?2 AND matched_at < ?3)
           AND story_id NOT IN {WITHDRAWN} GROUP BY story_id HAVING first_at >= ?2 ORDER BY first_at LIMIT ?4""",  # noqa: S608  # our own text
        numbered(watch_id, to_text(since), to_text(until), limit),
    )
    return tuple(row["story_id"] for row in rows)
