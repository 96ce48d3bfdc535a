"""Encryption is as configured or not at all: real certificates, good ones and bad ones."""

import ssl
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme

from crawler.alerting.mail.smtp import send_by_smtp
from crawler.errors import MailDeferred
from crawler.model.mail.server import MailServer
from tests.fakes import FakeMailbox


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """Return an authority this process trusts."""
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return made


@pytest.fixture(params=["starttls", "tls"])
def tls(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def message() -> EmailMessage:
    written = EmailMessage()
    written["From"] = "watch@x.org"
    written["To"] = "me@x.org"
    written.set_content("text")
    return written


def open_mailbox(certificate: trustme.LeafCert, tls: str) -> FakeMailbox:
    """Return a mail server that encrypts from the first byte, or after STARTTLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    if tls == "tls":
        return FakeMailbox(ssl_context=context)
    return FakeMailbox(tls_context=context, require_starttls=True)


async def send(message: EmailMessage, mailbox: FakeMailbox, tls: Any) -> None:
    server = MailServer(host="127.0.0.1", port=mailbox.port, tls=tls, timeout_seconds=5)
    await send_by_smtp(message, recipient="me@x.org", server=server)


async def test_a_message_is_sent_encrypted_to_a_server_with_a_valid_certificate(
    authority: trustme.CA, message: EmailMessage, tls: str
) -> None:
    with open_mailbox(authority.issue_cert("127.0.0.1"), tls) as mailbox:
        await send(message, mailbox, tls)

        assert len(mailbox.messages) == 1


async def test_nothing_is_sent_to_a_certificate_for_another_name(
    authority: trustme.CA, message: EmailMessage, tls: str
) -> None:
    with open_mailbox(authority.issue_cert("mail.example.org"), tls) as mailbox:
        with pytest.raises(MailDeferred, match="could not be used"):
            await send(message, mailbox, tls)

        assert mailbox.messages == []


async def test_nothing_is_sent_to_a_certificate_of_an_unknown_authority(
    message: EmailMessage, tls: str
) -> None:
    with open_mailbox(trustme.CA().issue_cert("127.0.0.1"), tls) as mailbox:
        with pytest.raises(MailDeferred, match="could not be used"):
            await send(message, mailbox, tls)

        assert mailbox.messages == []
