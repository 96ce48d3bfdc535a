"""Handing a letter to a mail server, and reading its answer."""

import ssl
from email.message import EmailMessage

import aiosmtplib

from crawler.errors import MailDeferred, MailRefused
from crawler.model.mail import MailServer


async def send_by_smtp(letter: EmailMessage, *, recipient: str, server: MailServer) -> str:
    """Deliver to one recipient; gives the server's last answer.

    raises  MailDeferred where trying again may help (4xx, connection, time-out, TLS, login), MailRefused for 5xx

    Encryption is as configured or not at all: a server without STARTTLS gets nothing.
    """
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        timeout=server.timeout_seconds,
        use_tls=server.tls == "tls",
        start_tls=server.tls == "starttls",
        tls_context=None if server.tls == "none" else ssl.create_default_context(),
    )
    try:
        async with client:
            if server.username:
                await client.login(server.username, server.password)
            sender = letter["From"].addresses[0].addr_spec
            _, answer = await client.send_message(letter, sender=sender, recipients=[recipient])
    except aiosmtplib.SMTPAuthenticationError as error:
        # a wrong password is for the operator to mend; no letter is lost over it
        raise MailDeferred(f"the mail server refused the login ({error.code})") from None
    except aiosmtplib.SMTPRecipientsRefused as error:
        raise _judge(error.recipients[0]) from error
    except aiosmtplib.SMTPResponseException as error:
        raise _judge(error) from error
    except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
        where = f"{server.host}:{server.port}"
        raise MailDeferred(f"the mail server {where} could not be used: {error}") from error
    return answer[:500]


def _judge(error: aiosmtplib.SMTPResponseException) -> MailDeferred | MailRefused:
    """Tell "not now" from "never" by the answer's first digit."""
    answer = f"{error.code} {error.message}"[:500]
    if 500 <= error.code < 600:
        return MailRefused(f"the mail server refused it for good: {answer}")
    return MailDeferred(f"the mail server said not now: {answer}")
