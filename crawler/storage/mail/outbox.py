"""The alerts and outbox tables: alerts that are to be sent, and to whom; the daemon makes messages of them.

Owner: crawl process. Rows are added in the transaction of the article (decision 004) and never changed. Those of an article
that is taken back are deleted if the daemon has not taken them up (``storage.news.walls``).
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from crawler.model.article import Occasion
from crawler.model.mail.alert import AlertKind
from crawler.storage.file.database import to_instant, to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAlert:
    """An alert of a watch about a story, to one recipient.

    recipient    None for everybody: alerts of early releases name nobody
    revision_id  the text it brought; ``headline`` is that text's
    is_left_out  it was left out of the recipient's message before that was sent
    """

    alert_id: int
    kind: AlertKind
    raised_at: datetime
    article_id: int
    revision_id: int
    headline: str
    recipient: str | None
    is_left_out: bool = False


_LEFT_OUT = """outbox.id <= (SELECT value FROM marks WHERE name = 'outbox') AND NOT EXISTS (
    SELECT 1 FROM delivery_alerts JOIN deliveries ON deliveries.id = delivery_alerts.delivery_id
    WHERE delivery_alerts.alert_id = alerts.id AND recipient_key(deliveries.recipient) = recipient_key(outbox.recipient)
        AND delivery_alerts.left_out IS NULL AND deliveries.state <> 'dropped')"""


def list_past_alerts(
    connection: sqlite3.Connection, watch_ids: Sequence[int], *, story_id: int
) -> dict[int, tuple[PastAlert, ...]]:
    """Return these watches' alerts about a story and those merged into it, one for each recipient, oldest first.

    A watch without any is left out.
    """
    rows = connection.execute(
        f"""SELECT alerts.id, alerts.watch_id, alerts.kind, alerts.raised_at, matches.article_id, alerts.revision_id,
               revisions.headline, outbox.recipient, coalesce({_LEFT_OUT}, 0) AS is_left_out
           FROM alerts JOIN matches ON matches.id = alerts.match_id
           JOIN revisions ON revisions.id = alerts.revision_id
           LEFT JOIN outbox ON outbox.alert_id = alerts.id
           WHERE alerts.watch_id IN (SELECT value FROM json_each(:watches)) AND alerts.story_id IN
               (SELECT id FROM stories WHERE id = :story_id OR merged_into = :story_id)
           ORDER BY alerts.id""",  # noqa: S608  # our own text
        {"watches": json.dumps(watch_ids), "story_id": story_id},
    )
    found: dict[int, list[PastAlert]] = {}
    for row in rows:
        past = PastAlert(
            alert_id=row["id"],
            kind=AlertKind(row["kind"]),
            raised_at=to_instant(row["raised_at"]),
            article_id=row["article_id"],
            revision_id=row["revision_id"],
            headline=row["headline"],
            recipient=row["recipient"],
            is_left_out=bool(row["is_left_out"]),
        )
        found.setdefault(row["watch_id"], []).append(past)
    return {watch_id: tuple(alerts) for watch_id, alerts in found.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAlert:
    """An alert to be saved.

    since_revision_id  the text of its article that its recipients were last alerted to, None if there is none
    is_last_today      the daily limit lets no further one through
    """

    match_id: int
    kind: AlertKind
    revision_id: int
    since_revision_id: int | None = None
    is_last_today: bool = False


def save_alert(connection: sqlite3.Connection, new: NewAlert, *, now: datetime) -> int:
    """Save an alert and return its id. Call in the transaction of its match.

    A gone alert is saved once for an article and watch; later recipients get the same one.
    """
    if new.kind is AlertKind.GONE:
        row = connection.execute(
            "SELECT id FROM alerts WHERE match_id = ? AND kind = 'gone'", [new.match_id]
        ).fetchone()
        if row is not None:
            return int(row["id"])
    cursor = connection.execute(
        # feed readers know alerts by their ids: that of an alert that was taken back is not used again
        """INSERT INTO alerts (id, match_id, revision_id, watch_id, story_id, kind, raised_at,
               since_revision_id, is_last_today)
           SELECT 1 + max(coalesce((SELECT max(id) FROM alerts), 0),
                   coalesce((SELECT last_alert_id FROM withdrawals ORDER BY id DESC LIMIT 1), 0)),
               id, ?, watch_id, story_id, ?, ?, ?, ? FROM matches WHERE id = ?""",
        [
            new.revision_id,
            new.kind.value,
            to_text(now),
            new.since_revision_id,
            int(new.is_last_today),
            new.match_id,
        ],
    )
    return cursor.lastrowid or 0


def list_alerted_matches(
    connection: sqlite3.Connection, article_id: int
) -> tuple[sqlite3.Row, ...]:
    """Return the last match of each watch that alerted to this very article, with the article's present text and headline."""
    return tuple(
        connection.execute(
            """SELECT matches.watch_id, max(matches.id) AS match_id, matches.story_id, articles.revision_id,
                   articles.headline
               FROM alerts JOIN matches ON matches.id = alerts.match_id
               JOIN articles ON articles.id = matches.article_id
               WHERE matches.article_id = ? GROUP BY matches.watch_id""",
            [article_id],
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedAlert:
    """An alert in the outbox, for one recipient.

    is_backfill  it comes from a first visit or a look back, and is gathered
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
    occasion: Occasion,
    now: datetime,
) -> None:
    """Put an alert into the outbox for these recipients. Call in the transaction that saves it.

    occasion  why the page of its article was read
    """
    is_backfill = int(occasion is Occasion.BACKFILL)
    connection.executemany(
        "INSERT INTO outbox (alert_id, recipient, is_backfill, queued_at) VALUES (?, ?, ?, ?)",
        [(alert_id, recipient, is_backfill, to_text(now)) for recipient in recipients],
    )


def list_queued_alerts(connection: sqlite3.Connection, *, limit: int) -> tuple[QueuedAlert, ...]:
    """Return alerts that are queued and not made into messages yet, in the order they were queued."""
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


def cancel_unsent(connection: sqlite3.Connection) -> None:
    """Take alerts that nobody has been sent out of the outbox: they then count as alerts that everybody had. Call inside a transaction."""
    connection.execute(
        """DELETE FROM outbox WHERE alert_id IN
               (SELECT alert_id FROM delivery_alerts JOIN deliveries ON deliveries.id = delivery_id
                WHERE state = 'pending' AND kind IN ('alert', 'digest'))"""
    )
    connection.execute(
        "DELETE FROM outbox WHERE id > (SELECT value FROM marks WHERE name = 'outbox')"
    )
