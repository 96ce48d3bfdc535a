"""One setting adds a certificate authority for sources, mail, mailbox, webhooks and Apprise."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme

from crawler.alerting.channels.channel_parts import Parts
from crawler.alerting.channels.channels import Taken, notify_by_apprise
from crawler.alerting.channels.webhook import post_webhook
from crawler.alerting.mail.imap import Mailbox
from crawler.alerting.mail.smtp import send_by_smtp
from crawler.clock import utc_now
from crawler.config.load import load_config
from crawler.config.sections.tls import TlsSettings
from crawler.errors import ConfigFaulty, FetchFailed, TransportDown
from crawler.machine.trust import requests_environment
from crawler.model.mail.mailbox import MailboxServer
from crawler.model.mail.server import MailServer
from tests.fakes import FakeMailbox, FakeSite
from tests.flows.mail.delivery.test_channels import Endpoint
from tests.servers.imap_server import PASSWORD, USER, ImapServer
from tests.servers.services import Services
from tests.spiders.test_crawl import DRONES, PROSE, configure, crawl, rows, settings
from watchword.doctor.certificates_health import look_at_certificates
from watchword.doctor.findings import Verdict

REMEDY = "[tls] ca_file adds a certificate authority"


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    authority.cert_pem.write_to_path(str(tmp_path / "own-ca.pem"))
    return tmp_path / "own-ca.pem"


@pytest.fixture
def context(authority: trustme.CA) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(made)
    return made


@pytest.fixture
def secure(context: ssl.SSLContext) -> Iterator[FakeSite]:
    with FakeSite() as site:
        site._server.socket = context.wrap_socket(site._server.socket, server_side=True)
        yield site


def secure_url(site: FakeSite) -> str:
    return site.url.replace("http://", "https://")


async def test_a_source_is_read(secure: FakeSite, ca_file: Path, tmp_path: Path) -> None:
    secure.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
    secure.put_feed("/rss", "/a")
    config = configure(tmp_path, settings(f"{secure_url(secure)}/rss"))

    await crawl(config.model_copy(update={"tls": TlsSettings(ca_file=ca_file)}))

    assert rows(config, "SELECT last_failure FROM sources") == [(None,)]
    assert "/rss" in secure.paths()


async def test_an_unknown_authority_of_a_source_is_reported(
    secure: FakeSite, tmp_path: Path
) -> None:
    config = configure(tmp_path, settings(f"{secure_url(secure)}/rss"))

    await crawl(config)

    said = str(rows(config, "SELECT last_failure FROM sources"))
    assert "the certificate of 127.0.0.1 is signed by nobody trusted here" in said
    assert REMEDY in said
    assert "robots.txt" not in said
    assert secure.paths() == []


async def test_a_message_is_sent(context: ssl.SSLContext, ca_file: Path) -> None:
    with FakeMailbox(ssl_context=context) as mailbox:
        await _send(mailbox, ca_file)
        with pytest.raises(TransportDown) as caught:
            await _send(mailbox, None)

        assert len(mailbox.messages) == 1
    assert REMEDY in str(caught.value)


async def _send(mailbox: FakeMailbox, ca_file: Path | None) -> None:
    message = EmailMessage()
    message["From"] = "watch@x.org"
    message.set_content("text")
    server = MailServer(
        host="127.0.0.1", port=mailbox.port, tls="tls", timeout_seconds=5, ca_file=ca_file
    )
    await send_by_smtp(message, recipient="me@x.org", server=server)


@pytest.mark.parametrize("tls", ["tls", "starttls"])
def test_the_mailbox_is_read(
    authority: trustme.CA, ca_file: Path, tmp_path: Path, tls: Any
) -> None:
    pem = tmp_path / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(pem))
    with ImapServer(certificate=pem, is_implicit=tls == "tls") as server:
        facts: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": server.port,
            "tls": tls,
            "username": USER,
            "password": PASSWORD,
        }
        with pytest.raises(FetchFailed) as caught:
            Mailbox(MailboxServer(**facts)).open()
        assert REMEDY in caught.value.reason
        assert server.logins() == 0
        mailbox = Mailbox(MailboxServer(**facts, ca_file=ca_file))
        mailbox.open()
        mailbox.close()
        assert server.logins() == 1


async def test_a_webhook_is_posted(context: ssl.SSLContext, ca_file: Path) -> None:
    async def post(port: int, ca_file: Path | None) -> str:
        return await post_webhook(
            b"{}",
            webhook_id="msg_1",
            url=f"https://127.0.0.1:{port}/in",
            secrets=(),
            now=datetime.now(UTC),
            timeout_seconds=5,
            ca_file=ca_file,
        )

    with Endpoint() as endpoint:
        endpoint._server.socket = context.wrap_socket(endpoint._server.socket, server_side=True)
        assert (await post(endpoint.port, ca_file)).startswith("HTTP 20")
        with pytest.raises(TransportDown) as caught:
            await post(endpoint.port, None)
    assert REMEDY in str(caught.value)


async def test_apprise_notifies(tmp_path: Path) -> None:
    with Services(tmp_path) as services:
        url = "discord://1234567890/abcdefghijklmnopqrstuvwxyz"
        parts = Parts(subject="title", headline="title", sentence="text")
        facts: dict[str, Any] = {
            "url": url,
            "timeout_seconds": 30,
            "message_id": "<1@x>",
            "proxies": services.proxies,
        }

        await notify_by_apprise(parts, **facts, taken=Taken(), ca_file=services.ca)
        count = len(services.said)
        with pytest.raises(TransportDown):
            await notify_by_apprise(parts, **facts, taken=Taken())

        assert (count, len(services.said)) == (1, 1)


def test_requests_trusts_the_systems_store_and_the_configured_authority(tmp_path: Path) -> None:
    (tmp_path / "system.pem").write_bytes(trustme.CA().cert_pem.bytes())
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "own.pem"))
    environ = {"SSL_CERT_FILE": str(tmp_path / "system.pem")}

    with requests_environment(tmp_path / "own.pem", environ) as given:
        joined = Path(given["REQUESTS_CA_BUNDLE"])
        trusted = ssl.create_default_context(cafile=str(joined)).get_ca_certs()

    assert len(trusted) == 2
    assert not joined.exists()
    with requests_environment(None, environ) as given:
        assert given == {"REQUESTS_CA_BUNDLE": str(tmp_path / "system.pem")}


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "there is no such file"), ("no certificate", "holds no certificates in PEM format")],
)
def test_an_invalid_file_is_reported_by_check(
    tmp_path: Path, content: str | None, words: str
) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_text(content)
    (tmp_path / "w.toml").write_text('[tls]\nca_file = "ca.pem"\n')

    with pytest.raises(ConfigFaulty) as caught:
        load_config(tmp_path / "w.toml", environ={}, reads_secrets=True)
    found = look_at_certificates(load_config(tmp_path / "w.toml", environ={}), now=utc_now())

    assert "w.toml:2: tls.ca_file" in str(caught.value.faults[0])
    assert words in str(caught.value.faults[0])
    assert (found.verdict, words in found.summary) == (Verdict.BROKEN, True)


def test_doctor_names_the_trusted_authority(
    ca_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))
    (tmp_path / "w.toml").write_text(f'[tls]\nca_file = "{ca_file}"\n')

    found = look_at_certificates(load_config(tmp_path / "w.toml", environ={}), now=utc_now())

    assert found.verdict is Verdict.OK
    assert found.summary == f"{ca_file}, and [tls] ca_file {ca_file}"
