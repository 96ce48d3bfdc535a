"""Moments of deliveries that schedule something, read and repaired after the clock was set.

Owner: daemon.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from crawler.model.mail.alert import DeliveryKind
from crawler.storage.file.database import to_instant, to_text
from crawler.storage.file.parameters import numbered


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDelivery:
    """A delivery that waits for its next attempt."""

    id: int
    kind: DeliveryKind
    series: str
    attempt_count: int
    next_try_at: datetime


def list_planned(connection: sqlite3.Connection, *, now: datetime) -> tuple[PlannedDelivery, ...]:
    """Return the deliveries whose next attempt lies ahead."""
    rows = connection.execute(
        """SELECT id, kind, series, attempt_count, next_try_at FROM deliveries
           WHERE state = 'pending' AND next_try_at > ?""",
        [to_text(now)],
    )
    return tuple(
        PlannedDelivery(
            id=row["id"],
            kind=DeliveryKind(row["kind"]),
            series=row["series"],
            attempt_count=row["attempt_count"],
            next_try_at=to_instant(row["next_try_at"]),
        )
        for row in rows
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDigest:
    """A digest that can still be joined."""

    id: int
    recipient: str
    series: str


def list_digests_made_after(
    connection: sqlite3.Connection, instant: datetime
) -> tuple[OpenDigest, ...]:
    """Return the open digests that were made after an instant, by a clock that was ahead."""
    rows = connection.execute(
        """SELECT id, recipient, series FROM deliveries INDEXED BY deliveries_joinable
           WHERE kind = 'digest' AND state = 'pending' AND sealed_at IS NULL AND created_at > ?""",
        [to_text(instant)],
    )
    return tuple(OpenDigest(**dict(row)) for row in rows)


def plan_digest(
    connection: sqlite3.Connection, delivery_id: int, *, due_at: datetime, now: datetime
) -> None:
    """Set an open digest as made now, and when it leaves. Own transaction needed."""
    connection.execute(
        "UPDATE deliveries SET created_at = ?, due_at = ?, next_try_at = ? WHERE id = ?",
        [to_text(now), to_text(due_at), to_text(due_at), delivery_id],
    )


def draw_near(
    connection: sqlite3.Connection, delivery_ids: Iterable[int], *, now: datetime
) -> None:
    """Let deliveries be tried now; for one that never was, ``due_at`` is now too. Own transaction needed."""
    connection.executemany(
        "UPDATE deliveries SET next_try_at = ?1, due_at = min(due_at, ?1) WHERE id = ?2",
        [numbered(to_text(now), one) for one in delivery_ids],
    )


def draw_near_leases(connection: sqlite3.Connection, *, latest: datetime, now: datetime) -> int:
    """End the leases that run until after an instant; return how many. Own transaction needed."""
    return connection.execute(
        "UPDATE deliveries SET lease_until = ? WHERE state = 'pending' AND lease_until > ?",
        [to_text(now), to_text(latest)],
    ).rowcount


def draw_near_past_digests(
    connection: sqlite3.Connection, *, latest: datetime, now: datetime
) -> int:
    """Move the moments of sent digests that lie ahead back to now; return how many.

    The next digest of a series comes after the last one, so none would come until then.
    """
    return connection.execute(
        """UPDATE deliveries SET due_at = ?
           WHERE kind = 'digest' AND sealed_at IS NOT NULL AND due_at > ?""",
        [to_text(now), to_text(latest)],
    ).rowcount


def forget_report_plans(connection: sqlite3.Connection, *, latest: datetime) -> int:
    """Discard plans of status reports that lie after an instant, so that they are planned again; return how many."""
    return connection.execute(
        "UPDATE recipients SET report_plan = '' WHERE next_report_at > ? AND report_plan <> ''",
        [to_text(latest)],
    ).rowcount
