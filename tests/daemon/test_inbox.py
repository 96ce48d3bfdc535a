"""Requests to a real daemon: each is answered, and carried out once whatever is killed meanwhile."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

from crawler.clock import utc_now
from crawler.model.request import RequestKind
from crawler.storage.file.database import open_for_writing, to_text, transaction
from crawler.storage.process.requests import mark_taken, save_request
from tests.daemon.test_daemon import ROOT, Running, is_sent, running
from tests.fakes import FakeMailbox

__all__ = ["running"]
ALIVE = "SELECT count(*) FROM heartbeats"


def put(running: Running, kind: RequestKind, arguments: dict[str, object]) -> int:
    with closing(open_for_writing(running.database)) as connection, transaction(connection):
        return save_request(connection, kind, arguments, asked_by="me", now=utc_now())


def test_a_command_is_answered_by_the_daemon(running: Running, mailbox: FakeMailbox) -> None:
    running.start()
    running.wait_for("SELECT state FROM deliveries", is_sent)

    muted = running.command("watch", "mute", "drones", "--story", "1")
    again = running.command("alert", "resend", "1", "--to", "you@example.org")
    running.wait_for("SELECT count(*) FROM deliveries WHERE state = 'sent'", lambda rows: rows == [(2,)])  # fmt: skip
    listed = running.command("activity")

    assert "drones no longer alerts anybody about story 1." in muted.stdout
    assert "pending for you@example.org" in again.stdout
    assert running.ask("SELECT story_id FROM mutes") == [(1,)]
    assert [str(message["To"]) for message in mailbox.messages] == ["me@example.org", "you@example.org"]  # fmt: skip
    assert listed.stdout.count("done") == 2
    assert "Traceback" not in running.log.read_text()


def test_a_file_locked_for_seconds_is_logged_and_the_daemon_answers_afterwards(
    running: Running,
) -> None:
    process = running.start()
    running.wait_for("SELECT count(*) FROM articles", lambda rows: rows == [(1,)])

    with closing(sqlite3.connect(running.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        printed = running.command("watch", "mute", "drones", "--story", "1")
        other.execute("ROLLBACK")
    muted = running.command("watch", "mute", "drones", "--story", "1")

    assert printed.returncode == 1
    assert "in use by another program; nothing was changed" in printed.stderr
    assert "about story 1." in muted.stdout
    assert running.ask("SELECT count(*) FROM mutes") == [(1,)]
    assert process.poll() is None


DIES = """
import os, signal, sys
from pathlib import Path
from crawler.clock import utc_now
from crawler.config.load import load_config
from crawler.flows.mail.requests import apply_request, settle_request
from crawler.storage.file.database import open_for_writing
from crawler.storage.process.requests import list_open_requests

config = load_config(Path(sys.argv[1]), environ=os.environ)

def apply(connection, request):
    apply_request(connection, request, config, now=utc_now())
    os.kill(os.getpid(), signal.SIGKILL)

connection = open_for_writing(config.store.path)
settle_request(connection, list_open_requests(connection)[0], apply, now=utc_now())
"""


def test_requests_claimed_by_a_killed_process_are_carried_out_once(
    running: Running, mailbox: FakeMailbox
) -> None:
    process = running.start()
    running.wait_for("SELECT state FROM deliveries", is_sent)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    asked = {"alert": 1, "recipients": ["you@example.org"]}
    number = put(running, RequestKind.RESEND, dict(asked))
    with closing(open_for_writing(running.database)) as connection, transaction(connection):
        mark_taken(connection, number, now=utc_now())
    died = subprocess.run([sys.executable, "-c", DIES, str(running.config)], cwd=ROOT, check=False)
    assert died.returncode == -signal.SIGKILL

    for _ in range(2):
        process = running.start()
        running.wait_for(f"SELECT is_done FROM requests WHERE id = {number}", lambda rows: rows == [(1,)])  # fmt: skip
        running.wait_for("SELECT count(*) FROM deliveries WHERE state = 'sent'", lambda rows: rows == [(2,)])  # fmt: skip
        running.wait_for(ALIVE, lambda rows: rows != [(0,)])
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    recipients = [str(message["To"]) for message in mailbox.messages]
    assert recipients == ["me@example.org", "you@example.org"]


def test_one_bad_request_stops_neither_the_daemon_nor_the_next(running: Running) -> None:
    running.start()
    running.wait_for("SELECT count(*) FROM articles", lambda rows: rows == [(1,)])

    put(running, RequestKind.MUTE, {})
    put(running, RequestKind.BACKFILL, {"source": "courier", "since": to_text(utc_now())})
    running.wait_for("SELECT is_done FROM requests ORDER BY id", lambda rows: rows == [(0,), (1,)])

    assert "Traceback" not in running.log.read_text()


def test_a_query_saved_on_a_page_and_a_test_mail_reach_file_daemon_and_inbox(
    running: Running, mailbox: FakeMailbox
) -> None:
    running.start()
    running.wait_for("SELECT state FROM deliveries", is_sent)
    (before,) = running.ask("SELECT query FROM watches WHERE name = 'drones'")[0]

    put(running, RequestKind.SAVE_WATCH, {"name": "drones", "query": "boat", "before": before})
    put(running, RequestKind.SAVE_WATCH, {"name": "ferries", "query": "ferry", "before": None})
    put(running, RequestKind.SAVE_WATCH, {"name": "drones", "query": "uav", "before": before})
    put(running, RequestKind.TEST_MAIL, {"recipient": "me@example.org"})
    put(running, RequestKind.TEST_MAIL, {"recipient": "stranger@example.org"})
    running.wait_for(
        "SELECT is_done FROM requests ORDER BY id",
        lambda rows: rows == [(1,), (1,), (0,), (1,), (0,)],
    )

    # the edit is taken up as one by hand
    running.wait_for(
        "SELECT name, query FROM watches WHERE is_active = 1 ORDER BY name",
        lambda rows: rows == [("drones", "boat"), ("ferries", "ferry")],
    )
    assert 'query = "boat"' in running.config.read_text()
    assert [str(message["To"]) for message in mailbox.messages] == ["me@example.org"] * 2
    assert "Traceback" not in running.log.read_text()


def test_requests_stored_while_nothing_ran_are_carried_out_by_the_next_crawl(
    running: Running,
) -> None:
    running.command("crawl")
    put(running, RequestKind.UNSUBSCRIBE, {"delivery": 1, "alert": 0, "action": "leave"})

    running.command("crawl")

    assert running.ask("SELECT recipient FROM mutes") == [("me@example.org",)]
    assert running.ask("SELECT is_done FROM requests") == [(1,)]
