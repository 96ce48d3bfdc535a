"""Decides who still gets an alert: when a configuration comes into force, and again whenever a message is claimed.

A recipient who left the configuration gets nothing that was gathered before, and what was muted meanwhile is left out: a
former colleague got a digest (UtrechtUniversity/yoda#456), and one brought what had been muted (barrydeen/wisp#153).
"""

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crawler.config.schema import Config
from crawler.model.mail.alert import DeliveryKind
from crawler.model.watch import AlertMode, Watch
from crawler.storage.mail.left_out import (
    Brought,
    LeftOut,
    LeftOutBy,
    PendingDelivery,
    find_brought,
    find_pending,
    list_brought,
)
from crawler.storage.mail.mutes import Mute, find_mute
from crawler.storage.watch.watches import (
    list_merged_ids,
    list_watch_ids,
    load_watches,
    make_watch,
)
from crawler.text.instants import write_instant
from crawler.text.web.mail_addresses import recipient_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """The recipients of alerts under one configuration; ``watches`` are those in force, by id."""

    config: Config
    watches: Mapping[int, Watch]
    named: frozenset[str]

    def why_not(self, to: PendingDelivery) -> str | None:
        """Return why a status report or a notice is not sent any more; None if it is, and for other messages."""
        admin = recipient_key(self.config.mail.admin or "")
        if to.kind is DeliveryKind.NOTICE and recipient_key(to.recipient) != admin:
            return f"{to.recipient} is not the admin any more"
        if to.kind is DeliveryKind.STATUS_REPORT and recipient_key(to.recipient) not in self.named:
            return f"no watch names {to.recipient} any more"
        return None

    def why_left(self, alert: Brought, recipient: str) -> LeftOut | None:
        """Return why a recipient does not get an alert under the configuration, None if it does."""
        watch, name = self.watches.get(alert.watch_id), alert.watch_name
        if watch is None:
            return _left(f"{name} is not in the configuration any more")
        if recipient_key(recipient) not in {recipient_key(one) for one in watch.recipients}:
            return _left(f"{name} does not name {recipient} any more")
        if watch.alert is AlertMode.NONE:
            return _left(f'{name} alerts nobody: alert = "none"')
        return None

    def why_silent(
        self, connection: sqlite3.Connection, alert: Brought, recipient: str, *, now: datetime
    ) -> LeftOut | None:
        """Return why a recipient does not get an alert now, by configuration or mute; None if it does."""
        left = self.why_left(alert, recipient)
        if left is not None:
            return left
        watch = self.watches[
            alert.watch_id
        ]  # mutes of a merged watch moved to the row it was merged into
        until = watch.mute_until
        if until is not None and now < until:
            return LeftOut(
                by=LeftOutBy.MUTE, why=f"{alert.watch_name} is muted until {write_instant(until)}"
            )
        mute = find_mute(
            connection,
            recipient,
            watch_id=watch.id,
            story_id=alert.story_id,
            source_id=alert.source_id,
            now=now,
        )
        return None if mute is None else LeftOut(by=LeftOutBy.MUTE, why=_explain(mute, alert))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The decision on a delivery.

    refusal  why it does not leave at all; None if its alerts decide
    reasons  why alerts are left out of it, by id, of ``count`` alerts
    """

    to: PendingDelivery
    refusal: str | None = None
    reasons: Mapping[int, LeftOut] = field(default_factory=dict)
    count: int = 0

    @property
    def leaves(self) -> bool:
        """Whether it is sent, with all its alerts or some."""
        if self.to.is_asked:
            return True
        brings_alerts = self.to.kind in {DeliveryKind.ALERT, DeliveryKind.DIGEST}
        is_empty = brings_alerts and self.count == len(self.reasons)
        return self.refusal is None and not is_empty

    @property
    def why(self) -> tuple[str, ...]:
        """Why it is not sent, or why alerts are left out of it."""
        sentences = dict.fromkeys(one.why for one in self.reasons.values())
        return (
            (self.refusal,) if self.refusal else tuple(sentences) or ("it has no alerts any more",)
        )


def load_audience(connection: sqlite3.Connection, config: Config) -> Audience:
    """Return the audience of a configuration that is in force; raises LookupError while it is not."""
    return _make(config, load_watches_by_id(connection, config))


def load_watches_by_id(connection: sqlite3.Connection, config: Config) -> dict[int, Watch]:
    """Return the watches in force by id, also by ids of rows merged into theirs; raises LookupError as above."""
    watches = {watch.id: watch for watch in load_watches(connection, config)}
    return _with_merged(connection, watches)


def _with_merged(connection: sqlite3.Connection, watches: dict[int, Watch]) -> dict[int, Watch]:
    merged = list_merged_ids(connection)
    return watches | {old: watches[new] for old, new in merged.items() if new in watches}


def read_audience(connection: sqlite3.Connection, config: Config) -> Audience:
    """Return the audience for display only: watches the database does not know yet are left out."""
    ids = list_watch_ids(connection)
    known = [watch for watch in config.watches if watch.name in ids]
    watches = {ids[one.name]: make_watch(one, config, watch_id=ids[one.name]) for one in known}
    return _make(config, _with_merged(connection, watches))


def _make(config: Config, watches: Mapping[int, Watch]) -> Audience:
    named = frozenset(
        recipient_key(name) for watch in watches.values() for name in watch.recipients
    )
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
    until = f" until {write_instant(mute.until)}" if mute.until else ""
    return f"{about} was muted{whom}{until}"


def decide(
    connection: sqlite3.Connection,
    audience: Audience,
    to: PendingDelivery,
    *,
    now: datetime,
    by_mutes: bool = True,
) -> Decision:
    """Return which alerts of a delivery its recipient still gets.

    by_mutes  False: mutes do not count, only the configuration
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


def list_silent(
    connection: sqlite3.Connection, config: Config, delivery_ids: Collection[int], *, now: datetime
) -> dict[int, str]:
    """Return those of some deliveries that would not be sent any more, with the reason."""
    audience = read_audience(connection, config)
    found = (find_pending(connection, one) for one in sorted(delivery_ids))
    decisions = (decide(connection, audience, to, now=now) for to in found if to is not None)
    return {one.to.id: "; ".join(one.why) for one in decisions if not one.leaves}


def list_reasons(
    connection: sqlite3.Connection,
    config: Config,
    alert_id: int,
    recipients: Iterable[str],
    *,
    now: datetime,
) -> dict[str, str | None]:
    """Return, for each recipient, why it would not get an alert now; None if it would."""
    audience, alert = read_audience(connection, config), find_brought(connection, alert_id)
    found = {
        name: audience.why_silent(connection, alert, name, now=now) if alert else None
        for name in recipients
    }
    return {name: reason.why if reason else None for name, reason in found.items()}
