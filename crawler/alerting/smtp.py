"""Handing a letter to a mail server, and reading its answer."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from email.message import EmailMessage

import aiosmtplib

from crawler.errors import MailDeferred, MailRefused, WayBlocked
from crawler.model.mail import MailServer

Tell = Callable[[str], None]


async def send_by_smtp(
    letter: EmailMessage,
    *,
    recipient: str,
    server: MailServer,
    tell: Tell = lambda _step: None,
) -> str:
    """Deliver to one recipient; return the server's last answer.

    tell    is told each step as it is done, for a person who tries a server out
    raises  MailDeferred for 4xx; WayBlocked where no letter gets through (connection, time-out, TLS, login, or a
            server that takes nothing from this sender); MailRefused for 5xx to this recipient or this letter

    Encryption is as configured or not at all: a server without STARTTLS gets nothing. The whole of it may take
    ``timeout_seconds``, and it is over with the answer to the letter: no goodbye is waited for.
    """
    where = f"{server.host}:{server.port}"
    try:
        async with asyncio.timeout(server.timeout_seconds):
            return await _converse(letter, recipient, server, tell)
    except TimeoutError:
        raise WayBlocked(
            f"the mail server {where} did not finish within {server.timeout_seconds:g} s"
        ) from None
    except aiosmtplib.SMTPAuthenticationError as error:
        # a wrong password is for the operator to mend; no letter is lost over it
        raise WayBlocked(f"the mail server refused the login ({error.code})") from None
    except (aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPDataError) as error:
        raise _judge(error) from error
    except aiosmtplib.SMTPResponseException as error:
        # before a recipient is named no answer is about the letter: the server is down, or set up otherwise than we
        answer = f"{error.code} {error.message}"[:500]
        raise WayBlocked(f"the mail server {where} takes nothing from us: {answer}") from error
    except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
        raise WayBlocked(f"the mail server {where} could not be used: {error}") from error


async def _converse(letter: EmailMessage, recipient: str, server: MailServer, tell: Tell) -> str:
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        timeout=server.timeout_seconds,
        use_tls=server.tls == "tls",
        start_tls=server.tls == "starttls",
        tls_context=None if server.tls == "none" else ssl.create_default_context(),
    )
    try:
        await client.connect()
        encrypted = "not encrypted" if server.tls == "none" else f"encrypted ({server.tls})"
        tell(f"connected to {server.host}:{server.port}, {encrypted}")
        if server.username:
            await client.login(server.username, server.password)
            tell(f"logged in as {server.username}")
        answer = await _hand_over(client, letter, recipient)
        tell(f"letter handed over for {recipient}: {answer}")
        return answer
    finally:
        _leave(client)


async def _hand_over(client: aiosmtplib.SMTP, letter: EmailMessage, recipient: str) -> str:
    """Say MAIL, RCPT and DATA and return the last answer.

    ``sendmail`` of the library says RSET after a refusal and waits for its answer: a server that hangs there would turn
    "never" into "not now". It also states the size, and a letter that is too large would be refused before it is named.
    """
    await client.mail(letter["From"].addresses[0].addr_spec)
    await client.rcpt(recipient)
    try:
        _, answer = await client.data(letter.as_bytes())
    except aiosmtplib.SMTPDataError as error:
        # any answer of the 2xx kind after the last dot is a yes, whatever else it says
        if error.code // 100 != 2:
            raise
        answer = error.message
    return answer[:500]


def _leave(client: aiosmtplib.SMTP) -> None:
    """Say QUIT and hang up, without waiting for an answer: all that matters has been said.

    Servers that are slow to say goodbye, or hang up themselves, must not undo a letter they took.
    """
    with contextlib.suppress(aiosmtplib.SMTPException, OSError):
        if client.protocol is not None:
            client.protocol.write(b"QUIT\r\n")
    client.close()


def _judge(error: aiosmtplib.SMTPResponseException) -> MailDeferred | MailRefused:
    """Tell "not now" from "never" by the answer's first digit."""
    answer = f"{error.code} {error.message}"[:500]
    if 500 <= error.code < 600:
        return MailRefused(f"the mail server refused it for good: {answer}")
    return MailDeferred(f"the mail server said not now: {answer}")
