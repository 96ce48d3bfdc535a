"""Getting alerts out of the door: lease, send, record. Runs in the daemon, never in the crawl process."""

import asyncio
import logging
import random
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from email.message import EmailMessage

from crawler.alerting.compose import compose_letter
from crawler.alerting.maildir import deliver_to_maildir
from crawler.alerting.smtp import send_by_smtp
from crawler.clock import Clock
from crawler.config.load import read_password
from crawler.config.schema import Config
from crawler.errors import ConfigFaulty, MailDeferred, MailRefused
from crawler.log import log_event
from crawler.model.alert import Delivery
from crawler.model.mail import MailServer
from crawler.storage.alerts import get_alert
from crawler.storage.database import to_instant, transaction
from crawler.storage.outbox import (
    OwedDelivery,
    lease_deliveries,
    mark_dead,
    mark_deferred,
    mark_sent,
)

Transport = Callable[[EmailMessage, str], Awaitable[str]]

GIVE_UP_AFTER = timedelta(days=3)
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=1)
_AT_ONCE = 4
_log = logging.getLogger("watchword.deliver")


def choose_transport(config: Config) -> Transport:
    """Give the way letters leave: the configured server, else the Maildir beside the database."""
    if not config.mail.host:

        async def keep(letter: EmailMessage, recipient: str) -> str:
            try:
                path = deliver_to_maildir(letter, folder=config.maildir, recipient=recipient)
            except OSError as error:
                raise MailDeferred(
                    f"the Maildir {config.maildir} cannot be written: {error}"
                ) from error
            return str(path)

        return keep

    async def send(letter: EmailMessage, recipient: str) -> str:
        try:
            password = read_password(config.mail)
        except ConfigFaulty as error:
            raise MailDeferred(str(error)) from error
        return await send_by_smtp(letter, recipient=recipient, server=_server(config, password))

    return send


def _server(config: Config, password: str) -> MailServer:
    mail = config.mail
    return MailServer(
        host=mail.host,
        port=mail.port,
        tls=mail.tls,
        username=mail.username,
        password=password,
        timeout_seconds=mail.timeout.total_seconds(),
    )


async def deliver_due(
    connection: sqlite3.Connection, config: Config, *, transport: Transport, clock: Clock
) -> int:
    """Try every delivery that is due, a few at a time; gives how many were taken in hand.

    The lease outlives a whole attempt, so nobody else sends what is in hand here.
    """
    lease = 2 * config.mail.timeout + timedelta(seconds=30)
    with transaction(connection):
        owed = lease_deliveries(connection, now=clock(), lease=lease, limit=_AT_ONCE)
    async with asyncio.TaskGroup() as group:
        for delivery in owed:
            group.create_task(
                _attempt(connection, delivery, config, transport=transport, clock=clock)
            )
    return len(owed)


async def _attempt(
    connection: sqlite3.Connection,
    owed: OwedDelivery,
    config: Config,
    *,
    transport: Transport,
    clock: Clock,
) -> None:
    """Make one attempt and record it; a letter that cannot even be written is dead, and blocks no other."""
    try:
        letter = _compose(connection, owed, config)
        answer = await transport(letter, owed.recipient)
    except MailDeferred as error:
        _defer(connection, owed, str(error), now=clock())
        return
    except MailRefused as error:
        _bury(connection, owed, str(error), now=clock())
        return
    except Exception as error:
        _log.exception("delivery broke delivery=%s", owed.id)
        _bury(connection, owed, f"the letter could not be written: {error!r}", now=clock())
        return
    with transaction(connection):
        mark_sent(connection, owed.id, answer, now=clock())
    log_event(_log, logging.INFO, "alert delivered", delivery=owed.id, message_id=owed.message_id)


def _compose(connection: sqlite3.Connection, owed: OwedDelivery, config: Config) -> EmailMessage:
    alert = get_alert(connection, owed.alert_id, zone=config.timezone)
    delivery = Delivery(
        id=owed.id,
        alert=alert,
        recipient=owed.recipient,
        message_id=owed.message_id,
        attempt_count=owed.attempt_count,
    )
    return compose_letter(delivery, sender=config.mail.from_)


def _defer(
    connection: sqlite3.Connection, owed: OwedDelivery, answer: str, *, now: datetime
) -> None:
    if now - to_instant(owed.due_at) > GIVE_UP_AFTER:
        _bury(connection, owed, f"given up after {GIVE_UP_AFTER.days} days: {answer}", now=now)
        return
    wait = min(_FIRST_WAIT * 2 ** min(owed.attempt_count, 10), _LONGEST_WAIT)
    next_try_at = now + wait * random.uniform(0.8, 1.2)  # noqa: S311  # jitter, not a secret
    with transaction(connection):
        mark_deferred(connection, owed.id, answer, now=now, next_try_at=next_try_at)
    log_event(_log, logging.WARNING, "delivery deferred", delivery=owed.id, answer=answer)


def _bury(
    connection: sqlite3.Connection, owed: OwedDelivery, answer: str, *, now: datetime
) -> None:
    with transaction(connection):
        mark_dead(connection, owed.id, answer, now=now)
    log_event(_log, logging.ERROR, "delivery is dead", delivery=owed.id, answer=answer)
