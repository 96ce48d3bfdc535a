"""``watchword alert``, ``mail`` and the mutes of ``watch``: showing, sending and trying, and what is printed."""

import json
import re
import sqlite3
from pathlib import Path

import pytest

from crawler.config.schema import Config
from crawler.model.article import Article
from tests.fakes import FakeMailbox, read_part
from tests.newsroom import Newsroom, make_story
from tests.unit.cli.test_cli import Shell
from watchword.web.ports import find_free_port

RACING = (
    "The drone racing final at Hillford was won by a schoolgirl, four tenths of a second before the next drone.",
    "Drone racing draws crowds: the racing league sold every seat in the old mill for a weekend of it.",
)


@pytest.fixture
def shell(newsroom: Newsroom, config: Config, tmp_path: Path) -> Shell:
    newsroom.keep(make_story(1))
    newsroom.keep(make_story(2))
    for number, body in enumerate(RACING):
        article = Article(
            url=f"https://courier.org/r{number}",
            headline=f"Race {number}",
            body=body,
            language="en",
        )
        newsroom.keep(article)
    newsroom.database.execute("UPDATE revisions SET fetched_at = strftime('%Y-%m-%dT%H:%M:%fZ')")
    return Shell(tmp_path, config)


def set_mail(shell: Shell, text: str) -> None:
    file = shell.folder / "w.toml"
    file.write_text(f"[mail]\n{text}\n{file.read_text()}")


def test_an_alert_is_shown_with_its_messages_and_attempts(
    shell: Shell, database: sqlite3.Connection
) -> None:
    database.execute(
        "INSERT INTO attempts (delivery_id, attempted_at, outcome, answer) VALUES (1, '2026-11-23T10:00:00.000Z', 'deferred', '451 later')"
    )

    shown = shell.run("alert", "show", "1")

    assert "Alert 1: Story 1" in shown
    assert "message 1 (alert) to me@example.org: pending" in shown
    assert "deferred: 451 later" in shown
    assert "there is no alert 99" in shell.run("alert", "show", "99", code=2)


def test_a_message_is_previewed_as_it_would_be_sent_and_stays_pending(
    shell: Shell, database: sqlite3.Connection
) -> None:
    text = shell.run("alert", "preview", "1")
    shell.run("alert", "preview", "--message", "1", "--html", str(shell.folder / "out.html"))

    assert "Subject: drones: Story 1" in text
    assert "*drone*" in text
    html = (shell.folder / "out.html").read_text()
    assert re.search(r"<mark[^>]*><span[^>]*>drone</span></mark>", html)
    assert (
        database.execute("SELECT count(*) FROM deliveries WHERE sealed_at IS NOT NULL").fetchone()[
            0
        ]
        == 0
    )


def test_dead_messages_are_pending_again_on_request(
    shell: Shell, database: sqlite3.Connection
) -> None:
    database.execute("UPDATE deliveries SET state = 'dead' WHERE id < 3")

    assert "Would try 2 messages again" in shell.run("alert", "retry", "--dead", "--dry-run")
    assert "1 message is pending again" in shell.run("alert", "retry", "1")
    assert "is dead" in shell.run("alert", "retry", "1")
    assert "1 message is pending again" in shell.run("alert", "retry", "--dead")
    assert "write the numbers of alerts" in shell.run("alert", "retry", code=2)
    assert (
        database.execute("SELECT count(*) FROM deliveries WHERE state = 'pending'").fetchone()[0]
        == 4
    )


def test_an_alert_is_sent_again_as_another_message(
    shell: Shell, database: sqlite3.Connection
) -> None:
    assert "Would send" in shell.run("alert", "resend", "1", "--dry-run")
    shell.run("alert", "resend", "1", "--to", "you@example.org")
    assert "neither a mail address" in shell.run("alert", "resend", "1", "--to", "nobody", code=2)

    rows = database.execute(
        """SELECT recipient, message_id FROM deliveries JOIN delivery_alerts ON delivery_id = deliveries.id
           WHERE alert_id = 1 ORDER BY deliveries.id"""
    ).fetchall()
    assert [row["recipient"] for row in rows] == ["me@example.org", "you@example.org"]
    assert rows[0]["message_id"] != rows[1]["message_id"]


def test_a_rejection_is_answered_with_a_proposal_and_its_price(shell: Shell) -> None:
    printed = shell.run("alert", "reject", "3")

    assert 'Noted: "Race 0" is not what you meant by drones.' in printed
    assert "Too little to go by: 1 rejected story; reject two or three more." in printed
    assert "watch edit" not in printed
    again = shell.run("alert", "reject", "4")
    assert "watchword watch edit drones --query 'drone -racing'" in again
    assert "-racing: removes 2 of the 4 stories: 2 of 2 you rejected, and 0 you did not" in again


def test_a_test_of_a_watch_is_sent_at_once(shell: Shell, mailbox: FakeMailbox) -> None:
    set_mail(shell, f'host = "127.0.0.1"\nport = {mailbox.port}\ntls = "none"')

    assert "Would send" in shell.run("alert", "test", "drones", "--dry-run")
    assert "me@example.org: sent" in shell.run("alert", "test", "drones")
    mailbox.refuse = {"me@example.org": "550 no such user"}
    assert "550 no such user" in shell.run("alert", "test", "drones", code=1)
    assert 'did you mean "drones"' in shell.run("alert", "test", "dornes", code=2)

    assert [str(message["Subject"]).strip() for message in mailbox.messages] == [
        "[test] drones: Race 1"
    ]


def test_the_mail_server_is_tried_step_by_step(shell: Shell, mailbox: FakeMailbox) -> None:
    set_mail(shell, f'host = "127.0.0.1"\nport = {mailbox.port}\ntls = "none"')

    printed = shell.run("mail", "test")

    assert "ok       connected to 127.0.0.1" in printed
    assert "ok       message handed over for me@example.org: taken" in printed
    assert "an alert looks like" in read_part(mailbox.messages[0])


@pytest.mark.parametrize(
    ("settings", "error", "advice"),
    [
        ('tls = "none"\nport = {nothing}', "could not be used", "check [mail] host and port"),
        ("port = {server}", "could not be used", "no STARTTLS"),
        (
            'tls = "none"\nport = {server}\nusername = "me"\npassword = "hunter2"',
            "could not be used",
            "",
        ),
    ],
)
def test_a_mail_server_that_does_not_work_is_explained(
    shell: Shell, mailbox: FakeMailbox, settings: str, error: str, advice: str
) -> None:
    stated = settings.format(nothing=find_free_port(), server=mailbox.port)
    set_mail(shell, f'host = "127.0.0.1"\n{stated}')

    printed = shell.run("mail", "test", code=1)

    assert "FAILED" in printed
    assert error in printed
    assert advice in printed
    assert "hunter2" not in printed


def test_without_a_server_a_test_is_put_into_the_maildir(shell: Shell) -> None:
    assert "the message is in" in shell.run("mail", "test")
    assert len([*(shell.folder / "mail" / "new").iterdir()]) == 1


def test_a_story_or_source_is_muted_and_unmuted(shell: Shell, database: sqlite3.Connection) -> None:
    assert "drones no longer alerts anybody about story 1" in shell.run(
        "watch", "mute", "drones", "--story", "1"
    )
    printed = shell.run(
        "watch", "mute", "drones", "--source", "courier", "--to", "me@example.org", "--for", "7d"
    )
    assert "drones no longer alerts me@example.org about articles of courier until" in printed
    shown = shell.run("watch", "show", "drones")
    assert "muted        story 1" in shown
    assert "muted        courier for me@example.org until" in shown
    assert "there is no story 99" in shell.run("watch", "mute", "drones", "--story", "99", code=2)
    assert "say until when" in shell.run("watch", "mute", "drones", code=2)

    assert "sends alerts again" in shell.run("watch", "unmute", "drones")
    assert database.execute("SELECT count(*) FROM mutes").fetchone()[0] == 0


def test_an_unsent_message_is_shown_as_pending_and_keeps_its_state_for_programs(
    shell: Shell, database: sqlite3.Connection
) -> None:
    database.execute("UPDATE deliveries SET kind = 'status_report' WHERE id = 2")

    shown = shell.run("alert", "list", "--state", "pending")
    rows = json.loads(shell.run("alert", "list", "--state", "pending", "--json"))

    assert "pending" in shown
    assert "status report" in " ".join(shown.split())
    assert not re.search(r"\b(owed|receipt|letter)\b", shown)
    assert {row["state"] for row in rows} == {"pending"}
    assert {(row["id"], row["kind"]) for row in rows} >= {(1, "alert"), (2, "status_report")}
    assert shell.run("alert", "list", "--state", "sent").endswith("There are no sent alerts.\n")
