"""Notices to the admin: sources whose health changed, and an edit that is not in force."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.alerting.messages.notice import describe_notice
from crawler.alerting.phrases import Phrases
from crawler.flows.process.configure import apply_config
from crawler.model.mail.alert import DeliveryKind, Message
from crawler.model.mail.status_report import SourceEvent
from crawler.model.source import Health
from crawler.storage.crawl.source_health import save_health
from crawler.storage.process.refused_edits import keep_refused_edit
from tests.fakes import START, FakeMailbox
from tests.flows.mail.test_digests import Office, open_office

FAULTS = "It has 2 faults; `watchword check` lists them."


@pytest.fixture
def office(tmp_path: Path, mailbox: FakeMailbox) -> Iterator[Office]:
    with open_office(tmp_path, mailbox, admin="boss@example.org") as opened:
        yield opened


def refuse(office: Office, note: str = FAULTS) -> None:
    keep_refused_edit(office.database, note, now=office.clock())


def test_a_notice_names_the_time_of_the_change_and_of_the_last_visit() -> None:
    failed = SourceEvent(
        source_name="courier",
        health="failing",
        health_before="ok",
        reason="HTTP 503",
        happened_at=START,
        read_at=START - timedelta(hours=3),
    )
    notice = Message(
        delivery_id=1,
        kind=DeliveryKind.NOTICE,
        series="",
        recipient="boss@example.org",
        message_id="<1@example.org>",
        written_at=START,
        zone="UTC",
        events=(failed,),
    )

    lines = describe_notice(notice, Phrases("en_GB", "UTC"))

    assert lines == ["courier has been failing since 23 Nov 10:00 (was well), last read 23 Nov 07:00: HTTP 503"]  # fmt: skip


def test_an_edit_that_stays_refused_causes_one_notice_to_the_admin(office: Office) -> None:
    refuse(office)
    office.advance(minutes=4)
    assert office.subjects() == []

    office.advance(minutes=2)
    for _ in range(3):
        refuse(office)
        office.advance(hours=2)

    assert office.subjects() == ["Watchword: an edit is not in force"]
    assert "An edit of the configuration has not been in force since 23 Nov 11:00" in office.last()
    assert FAULTS in office.last("html")
    assert str(office.mailbox.messages[0]["To"]) == "boss@example.org"


def test_an_edit_that_is_soon_corrected_causes_no_message(office: Office) -> None:
    refuse(office)
    office.advance(minutes=4)
    refuse(office, "")
    office.advance(hours=3)

    assert office.subjects() == []


def test_faults_that_change_while_somebody_types_are_one_edit(office: Office) -> None:
    for count in range(2, 9):
        refuse(office, f"It has {count} faults.")
        office.advance(minutes=1)
    office.advance(hours=3)

    assert office.subjects() == ["Watchword: an edit is not in force"]


def test_another_edit_is_another_message(office: Office) -> None:
    for note in (FAULTS, "", "It has 1 fault.", ""):
        refuse(office, note)
        office.advance(hours=2)

    assert office.subjects() == ["Watchword: an edit is not in force"] * 2


def test_a_notice_mentions_an_edit_that_was_corrected_before_it_was_sent(
    office: Office, mailbox: FakeMailbox
) -> None:
    mailbox.refuse["boss@example.org"] = "451 try later"
    refuse(office)
    office.advance(minutes=6)
    refuse(office, "")
    mailbox.refuse.clear()
    office.advance(hours=1)

    assert "was not in force from 23 Nov 11:00 to 23 Nov 11:06" in office.last()


def test_a_source_that_failed_meanwhile_is_in_the_same_notice(office: Office) -> None:
    source_id = office.database.execute("SELECT min(id) FROM sources").fetchone()[0]
    save_health(
        office.database, source_id, Health.FAILING, "HTTP 503", before=Health.OK, now=office.clock()
    )
    refuse(office)
    office.clock.advance(minutes=6)
    office.tick()

    assert len(office.subjects()) == 1
    assert office.subjects()[0].startswith("Watchword: an edit is not in force, ")
    assert "HTTP 503" in office.last()


def test_a_new_admin_gets_a_notice_of_what_is_still_wrong(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    with open_office(tmp_path, mailbox) as office:
        refuse(office)
        office.advance(hours=1)
        assert office.subjects() == []
        admin = office.config.mail.model_copy(update={"admin": "boss@example.org"})
        office.config = office.config.model_copy(update={"mail": admin})
        office.delivery_worker.use_config(office.config)
        apply_config(office.database, office.config, now=office.clock())
        office.tick()

        assert office.subjects() == ["Watchword: an edit is not in force"]


def test_nothing_is_written_for_an_edit_that_is_known(database: sqlite3.Connection) -> None:
    keep_refused_edit(database, FAULTS, now=START)
    before = database.total_changes

    keep_refused_edit(database, FAULTS, now=START + timedelta(seconds=5))

    assert database.total_changes == before
