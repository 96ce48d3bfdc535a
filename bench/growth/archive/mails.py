"""Matches, alerts and messages of an archive, as the crawl process and the daemon leave them behind."""

import sqlite3
from datetime import datetime

from crawler.model.article import Occasion, Revision
from crawler.model.mail.alert import AlertKind, DeliveryKind
from crawler.model.watch import Match, Snippet
from crawler.storage.file.database import to_text
from crawler.storage.file.parameters import numbered
from crawler.storage.mail.messages import NewDelivery, add_alerts, mark_taken_up, save_delivery
from crawler.storage.mail.outbox import NewAlert, queue_alert, save_alert
from crawler.storage.watch.matches import save_match

_RECIPIENT = "me@example.org"
# alerts of one digest
_GATHERED = 5


class Postbox:
    """Sends what was matched: a digest for each five alerts."""

    def __init__(self, connection: sqlite3.Connection, watch_count: int) -> None:
        self._connection = connection
        self._watch_count = watch_count
        self._alerts: list[int] = []

    def tell(self, revision: Revision, *, now: datetime) -> None:
        """Store a match of a text, its alert, and now and then the digest that brought it."""
        first = revision.body.split(".", 1)[0][:200]
        match = Match(
            watch_id=1 + revision.id % self._watch_count,
            terms=(first[:8],),
            hit_count=1,
            in_headline=False,
            snippet=Snippet(text=first, marks=((0, 8),)),
            score=1.0,
        )
        new = NewAlert(
            match_id=save_match(self._connection, revision, match, now=now),
            kind=AlertKind.NEW,
            revision_id=revision.id,
        )
        alert_id = save_alert(self._connection, new, now=now)
        queue_alert(self._connection, alert_id, [_RECIPIENT], occasion=Occasion.NEWS, now=now)
        self._alerts.append(alert_id)
        if len(self._alerts) == _GATHERED:
            self._send(now)

    def _send(self, now: datetime) -> None:
        new = NewDelivery(
            kind=DeliveryKind.DIGEST, recipient=_RECIPIENT, due_at=now, series=f"w{self._alerts[0]}"
        )
        message_id = f"<{self._alerts[0]}@growth.example.org>"
        delivery_id = save_delivery(self._connection, new, message_id=message_id, now=now)
        add_alerts(self._connection, delivery_id, self._alerts)
        self._connection.execute(
            "UPDATE deliveries SET state = 'sent', sent_at = ?1, sealed_at = ?1, attempt_count = 1 WHERE id = ?2",
            numbered(to_text(now), delivery_id),
        )
        row = self._connection.execute("SELECT max(id) FROM outbox").fetchone()
        mark_taken_up(self._connection, row[0])
        self._alerts.clear()
