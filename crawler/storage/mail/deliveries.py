"""The deliveries table: claiming deliveries, their attempts, and how they end.

Owner: daemon. A delivery is pending until a server takes it (sent) or never will (dead), or it has no reader any more
(dropped, see ``storage.mail.left_out``). A lease keeps two processes apart. It ends by the wall clock, which may jump over
it during an attempt, so a sender names what it has claimed and never gets that again; another process takes a delivery over
when the lease has ended. A delivery that was claimed once is sealed: no alert joins a message that may have left
already (decision 017).
"""

import json
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.model.mail.alert import DeliveryKind
from crawler.storage.file.database import to_instant, to_text
from crawler.storage.file.parameters import numbered


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingDelivery:
    """A claimed delivery, ready to be tried; ``due_at`` is when it was first due."""

    id: int
    kind: DeliveryKind
    recipient: str
    series: str
    message_id: str
    attempt_count: int
    due_at: datetime
    sealed_at: datetime


def list_spellings(connection: sqlite3.Connection, recipient: str) -> str:
    """Return every spelling under which messages were made for a recipient, as a JSON list.

    Asked for first, so that an index on ``recipient`` answers: it steps from one recipient to the next, and reads no messages.
    An index on ``recipient_key(recipient)`` would make the file unwritable for programs without that function.
    """
    row = connection.execute(
        """WITH RECURSIVE names (name) AS (
               SELECT min(recipient) FROM deliveries
               UNION ALL
               SELECT (SELECT min(recipient) FROM deliveries WHERE recipient > name) FROM names WHERE name IS NOT NULL)
           SELECT json_group_array(name) FROM names WHERE recipient_key(name) = recipient_key(?)""",
        [recipient],
    ).fetchone()
    return str(row[0])


def lease_deliveries(
    connection: sqlite3.Connection,
    *,
    channel: str | None,
    now: datetime,
    lease: timedelta,
    limit: int,
    except_ids: Collection[int] = (),
) -> tuple[PendingDelivery, ...]:
    """Lease pending deliveries that are due and return them, the longest waiting first. Own transaction needed.

    channel     the name of a channel, None for mail
    except_ids  deliveries the caller has claimed, even if their leases have run out by the clock
    """
    rows = connection.execute(
        """UPDATE deliveries SET lease_until = :until, sealed_at = coalesce(sealed_at, :now)
           WHERE id IN (
               SELECT id FROM deliveries WHERE state = 'pending' AND next_try_at <= :now
                   AND iif(:channel IS NULL, instr(recipient, '@') > 0, recipient = :channel)
                   AND (lease_until IS NULL OR lease_until <= :now)
                   AND id NOT IN (SELECT value FROM json_each(:claimed))
               ORDER BY next_try_at, id LIMIT :limit)
           RETURNING id, kind, recipient, series, message_id, attempt_count, due_at, sealed_at""",
        {
            "until": to_text(now + lease),
            "now": to_text(now),
            "limit": limit,
            "channel": channel,
            "claimed": json.dumps([*except_ids]),
        },
    ).fetchall()
    return tuple(_read_pending(row) for row in sorted(rows, key=lambda row: row["id"]))


def _read_pending(row: sqlite3.Row) -> PendingDelivery:
    return PendingDelivery(
        id=row["id"],
        kind=DeliveryKind(row["kind"]),
        recipient=row["recipient"],
        series=row["series"],
        message_id=row["message_id"],
        attempt_count=row["attempt_count"],
        due_at=to_instant(row["due_at"]),
        sealed_at=to_instant(row["sealed_at"]),
    )


def list_due_transports(
    connection: sqlite3.Connection, *, now: datetime, except_ids: Collection[int] = ()
) -> tuple[str | None, ...]:
    """Return the transports with due deliveries: names of channels, None for mail. Takes no write lock."""
    rows = connection.execute(
        """SELECT DISTINCT iif(instr(recipient, '@') > 0, NULL, recipient) AS transport FROM deliveries
           WHERE state = 'pending' AND next_try_at <= ?1 AND (lease_until IS NULL OR lease_until <= ?1)
               AND id NOT IN (SELECT value FROM json_each(?2))""",
        numbered(to_text(now), json.dumps([*except_ids])),
    )
    return tuple(row["transport"] for row in rows)


def merge_due_digests(connection: sqlite3.Connection, *, now: datetime) -> None:
    """Merge digests of one series that came due while nothing was sent. Own transaction needed."""
    rows = connection.execute(
        """SELECT min(id) AS id, json_group_array(id) AS ids FROM deliveries
           WHERE state = 'pending' AND next_try_at <= ? AND kind = 'digest' AND sealed_at IS NULL
           GROUP BY recipient_key(recipient), series HAVING count(*) > 1""",
        [to_text(now)],
    ).fetchall()
    for row in rows:
        others = [(row["id"], other) for other in json.loads(row["ids"]) if other != row["id"]]
        connection.executemany(
            "UPDATE delivery_alerts SET delivery_id = ? WHERE delivery_id = ?", others
        )
        connection.executemany("DELETE FROM deliveries WHERE id <> ? AND id = ?", others)


def keep_gathering(
    connection: sqlite3.Connection, *, now: datetime, again_at: datetime, since: datetime
) -> None:
    """Postpone open messages of a look back while it has pages that were not asked for yet. Own transaction needed.

    since  messages begun before are not postponed any more
    """
    connection.execute(
        """UPDATE deliveries SET next_try_at = :again_at
           WHERE series = 'held' AND state = 'pending' AND sealed_at IS NULL AND next_try_at <= :now AND created_at > :since
               AND EXISTS (SELECT 1 FROM entries WHERE state = 'waiting' AND is_backfill = 1
                   AND attempt_count = 0 AND (held_until IS NULL OR held_until <= :now))""",
        {"now": to_text(now), "again_at": to_text(again_at), "since": to_text(since)},
    )


def release_held(connection: sqlite3.Connection, *, now: datetime) -> None:
    """Make held messages due now; call when nothing more will join them."""
    connection.execute(
        """UPDATE deliveries SET due_at = :now, next_try_at = :now
           WHERE series = 'held' AND state = 'pending' AND sealed_at IS NULL AND due_at > :now""",
        {"now": to_text(now)},
    )


def hurry_deliveries(
    connection: sqlite3.Connection, delivery_ids: Iterable[int], *, now: datetime
) -> None:
    """Make deliveries that wait for another try due now."""
    connection.executemany(
        "UPDATE deliveries SET next_try_at = ?1 WHERE id = ?2 AND state = 'pending' AND next_try_at > ?1",
        [numbered(to_text(now), one) for one in delivery_ids],
    )


def retry_dead(
    connection: sqlite3.Connection, delivery_ids: Iterable[int], *, now: datetime
) -> int:
    """Make dead deliveries pending again; return how many there were.

    Their attempts are counted from 0 again, so that they are tried for as long as new ones (decision 023).
    """
    return sum(
        connection.execute(
            """UPDATE deliveries SET state = 'pending', due_at = :now, next_try_at = :now, attempt_count = 0
               WHERE id = :id AND state = 'dead'""",
            {"id": one, "now": to_text(now)},
        ).rowcount
        for one in delivery_ids
    )


def find_delivery(connection: sqlite3.Connection, delivery_id: int) -> PendingDelivery | None:
    """Return a delivery as for an attempt, None without one; if it was not claimed yet, ``sealed_at`` is now."""
    row = connection.execute(
        """SELECT id, kind, recipient, series, message_id, attempt_count, due_at,
               coalesce(sealed_at, strftime('%Y-%m-%dT%H:%M:%fZ')) AS sealed_at
           FROM deliveries WHERE id = ?""",
        [delivery_id],
    ).fetchone()
    return None if row is None else _read_pending(row)


def find_message_id(connection: sqlite3.Connection, delivery_id: int) -> str | None:
    """Return the Message-ID of a delivery, None if there is no such delivery."""
    row = connection.execute(
        "SELECT message_id FROM deliveries WHERE id = ?", [delivery_id]
    ).fetchone()
    return None if row is None else str(row["message_id"])


def list_attempted_at(connection: sqlite3.Connection, delivery_id: int) -> tuple[datetime, ...]:
    """Return the instants of a delivery's attempts since it was last made pending, in the order they were made.

    Ordered by id, not by instant: the clock may have been set back between two of them.
    """
    rows = connection.execute(
        """SELECT attempted_at FROM attempts WHERE delivery_id = ?1 ORDER BY id DESC
           LIMIT coalesce((SELECT attempt_count FROM deliveries WHERE id = ?1), 0)""",
        numbered(delivery_id),
    ).fetchall()
    return tuple(to_instant(row["attempted_at"]) for row in reversed(rows))


def mark_sent(
    connection: sqlite3.Connection, delivery_id: int, answer: str, *, now: datetime
) -> None:
    """Record that the server took a delivery."""
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
    """Record an attempt that failed for now, and when the next one is made."""
    _record_attempt(connection, delivery_id, "deferred", answer=answer, now=now)
    connection.execute(
        """UPDATE deliveries SET lease_until = NULL, answer = ?, next_try_at = ?,
               attempt_count = attempt_count + 1 WHERE id = ?""",
        [answer, to_text(next_try_at), delivery_id],
    )


def mark_dead(
    connection: sqlite3.Connection, delivery_id: int, answer: str, *, now: datetime
) -> None:
    """Record that a delivery will never succeed: it is dead, and kept for people to see."""
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
    """End the leases of a sender that is gone; return how many. Only for the holder of the instance lock."""
    return connection.execute(
        "UPDATE deliveries SET lease_until = NULL WHERE state = 'pending' AND lease_until IS NOT NULL"
    ).rowcount


def count_deliveries(connection: sqlite3.Connection) -> dict[str, int]:
    """Return the number of deliveries by state."""
    # nearly all are sent: their number is the total minus the others, so that their rows are not read
    rows = connection.execute(
        """SELECT state, count(*) AS count FROM deliveries WHERE state <> 'sent' GROUP BY state
           UNION ALL
           SELECT 'sent', (SELECT count(*) FROM deliveries)
               - (SELECT count(*) FROM deliveries WHERE state <> 'sent')"""
    )
    return {"pending": 0, "sent": 0, "dead": 0} | {row["state"]: row["count"] for row in rows}
