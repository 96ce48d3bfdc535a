"""Unsubscribe mails: each is granted once, by its signed token alone; all other mail is left alone."""

import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from crawler.alerting.links import Token, sign_token
from crawler.alerting.mail.imap import read_mailed_request
from crawler.alerting.messages.compose import compose_mail
from crawler.config.schema import Config
from crawler.config.sections.unsubscribe import UnsubscribeSettings
from crawler.flows.mail.delivery.mailbox import (
    MailboxReader,
    find_mailbox,
    name_mailbox,
    take_up_mails,
)
from crawler.flows.mail.delivery.messages import build_message, find_links, find_sender
from crawler.flows.mail.requests import settle_open_requests
from crawler.flows.process.writer import Writer
from crawler.model.mail.mailbox import Batch, MailedRequest, Position
from crawler.storage.file.signing_key import list_signing_keys, read_signing_key
from crawler.storage.mail.deliveries import find_delivery
from crawler.storage.mail.mailbox import find_position
from crawler.storage.process.heartbeats import list_heartbeats
from tests.fakes import START, FakeClock, silent_port
from tests.newsroom import Newsroom, make_story
from tests.servers.imap_server import PASSWORD, USER, ImapServer, mail
from watchword.doctor.mailbox_health import look_at_mailbox

pytestmark = pytest.mark.usefixtures("forked_crawls")


@pytest.fixture
def alerted(newsroom: Newsroom) -> sqlite3.Connection:
    """A database with two alerts on their way."""
    newsroom.keep(make_story(1))
    newsroom.keep(make_story(2))
    return newsroom.database


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with ImapServer() as opened:
        yield opened


def with_mailbox(config: Config, port: int, **settings: object) -> Config:
    stated = {
        "host": "127.0.0.1",
        "port": port,
        "tls": "none",
        "username": USER,
        "password": PASSWORD,
    }
    chosen = UnsubscribeSettings.model_validate({**stated, **settings})
    patient = config.mail.model_copy(update={"timeout": config.mail.timeout})
    return config.model_copy(update={"unsubscribe": chosen, "mail": patient})


def token_of(database: sqlite3.Connection, config: Config, delivery: int, alert: int = 0) -> str:
    row = database.execute("SELECT message_id FROM deliveries WHERE id = ?", [delivery]).fetchone()
    key = read_signing_key(config.store.path)
    return sign_token(key, Token(delivery_id=delivery, alert_id=alert), row["message_id"])


async def look(config: Config, *, times: int = 1) -> None:
    """Read the mailbox as the daemon does, and carry out the requests."""
    writer = Writer(config.store.path, clock=FakeClock())
    try:
        reader = MailboxReader(writer, config, clock=FakeClock())
        for _ in range(times):
            await reader.look_if_due()
        await writer.run(settle_open_requests, config, now=START)
    finally:
        writer.close()


def muted(database: sqlite3.Connection) -> list[str]:
    return [row["recipient"] for row in database.execute("SELECT recipient FROM mutes ORDER BY id")]


def asked(database: sqlite3.Connection) -> int:
    return int(database.execute("SELECT count(*) FROM requests").fetchone()[0])


async def test_a_mail_with_the_signed_token_takes_its_reader_off_once(
    alerted: sqlite3.Connection, config: Config, server: ImapServer
) -> None:
    config = with_mailbox(config, server.port)
    pending = find_delivery(alerted, 1)
    assert pending is not None
    message = build_message(alerted, pending, config)
    header = str(
        compose_mail(message, sender=find_sender(config), links=find_links(config))[
            "List-Unsubscribe"
        ]
    )
    assert header.startswith("<mailto:watchword@localhost?subject=unsubscribe%20")
    server.add(mail("Hello"), mail(header.partition("=")[2].rstrip(">").replace("%20", " ")))

    await look(config)
    await look(config)

    assert muted(alerted) == ["me@example.org"]
    assert asked(alerted) == 1
    assert server.flags() == [[], ["\\Seen"]]
    row = alerted.execute("SELECT asked_by, is_done FROM requests").fetchone()
    assert tuple(row) == ("mail: m***@example.org", 1)


async def test_a_token_that_is_not_ours_is_ignored_and_logged(
    alerted: sqlite3.Connection,
    config: Config,
    server: ImapServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    config = with_mailbox(config, server.port)
    key, real = read_signing_key(config.store.path), token_of(alerted, config, 1)
    stale = sign_token(key, Token(delivery_id=1, alert_id=0), "<of another database@x>")
    server.add(
        mail(f"unsubscribe 2.{real.partition('.')[2]}", number=1),
        mail(f"unsubscribe {real[:-1]}{'A' if real[-1] != 'A' else 'B'}", number=2),
        mail(f"unsubscribe {stale}", number=3),
        mail("unsubscribe 99999.0.abcdefghijklmnopqrst", number=4),
    )

    with caplog.at_level(logging.WARNING):
        await look(config)

    assert muted(alerted) == []
    assert server.flags() == [[], [], [], []]
    assert caplog.text.count("unsubscription ignored") == 4
    assert real not in caplog.text


@pytest.mark.parametrize(
    ("subject", "headers", "is_request"),
    [
        ("unsubscribe TOKEN", {}, True),
        ("Unsubscribe  TOKEN ", {}, True),
        ("unsubscribe%20TOKEN", {}, True),
        ("unsubscribe+TOKEN", {}, True),
        ("unsubscribe\r\n TOKEN", {}, True),
        ("=?utf-8?Q?unsubscribe_TOKEN?=", {}, True),
        ("unsubscribe TOKEN", {"Auto_Submitted": "no"}, True),
        ("unsubscribe TOKEN", {"Auto_Submitted": "auto-generated"}, True),
        ("Re: unsubscribe TOKEN", {}, False),
        ("Automatic reply: unsubscribe TOKEN", {}, False),
        ("unsubscribe TOKEN please", {}, False),
        ("unsubscribe drones", {}, False),
        ("unsubscribe", {}, False),
        ("unsubscribe TOKEN", {"Auto_Submitted": "auto-replied (vacation)"}, False),
        ("unsubscribe TOKEN", {"Precedence": "bulk"}, False),
        ("unsubscribe TOKEN", {"Precedence": "auto_reply"}, False),
        ("unsubscribe TOKEN", {"List_Id": "<drones.watch.example.org>"}, False),
        ("=?nonsense?Q?unsubscribe_TOKEN?=", {}, False),
        ("\x00\xff unsubscribe TOKEN", {}, False),
    ],
)
def test_only_mails_of_people_are_read_as_requests(
    subject: str, headers: dict[str, str], is_request: bool
) -> None:
    written = mail(subject.replace("TOKEN", "12.0.abcdefghijklmnopqrst"), number=1, **headers)

    found = read_mailed_request(5, written.encode("latin-1"))

    assert (found is not None) == is_request
    assert found is None or (found.uid, found.token) == (5, "12.0.abcdefghijklmnopqrst")


def test_a_bounce_is_not_a_request() -> None:
    bounce = mail("unsubscribe 12.0.abcdefghijklmnopqrst").replace("<me@example.org>", "<>", 1)

    assert read_mailed_request(5, bounce.encode()) is None


async def test_killed_between_grant_and_flag_it_is_granted_once(
    alerted: sqlite3.Connection, config: Config, server: ImapServer
) -> None:
    config = with_mailbox(config, server.port)
    server.add(mail(f"unsubscribe {token_of(alerted, config, 1)}"))
    server.ask(drop="store")
    await look(config)
    assert muted(alerted) == ["me@example.org"]
    server.ask(drop="")
    alerted.execute("DELETE FROM mutes")  # she wanted it again meanwhile

    await look(config)

    assert muted(alerted) == []
    assert asked(alerted) == 1


async def test_a_mailbox_that_was_made_anew_grants_nothing_twice(
    alerted: sqlite3.Connection, config: Config, server: ImapServer
) -> None:
    config = with_mailbox(config, server.port)
    server.add(mail(f"unsubscribe {token_of(alerted, config, 1)}", number=1))
    await look(config)
    server.ask(validity=8)
    server.add(mail(f"unsubscribe {token_of(alerted, config, 2)}", number=2))

    await look(config)

    assert asked(alerted) == 2


async def test_two_mails_of_two_persons_with_one_token_are_two_requests_that_mute_once(
    alerted: sqlite3.Connection, config: Config, server: ImapServer
) -> None:
    config = with_mailbox(config, server.port)
    request = f"unsubscribe {token_of(alerted, config, 1)}"
    server.add(mail(request, number=1), mail(request, number=1), mail(request, number=2))

    await look(config)

    assert asked(alerted) == 2
    assert muted(alerted) == ["me@example.org"]
    assert server.flags() == [["\\Seen"]] * 3


@pytest.mark.parametrize("search", ["", "broken"])
async def test_a_flood_of_ten_thousand_mails_is_read_bit_by_bit(
    alerted: sqlite3.Connection, config: Config, server: ImapServer, search: str
) -> None:
    config = with_mailbox(config, server.port)
    server.ask(search=search)
    noise = [mail("unsubscribe 1.0.abcdefghijklmnopqrst", number=n) for n in range(10_000)]
    server.add(*noise)
    server.add(mail(f"unsubscribe {token_of(alerted, config, 1)}", number=20_000))

    await look(config)
    assert muted(alerted) == []
    await look(config, times=5)

    assert muted(alerted) == ["me@example.org"]
    assert asked(alerted) == 1
    assert server.logins() == 6


@pytest.mark.parametrize("step", ["login", "examine", "search", "fetch"])
async def test_a_connection_that_breaks_off_is_said_and_tried_again(
    alerted: sqlite3.Connection, config: Config, server: ImapServer, step: str
) -> None:
    config = with_mailbox(config, server.port)
    server.add(mail(f"unsubscribe {token_of(alerted, config, 1)}"))
    server.ask(drop=step)
    await look(config)
    finding = look_at_mailbox(alerted, config, now=START)
    assert finding.verdict == "look"
    assert finding.details[0].startswith("the mailbox ")
    assert "127.0.0.1" not in finding.details[0]  # the table is on the web pages too
    assert muted(alerted) == []
    server.ask(drop="")

    await look(config)

    assert muted(alerted) == ["me@example.org"]
    assert look_at_mailbox(alerted, config, now=START).verdict == "ok"


async def test_a_refused_login_is_said_without_the_password(
    alerted: sqlite3.Connection,
    config: Config,
    server: ImapServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    config = with_mailbox(config, server.port, password='wrong "pass" word 1')

    with caplog.at_level(logging.DEBUG):
        await look(config)

    (beat,) = list_heartbeats(alerted)
    assert "refused the login" in beat["note"]
    assert "word 1" not in beat["note"] + caplog.text
    assert server.logins() == 0


async def test_a_mailbox_that_never_answers_is_given_up_in_time(
    alerted: sqlite3.Connection, config: Config
) -> None:
    with silent_port() as port:
        config = with_mailbox(config, port)
        quick = config.mail.model_copy(update={"timeout": config.mail.timeout / 100})
        await look(config.model_copy(update={"mail": quick}))

    (beat,) = list_heartbeats(alerted)
    assert beat["note"].startswith("the mailbox ")


@pytest.mark.parametrize("tls", ["tls", "starttls"])
@pytest.mark.parametrize("is_trusted", [True, False])
async def test_tls_is_verified(
    alerted: sqlite3.Connection,
    config: Config,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tls: str,
    is_trusted: bool,
) -> None:
    authority, other = trustme.CA(), trustme.CA()
    certificate, trusted = tmp_path / "server.pem", tmp_path / "ca.pem"
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(str(certificate))
    (authority if is_trusted else other).cert_pem.write_to_path(str(trusted))
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))

    with ImapServer(certificate=certificate, is_implicit=tls == "tls") as server:
        config = with_mailbox(config, server.port, tls=tls)
        server.add(mail(f"unsubscribe {token_of(alerted, config, 1)}"))
        await look(config)
        logins = server.logins()

    assert muted(alerted) == (["me@example.org"] if is_trusted else [])
    assert logins == int(is_trusted)
    (beat,) = list_heartbeats(alerted)
    assert ("certificate" in beat["note"]) != is_trusted


async def test_starttls_is_never_given_up(
    alerted: sqlite3.Connection, config: Config, server: ImapServer
) -> None:
    config = with_mailbox(config, server.port, tls="starttls")

    await look(config)

    assert server.logins() == 0
    assert "could not be reached" in list_heartbeats(alerted)[0]["note"]


async def test_failures_make_the_looks_rarer_and_an_edit_looks_at_once(
    alerted: sqlite3.Connection, config: Config, server: ImapServer
) -> None:
    server.ask(drop="login")
    config = with_mailbox(config, server.port, every="1h")
    writer = Writer(config.store.path, clock=FakeClock())
    try:
        reader = MailboxReader(writer, config, clock=FakeClock())
        for _ in range(20):
            await reader.look_if_due()
        server.ask(drop="")
        await reader.look_if_due()
        assert server.logins() == 0
        reader.use_config(config)
        await reader.look_if_due()
        assert server.logins() == 1
        reader.use_config(config.model_copy(update={"unsubscribe": UnsubscribeSettings()}))
        await reader.look_if_due()
    finally:
        writer.close()

    assert list_heartbeats(alerted) == ()


def test_the_stored_name_of_a_mailbox_reveals_nothing_about_it(config: Config) -> None:
    name = name_mailbox(find_mailbox(with_mailbox(config, 1)))

    assert "127" not in name
    assert len(name) == 16


def test_a_batch_is_taken_up_whole_or_not_at_all(
    alerted: sqlite3.Connection, config: Config
) -> None:
    batch = Batch(
        position=Position(validity=1, uid=2),
        requests=(MailedRequest(uid=2, token=token_of(alerted, config, 1), mail_id="a"),),
    )
    alerted.execute(
        "CREATE TRIGGER full BEFORE INSERT ON marks BEGIN SELECT RAISE(ABORT, 'full'); END"
    )
    keys = list_signing_keys(config.store.path)

    with pytest.raises(sqlite3.Error):
        take_up_mails(alerted, batch, mailbox="m", keys=keys, now=START)

    assert asked(alerted) == 0
    assert find_position(alerted, "m") is None
