"""``watchword mail test``, ``alert test`` and ``check``: what they print about servers and addresses."""

import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from crawler.config.schema import Config
from tests.fakes import FakeMailbox
from tests.newsroom import Newsroom, make_story
from tests.servers.mail_servers import LoginMailbox, server_context
from tests.unit.cli.alert.test_alert_cli import set_mail
from tests.unit.cli.test_cli import Shell
from watchword.web.ports import find_free_port


@pytest.fixture(autouse=True)
def _aiosmtpd_warns_of_its_own_settings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Requiring AUTH", UserWarning)
        warnings.filterwarnings("ignore", "tls_context.verify_mode", UserWarning)
        yield


@pytest.fixture
def shell(newsroom: Newsroom, config: Config, tmp_path: Path) -> Shell:
    newsroom.keep(make_story(1))
    return Shell(tmp_path, config)


def test_a_test_names_server_encryption_name_login_and_smtputf8(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = server_context(authority.issue_cert("127.0.0.1"))
    command = f'["{sys.executable}", "-c", "print(\'good-token\')"]'
    with LoginMailbox("XOAUTH2", tls="starttls", context=context) as mailbox:
        set_mail(
            shell,
            f'host = "127.0.0.1"\nport = {mailbox.port}\nhello = "news.example.org"\nusername = "me@x.org"\n'
            f"token_command = {command}",
        )
        printed = shell.run("mail", "test")

    for words in (
        f"connected to 127.0.0.1:{mailbox.port}",
        "encrypted (starttls, TLSv1.",
        "introduced this machine as news.example.org",
        "the server accepts addresses with letters such as \u00f6",
        "logged in as me@x.org by XOAUTH2",
        "message handed over for me@example.org: taken",
    ):
        assert words in printed
    assert "good-token" not in printed


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ('token_command = ["/nonexistent"]', "run it yourself as this user"),
        ('token_file = "/nonexistent"', "run it yourself as this user"),
        ('password = "wrong-password"', "check [mail] username and the password"),
        ('password = "x"\nauth = "cram-md5"', "check [mail] auth and tls"),
    ],
)
def test_a_login_that_fails_says_what_to_look_at(shell: Shell, settings: str, words: str) -> None:
    with LoginMailbox("PLAIN", "XOAUTH2") as mailbox:
        server = f'host = "127.0.0.1"\nport = {mailbox.port}\ntls = "none"\nusername = "me@x.org"'
        set_mail(shell, f"{server}\n{settings}")

        printed = shell.run("mail", "test", code=1)

    assert words in printed
    assert "wrong-password" not in printed


def test_a_test_states_its_steps_and_the_answer_for_programs(
    shell: Shell, mailbox: FakeMailbox
) -> None:
    set_mail(shell, f'host = "127.0.0.1"\nport = {mailbox.port}\ntls = "none"')

    sent = json.loads(shell.run("mail", "test", "--json", "a@example.org"))
    mailbox.refuse = {"b@example.org": "550 5.1.1 no such user"}
    refused = json.loads(shell.run("mail", "test", "b@example.org", "--json", code=1))
    tried = json.loads(shell.run("mail", "test", "--dry-run", "--json", "recipient,is_sent"))

    assert (sent["recipient"], sent["is_sent"]) == ("a@example.org", True)
    assert sent["steps"][0].startswith(f"connected to 127.0.0.1:{mailbox.port}")
    assert refused["is_sent"] is False
    assert "no such user" in refused["answer"]
    assert tried == {"recipient": "me@example.org", "is_sent": False}
    assert len(mailbox.messages) == 1


def test_a_refused_host_name_is_answered_with_the_setting_to_change(
    shell: Shell, mailbox: FakeMailbox
) -> None:
    mailbox.refuse = {
        "me@example.org": "504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname"
    }
    set_mail(shell, f'host = "127.0.0.1"\nport = {mailbox.port}\ntls = "none"')

    assert "set [mail] hello" in shell.run("mail", "test", code=1)


def test_a_test_to_an_impossible_address_is_a_usage_error(shell: Shell) -> None:
    assert "twice in a row" in shell.run("mail", "test", "a..b@example.org", code=2)


def test_a_test_goes_on_with_the_next_recipient_after_any_error(shell: Shell) -> None:
    with FakeMailbox(enable_SMTPUTF8=False) as mailbox:
        mailbox.refuse = {"busy@example.org": "451 later", "gone@example.org": "550 5.1.1 no"}
        set_mail(shell, f'host = "127.0.0.1"\nport = {mailbox.port}\ntls = "none"')
        to = ("j\u00f6rg@example.org", "a..b@example.org", "busy@example.org", "gone@example.org", "nochannel",
              "\udcff@example.org", "me@b\u00fccher.example", "last@example.org")  # fmt: skip
        options = [part for one in to for part in ("--to", one)]

        printed = shell.run("alert", "test", "drones", *options, code=3)

    assert (
        "j\u00f6rg@example.org: not sent: this mail server accepts no addresses with \u00f6"
        in printed
    )
    assert "a..b@example.org: not sent: no mail can be sent there" in printed
    assert "busy@example.org: not sent" in printed
    assert "gone@example.org: not sent" in printed
    assert "nochannel: not sent: no [[channel]]" in printed
    assert "me@b\u00fccher.example: sent" in printed
    assert "last@example.org: sent" in printed
    assert "Traceback" not in printed
    assert len(mailbox.messages) == 2


def test_a_test_that_reaches_nobody_reports_it_for_each(shell: Shell) -> None:
    set_mail(shell, f'host = "127.0.0.1"\nport = {find_free_port()}\ntls = "none"')

    printed = shell.run("alert", "test", "drones", "--to", "a@x.org", "--to", "b@x.org", code=1)

    assert printed.count("could not be used") == 2


def test_check_warns_of_addresses_that_need_smtputf8(shell: Shell) -> None:
    set_mail(shell, 'to = ["j\u00f6rg@example.org", "me@b\u00fccher.example"]')

    printed = shell.run("check")

    assert "Note: [mail] to: j\u00f6rg@example.org has \u00f6 before the @" in printed
    assert "b\u00fccher" not in printed


def test_a_message_is_handed_to_the_mail_program_before_there_is_a_database(
    tmp_path: Path,
) -> None:
    program = tmp_path / "mailer"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/told\ncat > {tmp_path}/message\n')
    program.chmod(0o755)
    (tmp_path / "w.toml").write_text(
        f'[mail]\nto = ["me@example.org"]\nsendmail = ["{program}", "-i"]\n'
    )
    command = [sys.executable, "-m", "watchword", "--config", str(tmp_path / "w.toml")]

    done = subprocess.run(
        [*command, "mail", "test"], capture_output=True, text=True, check=False, timeout=60
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "told").read_text() == "-i -- me@example.org\n"
    assert "To: me@example.org" in (tmp_path / "message").read_text()
