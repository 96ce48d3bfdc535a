"""The mutes table: watches, stories and sources that no longer alert somebody, or anybody, for a while or for good.

Owner: daemon.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crawler.storage.file.database import to_instant_or_none, to_text, to_text_or_none
from crawler.storage.file.parameters import numbered


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """A mute of a watch.

    recipient  None for everybody
    story_id   only this story; ``source_id``: only articles of this source; both None: the whole watch
    until      None for good
    """

    watch_id: int
    recipient: str | None = None
    story_id: int | None = None
    source_id: int | None = None
    until: datetime | None = None


def save_mute(connection: sqlite3.Connection, mute: Mute, *, now: datetime) -> None:
    """Save a mute, replacing an earlier one about the same. Call inside a transaction."""
    about = [mute.recipient, mute.watch_id, mute.story_id, mute.source_id]
    connection.execute(
        "DELETE FROM mutes WHERE recipient_key(recipient) IS recipient_key(?) AND watch_id = ? AND story_id IS ? AND source_id IS ?",
        about,
    )
    connection.execute(
        """INSERT INTO mutes (recipient, watch_id, story_id, source_id, until, created_at)
           VALUES (?, ?, ?, ?, ?, ?)""",
        [*about, to_text_or_none(mute.until), to_text(now)],
    )


def list_muted(
    connection: sqlite3.Connection,
    watch_ids: Sequence[int],
    *,
    story_id: int,
    source_id: int,
    now: datetime,
) -> dict[int, frozenset[str | None]]:
    """Return the recipients for whom matches of these watches are muted now; None among them means everybody."""
    rows = connection.execute(
        """SELECT DISTINCT watch_id, recipient FROM mutes
           WHERE watch_id IN (SELECT value FROM json_each(:watches)) AND (until IS NULL OR until > :now)
               AND (source_id IS NULL OR source_id = :source)
               AND (story_id IS NULL OR story_id IN
                    (SELECT id FROM stories WHERE id = :story OR merged_into = :story))""",
        {
            "watches": json.dumps(watch_ids),
            "story": story_id,
            "source": source_id,
            "now": to_text(now),
        },
    )
    found: dict[int, set[str | None]] = {}
    for row in rows:
        found.setdefault(row["watch_id"], set()).add(row["recipient"])
    return {watch_id: frozenset(recipients) for watch_id, recipients in found.items()}


def find_mute(
    connection: sqlite3.Connection,
    recipient: str,
    *,
    watch_id: int,
    story_id: int,
    source_id: int,
    now: datetime,
) -> Mute | None:
    """Return the widest mute that keeps a match from a recipient now, None without one."""
    row = connection.execute(
        """SELECT * FROM mutes
           WHERE watch_id = :watch AND (until IS NULL OR until > :now)
               AND (recipient IS NULL OR recipient_key(recipient) = recipient_key(:recipient))
               AND (source_id IS NULL OR source_id = :source)
               AND (story_id IS NULL OR story_id IN
                    (SELECT id FROM stories WHERE id = :story OR merged_into = :story))
           ORDER BY (story_id IS NOT NULL) + (source_id IS NOT NULL), recipient IS NOT NULL LIMIT 1""",
        {
            "watch": watch_id,
            "story": story_id,
            "source": source_id,
            "recipient": recipient,
            "now": to_text(now),
        },
    ).fetchone()
    if row is None:
        return None
    return Mute(
        watch_id=row["watch_id"],
        recipient=row["recipient"],
        story_id=row["story_id"],
        source_id=row["source_id"],
        until=to_instant_or_none(row["until"]),
    )


def list_mutes(
    connection: sqlite3.Connection, *, now: datetime, watch: str | None = None
) -> tuple[sqlite3.Row, ...]:
    """Return the mutes in force, of one watch or all, with names, oldest first."""
    return tuple(
        connection.execute(
            """SELECT mutes.*, watches.name AS watch, sources.name AS source, stories.headline AS story
               FROM mutes JOIN watches ON watches.id = mutes.watch_id
               LEFT JOIN sources ON sources.id = mutes.source_id
               LEFT JOIN stories ON stories.id = mutes.story_id
               WHERE (until IS NULL OR until > :now) AND (:watch IS NULL OR watches.name = :watch)
               ORDER BY mutes.id""",
            {"now": to_text(now), "watch": watch},
        )
    )


def has_mutes(connection: sqlite3.Connection, watch: str) -> bool:
    """Return whether a watch has mutes, including expired ones."""
    row = connection.execute(
        "SELECT 1 FROM mutes JOIN watches ON watches.id = watch_id WHERE watches.name = ? LIMIT 1",
        [watch],
    ).fetchone()
    return row is not None


def remove_mutes(
    connection: sqlite3.Connection, watch_id: int, *, mute_id: int | None = None
) -> int:
    """Delete one mute of a watch, or all of them; return how many there were."""
    return connection.execute(
        "DELETE FROM mutes WHERE watch_id = ?1 AND (?2 IS NULL OR id = ?2)",
        numbered(watch_id, mute_id),
    ).rowcount
