"""Makes deliveries: single alerts, and digests that alerts still join.

Owner: daemon.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from crawler.model.mail.alert import FLOOD_PERIOD, DeliveryKind
from crawler.storage.file.database import to_instant, to_text
from crawler.storage.file.parameters import numbered
from crawler.storage.mail.deliveries import list_spellings


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """A delivery to be saved; ``is_asked``: somebody asked for this recipient, even if the watch does not name it."""

    kind: DeliveryKind
    recipient: str
    due_at: datetime
    series: str = ""
    is_asked: bool = False


def save_delivery(
    connection: sqlite3.Connection, new: NewDelivery, *, message_id: str, now: datetime
) -> int:
    """Save a delivery and return its id; its alerts are added afterwards."""
    cursor = connection.execute(
        """INSERT INTO deliveries (kind, recipient, series, message_id, created_at, due_at, next_try_at, is_asked)
           VALUES (:kind, :recipient, :series, :message_id, :now, :due_at, :due_at, :is_asked)""",
        {
            "kind": new.kind.value,
            "recipient": new.recipient,
            "series": new.series,
            "message_id": message_id,
            "due_at": to_text(new.due_at),
            "now": to_text(now),
            "is_asked": new.is_asked,
        },
    )
    return cursor.lastrowid or 0


def add_alerts(connection: sqlite3.Connection, delivery_id: int, alert_ids: Iterable[int]) -> None:
    """Add alerts to a delivery."""
    connection.executemany(
        "INSERT INTO delivery_alerts (delivery_id, alert_id) VALUES (?, ?)",
        [(delivery_id, alert_id) for alert_id in alert_ids],
    )


def move_alerts(
    connection: sqlite3.Connection, alert_ids: Iterable[int], delivery_id: int, other_id: int
) -> None:
    """Move these alerts to another delivery."""
    connection.executemany(
        "UPDATE delivery_alerts SET delivery_id = ? WHERE delivery_id = ? AND alert_id = ?",
        [(other_id, delivery_id, alert_id) for alert_id in alert_ids],
    )


def find_open_digest(
    connection: sqlite3.Connection, recipient: str, series: str, *, due_at: datetime | None = None
) -> int | None:
    """Return the id of a digest that alerts can still join, None without one; ``due_at`` None: of any moment."""
    row = connection.execute(
        """SELECT id FROM deliveries WHERE recipient_key(recipient) = recipient_key(?1) AND series = ?2
               AND kind = 'digest' AND state = 'pending' AND sealed_at IS NULL AND (?3 IS NULL OR due_at = ?3)
           ORDER BY due_at LIMIT 1""",
        numbered(recipient, series, None if due_at is None else to_text(due_at)),
    ).fetchone()
    return None if row is None else int(row["id"])


def has_digest_due(
    connection: sqlite3.Connection, recipient: str, *, since: datetime, until: datetime
) -> bool:
    """Return whether a digest, or a status report, was or is due for a recipient between two instants, both included.

    Dropped ones do not count, as nobody got them.
    """
    row = connection.execute(
        """SELECT 1 FROM deliveries WHERE recipient IN (SELECT value FROM json_each(?1)) AND kind = 'digest'
               AND series <> 'held' AND state <> 'dropped' AND due_at BETWEEN ?2 AND ?3
           UNION ALL
           SELECT 1 FROM deliveries WHERE recipient IN (SELECT value FROM json_each(?1)) AND kind = 'status_report'
               AND state <> 'dropped' AND due_at BETWEEN ?2 AND ?3
           LIMIT 1""",
        numbered(list_spellings(connection, recipient), to_text(since), to_text(until)),
    ).fetchone()
    return row is not None


def find_last_moment(
    connection: sqlite3.Connection, recipient: str, series: str
) -> datetime | None:
    """Return when the last digest of a series that was sent or claimed was due, None without one."""
    row = connection.execute(
        """SELECT max(due_at) FROM deliveries
           WHERE recipient IN (SELECT value FROM json_each(?)) AND series = ? AND kind = 'digest'
               AND sealed_at IS NOT NULL""",
        [list_spellings(connection, recipient), series],
    ).fetchone()
    return None if row[0] is None else to_instant(row[0])


def list_recent_singles(
    connection: sqlite3.Connection, recipient: str, *, until: datetime, limit: int
) -> tuple[datetime, ...]:
    """Return when single alerts were made for a recipient in the hour before an instant, newest first."""
    rows = connection.execute(
        """SELECT created_at FROM deliveries
           WHERE recipient IN (SELECT value FROM json_each(?)) AND created_at > ? AND created_at <= ?
               AND kind = 'alert' AND state <> 'dropped'
           ORDER BY created_at DESC LIMIT ?""",
        [
            list_spellings(connection, recipient),
            to_text(until - FLOOD_PERIOD),
            to_text(until),
            limit,
        ],
    )
    return tuple(to_instant(row["created_at"]) for row in rows)


def mark_taken_up(connection: sqlite3.Connection, outbox_id: int) -> None:
    """Save up to which row the outbox was made into deliveries. Call in the transaction that makes them."""
    connection.execute("UPDATE marks SET value = max(value, ?) WHERE name = 'outbox'", [outbox_id])
