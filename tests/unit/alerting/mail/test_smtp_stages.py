"""A mail server that hangs, hangs up or refuses at each stage: a message counts as sent exactly if it was accepted."""

import asyncio
from email.message import EmailMessage
from typing import Any

import pytest

from crawler.alerting.mail.smtp import send_by_smtp
from crawler.errors import MailDeferred, MailRefused, TransportDown
from crawler.model.mail.server import MailServer
from tests.fakes import FakeMailbox
from tests.servers.mail_servers import STAGES, StageServer


async def send(port: int, *, timeout_seconds: float = 30.0) -> str:
    message = EmailMessage()
    message["From"] = "watch@x.org"
    message["To"] = "me@x.org"
    message.set_content("text")
    server = MailServer(host="127.0.0.1", port=port, tls="none", timeout_seconds=timeout_seconds)
    return await send_by_smtp(message, recipient="me@x.org", server=server)


@pytest.mark.parametrize("stage", STAGES)
async def test_a_server_that_hangs_before_accepting_the_message_defers_it(stage: str) -> None:
    with (
        StageServer(hangs_at=stage) as server,
        pytest.raises(TransportDown, match="did not finish"),
    ):
        await send(server.port, timeout_seconds=0.5)


@pytest.mark.parametrize("stage", STAGES)
async def test_a_server_that_hangs_up_before_accepting_the_message_defers_it(stage: str) -> None:
    with StageServer(drops_at=stage) as server, pytest.raises(TransportDown):
        await send(server.port)


@pytest.mark.parametrize(
    "habit",
    [
        {"hangs_at": "QUIT"},
        {"drops_at": "QUIT"},
        {"drops_after": "message"},
        {"answers": {"QUIT": "421 too slow"}},
        {"answers": {"QUIT": "gibberish"}},
    ],
    ids=str,
)
async def test_a_message_accepted_at_data_is_sent_whatever_comes_after(
    habit: dict[str, Any],
) -> None:
    with StageServer(**habit) as server:
        # the result does not wait for the answer to QUIT: the thirty seconds of the timeout are not used up
        assert await send(server.port) == "taken"

        assert server.messages == 1


async def test_the_session_ends_with_quit() -> None:
    with StageServer() as server:
        await send(server.port)

    assert server.heard == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]


async def test_a_message_counts_as_sent_to_a_real_server_that_never_answers_quit(
    mailbox: FakeMailbox,
) -> None:
    async def handle_QUIT(*_: object) -> str:
        await asyncio.Event().wait()
        return "221 never"

    mailbox.handle_QUIT = handle_QUIT  # type: ignore[attr-defined]  # aiosmtpd looks for it

    assert "taken" in await send(mailbox.port)
    assert len(mailbox.messages) == 1


async def test_a_message_counts_as_sent_to_a_real_server_that_accepts_and_hangs_up(
    mailbox: FakeMailbox,
) -> None:
    take = mailbox.handle_DATA

    async def handle_DATA(server: Any, session: Any, envelope: Any) -> str:
        answer = await take(server, session, envelope)
        server.transport.write(b"250 taken and gone\r\n")
        server.transport.close()
        return answer

    mailbox.handle_DATA = handle_DATA  # type: ignore[method-assign]

    assert await send(mailbox.port) == "taken and gone"
    assert len(mailbox.messages) == 1


@pytest.mark.parametrize("answer", ["250 taken", "251 will forward", "200 fine"])
async def test_every_positive_answer_to_the_message_is_an_acceptance(answer: str) -> None:
    with StageServer(answers={"message": answer}) as server:
        assert await send(server.port) == answer[4:]


@pytest.mark.parametrize(
    ("stage", "answer", "expected"),
    [
        ("greeting", "554 no", TransportDown),
        ("greeting", "421 later", TransportDown),
        ("MAIL", "550 not from you", TransportDown),
        ("RCPT", "550 nobody", MailRefused),
        ("RCPT", "451 later", MailDeferred),
        ("DATA", "554 no messages", MailDeferred),
        ("message", "554 spam", MailDeferred),
        ("message", "552 5.3.4 message too big", MailRefused),
        ("message", "452 disk full", MailDeferred),
    ],
)
async def test_a_temporary_refusal_is_distinguished_from_a_final_one_although_the_server_hangs_after_it(
    stage: str, answer: str, expected: type[Exception]
) -> None:
    with StageServer(answers={stage: answer}, hangs_at="RSET") as server:
        with pytest.raises(expected, match=answer[:3]) as caught:
            await send(server.port)

        assert type(caught.value) is expected
        assert "RSET" not in server.heard
