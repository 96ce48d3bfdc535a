"""Builds the message of a delivery: its alerts, its status report, and its links."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from crawler.alerting.links import Links
from crawler.alerting.messages.compose import Sender, compose_mail
from crawler.alerting.messages.digest import choose_shown
from crawler.config.schema import Config
from crawler.flows.mail.delivery.reports import measure_report
from crawler.model.mail.alert import HELD, Alert, DeliveryKind, Message
from crawler.storage.file.signing_key import read_signing_key
from crawler.storage.mail.alerts import get_alert, list_entries, list_thread
from crawler.storage.mail.deliveries import PendingDelivery
from crawler.storage.mail.messages import list_recent_singles
from crawler.storage.mail.reports.status_reports import list_reported_events
from crawler.storage.process.refused_edits import find_reported_edit

# alerts read for a message: more than fit into 95,000 bytes (decision 027), which is measured when it is written
MOST_IN_DIGEST = 100


def build_message(
    connection: sqlite3.Connection,
    delivery: PendingDelivery,
    config: Config,
    *,
    now: datetime | None = None,
) -> Message:
    """Return the message of a delivery.

    now     when it is written, which its status report is true for; None: when the delivery was sealed
    raises  LookupError or ValueError if an alert of it cannot be read; see ``find_unwritable``
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
    """Return a delivery's message without content, with the zone, language and contact of its reader."""
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
    """Return the limit that made single alerts one message, 0 if they come from a look back."""
    if delivery.series != HELD or not alerts:
        return 0
    limit, raised_at = config.mail.per_hour, min(alert.raised_at for alert in alerts)
    recent = list_recent_singles(connection, delivery.recipient, until=raised_at, limit=limit)
    return limit if len(recent) >= limit else 0


def find_unwritable(
    connection: sqlite3.Connection, delivery: PendingDelivery, config: Config
) -> dict[int, str]:
    """Return the alerts of a delivery that cannot be written as a message, with the reason, so that the others can leave."""
    broken = {}
    links, sender = find_links(config), find_sender(config)
    single = replace(address_message(delivery, config), kind=DeliveryKind.ALERT, series="")
    for alert_id in choose_shown(list_entries(connection, delivery.id), most=MOST_IN_DIGEST):
        try:
            message = replace(single, alerts=(get_alert(connection, alert_id),))
            compose_mail(message, sender=sender, links=links)
        except Exception as error:  # no fault of one alert may hold up the others
            broken[alert_id] = repr(error)
    return broken


def find_sender(config: Config) -> Sender:
    """Return the sender of all messages, by the configuration."""
    mail = config.mail
    by_mail = config.unsubscribe.address or mail.reply_to or mail.from_
    return Sender(
        address=mail.from_,
        reply_to=mail.reply_to or "",
        unsubscribe=by_mail if config.unsubscribe.host else "",
    )


def find_links(config: Config) -> Links:
    """Return what the links of messages are made of, by the configuration."""
    return Links(
        web_url=config.web.url,
        database=config.store.path.stem,
        key=read_signing_key(config.store.path),
    )
