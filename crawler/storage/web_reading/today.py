"""What Today shows: stories that watches matched lately. Reads only."""

import sqlite3

# matches read for each story asked for: a story that five watches match in four texts has twenty
_MATCHES_A_STORY = 20


def list_matched_stories(connection: sqlite3.Connection, *, limit: int) -> tuple[int, ...]:
    """Return the ids of the stories matched last, the latest match first."""
    rows = connection.execute(
        "SELECT story_id FROM matches ORDER BY id DESC LIMIT ?", [limit * _MATCHES_A_STORY]
    )
    return tuple(dict.fromkeys(row["story_id"] for row in rows))[:limit]
