import logging
import sqlite3
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
from aiosmtpd.smtp import AuthResult

from crawler.config.schema import Config
from crawler.config.sections.mail import MailSettings
from crawler.flows.mail.delivery.deliver import DeliveryWorker
from crawler.flows.mail.delivery.delivery_times import repair_delivery_times
from crawler.flows.process.rules import Rules
from crawler.flows.process.writer import Writer
from crawler.storage.file.database import to_text
from crawler.storage.mail.deliveries import count_deliveries, retry_dead
from tests.fakes import FakeClock, FakeMailbox
from tests.newsroom import Newsroom, make_story
from watchword.web.ports import find_free_port


class Office:
    """A database with one alert pending, and a transport to deliver it."""

    def __init__(self, database: sqlite3.Connection, rules: Rules, config: Config) -> None:
        self.database = database
        self.config = config
        self.clock = FakeClock()
        self.writer = Writer(config.store.path)
        self.newsroom = Newsroom(database, rules)
        self.newsroom.keep()

    def hire(self, **mail: object) -> DeliveryWorker:
        """Return a delivery worker for a mail server."""
        config = self.config.model_copy(update={"mail": MailSettings(**mail)})
        return DeliveryWorker(self.writer, config, clock=self.clock)

    async def deliver(self, **mail: object) -> dict[str, int]:
        await self.hire(**mail).deliver_due()
        return count_deliveries(self.database)

    def answer(self) -> str:
        return str(self.database.execute("SELECT answer FROM deliveries").fetchone()[0])


@pytest.fixture
def office(database: sqlite3.Connection, rules: Rules, config: Config) -> Iterator[Office]:
    opened = Office(database, rules, config)
    yield opened
    opened.writer.close()


async def test_without_a_server_the_message_is_put_into_the_maildir(office: Office) -> None:
    assert (await office.deliver())["sent"] == 1

    messages = [*(office.config.store.path.parent / "mail" / "new").iterdir()]
    assert [str(message) for message in messages] == [office.answer()]


async def test_a_message_is_sent_with_its_stored_message_id(
    office: Office, mailbox: FakeMailbox
) -> None:
    await office.deliver(host="127.0.0.1", port=mailbox.port, tls="none")

    stored = office.database.execute("SELECT message_id FROM deliveries").fetchone()[0]
    assert [message["Message-ID"] for message in mailbox.messages] == [stored]


async def test_a_delivery_made_is_not_made_again(office: Office, mailbox: FakeMailbox) -> None:
    for _ in range(3):
        await office.deliver(host="127.0.0.1", port=mailbox.port, tls="none")

    assert len(mailbox.messages) == 1


async def test_a_server_that_is_down_is_tried_again_later(
    office: Office, mailbox: FakeMailbox
) -> None:
    down = await office.deliver(host="127.0.0.1", port=find_free_port(), tls="none")
    too_early = await office.deliver(host="127.0.0.1", port=mailbox.port, tls="none")
    office.clock.advance(minutes=2)
    later = await office.deliver(host="127.0.0.1", port=mailbox.port, tls="none")

    assert (down["pending"], too_early["pending"], later["sent"]) == (1, 1, 1)
    outcomes = office.database.execute("SELECT outcome FROM attempts").fetchall()
    assert [row[0] for row in outcomes] == ["deferred", "sent"]


async def test_a_mail_that_waited_long_for_its_digest_is_still_tried_for_three_days(
    office: Office, mailbox: FakeMailbox
) -> None:
    due = office.clock() + timedelta(days=6)
    office.database.execute(
        "UPDATE deliveries SET next_try_at = :due, due_at = :due", {"due": to_text(due)}
    )
    waiting = await office.deliver(host="127.0.0.1", port=mailbox.port, tls="none")
    office.clock.advance(days=6, seconds=1)
    down = await office.deliver(host="127.0.0.1", port=find_free_port(), tls="none")
    office.clock.advance(minutes=2)
    later = await office.deliver(host="127.0.0.1", port=mailbox.port, tls="none")

    assert (waiting["pending"], down["pending"], later["sent"]) == (1, 1, 1)
    assert down["dead"] == 0


async def test_a_refused_recipient_is_a_dead_message(office: Office, mailbox: FakeMailbox) -> None:
    mailbox.refuse = {"me@example.org": "550 no such user"}

    counts = await office.deliver(host="127.0.0.1", port=mailbox.port, tls="none")

    assert counts["dead"] == 1
    assert "550 no such user" in office.answer()


async def test_a_message_is_given_up_visibly_after_three_days_of_running_and_no_earlier(
    office: Office,
) -> None:
    delivery_worker = office.hire(host="127.0.0.1", port=find_free_port(), tls="none")
    dead = list[int]()
    for _ in range(84):
        await delivery_worker.deliver_due()
        dead.append(count_deliveries(office.database)["dead"])
        office.clock.advance(hours=1)

    assert dead[:72] == [0] * 72
    assert dead[-1] == 1
    assert "given up after 3 days of trying: the mail server" in office.answer()


async def test_no_message_is_given_up_for_days_asleep(office: Office, mailbox: FakeMailbox) -> None:
    down = {"host": "127.0.0.1", "port": find_free_port(), "tls": "none"}
    await office.deliver(**down)
    for _ in range(
        5
    ):  # Fridays, and the machine is opened again on Tuesdays before its network is up
        office.clock.advance(minutes=1)
        await office.deliver(**down)
        office.clock.advance(days=4)
        assert (await office.deliver(**down))["pending"] == 1
    office.clock.advance(hours=2)

    assert (await office.deliver(**{**down, "port": mailbox.port}))["sent"] == 1


async def test_no_message_is_given_up_for_a_clock_set_forward_and_back(
    office: Office, mailbox: FakeMailbox
) -> None:
    down = {"host": "127.0.0.1", "port": find_free_port(), "tls": "none"}
    attempts = [0]
    for days in (0, 10, -10, 30, -400):
        office.clock.advance(days=days)
        await office.writer.run(repair_delivery_times, office.config, now=office.clock())
        for _ in range(12):
            assert (await office.deliver(**down))["pending"] == 1
            office.clock.advance(minutes=30)
        attempts.append(office.newsroom.count("attempts"))
    office.clock.advance(hours=2)

    # on each of these clocks it was tried again
    assert all(later - earlier >= 3 for earlier, later in pairwise(attempts))
    assert (await office.deliver(**{**down, "port": mailbox.port}))["sent"] == 1


async def test_a_dead_message_that_is_pending_again_is_tried_as_long_as_a_new_one(
    office: Office,
) -> None:
    delivery_worker = office.hire(host="127.0.0.1", port=find_free_port(), tls="none")
    for _ in range(84):
        await delivery_worker.deliver_due()
        office.clock.advance(hours=1)
    assert count_deliveries(office.database)["dead"] == 1

    retry_dead(office.database, [1], now=office.clock())
    for _ in range(60):
        await delivery_worker.deliver_due()
        office.clock.advance(hours=1)

    assert count_deliveries(office.database)["dead"] == 0


async def test_a_claimed_message_stays_sealed_and_keeps_its_date(
    office: Office, mailbox: FakeMailbox
) -> None:
    def sealed_at() -> str:
        return str(office.database.execute("SELECT sealed_at FROM deliveries").fetchone()[0])

    begun_at = office.clock()
    await office.deliver(host="127.0.0.1", port=find_free_port(), tls="none")
    first = sealed_at()
    office.clock.advance(hours=3)
    await office.deliver(host="127.0.0.1", port=mailbox.port, tls="none")

    assert first == sealed_at() == to_text(begun_at)
    assert mailbox.messages[0]["Date"].datetime == begun_at


async def test_an_unreadable_password_file_defers_and_loses_nothing(office: Office) -> None:
    counts = await office.deliver(
        host="127.0.0.1", port=find_free_port(), password_file="/nonexistent"
    )

    assert counts["pending"] == 1
    assert "password_file" in office.answer()


@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")
async def test_a_refused_login_loses_no_message_and_shows_no_password(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    password = "hunter2-hunter2"

    def refuse(*_: object) -> AuthResult:
        return AuthResult(success=False, handled=False)

    with FakeMailbox(auth_required=True, auth_require_tls=False, authenticator=refuse) as mailbox:
        counts = await office.deliver(
            host="127.0.0.1", port=mailbox.port, tls="none", username="me", password=password
        )

    assert counts["pending"] == 1
    assert "refused the login" in office.answer()
    assert password not in caplog.text + office.answer()
    assert b64encode(f"\0me\0{password}".encode()).decode() not in caplog.text


async def test_a_sender_the_server_does_not_want_loses_no_message(
    office: Office, mailbox: FakeMailbox
) -> None:
    async def handle_MAIL(*_: object) -> str:
        return "550 we do not know you"

    mailbox.handle_MAIL = handle_MAIL  # type: ignore[attr-defined]  # aiosmtpd looks for it
    counts = await office.deliver(host="127.0.0.1", port=mailbox.port, tls="none")

    assert counts["pending"] == 1
    assert "accepts nothing from us: 550 we do not know you" in office.answer()


async def test_waiting_messages_are_sent_once_the_first_one_is_accepted_again(
    office: Office, mailbox: FakeMailbox
) -> None:
    config = office.config.model_copy(
        update={"mail": MailSettings(host="127.0.0.1", port=find_free_port(), tls="none")}
    )
    delivery_worker = DeliveryWorker(office.writer, config, clock=office.clock)
    for _ in range(6):
        await delivery_worker.deliver_due()
        office.clock.advance(minutes=20)
    later = {"next_try_at": to_text(office.clock() + timedelta(minutes=50))}
    office.database.execute("UPDATE deliveries SET next_try_at = :next_try_at", later)

    mail = MailSettings(host="127.0.0.1", port=mailbox.port, tls="none")
    delivery_worker.use_config(config.model_copy(update={"mail": mail}))
    office.newsroom.clock.now = office.clock()
    office.newsroom.keep(make_story(1))
    await delivery_worker.deliver_due()

    assert count_deliveries(office.database)["sent"] == 2
