"""Cases in which a status report was once untrue, and the cost of making one."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.alerting.messages.status_report import show_status_report, write_status_report_subject
from crawler.alerting.phrases import Phrases, phrases_for, phrases_of
from crawler.config.schema import Config
from crawler.config.sections.sources import SourceSettings
from crawler.config.sections.watches import WatchSettings
from crawler.flows.crawl.visit import release_visits
from crawler.flows.mail.delivery.reports import measure_all, measure_report
from crawler.flows.mail.delivery.status_reports import make_report
from crawler.flows.process.configure import apply_config
from crawler.model.mail.alert import DeliveryKind
from crawler.model.mail.status_report import Standing, StatusReport
from crawler.model.visit import PageOutcome, VisitOutcome
from crawler.storage.crawl.crawl_queue import claim_due_visits, finish_visit, note_read
from crawler.storage.crawl.source_standing import Period, find_source_facts
from crawler.storage.crawl.visits import count_page
from crawler.storage.file.database import open_for_writing, transaction
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.mail.deliveries import mark_deferred, mark_sent
from crawler.storage.mail.messages import NewDelivery, save_delivery
from crawler.storage.mail.reports.status_reports import save_recipient, save_report, save_uptime
from scheduler.due.planning import plan_finished_visits
from tests.conftest import make_config
from tests.fakes import START, FakeMailbox
from tests.flows.mail.test_digests import open_office
from tests.newsroom import make_story

ME = "me@example.org"
UTC = Phrases("en_GB", "UTC")
MINUTE = timedelta(minutes=1)


def visit(
    database: sqlite3.Connection, config: Config, name: str, end: VisitOutcome, *, pages: int = 0
) -> None:
    """Visit a source for a minute from START, and plan its next visit."""
    with transaction(database):
        claimed = claim_due_visits(database, now=START, limit=1, only=[name])[0]
        for _ in range(pages):
            count_page(database, claimed.id, PageOutcome.NEW)
        if end is not VisitOutcome.FAILED:
            note_read(database, claimed.id, read_at=START)
        note = "the connection was refused" if end is VisitOutcome.FAILED else None
        finish_visit(database, claimed, outcome=end, note=note, now=START + MINUTE)
    plan_finished_visits(database, config, now=START + MINUTE)


def look(database: sqlite3.Connection, config: Config, minutes: float = 2) -> StatusReport:
    return measure_report(database, config, ME, now=START + minutes * MINUTE)


def test_a_first_report_counts_from_the_first_visit_and_names_what_never_worked(
    database: sqlite3.Connection, config: Config
) -> None:
    save_recipient(database, ME, plan="", next_report_at=START, now=START)
    visit(database, config, "courier", VisitOutcome.OK, pages=600)
    visit(database, config, "gazette", VisitOutcome.FAILED)

    shown = show_status_report(look(database, config), UTC)

    assert shown.line.startswith("Needs a look: 1 of 2 sources read on time, 1 never read")
    assert shown.counts.startswith("600 articles checked")
    assert "gazette was never read, although it has been tried since 23 Nov 10:00: the connection was refused" in shown.details  # fmt: skip
    assert shown.period == "the first one, since 23 Nov 10:00, to 23 Nov 10:02 UTC"


def test_an_article_of_a_visit_under_way_is_counted_once(
    database: sqlite3.Connection, config: Config
) -> None:
    counted = []
    with transaction(database):
        claimed = claim_due_visits(database, now=START, limit=1)[0]
    for number in range(3):
        with transaction(database):
            count_page(database, claimed.id, PageOutcome.NEW)
            if number == 2:
                finish_visit(database, claimed, outcome=VisitOutcome.OK, now=START + MINUTE)
            message = NewDelivery(kind=DeliveryKind.STATUS_REPORT, recipient=ME, due_at=START)
            one = save_delivery(database, message, message_id=f"<{number}@x>", now=START)
        status_report = look(database, config)
        with transaction(database):
            save_report(database, one, ME, status_report)
            mark_sent(database, one, "250", now=START)
        counted.append(status_report.pages.checked_count)

    assert counted == [1, 1, 1]


def test_a_previewed_report_is_in_its_readers_zone_and_country(
    database: sqlite3.Connection, config: Config
) -> None:
    visit(database, config, "courier", VisitOutcome.OK, pages=1234)
    mail = config.mail.model_copy(update={"timezone": "Asia/Kathmandu", "locale": "de-DE"})
    config = config.model_copy(update={"mail": mail})
    message = make_report(database, config, ME, now=START + 90 * MINUTE)
    assert message.status_report is not None

    shown = show_status_report(message.status_report, phrases_of(message))

    assert shown.period == "the first one, since 23. Nov. 15:45, to 23. Nov. 17:15 UTC+05:45"
    assert shown.counts.startswith("1.234 articles checked")
    assert phrases_of(message) == phrases_for(config.admin_reader)


def test_a_report_of_less_than_a_minute_names_its_period(
    database: sqlite3.Connection, config: Config
) -> None:
    first = replace(look(database, config), since=START, until=START, is_first=True)
    moment = replace(first, until=START + MINUTE / 2)

    expected = [
        show_status_report(one, UTC).period for one in (moment, replace(moment, is_first=False))
    ]

    assert [line.rpartition("within a minute of the ")[2] for line in expected] == ["beginning", "last one"]  # fmt: skip


def test_a_visit_that_ended_while_the_clock_was_wrong_counts_once(
    database: sqlite3.Connection, config: Config
) -> None:
    visit(database, config, "courier", VisitOutcome.OK, pages=5)
    with transaction(database):
        message = NewDelivery(kind=DeliveryKind.STATUS_REPORT, recipient=ME, due_at=START)
        one = save_delivery(database, message, message_id="<1@x>", now=START)
        ahead = measure_report(database, config, ME, now=START + timedelta(hours=9))
        save_report(database, one, ME, ahead)
        mark_sent(database, one, "250", now=START)
    visit(database, config, "gazette", VisitOutcome.OK, pages=7)

    status_report = look(database, config)

    assert (ahead.pages.checked_count, status_report.pages.checked_count) == (5, 7)
    assert "the clock was set back" in show_status_report(status_report, UTC).period


def test_an_open_visit_of_a_killed_process_is_interrupted_once_it_is_closed(
    database: sqlite3.Connection, config: Config
) -> None:
    with transaction(database):
        claimed = claim_due_visits(database, now=START, limit=1, only=["courier"])[0]
        note_read(database, claimed.id, read_at=START)
        count_page(database, claimed.id, PageOutcome.NEW)
    visit(database, config, "gazette", VisitOutcome.OK)
    release_visits(database, now=START + MINUTE)

    before_planning = look(database, config)
    plan_finished_visits(database, config, now=START + MINUTE)
    status_report = look(database, config)

    assert before_planning.sources == status_report.sources
    assert status_report.sources.count(Standing.CUT_OFF) == 1
    assert status_report.pages.checked_count == 1
    expected = (
        "courier was cut off during its visit at 23 Nov 10:00; the next visit continues from there"
    )
    assert expected in show_status_report(status_report, UTC).details


@pytest.mark.parametrize(
    ("sources", "watches", "expected"),
    [
        ([], ["drones"], "No source is visited"),
        (["courier"], [], "No watch sends alerts here"),
    ],
)
def test_an_empty_configuration_is_never_all_well(
    tmp_path: Path, sources: list[str], watches: list[str], expected: str
) -> None:
    config = make_config(
        tmp_path,
        sources=[SourceSettings(name=n, url=f"http://{n}.example/rss") for n in sources],
        watches=[WatchSettings(name=n, query="drone", to=(ME,)) for n in watches],
    )
    with closing(open_for_writing(config.store.path)) as connection:
        migrate(connection)
        apply_config(connection, config, now=START)
        status_reports = [look(connection, config)]
    status_reports.append(
        make_report(None, config, ME, now=START).status_report or status_reports[0]
    )

    for status_report in status_reports:
        shown = show_status_report(status_report, UTC)
        assert shown.needs_look
        assert any(line.startswith(expected) for line in shown.details)
        assert "all is well" not in write_status_report_subject(status_report, UTC)


def test_a_source_that_is_read_once_a_week_is_on_time_in_a_day_without_a_visit(
    tmp_path: Path,
) -> None:
    weekly = SourceSettings.model_validate({"name": "weekly", "url": "http://w.example/", "every": "7d"})  # fmt: skip
    config = make_config(tmp_path, sources=[weekly])
    with closing(open_for_writing(config.store.path)) as database:
        migrate(database)
        apply_config(database, config, now=START)
        visit(database, config, "weekly", VisitOutcome.OK)
        days = [
            show_status_report(measure_all(database, config, now=START + timedelta(days=days)), UTC)
            for days in (3, 9)
        ]

    assert days[0].line == "All is well: 1 of 1 source read on time (1 of them not due in this period)"  # fmt: skip
    assert days[1].line.startswith("Needs a look: 0 of 1 source read on time, 1 late")


def test_the_sleep_of_the_machine_is_a_downtime(
    database: sqlite3.Connection, config: Config
) -> None:
    visit(database, config, "courier", VisitOutcome.OK)
    with transaction(database):
        uptime = save_uptime(database, uptime_id=None, now=START)
        uptime = save_uptime(database, uptime_id=uptime, now=START + 5 * MINUTE)
        save_uptime(database, uptime_id=uptime, now=START + 65 * MINUTE)

    shown = show_status_report(look(database, config, minutes=66), UTC)

    assert "Nothing was read or sent from 23 Nov 10:05 to 23 Nov 11:05 (1 h 0 min)" in shown.details[0]  # fmt: skip
    # it cannot know which of them: a clock that jumped looks like a machine that slept
    assert shown.details[0].endswith("the machine slept, or its clock was set ahead")


def test_a_message_that_waited_for_its_server_is_true_when_it_is_sent(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    mailbox.refuse = {ME: "451 later"}
    with open_office(
        tmp_path, mailbox, {"name": "drones", "alert": "digest", "digest": "17:00"}
    ) as office:
        office.newsroom.keep(make_story(1))
        office.advance(hours=6)
        office.newsroom.keep(make_story(2, word="boat"))
        mailbox.refuse = {}
        office.advance(hours=2)
        first = office.last()
        office.newsroom.keep(make_story(3))
        office.advance(hours=24)

    assert "2 articles checked" in first
    assert "to 23 Nov 19:00" in first
    assert "1 article checked" in office.last()


def test_the_next_report_covers_one_that_never_arrived(
    database: sqlite3.Connection, config: Config
) -> None:
    visit(database, config, "courier", VisitOutcome.OK, pages=4)
    with transaction(database):
        message = NewDelivery(kind=DeliveryKind.STATUS_REPORT, recipient=ME, due_at=START)
        one = save_delivery(database, message, message_id="<1@x>", now=START)
        save_report(database, one, ME, look(database, config))
        mark_deferred(database, one, "451", now=START, next_try_at=START + MINUTE)

    assert look(database, config, minutes=60).pages.checked_count == 4
    assert look(database, config, minutes=60).mail.pending_count == 1


def test_a_source_that_was_resumed_counts_as_new_until_its_visit(
    database: sqlite3.Connection, config: Config
) -> None:
    visit(database, config, "courier", VisitOutcome.OK)
    later = START + timedelta(days=30)
    paused = [one.model_copy(update={"paused": one.name == "courier"}) for one in config.sources]
    apply_config(database, config.model_copy(update={"sources": tuple(paused)}), now=START + MINUTE)
    apply_config(database, config, now=later)

    facts = find_source_facts(database, Period(now=later, since=later - timedelta(days=1)))

    assert facts.count(Standing.ON_TIME) == 0
    assert facts.count(Standing.NEW) == 1


def test_no_query_of_a_report_reads_a_whole_table(
    database: sqlite3.Connection, config: Config
) -> None:
    asked = list[str]()
    database.set_trace_callback(asked.append)
    measure_report(database, config, ME, now=START)
    database.set_trace_callback(None)

    plans = {
        sql: [row["detail"] for row in database.execute(f"EXPLAIN QUERY PLAN {sql}")]
        for sql in asked
        if sql.lstrip().upper().startswith(("SELECT", "WITH"))
    }

    big = ("visits", "entries", "sources", "deliveries", "attempts", "source_events", "outbox")
    scans = [
        (sql, step)
        for sql, plan in plans.items()
        for step in plan
        for table in big
        if step.startswith(f"SCAN {table}") and "INDEX" not in step and "LIMIT 1" not in sql
    ]
    assert len(plans) > 10
    assert scans == []


def test_a_story_alerted_by_a_crawl_without_a_daemon_is_in_its_report(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    with open_office(tmp_path, mailbox, {"name": "drones", "alert": "digest", "digest": "17:00"}) as office:  # fmt: skip
        office.database.execute("DELETE FROM recipients")
        office.newsroom.keep(make_story(1))
        office.clock.advance(hours=6)
        asyncio.run(office.delivery_worker.deliver_due())

    assert "1 article checked, 1 match" in office.last()
    assert "since 23 Nov 11:00" in office.last()
