"""Leaves alerts out of messages whose reader is no longer to get them: when a configuration comes into force, and on sending."""

import logging
import sqlite3
from collections.abc import Collection
from datetime import datetime, timedelta

from crawler.alerting.messages.compose import new_message_id
from crawler.flows.mail.audience import Audience, Decision, decide
from crawler.log import log_event
from crawler.model.mail.alert import HELD, DeliveryKind
from crawler.storage.file.database import transaction
from crawler.storage.mail.left_out import (
    PendingDelivery,
    bring_back,
    drop_delivery,
    leave_out,
    list_brought,
    list_dropped,
    list_pending,
)
from crawler.storage.mail.messages import NewDelivery, has_digest_due, save_delivery
from crawler.text.web.mail_addresses import recipient_key

# an editor that writes in two steps, or a fresh checkout of the folder, removes everybody for a moment
CHANGE_OF_MIND = timedelta(minutes=10)
# deliveries a transaction: the mails of a large configuration must not block other work
_AT_ONCE = 100
_log = logging.getLogger("watchword.deliver")


def sift(
    connection: sqlite3.Connection, audience: Audience, to: PendingDelivery, *, now: datetime
) -> bool:
    """Leave out alerts that a delivery's recipient is no longer to get; return whether the delivery is still sent.

    An empty one is dropped; the status report of a digest is sent all the same. Call inside the transaction that claims
    the delivery, so that a mute a moment later changes nothing any more.
    """
    decision = decide(connection, audience, to, now=now)
    _carry_out(connection, audience, decision, now=now)
    return decision.leaves


def _carry_out(
    connection: sqlite3.Connection, audience: Audience, decision: Decision, *, now: datetime
) -> None:
    to = decision.to
    leave_out(connection, to.id, decision.reasons, now=now)
    if decision.leaves:
        return
    drop_delivery(connection, to.id, decision.why)
    log_event(
        _log, logging.INFO, "delivery dropped", delivery=to.id, reason="; ".join(decision.why)
    )
    if to.kind is DeliveryKind.DIGEST and to.series != HELD:
        _report_instead(connection, audience, to, now=now)


def _report_instead(
    connection: sqlite3.Connection, audience: Audience, to: PendingDelivery, *, now: datetime
) -> None:
    """Queue the status report that a dropped digest would have ended with, unless another digest brings it."""
    if recipient_key(to.recipient) not in audience.named:
        return
    if has_digest_due(connection, to.recipient, since=to.due_at, until=to.due_at):
        return
    new = NewDelivery(kind=DeliveryKind.STATUS_REPORT, recipient=to.recipient, due_at=to.due_at)
    domain = audience.config.mail.domain
    save_delivery(connection, new, message_id=new_message_id(domain=domain), now=now)


def leave_out_removed(
    connection: sqlite3.Connection,
    audience: Audience,
    *,
    after_id: int,
    except_ids: Collection[int] = (),
    now: datetime,
) -> int:
    """Leave out alerts whose reader left the configuration, some deliveries at a time; return where to go on.

    Mutes are not asked about: they may end before the message is sealed.
    except_ids  attempts under way, which end as they began
    returns     the id to go on after, -1 after the last one
    """
    pending = list_pending(connection, after_id=after_id, limit=_AT_ONCE)
    decisions = [
        decide(connection, audience, to, now=now, by_mutes=False)
        for to in pending
        if to.id not in except_ids
    ]
    decisions = [one for one in decisions if one.reasons or not one.leaves]
    if decisions:
        with transaction(connection):
            for one in decisions:
                _carry_out(connection, audience, one, now=now)
    return pending[-1].id if len(pending) == _AT_ONCE else -1


def restore_returned(connection: sqlite3.Connection, audience: Audience, *, now: datetime) -> None:
    """Bring back alerts that were left out within ten minutes, if the configuration names their reader again."""
    since = now - CHANGE_OF_MIND
    dropped = list_dropped(connection, since=since, limit=_AT_ONCE * 10)
    back = [(to.id, _list_returned(connection, audience, to, since=since, now=now)) for to in dropped]  # fmt: skip
    back = [(delivery_id, alerts) for delivery_id, alerts in back if alerts]
    if not back:
        return
    with transaction(connection):
        for delivery_id, alerts in back:
            bring_back(connection, delivery_id, alerts)
            log_event(_log, logging.INFO, "delivery brought back", delivery=delivery_id)


def _list_returned(
    connection: sqlite3.Connection,
    audience: Audience,
    to: PendingDelivery,
    *,
    since: datetime,
    now: datetime,
) -> list[int]:
    left_out = list_brought(connection, to.id, left_out_since=since)
    return [
        one.alert_id
        for one in left_out
        if audience.why_silent(connection, one, to.recipient, now=now) is None
    ]
