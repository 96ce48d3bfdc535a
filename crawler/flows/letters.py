"""A delivery becomes the letter it stands for: what it tells, its receipt, and where it leads."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from crawler.alerting.compose import Sender, compose_letter
from crawler.alerting.links import Links
from crawler.config.schema import Config
from crawler.flows.reports import measure_report
from crawler.model.alert import HELD, Alert, DeliveryKind, Letter
from crawler.storage.alerts import get_alert, list_delivery_alerts, list_thread
from crawler.storage.deliveries import OwedDelivery
from crawler.storage.messages import list_recent_singles
from crawler.storage.receipts import list_told_events
from crawler.storage.signing_key import read_signing_key

# a longer letter is cut by mail programs, and read by nobody; the rest is in the reading room
MOST_IN_DIGEST = 100


def build_letter(
    connection: sqlite3.Connection,
    owed: OwedDelivery,
    config: Config,
    *,
    now: datetime | None = None,
) -> Letter:
    """Read what a delivery brings.

    now     when it is written: its status report is true at that moment; None: when the delivery was closed
    raises  LookupError or ValueError where an alert of it cannot be told; see ``find_untellable``
    """
    ids = list_delivery_alerts(connection, owed.id)
    alerts = tuple(
        get_alert(connection, one, zone_of=config.zone_of) for one in ids[:MOST_IN_DIGEST]
    )
    receipt = None
    if owed.kind in {DeliveryKind.DIGEST, DeliveryKind.RECEIPT}:
        receipt = measure_report(
            connection, config, owed.recipient, now=now or owed.closed_at, delivery_id=owed.id
        )
    thread = list_thread(connection, ids[0], owed.recipient, before_id=owed.id) if ids else ()
    return Letter(
        delivery_id=owed.id,
        kind=owed.kind,
        series=owed.series,
        recipient=owed.recipient,
        message_id=owed.message_id,
        written_at=owed.closed_at,
        zone=alerts[0].zone if alerts else config.timezone,
        alerts=alerts,
        more_count=len(ids) - len(alerts),
        held_limit=_find_limit(connection, owed, alerts, config),
        receipt=receipt,
        events=list_told_events(connection, owed.id) if owed.kind is DeliveryKind.NOTICE else (),
        thread=thread,
    )


def _find_limit(
    connection: sqlite3.Connection, owed: OwedDelivery, alerts: Sequence[Alert], config: Config
) -> int:
    """Give the limit that made single alerts one letter, 0 where they were found while looking back."""
    if owed.series != HELD or not alerts:
        return 0
    limit, raised_at = config.mail.per_hour, min(alert.raised_at for alert in alerts)
    recent = list_recent_singles(connection, owed.recipient, until=raised_at, limit=limit)
    return limit if len(recent) >= limit else 0


def find_untellable(
    connection: sqlite3.Connection, owed: OwedDelivery, config: Config
) -> dict[int, str]:
    """Find the alerts of a delivery that no letter can be written of, with the reason; the others shall leave."""
    broken = {}
    links, sender = find_links(config), find_sender(config)
    for alert_id in list_delivery_alerts(connection, owed.id)[:MOST_IN_DIGEST]:
        try:
            alert = get_alert(connection, alert_id, zone_of=config.zone_of)
            letter = Letter(
                delivery_id=owed.id,
                kind=DeliveryKind.ALERT,
                series="",
                recipient=owed.recipient,
                message_id=owed.message_id,
                written_at=owed.closed_at,
                zone=config.timezone,
                alerts=(alert,),
            )
            compose_letter(letter, sender=sender, links=links)
        except Exception as error:  # whatever it is, it must not hold the others up
            broken[alert_id] = repr(error)
    return broken


def find_sender(config: Config) -> Sender:
    """Give who writes, by the configuration."""
    return Sender(address=config.mail.from_, reply_to=config.mail.reply_to or "")


def find_links(config: Config) -> Links:
    """Give where letters lead, by the configuration."""
    return Links(
        room_url=config.reading_room.url,
        database=config.store.path.stem,
        key=read_signing_key(config.store.path),
    )
