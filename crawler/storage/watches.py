"""The watches table, and the matches found for them."""

import json
import sqlite3
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from crawler.model.article import Revision
from crawler.model.watch import Match, Watch
from crawler.storage.database import to_instant_or_none, to_text

if TYPE_CHECKING:  # a listing needs no pydantic
    from crawler.config.schema import WatchSettings


def sync_watches(connection: sqlite3.Connection, settings: Iterable["WatchSettings"]) -> None:
    """Make the table say what the configuration says; watches that left it stay, inactive."""
    connection.execute("UPDATE watches SET is_active = 0")
    connection.executemany(
        """INSERT INTO watches (name, query, sources, alert) VALUES (?, ?, ?, ?)
           ON CONFLICT (name) DO UPDATE SET query = excluded.query, sources = excluded.sources,
               alert = excluded.alert, is_active = 1""",
        [
            (watch.name, watch.query, json.dumps(watch.sources), watch.alert.value)
            for watch in settings
        ],
    )


def load_watches(
    connection: sqlite3.Connection,
    settings: Iterable["WatchSettings"],
    *,
    default_recipients: tuple[str, ...],
    zone: ZoneInfo,
) -> tuple[Watch, ...]:
    """Join the configured watches with their row ids, in the order of the configuration.

    zone  in which the day of ``mute_until`` begins
    """
    ids = {row["name"]: row["id"] for row in connection.execute("SELECT id, name FROM watches")}
    return tuple(
        Watch(
            id=ids[watch.name],
            name=watch.name,
            query=watch.query,
            sources=watch.sources,
            languages=watch.languages,
            title_only=watch.title_only,
            alert=watch.alert,
            on_revision=watch.on_revision,
            recipients=watch.to or default_recipients,
            mute_until=_start_of(watch.mute_until, zone) if watch.mute_until else None,
        )
        for watch in settings
    )


def _start_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)


def save_match(
    connection: sqlite3.Connection, revision: Revision, match: Match, *, now: datetime
) -> int:
    """Store that a watch met a revision; gives the row id. Call in the revision's transaction."""
    cursor = connection.execute(
        """INSERT INTO matches (watch_id, revision_id, article_id, story_id, matched_at, terms,
               hit_count, in_headline, snippet, snippet_marks)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            match.watch_id,
            revision.id,
            revision.article_id,
            revision.story_id,
            to_text(now),
            json.dumps(match.terms, ensure_ascii=False),
            match.hit_count,
            int(match.in_headline),
            match.snippet.text,
            json.dumps(match.snippet.marks),
        ],
    )
    return cursor.lastrowid or 0


def find_first_match(connection: sqlite3.Connection, article_id: int) -> datetime | None:
    """Tell when an article first met a watch, None if it never did."""
    row = connection.execute(
        "SELECT min(matched_at) FROM matches WHERE article_id = ?", [article_id]
    ).fetchone()
    return to_instant_or_none(row[0])


def list_watches(connection: sqlite3.Connection) -> tuple[sqlite3.Row, ...]:
    """List watches with what they have found so far, by name."""
    return tuple(
        connection.execute(
            """SELECT watches.*,
                   (SELECT count(*) FROM matches WHERE watch_id = watches.id) AS match_count,
                   (SELECT count(*) FROM alerts WHERE watch_id = watches.id) AS alert_count,
                   (SELECT max(matched_at) FROM matches WHERE watch_id = watches.id)
                       AS last_match_at
               FROM watches ORDER BY name"""
        )
    )
