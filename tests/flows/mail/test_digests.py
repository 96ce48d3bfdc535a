"""Alerts that leave together: digests at their hours, floods, looks back; and the status report at the end."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.config.schema import Config
from crawler.config.sections.recipients import RecipientSettings
from crawler.config.sections.watches import WatchSettings
from crawler.flows.mail.delivery.deliver import DeliveryWorker
from crawler.flows.mail.delivery.status_reports import queue_notice, queue_status_reports
from crawler.flows.process.configure import apply_config
from crawler.flows.process.rules import load_rules
from crawler.flows.process.writer import Writer
from crawler.model.article import Occasion
from crawler.model.source import Health
from crawler.storage.crawl.source_health import save_health
from crawler.storage.file.database import open_for_writing, to_text
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.file.parameters import numbered
from crawler.storage.mail.reports.status_reports import save_uptime
from tests.conftest import make_config
from tests.fakes import START, FakeMailbox, read_part
from tests.newsroom import Newsroom, make_story


class Office:
    """A newsroom and its outgoing mail, on one clock and a real mail server."""

    def __init__(self, database: sqlite3.Connection, config: Config, mailbox: FakeMailbox) -> None:
        apply_config(database, config, now=START)
        self.database, self.config, self.mailbox = database, config, mailbox
        self.newsroom = Newsroom(database, load_rules(database, config))
        self.clock = self.newsroom.clock
        self.writer = Writer(config.store.path)
        self.delivery_worker = DeliveryWorker(self.writer, config, clock=self.clock)
        self.tick()

    def tick(self) -> None:
        """Run what the daemon's timers run."""
        queue_status_reports(self.database, self.config, now=self.clock())
        queue_notice(self.database, self.config, now=self.clock())
        asyncio.run(self.delivery_worker.deliver_due())

    def advance(self, **parts: float) -> None:
        self.clock.advance(**parts)
        self.tick()

    def subjects(self) -> list[str]:
        return [str(message["Subject"]).strip() for message in self.mailbox.messages]

    def last(self, kind: str = "plain") -> str:
        return " ".join(read_part(self.mailbox.messages[-1], kind).split())


@contextmanager
def open_office(
    folder: Path,
    mailbox: FakeMailbox,
    *watches: dict[str, Any],
    recipients: tuple[RecipientSettings, ...] = (),
    **mail: Any,
) -> Iterator[Office]:
    settings = {
        "host": "127.0.0.1",
        "port": mailbox.port,
        "tls": "none",
        "to": ["me@example.org"],
        **mail,
    }
    config = make_config(
        folder,
        mail=settings,
        timezone="Europe/Berlin",
        recipients=recipients,
        watches=[WatchSettings(**{"query": "drone", **watch}) for watch in watches],
    )
    connection = open_for_writing(config.store.path)
    migrate(connection)
    office = Office(connection, config, mailbox)
    try:
        yield office
    finally:
        office.writer.close()
        connection.close()


def test_a_digest_is_one_message_at_its_hour_and_ends_with_the_status_report(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    with open_office(
        tmp_path, mailbox, {"name": "drones", "alert": "digest", "digest": "17:00"}
    ) as office:
        for number in range(3):
            office.newsroom.keep(make_story(number))
        office.advance(hours=5, minutes=59)
        assert office.subjects() == []
        office.advance(minutes=1)
        office.advance(hours=20)

    # START is 11:00 in Berlin
    assert len(mailbox.messages) == 1
    assert office.subjects()[0].startswith("drones: 3 stories: Story")
    assert [office.last().count(f"Story {number}") for number in range(3)] == [1, 1, 1]
    assert "sources read on time" in office.last()
    assert "Nothing is pending" in office.last()
    assert mailbox.messages[0]["List-Id"] == "drones <drones.watch.localhost>"


def test_watches_of_a_group_share_a_message_and_a_story_is_in_it_once(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    digest = {"alert": "digest", "digest": "17:00", "group": "evening"}
    watches = [{"name": "drones", **digest}, {"name": "swarms", "query": "swarm", **digest}]
    with open_office(tmp_path, mailbox, *watches) as office:
        office.newsroom.keep(make_story(1, word="drone swarm"))
        office.newsroom.keep(make_story(2, word="swarm"))
        office.advance(hours=6)

    assert office.subjects() == ["evening: 2 stories: swarms 2, drones 1"]
    assert "2 stories for 2 watches" in office.last()
    assert "1 story matched several watches" in office.last()
    assert office.last().count("Story 1") == 1
    assert "Also for" in office.last()


def test_several_recipients_are_several_messages(tmp_path: Path, mailbox: FakeMailbox) -> None:
    mailbox.refuse = {"gone@example.org": "550 no such user"}
    to = ("me@example.org", "gone@example.org")
    with open_office(tmp_path, mailbox, {"name": "drones", "to": to}) as office:
        office.newsroom.keep(make_story(1))
        office.tick()
        states = dict(office.database.execute("SELECT recipient, state FROM deliveries").fetchall())

    assert states == {"me@example.org": "sent", "gone@example.org": "dead"}
    assert [message["To"] for message in mailbox.messages] == ["me@example.org"]


def test_a_flood_becomes_one_message_that_names_the_limit(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    with open_office(tmp_path, mailbox, {"name": "drones"}, per_hour=3) as office:
        for number in range(10):
            office.newsroom.keep(make_story(number))
            office.advance(minutes=1)
        assert office.subjects() == ["drones: Story 0", "drones: Story 1", "drones: Story 2"]
        office.advance(hours=1)
        assert len(mailbox.messages) == 4
        assert "There were more than 3 alerts for you within an hour" in office.last()
        assert "7 stories" in office.subjects()[3]
        office.newsroom.keep(make_story(11))
        office.tick()

    assert office.subjects()[4] == "drones: Story 11"


def test_the_articles_of_a_first_visit_come_in_one_message(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    with open_office(tmp_path, mailbox, {"name": "drones"}, batch_window="10m") as office:
        for number in range(5):
            office.newsroom.keep(make_story(number), occasion=Occasion.BACKFILL)
            office.advance(minutes=1)
        assert office.subjects() == []
        office.newsroom.keep(make_story(9))
        office.advance(minutes=10)

    assert len(mailbox.messages) == 2
    messages = {str(message["Subject"]): read_part(message) for message in mailbox.messages}
    gathered = next(text for subject, text in messages.items() if "5 stories" in subject)
    assert "Found in what sources had published earlier" in gathered
    assert "drones: Story 9" in messages


def test_after_days_of_downtime_there_is_one_digest_and_one_status_report(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    with open_office(
        tmp_path, mailbox, {"name": "drones", "alert": "digest", "digest": "08:00, 17:00"}
    ) as office:
        for number in range(4):
            office.newsroom.keep(make_story(number))
            office.clock.advance(hours=14)  # found, but not sent: several digests came due
        office.tick()
        office.clock.advance(days=16)  # two status reports were due as well
        office.tick()
        office.tick()

    assert len(mailbox.messages) == 2
    assert "4 stories" in office.subjects()[0]
    assert office.subjects()[1].startswith("Watchword: ")


def test_no_alert_joins_a_message_that_may_have_been_sent(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    mailbox.refuse = {"me@example.org": "451 later"}
    with open_office(
        tmp_path, mailbox, {"name": "drones", "alert": "digest", "digest": "17:00"}
    ) as office:
        office.newsroom.keep(make_story(1))
        office.advance(hours=6)
        office.clock.advance(hours=-6)
        office.newsroom.keep(make_story(2))
        mailbox.refuse = {}
        office.advance(hours=8)
        first = read_part(mailbox.messages[0])
        office.advance(hours=24)

    assert ("Story 1" in first, "Story 2" in first) == (True, False)
    assert "Story 2" in office.last()
    assert len(mailbox.messages) == 2


def test_an_alert_that_cannot_be_written_delays_no_other(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    with open_office(
        tmp_path, mailbox, {"name": "drones", "alert": "digest", "digest": "17:00"}
    ) as office:
        for number in range(3):
            office.newsroom.keep(make_story(number))
        office.database.execute("UPDATE matches SET snippet_marks = 'broken' WHERE id = 2")
        office.advance(hours=6)
        dead = office.database.execute(
            "SELECT answer FROM deliveries WHERE state = 'dead'"
        ).fetchall()

    assert len(mailbox.messages) == 1
    assert "2 stories" in office.subjects()[0]
    assert "Story 1" not in office.last()
    assert len(dead) == 1
    assert "cannot be written" in dead[0][0]


def test_every_week_there_is_a_status_report_although_nothing_matched(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    with open_office(tmp_path, mailbox, {"name": "drones"}, status_report="mon 12:00") as office:
        # a Monday, 11:00 in Berlin
        uptime = save_uptime(office.database, uptime_id=None, now=office.clock())
        moments = []
        for _ in range(24 * 15):
            save_uptime(office.database, uptime_id=uptime, now=office.clock())
            before = len(mailbox.messages)
            office.advance(hours=1)
            if len(mailbox.messages) > before:
                moments.append(office.clock())

    assert moments == [START + timedelta(hours=1, days=days) for days in (0, 7, 14)]
    assert "If your inbox was empty" in office.last()
    assert "0 articles checked" in office.last()


def test_the_status_report_names_unread_sources_pending_messages_and_downtimes(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    with open_office(
        tmp_path, mailbox, {"name": "drones", "to": ("me@example.org", "gone@example.org")}
    ) as office:
        mailbox.refuse = {"gone@example.org": "550 no such user"}
        save_uptime(office.database, uptime_id=None, now=office.clock())
        office.newsroom.keep(make_story(1))
        office.database.execute(
            "UPDATE sources SET visited_at = ?1, last_success_at = ?1, failure_count = 0",
            numbered(to_text(START)),
        )
        row = office.database.execute("SELECT id FROM sources WHERE name = 'gazette'").fetchone()
        save_health(
            office.database, row["id"], Health.FAILING, "HTTP 503", before=Health.OK, now=START
        )
        office.tick()
        office.clock.advance(days=2)
        uptime = save_uptime(office.database, uptime_id=None, now=office.clock())
        for _ in range(6 * 24 * 12):
            office.clock.advance(minutes=5)
            save_uptime(office.database, uptime_id=uptime, now=office.clock())
        office.database.execute(
            "UPDATE sources SET next_due_at = ?1, last_success_at = ?1",
            numbered(to_text(office.clock())),
        )
        office.tick()

    assert "1 of 2 sources read on time, 1 failing" in office.last()
    assert (
        "gazette has been failing since 23 Nov 11:00, last read 1 Dec 11:00: HTTP 503"
        in office.last()
    )
    expected = "Nothing was read or sent from 23 Nov 11:00 to 25 Nov 11:00 (2 days 0 h)"
    assert expected in office.last()
    assert "1 message to others could not be delivered" in office.last()


def test_the_admin_gets_one_notice_of_each_change_and_one_of_several_together(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    with open_office(
        tmp_path, mailbox, {"name": "drones"}, admin="ops@example.org", batch_window="10m"
    ) as office:
        ids = [row["id"] for row in office.database.execute("SELECT id FROM sources ORDER BY id")]

        def change(source_id: int, before: Health, after: Health, reason: str = "") -> None:
            save_health(
                office.database, source_id, after, reason, before=before, now=office.clock()
            )

        change(ids[0], Health.OK, Health.FAILING, "HTTP 503")
        office.advance(seconds=30)
        change(ids[1], Health.OK, Health.QUIET, "no article since")
        office.advance(seconds=30)
        assert mailbox.messages == []
        office.advance(minutes=1)
        assert [str(message["To"]) for message in mailbox.messages] == ["ops@example.org"]
        assert "courier has been failing" in office.last()
        assert "gazette has been unusually quiet" in office.last()
        change(ids[0], Health.FAILING, Health.OK)
        office.advance(minutes=5)
        assert len(mailbox.messages) == 1
        office.advance(minutes=5)
        office.advance(minutes=30)

    assert len(mailbox.messages) == 2
    assert office.subjects()[1] == "Watchword: courier well"


@pytest.mark.parametrize("per_hour", [1, 20])
def test_a_mute_of_a_story_a_source_or_a_watch_applies_to_one_reader(
    tmp_path: Path, mailbox: FakeMailbox, per_hour: int
) -> None:
    to = ("me@example.org", "you@example.org")
    with open_office(tmp_path, mailbox, {"name": "drones", "to": to}, per_hour=per_hour) as office:
        office.database.execute(
            """INSERT INTO mutes (recipient, watch_id, source_id, until, created_at)
               SELECT 'me@example.org', watches.id, sources.id, ?, '' FROM watches, sources WHERE sources.name = 'courier'""",
            [to_text(datetime(2026, 11, 24, tzinfo=UTC))],
        )
        office.newsroom.keep(make_story(1))
        office.newsroom.keep(make_story(2), source="gazette")
        office.clock.advance(days=2)
        office.newsroom.keep(make_story(3))
        office.advance(hours=1)

    alerted = {
        name: sorted(
            n
            for n in (1, 2, 3)
            for message in mailbox.messages
            if message["To"] == name and f"Story {n}" in read_part(message)
        )
        for name in to
    }
    assert alerted == {"me@example.org": [2, 3], "you@example.org": [1, 2, 3]}


def test_digest_hours_are_in_the_zone_of_the_watch_and_times_in_that_of_the_reader(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    watch = {"name": "drones", "alert": "digest", "digest": "08:00", "timezone": "Asia/Tokyo"}
    with open_office(tmp_path, mailbox, watch) as office:
        office.newsroom.keep(make_story(1))
        office.advance(hours=12, minutes=59)  # START is 19:00 in Tokyo
        assert mailbox.messages == []
        office.advance(minutes=1)

    for kind in ("plain", "html"):
        assert "23 Nov 2026, 11:00 CET" in office.last(kind)
        assert "JST" not in office.last(kind)


@pytest.mark.parametrize(
    "hostile",
    [
        "x\r\nBcc: evil@x.org",
        "a\x00b\u2028c",
        "\u202egnp.exe",
        "<script>alert(1)</script>",
        "x" * 10_000,
    ],
)
def test_a_hostile_headline_arrives_as_one_safe_mail(
    tmp_path: Path, mailbox: FakeMailbox, hostile: str
) -> None:
    with open_office(tmp_path, mailbox, {"name": "drones"}) as office:
        office.newsroom.keep(replace(make_story(1), headline=hostile))
        office.tick()

    assert [message["Bcc"] for message in mailbox.messages] == [None]
    assert len(office.subjects()[0]) <= 78
    assert "<script>" not in read_part(mailbox.messages[0], "html")
    assert not {"\x00", "\u2028", "\u202e"} & set(
        office.last() + office.last("html") + office.subjects()[0]
    )


def announce_late(office: Office) -> None:
    """Let a look back find a page that was not requested yet."""
    office.database.execute(
        """INSERT INTO entries (source_id, url, announced_url, url_key, entry_key, state, first_seen_at, next_try_at, is_backfill)
           SELECT id, 'http://courier.example/late', 'http://courier.example/late', 'late', 'late', 'waiting', ?1, ?1, 1 FROM sources WHERE name = 'courier'""",
        numbered(to_text(office.clock())),
    )


def test_a_look_back_is_one_message_although_its_pages_are_read_one_by_one(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    with open_office(tmp_path, mailbox, {"name": "drones"}, batch_window="0s") as office:
        announce_late(office)
        office.newsroom.keep(make_story(1), occasion=Occasion.BACKFILL)
        office.advance(seconds=10)
        assert mailbox.messages == []
        office.newsroom.keep(make_story(2), occasion=Occasion.BACKFILL)
        office.database.execute("UPDATE entries SET state = 'fetched' WHERE url_key = 'late'")
        office.advance(seconds=10)

    assert len(mailbox.messages) == 1


def test_alerts_of_a_look_back_that_does_not_end_are_sent_after_ten_minutes(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    with open_office(tmp_path, mailbox, {"name": "drones"}, batch_window="0s") as office:
        announce_late(office)
        office.newsroom.keep(make_story(1), occasion=Occasion.BACKFILL)
        office.advance(minutes=9)
        assert mailbox.messages == []
        office.advance(minutes=2)

    assert len(mailbox.messages) == 1
