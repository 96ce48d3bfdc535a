"""What the pages of watches show: how much each matched lately, by day and by source, and what was rejected. Reads only."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from crawler.storage.file.database import to_instant, to_text

# newest matches of which sources are counted: a watch that matches everything has hundreds of thousands a month
_MOST_BY_SOURCE = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRow:
    """A watch in the list; counts are of stories."""

    name: str
    query: str
    alert: str
    new_count: int
    recent_count: int


def list_watch_rows(
    connection: sqlite3.Connection, *, since: datetime, recent: datetime, skip: int, limit: int
) -> tuple[WatchRow, ...]:
    """Return active watches by name, with what they matched since two instants; the first ``skip`` are left out."""
    rows = connection.execute(
        """SELECT name, query, alert,
               (SELECT count(DISTINCT story_id) FROM matches WHERE watch_id = watches.id AND matched_at >= ?) AS new_count,
               (SELECT count(DISTINCT story_id) FROM matches WHERE watch_id = watches.id AND matched_at >= ?) AS recent_count
           FROM watches WHERE is_active = 1 ORDER BY name COLLATE NOCASE LIMIT ? OFFSET ?""",
        [to_text(since), to_text(recent), limit, skip],
    )
    return tuple(
        WatchRow(
            name=row["name"],
            query=row["query"],
            alert=row["alert"],
            new_count=row["new_count"],
            recent_count=row["recent_count"],
        )
        for row in rows
    )


def list_first_matches(
    connection: sqlite3.Connection, watch_id: int, *, since: datetime
) -> tuple[datetime, ...]:
    """Return when each story of a watch was first matched, of those matched since an instant."""
    rows = connection.execute(
        """SELECT min(matched_at) FROM matches WHERE watch_id = ? AND matched_at >= ? GROUP BY story_id""",
        [watch_id, to_text(since)],
    )
    return tuple(to_instant(row[0]) for row in rows)


def count_by_source(
    connection: sqlite3.Connection, watch_id: int, *, since: datetime
) -> tuple[tuple[str, int], ...]:
    """Return the sources of the stories a watch matched since an instant, the most stories first."""
    rows = connection.execute(
        """WITH recent AS (SELECT article_id, story_id FROM matches WHERE watch_id = ? AND matched_at >= ?
               ORDER BY matched_at DESC LIMIT ?)
           SELECT sources.name, count(DISTINCT recent.story_id) AS stories FROM recent
           JOIN articles ON articles.id = recent.article_id JOIN sources ON sources.id = articles.source_id
           GROUP BY sources.id ORDER BY stories DESC, sources.name""",
        [watch_id, to_text(since), _MOST_BY_SOURCE],
    )
    return tuple((row["name"], row["stories"]) for row in rows)


def count_rejected(connection: sqlite3.Connection, watch_id: int) -> int:
    """Return how many alerts of a watch somebody said were not what they meant."""
    row = connection.execute(
        """SELECT count(*) FROM rejections JOIN alerts ON alerts.id = rejections.alert_id WHERE watch_id = ?""",
        [watch_id],
    ).fetchone()
    return int(row[0])


def count_watches(connection: sqlite3.Connection) -> int:
    """Return how many watches are active."""
    return int(connection.execute("SELECT count(*) FROM watches WHERE is_active = 1").fetchone()[0])


def list_watch_names(connection: sqlite3.Connection, *, limit: int) -> tuple[str, ...]:
    """Return the names of active watches, in alphabetical order."""
    rows = connection.execute(
        "SELECT name FROM watches WHERE is_active = 1 ORDER BY name COLLATE NOCASE LIMIT ?", [limit]
    )
    return tuple(row["name"] for row in rows)
