from email.message import EmailMessage
from typing import Any

import pytest

from crawler.alerting.mail.smtp import send_by_smtp
from crawler.errors import MailDeferred, MailRefused
from crawler.model.mail.server import MailServer
from tests.fakes import FakeMailbox, silent_port
from watchword.web.ports import find_free_port


def message() -> EmailMessage:
    written = EmailMessage()
    written["From"] = "Watchword <watch@x.org>"
    written["To"] = "me@x.org"
    written["Subject"] = "drones: \u2013 x"
    written.set_content("text")
    return written


def server(port: int, **facts: Any) -> MailServer:
    return MailServer(host="127.0.0.1", port=port, **{"tls": "none", "timeout_seconds": 2, **facts})


async def test_a_message_arrives_and_the_answer_is_kept(mailbox: FakeMailbox) -> None:
    answer = await send_by_smtp(message(), recipient="me@x.org", server=server(mailbox.port))

    assert "taken" in answer
    assert [str(sent["Subject"]) for sent in mailbox.messages] == ["drones: \u2013 x"]


async def test_a_temporary_refusal_is_distinguished_from_a_final_one(mailbox: FakeMailbox) -> None:
    mailbox.refuse = {"busy@x.org": "451 try later", "gone@x.org": "550 no such user"}

    with pytest.raises(MailDeferred, match="451 try later"):
        await send_by_smtp(message(), recipient="busy@x.org", server=server(mailbox.port))
    with pytest.raises(MailRefused, match="550 no such user"):
        await send_by_smtp(message(), recipient="gone@x.org", server=server(mailbox.port))


async def test_an_unreachable_server_defers_the_message() -> None:
    with pytest.raises(MailDeferred, match="could not be used"):
        await send_by_smtp(message(), recipient="me@x.org", server=server(find_free_port()))


async def test_a_silent_server_times_out() -> None:
    with silent_port() as port, pytest.raises(MailDeferred):
        await send_by_smtp(
            message(), recipient="me@x.org", server=server(port, timeout_seconds=0.5)
        )


async def test_without_starttls_nothing_is_sent(mailbox: FakeMailbox) -> None:
    encrypted = server(mailbox.port, tls="starttls")

    with pytest.raises(MailDeferred):
        await send_by_smtp(message(), recipient="me@x.org", server=encrypted)

    assert mailbox.messages == []


async def test_the_password_is_in_no_error(mailbox: FakeMailbox) -> None:
    login = server(mailbox.port, username="me", password="hunter2")

    with pytest.raises(MailDeferred) as caught:
        await send_by_smtp(message(), recipient="me@x.org", server=login)

    assert "hunter2" not in f"{caught.value!r} {caught.value.__cause__!r} {login!r}"
