"""A delivery becomes the message it stands for: what it tells, its status report, and where it leads."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from crawler.alerting.compose import Sender, compose_mail
from crawler.alerting.digest import choose_shown
from crawler.alerting.links import Links
from crawler.config.schema import Config
from crawler.flows.mail.delivery.reports import measure_report
from crawler.model.alert import HELD, Alert, DeliveryKind, Message
from crawler.storage.file.signing_key import read_signing_key
from crawler.storage.mail.alerts import get_alert, list_entries, list_thread
from crawler.storage.mail.deliveries import PendingDelivery
from crawler.storage.mail.messages import list_recent_singles
from crawler.storage.mail.status_reports import list_reported_events
from crawler.storage.process.refused_edits import find_reported_edit

# so many are read at most; what of them a message has room for is measured when it is written
MOST_IN_DIGEST = 100


def build_message(
    connection: sqlite3.Connection,
    delivery: PendingDelivery,
    config: Config,
    *,
    now: datetime | None = None,
) -> Message:
    """Read what a delivery brings.

    now     when it is written: its status report is true at that moment; None: when the delivery was closed
    raises  LookupError or ValueError where an alert of it cannot be told; see ``find_untellable``
    """
    entries = list_entries(connection, delivery.id)
    alerts = tuple(get_alert(connection, one) for one in choose_shown(entries, most=MOST_IN_DIGEST))
    status_report = None
    if delivery.kind in {DeliveryKind.DIGEST, DeliveryKind.STATUS_REPORT}:
        status_report = measure_report(
            connection,
            config,
            delivery.recipient,
            now=now or delivery.sealed_at,
            delivery_id=delivery.id,
        )
    first = entries[0].alert_id if entries else 0
    return replace(
        address_message(delivery, config),
        alerts=alerts,
        entries=entries,
        more_count=len(entries) - len(alerts),
        held_limit=_find_limit(connection, delivery, alerts, config),
        status_report=status_report,
        **_find_notice(connection, delivery),
        thread=list_thread(connection, first, delivery.recipient, before_id=delivery.id)
        if first
        else (),
    )


def _find_notice(connection: sqlite3.Connection, delivery: PendingDelivery) -> dict[str, Any]:
    if delivery.kind is not DeliveryKind.NOTICE:
        return {}
    events, edit = (
        list_reported_events(connection, delivery.id),
        find_reported_edit(connection, delivery.id),
    )
    return {"events": events, "refused_edit": edit}


def address_message(delivery: PendingDelivery, config: Config) -> Message:
    """Give a delivery's message with nothing in it yet, as its reader is written to."""
    reader = config.reader_of(delivery.recipient)
    return Message(
        delivery_id=delivery.id,
        kind=delivery.kind,
        series=delivery.series,
        recipient=delivery.recipient,
        message_id=delivery.message_id,
        written_at=delivery.sealed_at,
        zone=reader.zone,
        locale=reader.locale,
        is_admin=reader.is_admin,
        contact=reader.contact,
    )


def _find_limit(
    connection: sqlite3.Connection,
    delivery: PendingDelivery,
    alerts: Sequence[Alert],
    config: Config,
) -> int:
    """Return the limit that made single alerts one message, 0 where they were found while looking back."""
    if delivery.series != HELD or not alerts:
        return 0
    limit, raised_at = config.mail.per_hour, min(alert.raised_at for alert in alerts)
    recent = list_recent_singles(connection, delivery.recipient, until=raised_at, limit=limit)
    return limit if len(recent) >= limit else 0


def find_untellable(
    connection: sqlite3.Connection, delivery: PendingDelivery, config: Config
) -> dict[int, str]:
    """Find the alerts of a delivery that no message can be written of, with the reason; the others shall leave."""
    broken = {}
    links, sender = find_links(config), find_sender(config)
    single = replace(address_message(delivery, config), kind=DeliveryKind.ALERT, series="")
    for alert_id in choose_shown(list_entries(connection, delivery.id), most=MOST_IN_DIGEST):
        try:
            message = replace(single, alerts=(get_alert(connection, alert_id),))
            compose_mail(message, sender=sender, links=links)
        except Exception as error:  # whatever it is, it must not hold the others up
            broken[alert_id] = repr(error)
    return broken


def find_sender(config: Config) -> Sender:
    """Give who writes, by the configuration."""
    mail = config.mail
    by_mail = config.unsubscribe.address or mail.reply_to or mail.from_
    return Sender(
        address=mail.from_,
        reply_to=mail.reply_to or "",
        unsubscribe=by_mail if config.unsubscribe.host else "",
    )


def find_links(config: Config) -> Links:
    """Give where messages lead, by the configuration."""
    return Links(
        web_url=config.web.url,
        database=config.store.path.stem,
        key=read_signing_key(config.store.path),
    )
