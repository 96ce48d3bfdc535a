"""A delivery becomes the letter it stands for: what it tells, its receipt, and where it leads."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from crawler.alerting.compose import Sender, compose_letter
from crawler.alerting.digest import choose_told
from crawler.alerting.links import Links
from crawler.config.schema import Config
from crawler.flows.mail.delivery.reports import measure_report
from crawler.model.alert import HELD, Alert, DeliveryKind, Letter
from crawler.storage.file.signing_key import read_signing_key
from crawler.storage.mail.alerts import get_alert, list_entries, list_thread
from crawler.storage.mail.deliveries import OwedDelivery
from crawler.storage.mail.messages import list_recent_singles
from crawler.storage.mail.status_reports import list_told_events
from crawler.storage.process.refused_edits import find_told_edit

# so many are read at most; what of them a message has room for is measured when it is written
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
    entries = list_entries(connection, owed.id)
    alerts = tuple(get_alert(connection, one) for one in choose_told(entries, most=MOST_IN_DIGEST))
    receipt = None
    if owed.kind in {DeliveryKind.DIGEST, DeliveryKind.RECEIPT}:
        receipt = measure_report(
            connection, config, owed.recipient, now=now or owed.closed_at, delivery_id=owed.id
        )
    first = entries[0].alert_id if entries else 0
    return replace(
        address_letter(owed, config),
        alerts=alerts,
        entries=entries,
        more_count=len(entries) - len(alerts),
        held_limit=_find_limit(connection, owed, alerts, config),
        receipt=receipt,
        **_find_notice(connection, owed),
        thread=list_thread(connection, first, owed.recipient, before_id=owed.id) if first else (),
    )


def _find_notice(connection: sqlite3.Connection, owed: OwedDelivery) -> dict[str, Any]:
    if owed.kind is not DeliveryKind.NOTICE:
        return {}
    events, edit = list_told_events(connection, owed.id), find_told_edit(connection, owed.id)
    return {"events": events, "refused_edit": edit}


def address_letter(owed: OwedDelivery, config: Config) -> Letter:
    """Give a delivery's letter with nothing in it yet, as its reader is written to."""
    reader = config.reader_of(owed.recipient)
    return Letter(
        delivery_id=owed.id,
        kind=owed.kind,
        series=owed.series,
        recipient=owed.recipient,
        message_id=owed.message_id,
        written_at=owed.closed_at,
        zone=reader.zone,
        locale=reader.locale,
        is_admin=reader.is_admin,
        contact=reader.contact,
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
    single = replace(address_letter(owed, config), kind=DeliveryKind.ALERT, series="")
    for alert_id in choose_told(list_entries(connection, owed.id), most=MOST_IN_DIGEST):
        try:
            letter = replace(single, alerts=(get_alert(connection, alert_id),))
            compose_letter(letter, sender=sender, links=links)
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
    """Give where letters lead, by the configuration."""
    return Links(
        room_url=config.reading_room.url,
        database=config.store.path.stem,
        key=read_signing_key(config.store.path),
    )
