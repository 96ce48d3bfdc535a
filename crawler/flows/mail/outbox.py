"""Makes messages of the outbox: when each alert leaves, alone or in the open digest. Runs in the daemon.

A message gets its Message-ID here, once for all attempts: a server that was cut off may have taken it already, and mail
programs show one of two messages with the same id (decision 017).
"""

import sqlite3
from datetime import datetime

from crawler.alerting.messages.compose import new_message_id
from crawler.alerting.policy import Limits, SendTime, choose_send_time
from crawler.config.schema import Config
from crawler.config.sections.digest import next_digest_of
from crawler.flows.mail.audience import load_watches_by_id
from crawler.model.mail.alert import HELD, DeliveryKind, name_series
from crawler.model.watch import AlertMode, Watch
from crawler.storage.file.database import transaction
from crawler.storage.mail.messages import (
    NewDelivery,
    add_alerts,
    find_last_moment,
    find_open_digest,
    list_recent_singles,
    mark_taken_up,
    save_delivery,
)
from crawler.storage.mail.outbox import QueuedAlert, list_queued_alerts
from crawler.text.web.mail_addresses import recipient_key

# alerts a transaction: each takes a few milliseconds
_AT_ONCE = 30


def queue_message(
    connection: sqlite3.Connection, config: Config, new: NewDelivery, *, now: datetime
) -> int:
    """Save a message to be sent and return its id. Call inside a transaction."""
    message_id = new_message_id(domain=config.mail.domain)
    return save_delivery(connection, new, message_id=message_id, now=now)


class Outbox:
    """Makes messages of the alerts that the crawl process queued, under one configuration."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._watches: dict[int, Watch] | None = None

    def take_up(self, connection: sqlite3.Connection, *, limit: int = _AT_ONCE) -> int:
        """Make messages of the next queued alerts; return how many there were."""
        if not list_queued_alerts(connection, limit=1):
            return 0
        if self._watches is None:
            self._watches = load_watches_by_id(connection, self._config)
        with transaction(connection):
            # what was queued a moment ago may have been taken back since
            queued = list_queued_alerts(connection, limit=limit)
            for one in queued:
                self._put(connection, one)
            if queued:
                mark_taken_up(connection, queued[-1].id)
        return len(queued)

    def take_up_all(self, connection: sqlite3.Connection) -> None:
        """Make messages of all queued alerts, some at a time."""
        while self.take_up(connection):
            pass

    def _put(self, connection: sqlite3.Connection, queued: QueuedAlert) -> None:
        send_time = self._choose_send_time(connection, queued)
        # a held alert joins the open HELD message of its recipient, whenever that leaves. Looked up by its exact moment,
        # each alert of a flood would open a message of its own
        due_at = send_time.due_at if send_time.series != HELD else None
        delivery_id = None
        if send_time.series:
            delivery_id = find_open_digest(
                connection, queued.recipient, send_time.series, due_at=due_at
            )
        if delivery_id is None:
            new = NewDelivery(
                kind=DeliveryKind.DIGEST if send_time.series else DeliveryKind.ALERT,
                recipient=queued.recipient,
                series=send_time.series,
                due_at=send_time.due_at,
            )
            delivery_id = queue_message(connection, self._config, new, now=queued.queued_at)
        add_alerts(connection, delivery_id, [queued.alert_id])

    def _choose_send_time(self, connection: sqlite3.Connection, queued: QueuedAlert) -> SendTime:
        """Return when an alert leaves, judged by when it was queued: a daemon that was slow or down changes nothing."""
        watch = (self._watches or {}).get(queued.watch_id)
        if (
            watch is None
            or recipient_key(queued.recipient) not in map(recipient_key, watch.recipients)
            or watch.alert is AlertMode.NONE
        ):
            # its reader left the configuration since then: it waits for no digest, and is dropped when it is claimed
            return SendTime(queued.queued_at, "")
        if watch.alert is AlertMode.DIGEST:
            return _next_digest(connection, watch, queued)
        limits = Limits(
            per_hour=self._config.mail.per_hour, batch_window=self._config.mail.batch_window
        )
        recent = list_recent_singles(
            connection, queued.recipient, until=queued.queued_at, limit=limits.per_hour
        )
        return choose_send_time(
            watch,
            recent=recent,
            is_backfill=queued.is_backfill,
            limits=limits,
            now=queued.queued_at,
        )


def _next_digest(connection: sqlite3.Connection, watch: Watch, queued: QueuedAlert) -> SendTime:
    """Return the next moment of a watch's digest, never one whose digest has left: the clock may have been set back."""
    series = name_series(watch.name, watch.group)
    last = find_last_moment(connection, queued.recipient, series)
    after = max(queued.queued_at, last) if last else queued.queued_at
    return SendTime(next_digest_of(watch, after=after), series)
