"""Who is still to be told: asked when a configuration comes into force, and again whenever a message is taken in hand.

Whoever left the configuration gets nothing more of what was gathered before, and what was muted meanwhile is left out. A
message is no promise until it leaves.
"""

import logging
import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crawler.alerting.compose import new_message_id
from crawler.config.schema import Config
from crawler.log import log_event
from crawler.model.alert import HELD, DeliveryKind
from crawler.model.watch import AlertMode, Watch
from crawler.storage.database import transaction
from crawler.storage.left_out import (
    Brought,
    LeftOut,
    LeftOutBy,
    PendingDelivery,
    bring_back,
    drop_delivery,
    find_pending,
    leave_out,
    list_brought,
    list_dropped,
    list_pending,
)
from crawler.storage.messages import NewDelivery, has_digest_due, save_delivery
from crawler.storage.mutes import Mute, find_mute
from crawler.storage.watches import list_watch_ids, load_watches, make_watch

# an editor that writes in two steps, or a folder that is checked out anew, takes everybody away for a moment
CHANGE_OF_MIND = timedelta(minutes=10)
_AT_ONCE = 100
_log = logging.getLogger("watchword.deliver")


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who is told what, under one configuration; ``watches`` are those in force, by their ids."""

    config: Config
    watches: Mapping[int, Watch]
    named: frozenset[str]

    def why_not(self, to: PendingDelivery) -> str | None:
        """Return why a status report or a notice is not sent any more; None where it is, or is none of them."""
        if to.kind is DeliveryKind.NOTICE and to.recipient != self.config.mail.operator:
            return f"{to.recipient} is not the admin any more"
        if to.kind is DeliveryKind.RECEIPT and to.recipient.casefold() not in self.named:
            return f"no watch names {to.recipient} any more"
        return None

    def why_left(self, alert: Brought, recipient: str) -> LeftOut | None:
        """Return why the configuration has nobody tell a recipient of an alert, None where it does not."""
        watch, name = self.watches.get(alert.watch_id), alert.watch_name
        if watch is None:
            return _left(f"{name} is not in the configuration any more")
        if recipient.casefold() not in {one.casefold() for one in watch.recipients}:
            return _left(f"{name} does not name {recipient} any more")
        if watch.alert is AlertMode.NONE:
            return _left(f'{name} alerts nobody: alert = "none"')
        return None

    def why_silent(
        self, connection: sqlite3.Connection, alert: Brought, recipient: str, *, now: datetime
    ) -> LeftOut | None:
        """Return why a recipient is not told of an alert at this instant, for whichever reason."""
        left = self.why_left(alert, recipient)
        if left is not None:
            return left
        until = self.watches[alert.watch_id].mute_until
        if until is not None and now < until:
            return LeftOut(
                by=LeftOutBy.MUTE, why=f"{alert.watch_name} is muted until {until:%Y-%m-%d}"
            )
        mute = find_mute(
            connection,
            recipient,
            watch_id=alert.watch_id,
            story_id=alert.story_id,
            source_id=alert.source_id,
            now=now,
        )
        return None if mute is None else LeftOut(by=LeftOutBy.MUTE, why=_explain(mute, alert))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of a delivery.

    refusal  why it does not leave at all; None where its alerts decide
    reasons  what is left out of it, of ``count`` alerts
    """

    to: PendingDelivery
    refusal: str | None = None
    reasons: Mapping[int, LeftOut] = field(default_factory=dict)
    count: int = 0

    @property
    def leaves(self) -> bool:
        """Whether anything of it is to be told."""
        is_empty = 0 < self.count == len(self.reasons)
        brings_alerts = self.to.kind in {DeliveryKind.ALERT, DeliveryKind.DIGEST}
        return self.refusal is None and not (brings_alerts and is_empty)

    @property
    def why(self) -> tuple[str, ...]:
        """Why it does not leave, or what it leaves out."""
        told = (one.why for one in self.reasons.values())
        return (self.refusal,) if self.refusal else tuple(dict.fromkeys(told))


def load_audience(connection: sqlite3.Connection, config: Config) -> Audience:
    """Read who is told under a configuration that is in force; raises LookupError while it is not."""
    watches = load_watches(connection, config)
    return _make(config, {watch.id: watch for watch in watches})


def read_audience(connection: sqlite3.Connection, config: Config) -> Audience:
    """Do the same for who only looks: what the database does not know yet is left out."""
    ids = list_watch_ids(connection)
    known = [watch for watch in config.watches if watch.name in ids]
    return _make(
        config, {ids[one.name]: make_watch(one, config, watch_id=ids[one.name]) for one in known}
    )


def _make(config: Config, watches: Mapping[int, Watch]) -> Audience:
    named = frozenset(name.casefold() for watch in watches.values() for name in watch.recipients)
    return Audience(config=config, watches=watches, named=named)


def _left(why: str) -> LeftOut:
    return LeftOut(by=LeftOutBy.CONFIGURATION, why=why)


def _explain(mute: Mute, alert: Brought) -> str:
    about = alert.watch_name
    if mute.story_id is not None:
        about = f"this story, for {about},"
    elif mute.source_id is not None:
        about = f"{alert.source_name}, for {about},"
    whom = f" for {mute.recipient}" if mute.recipient else ""
    until = f" until {mute.until:%Y-%m-%d %H:%M} UTC" if mute.until else ""
    return f"{about} was muted{whom}{until}"


def decide(
    connection: sqlite3.Connection,
    audience: Audience,
    to: PendingDelivery,
    *,
    now: datetime,
    by_mutes: bool = True,
) -> Decision:
    """Decide what of a delivery its recipient is still to be told.

    by_mutes  False: only whether the configuration still has it told
    """
    if to.is_asked:
        return Decision(to=to)
    brought = list_brought(connection, to.id)
    found = {
        one.alert_id: audience.why_silent(connection, one, to.recipient, now=now)
        if by_mutes
        else audience.why_left(one, to.recipient)
        for one in brought
    }
    reasons = {alert_id: why for alert_id, why in found.items() if why is not None}
    return Decision(to=to, refusal=audience.why_not(to), reasons=reasons, count=len(brought))


def sift(
    connection: sqlite3.Connection, audience: Audience, to: PendingDelivery, *, now: datetime
) -> bool:
    """Take out of a delivery what its recipient is not to be told any more; return whether it still leaves.

    One that brings nothing any more is dropped. The status report a digest ends with leaves all the same. Call
    inside the transaction that takes it in hand: whoever is asked a moment later has the same answer.
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
    """Let the status report leave that the digest would have ended with, where no other message brings it then."""
    if to.recipient.casefold() not in audience.named:
        return
    if has_digest_due(connection, to.recipient, since=to.due_at, until=to.due_at):
        return
    new = NewDelivery(kind=DeliveryKind.RECEIPT, recipient=to.recipient, due_at=to.due_at)
    domain = audience.config.mail.domain
    save_delivery(connection, new, message_id=new_message_id(domain=domain), now=now)


def drop_what_left(
    connection: sqlite3.Connection,
    audience: Audience,
    *,
    after_id: int,
    except_ids: Collection[int] = (),
    now: datetime,
) -> int:
    """Take out what the configuration has nobody told of any more, some deliveries at a time; return where to go on.

    Only what left: a mute may end before the message is closed, and is asked about then.
    except_ids  attempts under way end as they began
    returns     the id to go on after, -1 where all were looked at
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


def bring_back_what_returned(
    connection: sqlite3.Connection, audience: Audience, *, now: datetime
) -> None:
    """Have told after all what was left out minutes ago, where the configuration names its reader again."""
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


def list_silent(
    connection: sqlite3.Connection, config: Config, delivery_ids: Collection[int], *, now: datetime
) -> dict[int, str]:
    """Return, of some deliveries, those of which nothing is told any more, with the reason."""
    audience = read_audience(connection, config)
    found = (find_pending(connection, one) for one in sorted(delivery_ids))
    decisions = (decide(connection, audience, to, now=now) for to in found if to is not None)
    return {one.to.id: "; ".join(one.why) for one in decisions if not one.leaves}
