"""The rejections table: alerts of which somebody said that this is not what the watch means.

Owner: daemon.
"""

import sqlite3
from datetime import datetime

from crawler.storage.database import to_text


def save_rejection(connection: sqlite3.Connection, alert_id: int, *, now: datetime) -> None:
    """Record that somebody said of an alert: not what I meant."""
    connection.execute(
        "INSERT OR IGNORE INTO rejections (alert_id, rejected_at) VALUES (?, ?)",
        [alert_id, to_text(now)],
    )


def list_rejected_stories(connection: sqlite3.Connection, watch: str) -> frozenset[int]:
    """List the stories of which a watch's alerts were rejected."""
    rows = connection.execute(
        """SELECT DISTINCT matches.story_id FROM rejections JOIN alerts ON alerts.id = rejections.alert_id
           JOIN matches ON matches.id = alerts.match_id JOIN watches ON watches.id = alerts.watch_id
           WHERE watches.name = ?""",
        [watch],
    )
    return frozenset(row["story_id"] for row in rows)
