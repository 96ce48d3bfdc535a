"""The rules of the status report as a table: reversing any rule makes a row fail."""

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from crawler.config.schema import Config
from crawler.model.mail.alert import DeliveryKind
from crawler.model.mail.status_report import (
    MailFacts,
    Outage,
    PageFacts,
    Rest,
    SourceFacts,
    Standing,
    StatusReport,
    WatchState,
)
from crawler.model.site import Throttle
from crawler.model.visit import VisitOutcome
from crawler.storage.crawl.domains import save_throttle
from crawler.storage.crawl.source_standing import Period, find_source_facts
from crawler.storage.file.database import to_text, transaction
from crawler.storage.mail.deliveries import mark_dead, mark_deferred, mark_sent
from crawler.storage.mail.messages import NewDelivery, save_delivery
from crawler.storage.mail.reports.report_counts import find_mail_facts
from tests.fakes import START
from tests.flows.mail.reports.test_reports import ME, MINUTE, visit

HOUR = 60 * MINUTE
NOW = START + 30 * HOUR


def stand(
    *counts: tuple[Standing, int], paused: tuple[Rest, ...] = (), removed: tuple[Rest, ...] = ()
) -> SourceFacts:
    return SourceFacts(
        active_count=sum(count for _, count in counts),
        counts=dict(counts),
        paused=paused,
        removed=removed,
    )


WELL = StatusReport(
    since=START,
    until=NOW,
    sources=stand((Standing.ON_TIME, 3)),
    pages=PageFacts(checked_count=7, refused_count=1, failed_count=1, match_count=2, skipped_count=3),
    mail=MailFacts(later_count=2, later_at=NOW + HOUR),
    watch_count=1,
)  # fmt: skip
_AWAY = Outage(name="courier", since=START, until=START + HOUR, reason="HTTP 503")
_NEEDS = [
    *(
        {"sources": stand((Standing.ON_TIME, 2), (one, 1))}
        for one in Standing
        if one not in {Standing.ON_TIME, Standing.NEW}
    ),
    {"sources": replace(WELL.sources, outages=(_AWAY,))},
    {"sources": stand()},
    {"watch_count": 0},
    {"downtimes": ((START, START + HOUR),)},
    {"pages": PageFacts(waiting_count=1, waiting_since=NOW - HOUR - MINUTE)},
    {"mail": MailFacts(pending_count=1, pending_since=START)},
    {"mail": MailFacts(dead_count=1)},
    {"mail": MailFacts(others_pending_count=1)},
    {"mail": MailFacts(others_dead_count=1)},
    {"free_bytes": 1000},
]
_WANTED = [
    {"sources": stand((Standing.ON_TIME, 2), (Standing.NEW, 1))},
    {"sources": stand((Standing.ON_TIME, 2), paused=(Rest(name="gazette"),))},
    {"sources": stand((Standing.ON_TIME, 2), removed=(Rest(name="gazette"),))},
    {"muted": (WatchState(name="drones"),)},
]


@pytest.mark.parametrize("change", _NEEDS)
def test_every_fault_needs_a_look(change: dict[str, object]) -> None:
    status_report = replace(WELL, **change)  # type: ignore[arg-type]  # a table of fields

    assert status_report.needs_look
    assert not status_report.is_well


@pytest.mark.parametrize("change", _WANTED)
def test_what_was_configured_needs_no_look_and_is_not_all_well(
    change: dict[str, object],
) -> None:
    status_report = replace(WELL, **change)  # type: ignore[arg-type]  # a table of fields

    assert not status_report.needs_look
    assert not status_report.is_well


def test_all_is_well_with_pages_under_way_and_alerts_for_later() -> None:
    waiting = PageFacts(waiting_count=1, waiting_since=NOW - HOUR)

    assert WELL.is_well
    assert replace(WELL, pages=waiting).is_well


PENDING, LATER, NEITHER = "pending", "later", "neither"


@pytest.mark.parametrize(
    ("state", "due", "tried", "alerts", "counts_as"),
    [
        ("pending", -11 * MINUTE, False, 1, PENDING),
        ("pending", -10 * MINUTE, False, 1, PENDING),
        # on its way: a message that is due only now is not yet pending
        ("pending", -9 * MINUTE, False, 1, LATER),
        ("pending", -9 * MINUTE, False, 0, NEITHER),
        ("pending", 9 * MINUTE, False, 1, LATER),
        # its server did not accept it, however recently
        ("pending", -1 * MINUTE, True, 1, PENDING),
        # requested again: its time is still to come
        ("pending", 9 * MINUTE, True, 1, LATER),
        ("sent", -11 * MINUTE, False, 1, NEITHER),
        ("sent", -11 * MINUTE, True, 1, NEITHER),
        ("dropped", -11 * MINUTE, False, 1, NEITHER),
    ],
)
def test_a_message_is_pending_once_it_should_have_left(  # a row of the table
    database: sqlite3.Connection,
    state: str,
    due: timedelta,
    tried: bool,
    alerts: int,
    counts_as: str,
) -> None:
    database.execute("PRAGMA foreign_keys = OFF")  # a number in place of an alert
    new = NewDelivery(kind=DeliveryKind.ALERT, recipient=ME, due_at=NOW + due)
    with transaction(database):
        one = save_delivery(database, new, message_id="<1@x>", now=START)
        database.executemany(
            "INSERT INTO delivery_alerts (delivery_id, alert_id) VALUES (?, ?)",
            [(one, number) for number in range(alerts)],
        )
        if tried:
            mark_deferred(database, one, "451", now=NOW, next_try_at=NOW + HOUR)
        if state == "sent":
            mark_sent(database, one, "250", now=NOW)
        elif state == "dropped":
            database.execute("UPDATE deliveries SET state = 'dropped'")

    facts = count_mail(database, ME)

    assert (facts.pending_count, facts.later_count) == {
        PENDING: (1, 0), LATER: (0, alerts), NEITHER: (0, 0)
    }[counts_as]  # fmt: skip
    assert facts.pending_since == (NOW + due if counts_as == PENDING else None)
    assert facts.alert_count == (alerts if counts_as == PENDING else 0)
    assert count_mail(database, "you@example.org").others_pending_count == facts.pending_count


def count_mail(
    database: sqlite3.Connection, recipient: str, *, since: datetime = START
) -> MailFacts:
    return find_mail_facts(database, recipient=recipient, except_id=None, since=since, now=NOW)


def test_messages_given_up_before_the_period_are_not_reported_again(
    database: sqlite3.Connection,
) -> None:
    new = NewDelivery(kind=DeliveryKind.ALERT, recipient=ME, due_at=START)
    with transaction(database):
        one = save_delivery(database, new, message_id="<1@x>", now=START)
        mark_dead(database, one, "550", now=START + HOUR)

    counts = [count_mail(database, ME, since=START + hours * HOUR).dead_count for hours in (0, 1, 2)]  # fmt: skip

    assert counts == [1, 1, 0]


def at(hours: float) -> str:
    return to_text(NOW + hours * HOUR)


_READ = {"last_success_at": at(-2), "next_due_at": at(1), "every_seconds": 3600, "failure_count": 0, "health": "ok"}  # fmt: skip
_GAP = (NOW - 24 * HOUR, NOW - HOUR)


@pytest.mark.parametrize(
    ("facts", "gap", "standing"),
    [
        ({}, None, Standing.ON_TIME),
        ({"next_due_at": at(-0.9)}, None, Standing.ON_TIME),
        ({"next_due_at": at(-1.1)}, None, Standing.LATE),
        ({"failure_count": 1}, None, Standing.RETRYING),
        ({"failure_count": 2}, None, Standing.RETRYING),
        ({"failure_count": 3}, None, Standing.FAILING),
        ({"failure_count": 0, "health": "failing"}, None, Standing.FAILING),
        ({"health": "degraded"}, None, Standing.DEGRADED),
        ({"health": "quiet"}, None, Standing.QUIET),
        ({"last_success_at": None, "next_due_at": at(0)}, None, Standing.NEW),
        ({"last_success_at": None, "next_due_at": at(-2)}, None, Standing.NEVER_READ),
        ({"last_success_at": None, "failure_count": 1}, None, Standing.NEVER_READ),
        # a visit fell into the hours in which nothing ran, and another is planned now
        ({"last_success_at": at(-25)}, _GAP, Standing.LATE),
        # read since
        ({"last_success_at": at(-0.5)}, _GAP, Standing.ON_TIME),
        # none fell into them
        ({"last_success_at": at(-25), "every_seconds": 7 * 86_400}, _GAP, Standing.ON_TIME),
    ],
)
def test_the_state_of_a_source_is_read_from_its_row(
    database: sqlite3.Connection,
    config: Config,
    facts: Mapping[str, object],
    gap: tuple[datetime, datetime] | None,
    standing: Standing,
) -> None:
    set_row(database, config, facts)

    found = find_source_facts(database, Period(now=NOW, since=START, gap=gap))

    assert [*found.counts] == [standing]


def set_row(database: sqlite3.Connection, config: Config, facts: Mapping[str, object]) -> None:
    """Set the courier's row, and delete every other source."""
    visit(database, config, "courier", VisitOutcome.OK)
    stated = {**_READ, **facts}
    places = ", ".join(f"{name} = :{name}" for name in stated)
    with transaction(database):
        database.execute("UPDATE sources SET is_active = name = 'courier'")
        database.execute(f"UPDATE sources SET {places} WHERE name = 'courier'", stated)


@pytest.mark.parametrize(
    ("failures", "until", "standing"),
    [(0, 1, Standing.THROTTLED), (0, -1, Standing.ON_TIME), (1, 1, Standing.RETRYING)],
)
def test_a_site_that_throttled_us_is_left_alone_until_then(
    database: sqlite3.Connection, config: Config, failures: int, until: int, standing: Standing
) -> None:
    set_row(database, config, {"failure_count": failures})
    with transaction(database):
        save_throttle(
            database,
            Throttle(domain="courier.example", until=NOW + until * HOUR, reason="HTTP 429", refusal_count=1),
        )  # fmt: skip

    found = find_source_facts(database, Period(now=NOW, since=START))

    assert [*found.counts] == [standing]


def test_a_source_with_active_hours_is_not_late_after_a_downtime(
    database: sqlite3.Connection, config: Config
) -> None:
    set_row(database, config, {"last_success_at": at(-25)})
    period = Period(now=NOW, since=START, gap=_GAP)

    found = find_source_facts(database, period, resting=["courier"])

    assert [*found.counts] == [Standing.ON_TIME]
