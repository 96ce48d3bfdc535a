"""Sending a message by SMTP, and judging the server's answers."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage

import aiosmtplib

from crawler.alerting.mail.headers import write_message
from crawler.alerting.mail.smtp_answers import (
    Blame,
    essence_of,
    find_status,
    judge_refusal,
    tidy_answer,
)
from crawler.alerting.mail.smtp_session import (
    OnStep,
    begin_session,
    explained,
    leave,
    make_client,
)
from crawler.errors import MailDeferred, MailRefused, TransportDown
from crawler.model.mail.server import MailServer
from crawler.text.web.mail_addresses import list_beyond_ascii, needs_smtputf8, to_wire

# when a recipient is refused, up to three others are tried with RCPT, to see whether the server refuses everybody
_MOST_ASKED = 3
_ASKING_SECONDS = 10.0  # for all of them together
_LINE_END = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Envelope:
    """Sender and recipient of a message, in the form in which they are sent."""

    sender: str
    recipient: str
    others: tuple[str, ...]

    @property
    def needs_smtputf8(self) -> bool:
        return needs_smtputf8(self.sender) or needs_smtputf8(self.recipient)


async def send_by_smtp(
    message: EmailMessage,
    *,
    recipient: str,
    server: MailServer,
    on_step: OnStep = lambda _step: None,
    others: Sequence[str] = (),
) -> str:
    """Deliver a message to one recipient and return the server's last answer.

    on_step  called with each step, for a person who tests a server
    others   further recipients that this server should know; if it refuses all of them in the same words, it refuses us
    raises   MailDeferred if it may work later; TransportDown if no message gets through (connection, time-out, TLS,
             login, or a server that accepts nothing from this sender); MailRefused if this recipient or this message
             can never work. ``smtp_answers`` distinguishes them

    Encryption is as configured, with no fallback: a server without STARTTLS gets nothing. All of it may take at most
    ``timeout_seconds``. It ends with the answer to the message, without waiting for the answer to QUIT.
    """
    envelope = _address(message, recipient, others)
    with explained(server):
        async with asyncio.timeout(server.timeout_seconds):
            return await _converse(message, envelope, server, on_step)


def _address(message: EmailMessage, recipient: str, others: Sequence[str]) -> _Envelope:
    """Return the envelope; raises MailRefused for a recipient that cannot be an address, TransportDown for such a sender."""
    try:
        sender = to_wire(message["From"].addresses[0].addr_spec)
    except (ValueError, IndexError) as error:
        raise TransportDown(f"[mail] from cannot be a sender: {error}") from error
    try:
        wire = to_wire(recipient)
    except ValueError as error:
        raise MailRefused(f"no mail can be sent there: {error}") from error
    known = dict.fromkeys(one for one in others if one.isascii() and one not in {recipient, wire})
    return _Envelope(sender=sender, recipient=wire, others=tuple(known)[:_MOST_ASKED])


async def _converse(
    message: EmailMessage, envelope: _Envelope, server: MailServer, on_step: OnStep
) -> str:
    client = make_client(server)
    try:
        await begin_session(client, envelope.sender, server, on_step)
        answer = await _hand_over(client, message, envelope)
        on_step(f"message handed over for {envelope.recipient}: {answer}")
        return answer
    finally:
        leave(client)


async def _hand_over(client: aiosmtplib.SMTP, message: EmailMessage, envelope: _Envelope) -> str:
    """Send MAIL, RCPT and DATA, and return the last answer.

    The library's ``sendmail`` is not used: after a refusal it sends RSET and waits for the answer, so that a server which hangs
    there turns "never" into "later". It also states the size, so that a too large message is refused at MAIL, as if the
    sender were.
    """
    offers_utf8 = client.supports_extension("smtputf8")
    if envelope.needs_smtputf8 and not offers_utf8:
        raise _explain_no_smtputf8(envelope)
    options = ("SMTPUTF8",) if envelope.needs_smtputf8 else ()
    answer = await _name(client, "MAIL FROM", envelope.sender, options)
    if answer.code // 100 != 2:
        raise aiosmtplib.SMTPSenderRefused(answer.code, answer.message, envelope.sender)
    answer = await _name(client, "RCPT TO", envelope.recipient)
    if answer.code // 100 != 2:
        raise await _judge_recipient(client, answer, envelope)
    answer = await _send_data(client, _write(message, is_utf8=envelope.needs_smtputf8))
    # any 2xx after the final dot means accepted, whatever else it says
    if answer.code // 100 != 2:
        blame = judge_refusal(
            answer.code, answer.message, stage="DATA", recipient=envelope.recipient
        )
        raise _make_error(blame, answer)
    return tidy_answer(answer.message)


def _explain_no_smtputf8(envelope: _Envelope) -> MailDeferred | MailRefused:
    """Return the error for an address that needs SMTPUTF8; TransportDown for the sender's, which concerns every message."""
    culprit = envelope.sender if needs_smtputf8(envelope.sender) else envelope.recipient
    signs = list_beyond_ascii(culprit.rpartition("@")[0])
    text = f"this mail server accepts no addresses with {signs} before the @ (it offers no SMTPUTF8): {culprit}"
    return (
        TransportDown(f"[mail] from: {text}") if culprit == envelope.sender else MailRefused(text)
    )


def _write(message: EmailMessage, *, is_utf8: bool) -> bytes:
    """Return the message as bytes; without SMTPUTF8 a Reply-To beyond ASCII is left out."""
    reply_to = message["Reply-To"]
    if reply_to is not None and not is_utf8 and not str(reply_to).isascii():
        del message["Reply-To"]
    return write_message(message, is_utf8=is_utf8)


async def _name(
    client: aiosmtplib.SMTP, verb: str, address: str, options: Sequence[str] = ()
) -> aiosmtplib.SMTPResponse:
    return await client.execute_command(
        f"{verb}:<{address}>".encode(), *(option.encode() for option in options)
    )


async def _send_data(client: aiosmtplib.SMTP, message: bytes) -> aiosmtplib.SMTPResponse:
    """Send DATA and the message and return the answer, with code 0 if the server answered DATA with 2xx.

    The library's ``data`` does not distinguish a 2xx to DATA, which is an error, from a 2xx to the message.
    """
    answer = await client.execute_command(b"DATA")
    if answer.code != 354 or client.protocol is None:
        return answer if answer.code // 100 != 2 else aiosmtplib.SMTPResponse(0, answer.message)
    # CRLF at each line end, and a second dot where a line begins with one (RFC 5321, 4.5.2)
    body = _LINE_END.sub(b"\r\n", message).removesuffix(b"\r\n")
    client.protocol.write(re.sub(rb"(?m)^\.", b"..", body) + b"\r\n.\r\n")
    return await client.protocol.read_response(timeout=client.timeout)


async def _judge_recipient(
    client: aiosmtplib.SMTP, answer: aiosmtplib.SMTPResponse, envelope: _Envelope
) -> MailDeferred | MailRefused:
    blame = judge_refusal(answer.code, answer.message, stage="RCPT", recipient=envelope.recipient)
    if blame is Blame.NEVER and await _refuses_everybody(client, answer, envelope):
        blame = Blame.TRANSPORT
    return _make_error(blame, answer)


async def _refuses_everybody(
    client: aiosmtplib.SMTP, refusal: aiosmtplib.SMTPResponse, envelope: _Envelope
) -> bool:
    """Return whether the server refuses other recipients in the same words; nothing is sent to them.

    A server that has lost its list of users answers "user unknown" for everybody. An answer with an enhanced code is doubted
    only if two others get it too; one without a code, if one other does.
    """
    enough = 1 if find_status(refusal.message) is None else 2
    if len(envelope.others) < enough:
        return False
    essence = essence_of(refusal.code, refusal.message, envelope.recipient)
    try:
        async with asyncio.timeout(_ASKING_SECONDS):
            for other in envelope.others:
                answer = await _name(client, "RCPT TO", to_wire(other))
                if essence != essence_of(answer.code, answer.message, other):
                    return False
    except (aiosmtplib.SMTPException, OSError, ValueError, TimeoutError):
        return False
    return True


def _make_error(blame: Blame, answer: aiosmtplib.SMTPResponse) -> MailDeferred | MailRefused:
    words = tidy_answer(f"{answer.code} {answer.message}")
    if blame is Blame.TRANSPORT:
        return TransportDown(f"the mail server accepts nothing from us: {words}")
    if blame is Blame.LATER:
        return MailDeferred(f"the mail server asks to try later: {words}")
    return MailRefused(f"the mail server refused it permanently: {words}")
