"""SMTP logins against a real server, with and without encryption: what is sent, what is never sent, and the messages."""

import warnings
from base64 import b64encode
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Literal

import pytest
import trustme

from crawler.alerting.mail.smtp import send_by_smtp
from crawler.errors import TransportDown
from crawler.model.mail.server import MailServer
from tests.servers.mail_servers import LoginMailbox, StageServer, server_context

Tls = Literal["starttls", "tls", "none"]
PASSWORD = "hunter2-hunter2"


@pytest.fixture(autouse=True)
def _aiosmtpd_warns_of_its_own_settings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Requiring AUTH", UserWarning)
        warnings.filterwarnings("ignore", "tls_context.verify_mode", UserWarning)
        yield


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.LeafCert:
    """Return a certificate of an authority this process trusts."""
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return made.issue_cert("127.0.0.1")


async def send(port: int, steps: list[str] | None = None, **facts: Any) -> str:
    message = EmailMessage()
    message["From"] = "me@x.org"
    message["To"] = "you@x.org"
    message.set_content("text")
    facts = {"tls": "none", "username": "me@x.org", "timeout_seconds": 10, **facts}
    server = MailServer(host="127.0.0.1", port=port, **facts)
    on_step = steps.append if steps is not None else lambda _step: None
    return await send_by_smtp(message, recipient="you@x.org", server=server, on_step=on_step)


@pytest.mark.parametrize("tls", ["starttls", "tls", "none"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"])
async def test_every_login_works_with_every_encryption(
    certificate: trustme.LeafCert, mechanism: str, tls: Tls
) -> None:
    secret = {"token": "good-token"} if mechanism == "XOAUTH2" else {"password": PASSWORD}
    steps = list[str]()
    with LoginMailbox(mechanism, tls=tls, context=server_context(certificate)) as mailbox:
        await send(mailbox.port, steps, tls=tls, **secret)

        assert mailbox.logins == [(mechanism, True)]
        assert len(mailbox.messages) == 1
    assert f"logged in as me@x.org by {mechanism}" in steps
    encryption = {"none": "not encrypted", "tls": "encrypted (tls, TLSv", "starttls": "encrypted (starttls, TLSv"}  # fmt: skip
    assert any(step.startswith(encryption[tls]) for step in steps)


@pytest.mark.parametrize(
    "password", ["p\u00e4ss w\u00f6rt", "\u043f\u0430\u0440\u043e\u043b\u044c", "a:b\\c\"d'e%"]
)
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
async def test_a_password_beyond_ascii_is_sent_as_it_is(mechanism: str, password: str) -> None:
    with LoginMailbox(mechanism, password=password) as mailbox:
        await send(mailbox.port, password=password)

        assert mailbox.logins == [(mechanism, True)]


@pytest.mark.parametrize(
    ("tls", "auth", "used"),
    [
        ("none", "auto", "CRAM-MD5"),  # where others may listen, the password itself is not sent
        ("tls", "auto", "PLAIN"),
        ("tls", "login", "LOGIN"),
        ("tls", "cram-md5", "CRAM-MD5"),
        ("none", "plain", "PLAIN"),
    ],
)
async def test_the_mechanism_is_the_configured_one_or_the_best_that_both_know(
    certificate: trustme.LeafCert, tls: Tls, auth: str, used: str
) -> None:
    context = server_context(certificate)
    with LoginMailbox("PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", tls=tls, context=context) as mailbox:
        await send(mailbox.port, tls=tls, auth=auth, password=PASSWORD)

        assert mailbox.logins == [(used, True)]


async def test_a_mechanism_a_server_only_pretends_to_know_is_passed_over() -> None:
    with LoginMailbox("CRAM-MD5", "PLAIN", challenge="bm8=") as mailbox:
        await send(mailbox.port, password=PASSWORD)

        assert mailbox.logins == [("PLAIN", True)]


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
async def test_a_wrong_password_blocks_the_server_and_is_reported_in_its_words(
    mechanism: str,
) -> None:
    with LoginMailbox(mechanism) as mailbox:
        with pytest.raises(TransportDown, match="535.*credentials invalid") as caught:
            await send(mailbox.port, password="wrong-wrong-wrong")

        assert mailbox.messages == []
    assert "wrong-wrong" not in f"{caught.value!r} {caught.value.__cause__!r}"


async def test_a_refused_token_blocks_the_server_and_its_json_is_reported() -> None:
    with LoginMailbox("XOAUTH2") as mailbox:
        with pytest.raises(TransportDown, match=r"refused the token of me@x.org \(535\)") as caught:
            await send(mailbox.port, token="expired-token")

        # the next attempt, with a new token, is accepted
        await send(mailbox.port, token="good-token")
        assert mailbox.logins == [("XOAUTH2", False), ("XOAUTH2", True)]
    assert "(status 401, schemes bearer, scope https://mail.google.com/)" in str(caught.value)
    assert "expired-token" not in str(caught.value)


@pytest.mark.parametrize("challenge", ["no base64 !", "W10=", "eyJ4Ijo=", "bm8="])
async def test_a_challenge_that_is_not_json_is_answered_all_the_same(challenge: str) -> None:
    with LoginMailbox("XOAUTH2", challenge=challenge) as mailbox:
        with pytest.raises(TransportDown, match="535"):
            await send(mailbox.port, token="expired-token")

        assert mailbox.logins == [("XOAUTH2", False)]


@pytest.mark.parametrize(
    ("offered", "facts", "words"),
    [
        (["XOAUTH2"], {"password": PASSWORD}, "only XOAUTH2; for XOAUTH2 set [mail] token_command"),
        (["PLAIN", "LOGIN"], {"token": "good-token"}, "log in by XOAUTH2, and it offers only LOGIN"),
        (["PLAIN"], {"password": PASSWORD, "auth": "login"}, "log in by LOGIN, and it offers only PLAIN"),
        ([], {"password": PASSWORD}, "offers no login"),
    ],
)  # fmt: skip
async def test_a_server_that_offers_only_other_logins_is_reported_in_a_clear_sentence(
    offered: list[str], facts: dict[str, Any], words: str
) -> None:
    with LoginMailbox(*offered) as mailbox:
        with pytest.raises(TransportDown) as caught:
            await send(mailbox.port, **facts)

        assert mailbox.logins == []
    assert words in str(caught.value)


@pytest.mark.parametrize("offered", ["NTLM GSSAPI", "SCRAM-SHA-256", "OAUTHBEARER", "x" * 3000])
async def test_mechanisms_we_lack_are_named(offered: str) -> None:
    with StageServer(answers={"EHLO": f"250-here\r\n250 AUTH {offered}"}) as server:
        with pytest.raises(
            TransportDown, match=offered.split(maxsplit=1)[0][:20].upper()
        ) as caught:
            await send(server.port, password=PASSWORD)

        assert "AUTH" not in server.heard
    assert len(str(caught.value)) <= 500


async def test_no_password_is_sent_before_the_configured_encryption() -> None:
    answers = {
        "EHLO": "250-here\r\n250 AUTH PLAIN LOGIN"
    }  # no STARTTLS: somebody on the way removed it
    with StageServer(answers=answers) as server:
        with pytest.raises(TransportDown):
            await send(server.port, tls="starttls", password=PASSWORD)

        assert "AUTH" not in server.heard
        assert server.messages == 0


async def test_a_login_that_is_refused_for_now_is_not_tried_with_other_mechanisms() -> None:
    answers = {"EHLO": "250-here\r\n250 AUTH PLAIN LOGIN CRAM-MD5", "AUTH": "454 4.7.0 later"}
    with StageServer(answers=answers) as server:
        with pytest.raises(TransportDown, match="454"):
            await send(server.port, password=PASSWORD)

        assert server.heard.count("AUTH") == 1


async def test_a_login_that_a_server_echoes_appears_nowhere() -> None:
    login = b64encode(f"\0me@x.org\0{PASSWORD}".encode()).decode()
    answers = {"EHLO": "250-here\r\n250 AUTH PLAIN", "AUTH": f"535 {PASSWORD} in {login} is wrong"}
    with StageServer(answers=answers) as server, pytest.raises(TransportDown) as caught:
        await send(server.port, password=PASSWORD)

    assert PASSWORD not in str(caught.value)
    assert login not in str(caught.value)
    assert "is wrong" in str(caught.value)


async def test_a_token_of_five_kilobytes_is_sent_whole() -> None:
    token = "e" * 5000
    answers = {"EHLO": "250-here\r\n250 AUTH XOAUTH2", "AUTH": "235 come in"}
    with StageServer(answers=answers) as server:
        assert await send(server.port, token=token) == "taken"
