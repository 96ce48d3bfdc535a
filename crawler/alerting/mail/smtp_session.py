"""A conversation with a mail server up to the login: connecting, encryption, names; and without a message, to try it."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import lru_cache

import aiosmtplib

from crawler.alerting.mail.hello import choose_hello, is_full_name
from crawler.alerting.mail.smtp_answers import tidy_answer
from crawler.alerting.mail.smtp_login import log_in
from crawler.errors import TransportDown
from crawler.machine.trust import add_remedy, make_context
from crawler.model.mail.server import MailServer

OnStep = Callable[[str], None]
# without a name server, looking up the machine's own name may take a minute
_MACHINE_NAME_SECONDS = 5.0


async def try_server(
    server: MailServer, *, sender: str, on_step: OnStep = lambda _step: None
) -> datetime | None:
    """Connect, encrypt and log in as for a message, and leave; return when the server's certificate ends, None without one.

    raises  TransportDown with a sentence for a person
    """
    with explained(server):
        async with asyncio.timeout(server.timeout_seconds):
            client = make_client(server)
            try:
                await begin_session(client, sender, server, on_step)
                return _find_end(client)
            finally:
                leave(client)


def make_client(server: MailServer) -> aiosmtplib.SMTP:
    """Return a client that is not connected yet."""
    return aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        local_hostname="localhost",  # replaced in _introduce, when our own address is known
        timeout=server.timeout_seconds,
        use_tls=server.tls == "tls",
        start_tls=False,  # sent in _introduce: the library's default goes on unencrypted if it is not offered
        tls_context=None if server.tls == "none" else make_context(server.ca_file),
    )


@contextlib.contextmanager
def explained(server: MailServer) -> Iterator[None]:
    """Turn what goes wrong before, between and after the commands of a message into TransportDown."""
    where = f"{server.host}:{server.port}"
    try:
        yield
    except TimeoutError:
        raise TransportDown(
            f"the mail server {where} did not finish within {server.timeout_seconds:g} s"
        ) from None
    except aiosmtplib.SMTPResponseException as error:
        # before RCPT no answer is about the message: the server is down, or configured differently from us
        answer = tidy_answer(f"{error.code} {error.message}")
        raise TransportDown(f"the mail server {where} accepts nothing from us: {answer}") from error
    except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
        words = add_remedy(tidy_answer(str(error)))
        raise TransportDown(f"the mail server {where} could not be used: {words}") from error


async def begin_session(
    client: aiosmtplib.SMTP, sender: str, server: MailServer, on_step: OnStep
) -> None:
    """Connect, introduce ourselves, and log in if that is configured."""
    await client.connect()
    on_step(f"connected to {server.host}:{server.port}")
    await _introduce(client, sender, server, on_step)
    if server.username:
        mechanism = await log_in(client, server)
        on_step(f"logged in as {server.username} by {mechanism}")


def _find_end(client: aiosmtplib.SMTP) -> datetime | None:
    certificate = client.get_transport_info("peercert")
    if not isinstance(certificate, dict) or "notAfter" not in certificate:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)


async def _introduce(
    client: aiosmtplib.SMTP, sender: str, server: MailServer, on_step: OnStep
) -> None:
    """Send EHLO, after STARTTLS if that is configured; HELO to a server that does not know it."""
    own_address = client.get_transport_info("sockname")[0]
    client.local_hostname = choose_hello(
        server.hello,
        machine="" if server.hello else await _find_machine_name(),
        sender=sender,
        own_address=str(own_address),
    )
    if server.tls == "starttls":
        await client.starttls()
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        if not client.is_connected:
            raise
        await client.helo()
    on_step(_describe_encryption(client, server))
    on_step(f"introduced this machine as {client.local_hostname} (EHLO)")
    beyond = "accepts" if client.supports_extension("smtputf8") else "does not accept"
    on_step(f"the server {beyond} addresses with letters such as ö before the @ (SMTPUTF8)")


def _describe_encryption(client: aiosmtplib.SMTP, server: MailServer) -> str:
    if server.tls == "none":
        return "not encrypted"
    cipher = client.get_transport_info("cipher")
    return f"encrypted ({', '.join(filter(None, (server.tls, cipher[1] if cipher else '')))})"


async def _find_machine_name() -> str:
    """Return the full name of this machine: its host name if that is full, or the one looked up; empty if that fails."""
    if is_full_name(own := socket.gethostname()):
        return own
    try:
        looked_up = asyncio.to_thread(_look_up_machine_name)
        return await asyncio.wait_for(looked_up, _MACHINE_NAME_SECONDS)
    except (TimeoutError, OSError, UnicodeError):
        return ""


@lru_cache(maxsize=1)
def _look_up_machine_name() -> str:
    """Return the looked-up name of this machine; cached, or every message would wait for a name server that is down."""
    return socket.getfqdn()


def leave(client: aiosmtplib.SMTP) -> None:
    """Send QUIT and close the connection, without waiting for the answer.

    A server that was slow to answer QUIT made an accepted message a deferred one, and it was sent again for three days.
    """
    with contextlib.suppress(aiosmtplib.SMTPException, OSError):
        if client.protocol is not None:
            client.protocol.write(b"QUIT\r\n")
    client.close()
