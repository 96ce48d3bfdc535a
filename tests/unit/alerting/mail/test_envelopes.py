"""SMTP envelopes: our name, sender and recipients, and what a server's refusal of one of several recipients means."""

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from crawler.alerting.mail.headers import MAIL_POLICY, write_mailbox
from crawler.alerting.mail.smtp import send_by_smtp
from crawler.alerting.messages.compose import Sender, compose_mail
from crawler.errors import MailDeferred, MailRefused, TransportDown
from crawler.model.mail.server import MailServer
from tests.fakes import FakeMailbox
from tests.servers.mail_servers import StageServer
from tests.unit.alerting.mail.test_headers import LINKS, make_messages


class Post(FakeMailbox):
    """A mailbox that records envelopes, bytes, and the names it was greeted with."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.envelopes: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = []
        self.raw: list[bytes] = []
        self.names: list[str] = []
        self.asked: list[str] = []
        self.everybody = ""

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.names.append(hostname)
        return responses

    async def handle_RCPT(self, *facts: Any) -> str:
        self.asked.append(facts[3])
        return self.everybody.format(facts[3]) or await super().handle_RCPT(*facts)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        options = tuple(envelope.mail_options)
        self.envelopes.append((envelope.mail_from, tuple(envelope.rcpt_tos), options))
        self.raw.append(envelope.content)
        return await super().handle_DATA(server, session, envelope)


def write(recipient: str, *, sender: str = "watch@x.org", reply_to: str = "") -> EmailMessage:
    message = make_messages("Drones over the quay", "drones", "Two drones.")["new"]
    return compose_mail(
        replace(message, recipient=recipient),
        sender=Sender(address=sender, reply_to=reply_to),
        links=LINKS,
    )


async def send(
    port: int, recipient: str, *, message: EmailMessage | None = None, **facts: Any
) -> str:
    others = facts.pop("others", ())
    server = MailServer(host="127.0.0.1", port=port, tls="none", timeout_seconds=10, **facts)
    return await send_by_smtp(
        message or write(recipient), recipient=recipient, server=server, others=others
    )


@pytest.mark.parametrize("is_offered", [True, False])
async def test_a_domain_beyond_ascii_needs_no_support_from_the_server(is_offered: bool) -> None:
    with Post(enable_SMTPUTF8=is_offered) as post:
        await send(post.port, "me@b\u00fccher.example")

    assert post.envelopes == [("watch@x.org", ("me@xn--bcher-kva.example",), ())]
    assert b"To: me@xn--bcher-kva.example\r\n" in post.raw[0]
    assert post.raw[0].isascii()


async def test_a_name_beyond_ascii_is_sent_with_smtputf8_where_it_is_offered() -> None:
    with Post(enable_SMTPUTF8=True) as post:
        await send(post.port, "jo\u0308rg@b\u00fccher.example")

    assert post.envelopes == [("watch@x.org", ("j\u00f6rg@xn--bcher-kva.example",), ("SMTPUTF8",))]
    assert "To: j\u00f6rg@xn--bcher-kva.example\r\n".encode() in post.raw[0]
    read = message_from_bytes(post.raw[0], policy=policy.default)
    assert str(read["To"]) == "j\u00f6rg@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "recipient",
    ["j\u00f6rg@x.org", "\u7528\u6237@\u4f8b\u3048.jp", "\u0645\u0631\u0627\u0633\u0644@x.org"],
)
async def test_a_name_beyond_ascii_is_refused_with_a_sentence_where_it_is_not(
    recipient: str,
) -> None:
    with Post(enable_SMTPUTF8=False) as post:
        with pytest.raises(MailRefused, match="accepts no addresses with .* before the @"):
            await send(post.port, recipient)

        assert post.envelopes == []


async def test_a_sender_beyond_ascii_blocks_a_server_without_smtputf8() -> None:
    message = write("me@x.org", sender="w\u00e4chter@x.org")
    with Post(enable_SMTPUTF8=False) as post, pytest.raises(TransportDown, match=r"\[mail\] from"):
        await send(post.port, "me@x.org", message=message)
    with Post(enable_SMTPUTF8=True) as post:
        await send(post.port, "me@x.org", message=message)

        assert post.envelopes == [("w\u00e4chter@x.org", ("me@x.org",), ("SMTPUTF8",))]


async def test_a_reply_address_beyond_ascii_is_left_out_rather_than_the_message() -> None:
    with Post(enable_SMTPUTF8=False) as post:
        await send(post.port, "me@x.org", message=write("me@x.org", reply_to="b\u00fcro@x.org"))

    assert b"\r\nReply-To" not in post.raw[0]
    assert post.raw[0].isascii()


@pytest.mark.parametrize(
    "recipient",
    ["me", "a..b@x.org", "me@x..org", "me@x.org>\r\nDATA", "x" * 65 + "@x.org", "me@\u2260.org"],
)
async def test_an_impossible_address_is_refused_before_the_server_is_asked(
    recipient: str,
) -> None:
    with Post() as post:
        with pytest.raises(MailRefused, match="no mail can be sent there"):
            await send(post.port, recipient)

        assert post.names == []


async def test_the_greeting_uses_the_configured_name() -> None:
    with Post() as post:
        await send(post.port, "me@x.org", hello="news.example.org")

    assert post.names == ["news.example.org"]


async def test_a_server_that_knows_only_helo_is_greeted_by_the_same_name() -> None:
    with StageServer(answers={"EHLO": "502 no", "HELO": "250 hello"}) as server:
        await send(server.port, "me@x.org", hello="news.example.org")

    assert server.heard[:2] == ["EHLO", "HELO"]
    assert server.messages == 1


# a single refusal is tested in test_smtp_answers; here several recipients get the same one


OTHERS = ("a@x.org", "b@x.org", "c@x.org", "d@x.org", "me@x.org", "j\u00f6rg@x.org")


@pytest.mark.parametrize("answer", ["550 5.1.1 <{}>: user unknown", "550 no mail for {}", "551 no"])
async def test_a_server_that_refuses_everybody_in_the_same_words_refuses_the_sender(
    answer: str,
) -> None:
    with Post() as post:
        post.everybody = answer
        with pytest.raises(TransportDown):
            await send(post.port, "me@x.org", others=OTHERS)

    assert post.asked == ["me@x.org", "a@x.org", "b@x.org", "c@x.org"]
    assert post.messages == []


async def test_a_recipient_the_server_refuses_alone_is_refused_for_good() -> None:
    with Post() as post:
        post.refuse = {"me@x.org": "550 no"}
        with pytest.raises(MailRefused):
            await send(post.port, "me@x.org", others=OTHERS)

        assert post.messages == []


async def test_two_unknown_recipients_prove_nothing_about_the_server() -> None:
    with Post() as post:
        post.everybody = "550 5.1.1 <{}>: user unknown"
        with pytest.raises(MailRefused):
            await send(post.port, "me@x.org", others=("a@x.org",))


@pytest.mark.parametrize("habit", [{"drops_after": "RCPT"}, {"drops_at": "RCPT"}])
async def test_nothing_is_sent_to_a_server_that_refuses_and_hangs_up(
    habit: dict[str, str],
) -> None:
    with StageServer(answers={"RCPT": "550 no"}, **habit) as server:  # type: ignore[arg-type]
        with pytest.raises((MailRefused, TransportDown)):
            await send(server.port, "me@x.org", others=OTHERS)

        assert server.messages == 0


@pytest.mark.parametrize(
    ("stage", "answer", "expected"),
    [
        ("RCPT", "252 cannot verify", "taken"),
        ("MAIL", "251 odd", "taken"),
        ("DATA", "250 what", TransportDown),
        ("RCPT", "354 go on", TransportDown),
        ("RCPT", "what?", TransportDown),
        ("RCPT", "5", TransportDown),
        ("RCPT", "550-no\r\n550-5.1.1 such\r\n550 user", MailRefused),
        ("RCPT", "550 \x1b[31mno \x00 user\udcff", MailRefused),
        ("message", "999 hm", TransportDown),
        ("message", "451 4.3.0 later", TransportDown),
        ("message", "450 4.2.0 later", MailDeferred),
    ],
)
async def test_odd_answers_are_read_by_their_first_digit_and_can_be_stored(
    stage: str, answer: str, expected: Any
) -> None:
    with StageServer(answers={stage: answer}, encoding="surrogateescape") as server:
        if isinstance(expected, str):
            assert await send(server.port, "me@x.org") == expected
            return
        with pytest.raises(expected) as caught:
            await send(server.port, "me@x.org")

    assert type(caught.value) is expected
    assert str(caught.value).isprintable()
    assert server.messages == 0


async def test_a_message_of_the_class_email_message_is_sent_too() -> None:
    message = EmailMessage(policy=MAIL_POLICY)
    message["From"] = write_mailbox("Watch \u2013 word", "watch@x.org")
    message["To"] = "me@x.org"
    message.set_content(".a dot\n..\nlast", cte="quoted-printable")
    with Post() as post:
        await send(post.port, "me@x.org", message=message)

    body = post.messages[0].get_content()
    assert body.replace("\r\n", "\n") == ".a dot\n..\nlast\n"
