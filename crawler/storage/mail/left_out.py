"""Alerts left out of a delivery before it was sent, because its reader is no longer to get them (decision 026).

Owner: daemon. A delivery without alerts left is dropped: neither pending nor dead, and ``answer`` has the reason.
"""

import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from crawler.model.mail.alert import DeliveryKind
from crawler.storage.file.database import to_instant, to_text
from crawler.storage.file.parameters import numbered

# characters, as of a server's answer (``alerting.mail.smtp_answers``): both are shown in one line
_LONGEST_ANSWER = 500


class LeftOutBy(StrEnum):
    """The cause of leaving an alert out: an edit of the configuration, or a mute."""

    CONFIGURATION = "configuration"
    MUTE = "mute"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Why an alert is left out; ``why`` is one line for a person."""

    by: LeftOutBy
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingDelivery:
    """A pending delivery; ``is_asked``: somebody asked for this recipient by name, so nothing is left out."""

    id: int
    kind: DeliveryKind
    recipient: str
    series: str
    due_at: datetime
    is_asked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """An alert of a delivery, with the watch, story and source that a mute may name."""

    alert_id: int
    watch_id: int
    watch_name: str
    story_id: int
    source_id: int
    source_name: str


_PENDING = "SELECT id, kind, recipient, series, due_at, is_asked FROM deliveries"


def find_pending(connection: sqlite3.Connection, delivery_id: int) -> PendingDelivery | None:
    """Return a delivery by its id, whatever its state."""
    row = connection.execute(f"{_PENDING} WHERE id = ?", [delivery_id]).fetchone()
    return None if row is None else _read_pending(row)


def list_pending(
    connection: sqlite3.Connection, *, after_id: int, limit: int
) -> tuple[PendingDelivery, ...]:
    """Return pending deliveries, in the order of ids."""
    rows = connection.execute(
        f"{_PENDING} WHERE state = 'pending' AND id > ? ORDER BY id LIMIT ?", [after_id, limit]
    )
    return tuple(_read_pending(row) for row in rows)


def list_dropped(
    connection: sqlite3.Connection, *, since: datetime, limit: int
) -> tuple[PendingDelivery, ...]:
    """Return deliveries that lost alerts to the configuration since an instant and may get them back.

    Those are deliveries that are not sealed, or had a single alert.
    """
    rows = connection.execute(
        f"""{_PENDING} WHERE state IN ('pending', 'dropped') AND state <> 'sent'
               AND (sealed_at IS NULL OR kind = 'alert') AND id IN
               (SELECT delivery_id FROM delivery_alerts
                WHERE left_out_at >= ? AND left_out_by = 'configuration')
           ORDER BY id LIMIT ?""",  # noqa: S608  # our own columns
        [to_text(since), limit],
    )
    return tuple(_read_pending(row) for row in rows)


def _read_pending(row: sqlite3.Row) -> PendingDelivery:
    return PendingDelivery(
        id=row["id"],
        kind=DeliveryKind(row["kind"]),
        recipient=row["recipient"],
        series=row["series"],
        due_at=to_instant(row["due_at"]),
        is_asked=bool(row["is_asked"]),
    )


_BROUGHT = """SELECT alerts.id AS alert_id, alerts.watch_id, watches.name AS watch_name, matches.story_id,
        articles.source_id, sources.name AS source_name
    FROM alerts
    JOIN watches ON watches.id = alerts.watch_id
    JOIN matches ON matches.id = alerts.match_id
    JOIN articles ON articles.id = matches.article_id
    JOIN sources ON sources.id = articles.source_id"""


def find_brought(connection: sqlite3.Connection, alert_id: int) -> Brought | None:
    """Return an alert by its id, without regard to deliveries; None without one."""
    row = connection.execute(f"{_BROUGHT} WHERE alerts.id = ?", [alert_id]).fetchone()
    return None if row is None else Brought(**dict(row))


def list_brought(
    connection: sqlite3.Connection, delivery_id: int, *, left_out_since: datetime | None = None
) -> tuple[Brought, ...]:
    """Return the alerts a delivery brings; with an instant, those the configuration left out since then."""
    rows = connection.execute(
        f"""{_BROUGHT} JOIN delivery_alerts ON delivery_alerts.alert_id = alerts.id
           WHERE delivery_id = ?1 AND iif(?2 IS NULL, left_out IS NULL,
               left_out_by = 'configuration' AND left_out_at >= ?2)
           ORDER BY alerts.id""",  # our own columns
        numbered(delivery_id, None if left_out_since is None else to_text(left_out_since)),
    )
    return tuple(Brought(**dict(row)) for row in rows)


def find_left_out(connection: sqlite3.Connection, delivery_id: int, alert_id: int) -> str | None:
    """Return why an alert was left out of a delivery; None if it was not."""
    row = connection.execute(
        "SELECT left_out FROM delivery_alerts WHERE delivery_id = ? AND alert_id = ?",
        [delivery_id, alert_id],
    ).fetchone()
    return None if row is None else row["left_out"]


def find_drop(connection: sqlite3.Connection, delivery_id: int) -> str | None:
    """Return why a delivery was dropped, None if it was not."""
    row = connection.execute(
        "SELECT answer FROM deliveries WHERE id = ? AND state = 'dropped'", [delivery_id]
    ).fetchone()
    return None if row is None else row["answer"]


def leave_out(
    connection: sqlite3.Connection,
    delivery_id: int,
    reasons: Mapping[int, LeftOut],
    *,
    now: datetime,
) -> None:
    """Leave alerts out of a delivery, each with its reason. Call inside a transaction."""
    connection.executemany(
        """UPDATE delivery_alerts SET left_out = ?, left_out_by = ?, left_out_at = ?
           WHERE delivery_id = ? AND alert_id = ?""",
        [
            (one.why, one.by.value, to_text(now), delivery_id, alert_id)
            for alert_id, one in reasons.items()
        ],
    )


def drop_delivery(
    connection: sqlite3.Connection, delivery_id: int, reasons: Collection[str]
) -> None:
    """Drop a delivery, with the reasons. Call inside a transaction."""
    answer = "; ".join(dict.fromkeys(reasons))[:_LONGEST_ANSWER]
    connection.execute(
        "UPDATE deliveries SET state = 'dropped', lease_until = NULL, answer = ? WHERE id = ?",
        [answer, delivery_id],
    )


def bring_back(
    connection: sqlite3.Connection, delivery_id: int, alert_ids: Collection[int]
) -> None:
    """Put alerts back into the delivery they were left out of, and make it pending. Call inside a transaction."""
    connection.executemany(
        """UPDATE delivery_alerts SET left_out = NULL, left_out_by = NULL, left_out_at = NULL
           WHERE delivery_id = ? AND alert_id = ?""",
        [(delivery_id, alert_id) for alert_id in alert_ids],
    )
    connection.execute(
        "UPDATE deliveries SET state = 'pending', answer = NULL WHERE id = ? AND state = 'dropped'",
        [delivery_id],
    )
