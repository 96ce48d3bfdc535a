"""The outbox: alerts owed, their deliveries, and every attempt.

A delivery is owed from the instant its article is committed until a mail server says yes (sent) or never (dead).
A lease keeps two senders apart; it is longer than a whole attempt can take, so it only runs out if the sender died.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.model.alert import AlertKind
from crawler.storage.database import to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedDelivery:
    """One leased row, ready to be tried; ``due_at`` is when it was first to leave."""

    id: int
    alert_id: int
    recipient: str
    message_id: str
    attempt_count: int
    due_at: str


def count_alerts(
    connection: sqlite3.Connection, *, watch_id: int, story_id: int, since: datetime
) -> tuple[int, int]:
    """Count this watch's alerts about this story and those that became it: ever, and updates since then."""
    row = connection.execute(
        """SELECT count(*), total(kind = 'update' AND raised_at >= :since) FROM alerts
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
    recipients: Iterable[tuple[str, str]],
    now: datetime,
    due_at: datetime,
) -> int:
    """Put an alert and its deliveries, as (recipient, Message-ID), in the outbox; same transaction as its match.

    due_at  when they leave: at once, or later with a digest
    """
    cursor = connection.execute(
        """INSERT INTO alerts (match_id, watch_id, story_id, kind, raised_at)
           SELECT id, watch_id, story_id, ?, ? FROM matches WHERE id = ?""",
        [kind.value, to_text(now), match_id],
    )
    alert_id = cursor.lastrowid or 0
    connection.executemany(
        """INSERT INTO deliveries (alert_id, recipient, message_id, next_try_at, due_at)
           VALUES (:alert_id, :recipient, :message_id, :due_at, :due_at)""",
        [
            {
                "alert_id": alert_id,
                "recipient": recipient,
                "message_id": message_id,
                "due_at": to_text(due_at),
            }
            for recipient, message_id in recipients
        ],
    )
    return alert_id


def lease_deliveries(
    connection: sqlite3.Connection, *, now: datetime, lease: timedelta, limit: int
) -> tuple[OwedDelivery, ...]:
    """Take owed deliveries whose moment has come, oldest first. Own transaction needed."""
    rows = connection.execute(
        """UPDATE deliveries SET lease_until = :until WHERE id IN (
               SELECT id FROM deliveries WHERE state = 'owed' AND next_try_at <= :now
                   AND (lease_until IS NULL OR lease_until <= :now)
               ORDER BY next_try_at, id LIMIT :limit)
           RETURNING id, alert_id, recipient, message_id, attempt_count,
               coalesce(due_at, (SELECT raised_at FROM alerts WHERE alerts.id = alert_id)) AS due_at""",
        {"until": to_text(now + lease), "now": to_text(now), "limit": limit},
    ).fetchall()
    return tuple(OwedDelivery(**dict(row)) for row in sorted(rows, key=lambda row: row["id"]))


def mark_sent(
    connection: sqlite3.Connection, delivery_id: int, answer: str, *, now: datetime
) -> None:
    """Record that the mail server took it."""
    _record_attempt(connection, delivery_id, "sent", answer=answer, now=now)
    connection.execute(
        """UPDATE deliveries SET state = 'sent', sent_at = ?, lease_until = NULL, answer = ?,
               attempt_count = attempt_count + 1 WHERE id = ?""",
        [to_text(now), answer, delivery_id],
    )


def mark_deferred(
    connection: sqlite3.Connection,
    delivery_id: int,
    answer: str,
    *,
    now: datetime,
    next_try_at: datetime,
) -> None:
    """Record that it did not work this time."""
    _record_attempt(connection, delivery_id, "deferred", answer=answer, now=now)
    connection.execute(
        """UPDATE deliveries SET lease_until = NULL, answer = ?, next_try_at = ?,
               attempt_count = attempt_count + 1 WHERE id = ?""",
        [answer, to_text(next_try_at), delivery_id],
    )


def mark_dead(
    connection: sqlite3.Connection, delivery_id: int, answer: str, *, now: datetime
) -> None:
    """Record that it will never work: a dead letter, for a human to see."""
    _record_attempt(connection, delivery_id, "refused", answer=answer, now=now)
    connection.execute(
        """UPDATE deliveries SET state = 'dead', lease_until = NULL, answer = ?,
               attempt_count = attempt_count + 1 WHERE id = ?""",
        [answer, delivery_id],
    )


def _record_attempt(
    connection: sqlite3.Connection, delivery_id: int, outcome: str, *, answer: str, now: datetime
) -> None:
    connection.execute(
        "INSERT INTO attempts (delivery_id, attempted_at, outcome, answer) VALUES (?, ?, ?, ?)",
        [delivery_id, to_text(now), outcome, answer],
    )


def release_deliveries(connection: sqlite3.Connection) -> int:
    """Give back what a sender that is gone had leased; only for the one who holds the instance lock."""
    return connection.execute(
        "UPDATE deliveries SET lease_until = NULL WHERE state = 'owed' AND lease_until IS NOT NULL"
    ).rowcount


def count_deliveries(connection: sqlite3.Connection) -> dict[str, int]:
    """Count deliveries by state."""
    rows = connection.execute("SELECT state, count(*) AS count FROM deliveries GROUP BY state")
    return {"owed": 0, "sent": 0, "dead": 0} | {row["state"]: row["count"] for row in rows}
