"""A mail login that stops working loses no message, and needs no restart once it works again."""

import sqlite3
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.config.schema import Config
from crawler.flows.process.rules import Rules
from tests.flows.mail.delivery.test_deliver import Office
from tests.servers.mail_servers import LoginMailbox


@pytest.fixture
def office(database: sqlite3.Connection, rules: Rules, config: Config) -> Iterator[Office]:
    opened = Office(database, rules, config)
    yield opened
    opened.writer.close()


@pytest.fixture(autouse=True)
def _aiosmtpd_warns_of_its_own_settings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Requiring AUTH", UserWarning)
        yield


@pytest.mark.parametrize("way", ["token_file", "token_command"])
async def test_an_expired_token_defers_messages_and_a_new_one_is_fetched(
    office: Office,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    way: str,
) -> None:
    caplog.set_level("DEBUG")
    file = tmp_path / "token"
    program = f"print(open({str(file)!r}).read())"
    stated: dict[str, object] = {"token_file": file}
    if way == "token_command":
        stated = {"token_command": (sys.executable, "-c", program)}
    with LoginMailbox("XOAUTH2") as mailbox:
        mail = {"host": "127.0.0.1", "port": mailbox.port, "tls": "none", "username": "me@x.org"}
        delivery_worker = office.hire(**mail, **stated)
        answers = list[str]()
        for token in (None, "", "expired-token", "good-token"):
            file.unlink(missing_ok=True)
            if token is not None:
                file.write_text(token)
            await delivery_worker.deliver_due()
            answers.append(office.answer())
            office.clock.advance(hours=2)

        assert mailbox.logins == [("XOAUTH2", False), ("XOAUTH2", True)]
        assert len(mailbox.messages) == 1
    assert all(way in answer for answer in answers[:2])
    assert "refused the token" in answers[2]
    assert answers[3] == "taken"
    for secret in ("expired-token", "good-token"):
        assert secret not in "".join(answers) + caplog.text
