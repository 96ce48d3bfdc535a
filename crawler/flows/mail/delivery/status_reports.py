"""Messages without a match: the status report each recipient gets, and notices to the admin."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from crawler.alerting.messages.compose import new_message_id
from crawler.alerting.messages.render import is_single
from crawler.config.schema import Config
from crawler.config.sections.digest import next_digest_at, read_digest_times
from crawler.flows.mail.delivery.messages import address_message
from crawler.flows.mail.delivery.reports import list_recipients_named, measure_empty, measure_report
from crawler.flows.mail.outbox import queue_message
from crawler.model.mail.alert import DeliveryKind, Message
from crawler.storage.file.database import transaction
from crawler.storage.mail.deliveries import PendingDelivery
from crawler.storage.mail.messages import NewDelivery, has_digest_due
from crawler.storage.mail.reports.status_reports import (
    find_last_notice,
    list_recipients,
    list_unreported_events,
    mark_events_reported,
    remove_recipients,
    save_recipient,
    save_report,
    spell_recipient,
)
from crawler.storage.process.refused_edits import find_unreported_edit, mark_edit_reported
from crawler.text.web.mail_addresses import recipient_key

# a change of a source that could not be reported for a day is no news any more
_NOTICE_MEMORY = timedelta(days=1)
# a notice leaves once nothing more has changed for a minute, or the oldest change has waited for `[mail] batch_window`
_NOTICE_CALM = timedelta(minutes=1)
# somebody who is still editing sees the fault in the log and in `doctor`, and needs no mail
_EDIT_CALM = timedelta(minutes=5)


def queue_due(
    connection: sqlite3.Connection, config: Config, *, now: datetime, is_last: bool = False
) -> None:
    """Queue the status reports and the notice that are due.

    is_last  one crawl is about to end, so a notice does not wait for further changes
    """
    queue_status_reports(connection, config, now=now)
    queue_notice(connection, config, now=now, is_calm=is_last)


def queue_status_reports(connection: sqlite3.Connection, config: Config, *, now: datetime) -> int:
    """Queue the status reports that are due, and plan the next ones; return how many were queued.

    One or several missed moments bring one report; a moment that comes again after the clock was set back brings none.
    A digest that leaves at the same moment has the report in it.
    """
    plan = f"{config.mail.status_report} {config.timezone}"
    times = read_digest_times(config.mail.status_report)
    known, named = list_recipients(connection), list_recipients_named(config)
    due = [
        name
        for name in named
        if name not in known or known[name][0] != plan or known[name][1] <= now
    ]
    gone = [name for name in known if name not in named]
    if not due and not gone:
        return 0
    spelt = {recipient_key(name): name for name in gone}
    anew = {
        spelt[key]: name
        for name in due
        if name not in known and (key := recipient_key(name)) in spelt
    }
    next_at, count = next_digest_at(times, config.zone, after=now), 0
    with transaction(connection):
        for old, new in anew.items():  # another spelling of the same address: its reports go on
            spell_recipient(connection, old, new)
            known[new] = known[old]
        remove_recipients(connection, [name for name in gone if name not in anew])
        for name in due:
            stated, moment = known.get(name, (plan, now + timedelta(days=1)))
            if stated == plan and moment <= now:
                count += _queue_status_report(connection, config, name, moment, now=now)
            save_recipient(connection, name, plan=plan, next_report_at=next_at, now=now)
    return count


def keep_report(connection: sqlite3.Connection, message: Message) -> None:
    """Record what the status report of a message covers, if it shows one; call before it leaves."""
    if message.status_report is None or is_single(message):
        return
    with transaction(connection):
        save_report(connection, message.delivery_id, message.recipient, message.status_report)


def make_report(
    connection: sqlite3.Connection | None, config: Config, recipient: str, *, now: datetime
) -> Message:
    """Return the status report a recipient would get now, without queueing it; works without a database."""
    if connection is None:
        status_report = measure_empty(config, recipient, now=now)
    else:
        status_report = measure_report(connection, config, recipient, now=now)
    pending = PendingDelivery(
        id=0,
        kind=DeliveryKind.STATUS_REPORT,
        series="",
        recipient=recipient,
        message_id=new_message_id(domain=config.mail.domain),
        attempt_count=0,
        due_at=now,
        sealed_at=now,
    )
    return replace(address_message(pending, config), status_report=status_report)


def _queue_status_report(
    connection: sqlite3.Connection, config: Config, name: str, moment: datetime, *, now: datetime
) -> int:
    if has_digest_due(connection, name, since=moment, until=now):
        return 0
    status_report = NewDelivery(kind=DeliveryKind.STATUS_REPORT, recipient=name, due_at=moment)
    queue_message(connection, config, status_report, now=now)
    return 1


def queue_notice(
    connection: sqlite3.Connection, config: Config, *, now: datetime, is_calm: bool = False
) -> int:
    """Queue a notice to the admin if sources changed or an edit was refused; return how many changes it reports.

    is_calm  nothing more changes for now, so the last change need not be a minute old
    """
    admin = config.mail.admin
    if admin is None:
        return 0
    events = list_unreported_events(connection, since=now - _NOTICE_MEMORY)
    edit_id = find_unreported_edit(connection, before=now - _EDIT_CALM)
    last = find_last_notice(connection, admin)
    if last is not None and last <= now < last + config.mail.batch_window:
        return 0
    if edit_id is None and not (events and (is_calm or _is_calm(events, config, now=now))):
        return 0
    with transaction(connection):
        notice = NewDelivery(kind=DeliveryKind.NOTICE, recipient=admin, due_at=now)
        delivery_id = queue_message(connection, config, notice, now=now)
        mark_events_reported(connection, [event_id for event_id, _ in events], delivery_id)
        if edit_id is not None:
            mark_edit_reported(connection, edit_id, delivery_id)
    return len(events) + (edit_id is not None)


def _is_calm(events: Sequence[tuple[int, datetime]], config: Config, *, now: datetime) -> bool:
    """Return whether changes have waited long enough for others to join their notice."""
    oldest, newest = events[0][1], max(instant for _, instant in events)
    return now - newest >= _NOTICE_CALM or now - oldest >= config.mail.batch_window
