"""The outbox: alerts that are to be told, and to whom; the daemon makes messages of them.

Owner: crawl process. Rows are added in the transaction of the article, and never changed; those of an article
that is taken back go, while nobody has taken them up (``storage.walls``).
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from crawler.model.alert import AlertKind
from crawler.storage.database import to_instant, to_text


def count_alerts(
    connection: sqlite3.Connection, *, watch_id: int, story_id: int, since: datetime
) -> tuple[int, int]:
    """Count this watch's alerts about this story and those that became it: ever, and later ones since then."""
    row = connection.execute(
        """SELECT count(*), total(kind <> 'new' AND raised_at >= :since) FROM alerts
           WHERE watch_id = :watch_id AND story_id IN
               (SELECT id FROM stories WHERE id = :story_id OR merged_into = :story_id)""",
        {"watch_id": watch_id, "story_id": story_id, "since": to_text(since)},
    ).fetchone()
    return int(row[0]), int(row[1])


def save_alert(
    connection: sqlite3.Connection,
    *,
    match_id: int,
    kind: AlertKind,
    revision_id: int,
    now: datetime,
) -> int:
    """Record that a match is to be told; gives the alert's id. Same transaction as its match and its deliveries."""
    cursor = connection.execute(
        # feed readers know alerts by their numbers: one that was taken back keeps its own
        """INSERT INTO alerts (id, match_id, revision_id, watch_id, story_id, kind, raised_at)
           SELECT 1 + max(coalesce((SELECT max(id) FROM alerts), 0),
                   coalesce((SELECT last_alert_id FROM withdrawals ORDER BY id DESC LIMIT 1), 0)),
               id, ?, watch_id, story_id, ?, ? FROM matches WHERE id = ?""",
        [revision_id, kind.value, to_text(now), match_id],
    )
    return cursor.lastrowid or 0


def list_told_matches(connection: sqlite3.Connection, article_id: int) -> tuple[sqlite3.Row, ...]:
    """List the last match of each watch that was told of this very article, and whether it was told that it is gone."""
    return tuple(
        connection.execute(
            """SELECT matches.watch_id, max(matches.id) AS match_id, matches.story_id, articles.revision_id,
                   max(alerts.kind = 'gone') AS is_gone_told
               FROM alerts JOIN matches ON matches.id = alerts.match_id
               JOIN articles ON articles.id = matches.article_id
               WHERE matches.article_id = ? GROUP BY matches.watch_id""",
            [article_id],
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedAlert:
    """An alert that is to be told to somebody.

    is_backfill  it comes of a first visit or a look back, and is no news of this minute
    queued_at    aware UTC: when its article was stored
    """

    id: int
    alert_id: int
    watch_id: int
    recipient: str
    is_backfill: bool
    queued_at: datetime


def queue_alert(
    connection: sqlite3.Connection,
    alert_id: int,
    recipients: Iterable[str],
    *,
    is_backfill: bool,
    now: datetime,
) -> None:
    """Have an alert told to these recipients. Call in the transaction that stores it."""
    connection.executemany(
        "INSERT INTO outbox (alert_id, recipient, is_backfill, queued_at) VALUES (?, ?, ?, ?)",
        [(alert_id, recipient, int(is_backfill), to_text(now)) for recipient in recipients],
    )


def list_queued_alerts(connection: sqlite3.Connection, *, limit: int) -> tuple[QueuedAlert, ...]:
    """List what is queued and not taken up into messages yet, in the order it was queued."""
    rows = connection.execute(
        """SELECT outbox.*, alerts.watch_id FROM outbox JOIN alerts ON alerts.id = outbox.alert_id
           WHERE outbox.id > (SELECT value FROM marks WHERE name = 'outbox') ORDER BY outbox.id LIMIT ?""",
        [limit],
    )
    return tuple(
        QueuedAlert(
            id=row["id"],
            alert_id=row["alert_id"],
            watch_id=row["watch_id"],
            recipient=row["recipient"],
            is_backfill=bool(row["is_backfill"]),
            queued_at=to_instant(row["queued_at"]),
        )
        for row in rows
    )
