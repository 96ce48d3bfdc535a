"""What the pages of watches show: how much each matched lately, by day and by source, and what was rejected. Reads only."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.storage.file.database import to_instant, to_instant_or_none, to_text
from crawler.storage.web_reading.cards import WITHDRAWN

# newest matches of which sources are counted: a watch that matches everything has hundreds of thousands a month
_MOST_BY_SOURCE = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRow:
    """A watch in the list; counts are of stories.

    new_count        as Today counts them: not one that was matched before and is edited now, nor one that was withdrawn
    last_matched_at  None if nothing ever matched
    is_muted         by somebody for everybody, in every story and source; ``muted_until``: until when, None for good
    """

    id: int
    name: str
    query: str
    alert: str
    new_count: int
    recent_count: int
    last_matched_at: datetime | None
    is_muted: bool
    muted_until: datetime | None


_ROWS = f"""SELECT watches.id, name, query, alert,
        (SELECT count(DISTINCT story_id) FROM matches AS own WHERE watch_id = watches.id AND matched_at >= :since
            AND story_id NOT IN {WITHDRAWN}
            AND NOT EXISTS (SELECT 1 FROM matches AS earlier WHERE earlier.story_id = own.story_id
                AND +earlier.watch_id = watches.id AND earlier.matched_at < :since)) AS new_count,
        (SELECT count(DISTINCT story_id) FROM matches WHERE watch_id = watches.id AND matched_at >= :recent
            AND story_id NOT IN {WITHDRAWN}) AS recent_count,
        (SELECT matched_at FROM matches WHERE watch_id = watches.id AND story_id NOT IN {WITHDRAWN}
            ORDER BY matched_at DESC LIMIT 1) AS last_matched_at,
        muted.id IS NOT NULL AS is_muted, muted.until AS muted_until
    FROM watches LEFT JOIN mutes AS muted ON muted.id = (SELECT id FROM mutes
        WHERE watch_id = watches.id AND recipient IS NULL AND story_id IS NULL AND source_id IS NULL
            AND (until IS NULL OR until > :now) ORDER BY until IS NOT NULL, until DESC LIMIT 1)
    WHERE is_active = 1 ORDER BY name COLLATE NOCASE LIMIT :limit OFFSET :skip"""  # noqa: S608  # our own text


def list_watch_rows(
    connection: sqlite3.Connection,
    *,
    since: datetime,
    recent: datetime,
    now: datetime,
    skip: int,
    limit: int,
) -> tuple[WatchRow, ...]:
    """Return active watches by name, with what they matched since two instants; the first ``skip`` are left out."""
    stated = {"since": to_text(since), "recent": to_text(recent), "now": to_text(now)}
    rows = connection.execute(_ROWS, {**stated, "skip": skip, "limit": limit})
    return tuple(
        WatchRow(
            id=row["id"],
            name=row["name"],
            query=row["query"],
            alert=row["alert"],
            new_count=row["new_count"],
            recent_count=row["recent_count"],
            last_matched_at=to_instant_or_none(row["last_matched_at"]),
            is_muted=bool(row["is_muted"]),
            muted_until=to_instant_or_none(row["muted_until"]),
        )
        for row in rows
    )


def count_by_day(
    connection: sqlite3.Connection, watch_ids: Sequence[int], *, end: datetime, days: int
) -> dict[int, tuple[int, ...]]:
    """Return for each watch the stories it matched on each of some days, the last of which ends at an instant.

    Days have 24 hours, so one on which clocks are changed is an hour off.
    """
    rows = connection.execute(
        f"""SELECT watch_id, (unixepoch(:end) - unixepoch(matched_at) - 1) / 86400 AS back, count(DISTINCT story_id) AS stories
           FROM matches WHERE watch_id IN (SELECT value FROM json_each(:ids)) AND matched_at >= :since AND matched_at < :end
               AND story_id NOT IN {WITHDRAWN}
           GROUP BY 1, 2""",  # noqa: S608  # our own text
        {
            "ids": json.dumps([*watch_ids]),
            "since": to_text(end - timedelta(days=days)),
            "end": to_text(end),
        },
    )
    counts = {one: [0] * days for one in watch_ids}
    for row in rows:
        counts[row["watch_id"]][days - 1 - row["back"]] = row["stories"]
    return {one: tuple(values) for one, values in counts.items()}


def list_first_matches(
    connection: sqlite3.Connection, watch_id: int, *, since: datetime
) -> tuple[datetime, ...]:
    """Return when each story of a watch was first matched, of those matched since an instant."""
    rows = connection.execute(
        f"""SELECT min(matched_at) FROM matches WHERE watch_id = ? AND matched_at >= ? AND story_id NOT IN {WITHDRAWN}
            GROUP BY story_id""",  # noqa: S608  # our own text
        [watch_id, to_text(since)],
    )
    return tuple(to_instant(row[0]) for row in rows)


def count_by_source(
    connection: sqlite3.Connection, watch_id: int, *, since: datetime
) -> tuple[tuple[str, int], ...]:
    """Return the sources of the stories a watch matched since an instant, the most stories first."""
    rows = connection.execute(
        f"""WITH recent AS (SELECT article_id, story_id FROM matches WHERE watch_id = ? AND matched_at >= ?
               AND story_id NOT IN {WITHDRAWN} ORDER BY matched_at DESC LIMIT ?)
           SELECT sources.name, count(DISTINCT recent.story_id) AS stories FROM recent
           JOIN articles ON articles.id = recent.article_id JOIN sources ON sources.id = articles.source_id
           GROUP BY sources.id ORDER BY stories DESC, sources.name""",  # noqa: S608  # our own text
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
