"""Recipients removed from the configuration get nothing more, and alerts muted after they were gathered are left out."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.config.schema import Config
from crawler.config.sections.watches import WatchSettings
from crawler.errors import RequestRefused
from crawler.flows.mail.delivery.deliver import DeliveryWorker
from crawler.flows.mail.delivery.status_reports import queue_status_reports
from crawler.flows.mail.requests import apply_request
from crawler.flows.process.configure import apply_config
from crawler.flows.process.rules import load_rules
from crawler.flows.process.writer import Writer
from crawler.model.request import Request, RequestKind
from crawler.storage.file.database import open_for_writing, to_text, transaction
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.file.parameters import numbered
from crawler.storage.mail.deliveries import count_deliveries
from crawler.storage.mail.mutes import Mute, remove_mutes, save_mute
from tests.conftest import make_config
from tests.fakes import START, FakeMailbox, read_part
from tests.newsroom import Newsroom, make_story

DIGEST = {"name": "drones", "alert": "digest", "digest": "17:00"}
BOTH = ("me@example.org", "you@example.org")


class Office:
    """A newsroom with its outgoing mail, on which configurations follow each other."""

    def __init__(self, folder: Path, mailbox: FakeMailbox) -> None:
        self.folder, self.mailbox = folder, mailbox
        self.database = open_for_writing(folder / "watchword.db")
        migrate(self.database)
        self.writer = Writer(folder / "watchword.db")
        self.config: Config | None = None

    def put(self, *watches: dict[str, Any], **mail: Any) -> None:
        """Put a configuration into force, as the daemon does."""
        config = make_config(
            self.folder,
            mail={"host": "127.0.0.1", "port": self.mailbox.port, "tls": "none", **mail},
            watches=[WatchSettings(**{"query": "drone", "to": BOTH, **one}) for one in watches],
        )
        apply_config(self.database, config, before=self.config, now=START)
        if self.config is None:
            self.newsroom = Newsroom(self.database, load_rules(self.database, config))
            self.clock = self.newsroom.clock
            self.delivery_worker = DeliveryWorker(self.writer, config, clock=self.clock)
        self.config = config
        self.delivery_worker.use_config(config)
        self.newsroom.rules = load_rules(self.database, config)
        self.tick()

    def tick(self) -> None:
        assert self.config is not None
        queue_status_reports(self.database, self.config, now=self.clock())
        asyncio.run(self.delivery_worker.deliver_due())

    def advance(self, **parts: float) -> None:
        self.clock.advance(**parts)
        self.tick()

    def alerted(self) -> list[str]:
        """Return who got a message, without status reports, in the order of addresses: they leave at once."""
        messages = [one for one in self.mailbox.messages if "story" in str(one["Subject"]).lower()]
        return sorted(str(message["To"]) for message in messages)

    def mute(self, **about: Any) -> None:
        with transaction(self.database):
            save_mute(self.database, Mute(watch_id=1, **about), now=self.clock())

    def rows(self, columns: str = "recipient, state, answer") -> list[tuple[Any, ...]]:
        found = self.database.execute(f"SELECT {columns} FROM deliveries ORDER BY id")
        return [tuple(row) for row in found]

    def ask(self, kind: RequestKind, **arguments: Any) -> str:
        assert self.config is not None
        request = Request(id=1, kind=kind, arguments=arguments)
        with transaction(self.database):
            return apply_request(self.database, request, self.config, now=self.clock())


@pytest.fixture
def office(tmp_path: Path, mailbox: FakeMailbox) -> Iterator[Office]:
    opened = Office(tmp_path, mailbox)
    yield opened
    opened.writer.close()
    opened.database.close()


@pytest.mark.parametrize(
    ("about", "alerted"),
    [
        ({"recipient": "you@example.org"}, ["me@example.org"]),
        ({"story_id": 1}, []),
        ({"source_id": 1}, []),
        ({}, []),
        ({"until": START + timedelta(hours=9)}, []),
        ({"until": START + timedelta(hours=1)}, [*BOTH]),
        ({"story_id": 99}, [*BOTH]),
        ({"source_id": 2}, [*BOTH]),
        ({"recipient": "somebody@example.org"}, [*BOTH]),
    ],
)
def test_a_digest_tells_nobody_what_they_muted_after_it_was_gathered(
    office: Office, about: dict[str, Any], alerted: list[str]
) -> None:
    office.put(DIGEST)
    office.newsroom.keep(make_story(1))

    if about.get("story_id") != 99:
        office.mute(**about)
    office.advance(hours=8)

    assert office.alerted() == alerted


def test_a_mute_that_ended_before_the_hour_leaves_nothing_out(office: Office) -> None:
    office.put(DIGEST)
    office.newsroom.keep(make_story(1))
    office.mute()
    office.tick()
    remove_mutes(office.database, 1)

    office.advance(hours=8)

    assert office.alerted() == [*BOTH]


def test_muted_alerts_are_left_out_and_the_rest_of_the_digest_is_sent(office: Office) -> None:
    office.put(DIGEST)
    for number in (1, 2):
        office.newsroom.keep(make_story(number))
    office.mute(story_id=1)

    office.advance(hours=8)

    text = read_part(office.mailbox.messages[0], "plain")
    assert ("Story 1" in text, "Story 2" in text) == (False, True)
    rows = office.database.execute("SELECT DISTINCT left_out, left_out_by FROM delivery_alerts")
    assert {tuple(row) for row in rows} == {
        (None, None),
        ("this story, for drones, was muted", "mute"),
    }


def test_a_digest_that_became_empty_is_dropped_and_its_report_is_sent_once(
    office: Office,
) -> None:
    office.put(DIGEST, status_report="17:00")
    office.newsroom.keep(make_story(1))
    office.mute()

    office.advance(hours=7)
    office.advance(minutes=1)

    assert office.alerted() == []
    assert sorted(str(message["To"]) for message in office.mailbox.messages) == [*BOTH]
    assert [row[1] for row in office.rows()] == ["dropped", "dropped", "sent", "sent"]
    assert "Story 1" not in read_part(office.mailbox.messages[0], "plain")


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        ({"to": ("me@example.org",)}, "drones does not name you@example.org any more"),
        ({"name": "boats", "query": "boat"}, "drones is not in the configuration any more"),
        ({"alert": "none"}, 'drones alerts nobody: alert = "none"'),
    ],
)
@pytest.mark.parametrize("kind", [DIGEST, {"name": "drones"}])
def test_a_removed_recipient_gets_nothing_more(
    office: Office, after: dict[str, Any], reason: str, kind: dict[str, Any]
) -> None:
    office.put(kind)
    office.newsroom.keep(make_story(1))

    office.put({**kind, **after})
    office.advance(hours=8)

    assert "you@example.org" not in office.alerted()
    assert ("you@example.org", "dropped", reason) in office.rows()


def test_a_message_that_waits_for_a_broken_server_is_dropped_too(office: Office) -> None:
    port = office.mailbox.port
    office.put({"name": "drones"}, port=1)
    office.newsroom.keep(make_story(1))
    office.tick()

    office.put({"name": "drones", "to": ("me@example.org",)}, port=port)
    office.advance(hours=1)

    assert office.alerted() == ["me@example.org"]


def test_alerts_of_a_watch_muted_in_its_settings_are_left_out(office: Office) -> None:
    office.put(DIGEST)
    office.newsroom.keep(make_story(1))

    office.put({**DIGEST, "mute_until": "2027-01-01"})
    office.advance(hours=8)

    assert office.alerted() == []
    assert [row[2] for row in office.rows("recipient, state, answer") if row[1] == "dropped"] == [
        "drones is muted until 1 Jan 2027 00:00 UTC"
    ] * 2


def test_a_new_recipient_gets_alerts_from_then_on(office: Office) -> None:
    office.put({**DIGEST, "to": ("old@example.org",)})
    office.newsroom.keep(make_story(1))
    office.put({**DIGEST, "to": ("new@example.org",)})
    office.newsroom.keep(make_story(2))

    office.advance(hours=8)

    assert office.alerted() == ["new@example.org"]
    assert "Story 1" not in read_part(office.mailbox.messages[0], "plain")


def test_an_address_that_is_only_spelled_otherwise_is_the_same(office: Office) -> None:
    office.put({**DIGEST, "to": ("Me@Example.org",)})
    office.newsroom.keep(make_story(1))

    office.put({**DIGEST, "to": ("me@example.org",)})
    office.advance(hours=8)

    assert office.alerted() == ["Me@Example.org"]


def test_a_recipient_who_is_back_within_minutes_misses_nothing(office: Office) -> None:
    office.put(DIGEST)
    office.newsroom.keep(make_story(1))

    office.put({"name": "boats", "query": "boat"})
    office.clock.advance(minutes=2)
    office.put({"name": "boats", "query": "boat"}, DIGEST)
    office.advance(hours=8)

    assert office.alerted() == [*BOTH]


def test_a_recipient_who_is_back_later_gets_alerts_from_then_on(office: Office) -> None:
    office.put(DIGEST)
    office.newsroom.keep(make_story(1))

    office.put({"name": "boats", "query": "boat"})
    office.clock.advance(minutes=20)
    office.put({"name": "boats", "query": "boat"}, DIGEST)
    office.advance(hours=8)

    assert office.alerted() == []


def test_queued_alerts_of_a_removed_watch_are_dropped(office: Office) -> None:
    office.put(DIGEST)
    office.newsroom.take_up = lambda: None  # type: ignore[method-assign]  # the daemon was off
    office.newsroom.keep(make_story(1))

    office.put({"name": "boats", "query": "boat"})

    assert office.alerted() == []
    assert {row[1] for row in office.rows()} == {"dropped"}


def test_a_restored_backup_is_treated_the_same(office: Office) -> None:
    office.put(DIGEST)
    office.newsroom.keep(make_story(1))
    ids = [row[0] for row in office.rows("message_id")]
    config = make_config(
        office.folder,
        mail={"host": "127.0.0.1", "port": office.mailbox.port, "tls": "none"},
        watches=[WatchSettings(query="drone", to=("me@example.org",), **DIGEST)],
    )

    # a process that starts on an old file does not know its history
    apply_config(office.database, config, now=START)
    office.config, office.delivery_worker = (
        config,
        DeliveryWorker(office.writer, config, clock=office.clock),
    )
    office.advance(hours=8)

    assert office.alerted() == ["me@example.org"]
    assert str(office.mailbox.messages[0]["Message-ID"]) == ids[0]


def test_the_result_is_the_same_after_a_kill(office: Office) -> None:
    office.put(DIGEST)
    office.newsroom.keep(make_story(1))
    office.mute(recipient="you@example.org")
    office.clock.advance(hours=8)

    asyncio.run(office.delivery_worker._lease())
    office.database.execute("UPDATE deliveries SET lease_until = NULL")
    assert office.config is not None
    office.delivery_worker = DeliveryWorker(office.writer, office.config, clock=office.clock)
    office.tick()

    assert office.alerted() == ["me@example.org"]
    assert count_deliveries(office.database)["dropped"] == 1


def test_a_report_and_a_notice_to_a_removed_recipient_are_not_sent(office: Office) -> None:
    office.put({"name": "drones"}, admin="boss@example.org", port=1)
    now = to_text(office.clock())
    office.database.executemany(
        """INSERT INTO deliveries (kind, recipient, message_id, created_at, due_at, next_try_at)
           VALUES (?1, ?2, ?2, ?3, ?3, ?3)""",
        [
            numbered("status_report", "you@example.org", now),
            numbered("notice", "boss@example.org", now),
        ],
    )

    office.put({"name": "drones", "to": ("me@example.org",)})

    assert [row[1:] for row in office.rows()] == [
        ("dropped", "no watch names you@example.org any more"),
        ("dropped", "boss@example.org is not the admin any more"),
    ]


def test_dead_messages_to_a_removed_recipient_are_sent_again_only_to_a_named_one(
    office: Office,
) -> None:
    office.put({"name": "drones"})
    office.newsroom.keep(make_story(1))
    office.database.execute("UPDATE deliveries SET state = 'dead'")
    office.put({"name": "drones", "to": ("me@example.org",)})

    answer = office.ask(RequestKind.RETRY, alerts=None)
    office.database.execute("UPDATE deliveries SET state = 'sent' WHERE recipient LIKE 'me@%'")
    with pytest.raises(RequestRefused, match="does not name you@example.org"):
        office.ask(RequestKind.RETRY, alerts=[1])
    office.ask(RequestKind.RESEND, alert=1, recipients=["you@example.org"])
    office.tick()

    assert answer.startswith("1 message is pending again")
    assert office.alerted() == ["you@example.org"]


def test_the_limit_of_mails_an_hour_counts_sent_alerts(office: Office) -> None:
    office.put({"name": "drones", "to": ("me@example.org",)}, per_hour=2)
    for number in (1, 2):
        office.newsroom.keep(make_story(number))
    office.mute()
    office.tick()
    remove_mutes(office.database, 1)

    office.newsroom.keep(make_story(3))
    office.tick()

    assert office.alerted() == ["me@example.org"]


def test_nothing_is_sent_under_a_configuration_that_the_database_does_not_have(
    office: Office,
) -> None:
    office.put({"name": "drones"})
    office.newsroom.keep(make_story(1))
    office.database.execute("UPDATE watches SET name = 'uav'")
    assert office.config is not None
    office.delivery_worker.use_config(office.config)

    office.tick()

    assert office.alerted() == []
    assert {row[1] for row in office.rows()} == {"pending"}
