import logging
import sqlite3
from base64 import b64encode
from datetime import timedelta

import pytest
from aiosmtpd.smtp import AuthResult

from crawler.config.mail import MailSettings
from crawler.config.schema import Config
from crawler.flows.deliver import Postman
from crawler.flows.rules import Rules
from crawler.storage.database import to_text
from crawler.storage.deliveries import count_deliveries
from tests.fakes import FakeClock, FakeMailbox, free_port
from tests.newsroom import Newsroom, make_story


class Office:
    """A database with one alert owed, and a way to deliver it."""

    def __init__(self, database: sqlite3.Connection, rules: Rules, config: Config) -> None:
        self.database = database
        self.config = config
        self.clock = FakeClock()
        self.newsroom = Newsroom(database, rules)
        self.newsroom.keep()

    async def deliver(self, **mail: object) -> dict[str, int]:
        config = self.config.model_copy(update={"mail": MailSettings(**mail)})
        await Postman(self.database, config, clock=self.clock).deliver_due()
        return count_deliveries(self.database)

    def answer(self) -> str:
        return str(self.database.execute("SELECT answer FROM deliveries").fetchone()[0])


@pytest.fixture
def office(database: sqlite3.Connection, rules: Rules, config: Config) -> Office:
    return Office(database, rules, config)


async def test_without_a_server_the_letter_lies_in_the_maildir(office: Office) -> None:
    assert (await office.deliver())["sent"] == 1

    letters = [*(office.config.store.path.parent / "mail" / "new").iterdir()]
    assert [str(letter) for letter in letters] == [office.answer()]


async def test_a_letter_goes_out_with_its_stored_message_id(
    office: Office, mailbox: FakeMailbox
) -> None:
    await office.deliver(host="127.0.0.1", port=mailbox.port, tls="none")

    stored = office.database.execute("SELECT message_id FROM deliveries").fetchone()[0]
    assert [letter["Message-ID"] for letter in mailbox.letters] == [stored]


async def test_a_delivery_made_is_not_made_again(office: Office, mailbox: FakeMailbox) -> None:
    for _ in range(3):
        await office.deliver(host="127.0.0.1", port=mailbox.port, tls="none")

    assert len(mailbox.letters) == 1


async def test_a_server_that_is_down_is_tried_again_later(
    office: Office, mailbox: FakeMailbox
) -> None:
    down = await office.deliver(host="127.0.0.1", port=free_port(), tls="none")
    too_early = await office.deliver(host="127.0.0.1", port=mailbox.port, tls="none")
    office.clock.advance(minutes=2)
    later = await office.deliver(host="127.0.0.1", port=mailbox.port, tls="none")

    assert (down["owed"], too_early["owed"], later["sent"]) == (1, 1, 1)
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
    down = await office.deliver(host="127.0.0.1", port=free_port(), tls="none")
    office.clock.advance(minutes=2)
    later = await office.deliver(host="127.0.0.1", port=mailbox.port, tls="none")

    assert (waiting["owed"], down["owed"], later["sent"]) == (1, 1, 1)
    assert down["dead"] == 0


async def test_a_refused_recipient_is_a_dead_letter(office: Office, mailbox: FakeMailbox) -> None:
    mailbox.refuse = {"me@example.org": "550 no such user"}

    counts = await office.deliver(host="127.0.0.1", port=mailbox.port, tls="none")

    assert counts["dead"] == 1
    assert "550 no such user" in office.answer()


async def test_after_three_days_a_letter_is_given_up_visibly(office: Office) -> None:
    office.clock.now += timedelta(days=4)

    counts = await office.deliver(host="127.0.0.1", port=free_port(), tls="none")

    assert counts["dead"] == 1
    assert "given up after 3 days" in office.answer()


async def test_an_unreadable_password_file_defers_and_loses_nothing(office: Office) -> None:
    counts = await office.deliver(host="127.0.0.1", port=free_port(), password_file="/nonexistent")

    assert counts["owed"] == 1
    assert "password_file" in office.answer()


@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")
async def test_a_refused_login_loses_no_letter_and_tells_nobody_the_password(
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

    assert counts["owed"] == 1
    assert "refused the login" in office.answer()
    assert password not in caplog.text + office.answer()
    assert b64encode(f"\0me\0{password}".encode()).decode() not in caplog.text


async def test_a_sender_the_server_does_not_want_loses_no_letter(
    office: Office, mailbox: FakeMailbox
) -> None:
    async def handle_MAIL(*_: object) -> str:
        return "550 we do not know you"

    mailbox.handle_MAIL = handle_MAIL  # type: ignore[attr-defined]  # aiosmtpd looks for it
    counts = await office.deliver(host="127.0.0.1", port=mailbox.port, tls="none")

    assert counts["owed"] == 1
    assert "takes nothing from us: 550 we do not know you" in office.answer()


async def test_once_the_server_is_back_what_waited_leaves_with_the_first_letter_that_gets_through(
    office: Office, mailbox: FakeMailbox
) -> None:
    config = office.config.model_copy(
        update={"mail": MailSettings(host="127.0.0.1", port=free_port(), tls="none")}
    )
    postman = Postman(office.database, config, clock=office.clock)
    for _ in range(6):
        await postman.deliver_due()
        office.clock.advance(minutes=20)
    later = {"next_try_at": to_text(office.clock() + timedelta(minutes=50))}
    office.database.execute("UPDATE deliveries SET next_try_at = :next_try_at", later)

    mail = MailSettings(host="127.0.0.1", port=mailbox.port, tls="none")
    postman.use_config(config.model_copy(update={"mail": mail}))
    office.newsroom.clock.now = office.clock()
    office.newsroom.keep(make_story(1))
    await postman.deliver_due()

    assert count_deliveries(office.database)["sent"] == 2
