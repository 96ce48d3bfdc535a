"""Attempts at deliveries in the database: claiming deliveries and recording results. Each function is one transaction.

They run on the database's thread and may run a second time if storage failed at the first.
"""

import random
import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from crawler.alerting.channels.retries import GIVE_UP_AFTER, choose_wait, has_been_tried_enough
from crawler.clock import Clock
from crawler.config.schema import Config
from crawler.flows.mail.audience import Audience
from crawler.flows.mail.outbox import queue_message
from crawler.flows.mail.queueing.leaving_out import sift
from crawler.model.mail.alert import DeliveryKind
from crawler.storage.file.database import transaction
from crawler.storage.mail.deliveries import (
    PendingDelivery,
    hurry_deliveries,
    keep_gathering,
    lease_deliveries,
    list_attempted_at,
    list_due_transports,
    mark_dead,
    mark_deferred,
    mark_sent,
    merge_due_digests,
)
from crawler.storage.mail.left_out import find_pending
from crawler.storage.mail.messages import NewDelivery, move_alerts

# attempts under way at a time, by mail and by each channel: one that hangs occupies its own places and no others
_MAILS_AT_ONCE = 4
_POSTS_AT_ONCE = 2
# alerts of a look back become one message, though its pages are read one by one and `[mail] batch_window` may be short
_READ_ON, _LONGEST_READ = timedelta(seconds=2), timedelta(minutes=10)
# deliveries that may be dropped in one transaction: a few milliseconds each, the rest at the next look
_MOST_BATCHES = 25
_RNG = random.Random()  # noqa: S311  # jitter, not a secret


class Outcome(StrEnum):
    """How an attempt ended: taken, not now, or never."""

    SENT = "sent"
    DEFERRED = "deferred"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptResult:
    """The result of an attempt, kept in memory until it is recorded.

    answer          the server's last answer, or a sentence of ours
    ended_at        when the attempt ended; recording may have to wait for the disk
    is_transport_down  no message gets through this transport now
    wait            how long the server asked us to wait, None if it did not say
    unwritable      alerts that cannot be written as a message, with the reason; the others are sent without them
    """

    outcome: Outcome
    answer: str
    ended_at: datetime
    is_transport_down: bool = False
    wait: timedelta | None = None
    unwritable: Mapping[int, str] = field(default_factory=dict)


def lease_due(
    connection: sqlite3.Connection,
    clock: Clock,
    audience: Audience,
    *,
    busy: Mapping[str | None, int],
    claimed: Collection[int],
) -> tuple[PendingDelivery, ...]:
    """Claim due deliveries that are still to be sent, as far as each transport has places, and return them.

    clock    read here, as the call may have waited long for the disk
    audience  who still gets alerts; deliveries without a reader are dropped in the same transaction
    busy     attempts under way, by the name of the channel, None for mail
    claimed  deliveries this process has claimed: a clock that jumps over their leases must not free them. It sent two
             messages when a laptop woke up during a delivery
    """
    now = clock()
    due_transports = list_due_transports(connection, now=now, except_ids=claimed)
    if not due_transports:
        return ()
    # an attempt may take the whole timeout; no other process sends what is claimed here
    lease = 2 * audience.config.mail.timeout + timedelta(seconds=30)
    terms = _Terms(now=now, lease=lease, claimed=claimed)
    leased = list[PendingDelivery]()
    with transaction(connection):
        keep_gathering(connection, now=now, again_at=now + _READ_ON, since=now - _LONGEST_READ)
        merge_due_digests(connection, now=now)
        for transport_key in due_transports:
            places = (_POSTS_AT_ONCE if transport_key else _MAILS_AT_ONCE) - busy.get(
                transport_key, 0
            )
            leased += _lease_wanted(connection, audience, transport_key, places, terms)
    return tuple(leased)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Terms:
    """The terms on which deliveries are claimed at one look."""

    now: datetime
    lease: timedelta
    claimed: Collection[int]


def _lease_wanted(
    connection: sqlite3.Connection,
    audience: Audience,
    transport_key: str | None,
    places: int,
    terms: _Terms,
) -> list[PendingDelivery]:
    """Return deliveries claimed for one transport; dropped ones take no place, and their number is bounded."""
    wanted = list[PendingDelivery]()
    for _ in range(_MOST_BATCHES):
        taken = lease_deliveries(
            connection,
            channel=transport_key,
            now=terms.now,
            lease=terms.lease,
            limit=max(0, places - len(wanted)),
            except_ids=terms.claimed,
        )
        wanted += [one for one in taken if _is_wanted(connection, audience, one, now=terms.now)]
        if len(wanted) >= places or not taken:
            break
    return wanted


def _is_wanted(
    connection: sqlite3.Connection, audience: Audience, delivery: PendingDelivery, *, now: datetime
) -> bool:
    pending = find_pending(connection, delivery.id)
    return pending is not None and sift(connection, audience, pending, now=now)


def record_result(
    connection: sqlite3.Connection,
    delivery: PendingDelivery,
    result: AttemptResult,
    config: Config,
    *,
    freed: Collection[int] = (),
) -> AttemptResult:
    """Record the result of an attempt; return it as recorded, as the message may have been given up.

    freed  deliveries that waited for the same transport: this one got through, so they are tried now
    """
    now, answer = result.ended_at, result.answer
    with transaction(connection):
        if result.outcome is Outcome.SENT:
            # the transport is up again: what waited for it need not wait out its own backoff
            mark_sent(connection, delivery.id, answer, now=now)
            hurry_deliveries(connection, freed, now=now)
        elif result.unwritable:
            _quarantine(connection, delivery, result, config)
        elif result.outcome is Outcome.DEFERRED and not _is_given_up(connection, delivery, now=now):
            wait = choose_wait(delivery.attempt_count, rng=_RNG)
            # never sooner than the server asked (Retry-After), never sooner than our own backoff
            next_try_at = now + max(wait, result.wait or timedelta())
            mark_deferred(connection, delivery.id, answer, now=now, next_try_at=next_try_at)
        else:
            if result.outcome is Outcome.DEFERRED:
                answer = f"given up after {GIVE_UP_AFTER.days} days of trying: {answer}"
            mark_dead(connection, delivery.id, answer, now=now)
            return AttemptResult(outcome=Outcome.REFUSED, answer=answer, ended_at=now)
    return result


def _is_given_up(
    connection: sqlite3.Connection, delivery: PendingDelivery, *, now: datetime
) -> bool:
    return has_been_tried_enough(list_attempted_at(connection, delivery.id), now)


def _quarantine(
    connection: sqlite3.Connection, delivery: PendingDelivery, result: AttemptResult, config: Config
) -> None:
    """Move each alert that cannot be written into a dead message of its own, so that the others can be sent."""
    now = result.ended_at
    for alert_id, reason in result.unwritable.items():
        new = NewDelivery(
            kind=DeliveryKind.ALERT, recipient=delivery.recipient, due_at=delivery.due_at
        )
        apart = queue_message(connection, config, new, now=now)
        move_alerts(connection, [alert_id], delivery.id, apart)
        mark_dead(connection, apart, f"the alert cannot be written: {reason}", now=now)
    mark_deferred(connection, delivery.id, result.answer, now=now, next_try_at=now)
