"""Commands that change something, with a daemon that answers, one that does not, and none; and ``watchword activity``."""

import json
import os
import resource
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from crawler.clock import utc_now
from crawler.config.schema import Config
from crawler.flows.mail.requests import settle_open_requests
from crawler.model.request import RequestKind
from crawler.storage.file.database import open_for_writing, transaction
from crawler.storage.file.instance_lock import InstanceLock
from crawler.storage.process.requests import save_request
from tests.fakes import START
from tests.newsroom import Newsroom, make_story
from tests.unit.cli.test_cli import ROOT, Shell

MUTE = ("watch", "mute", "drones", "--story", "1")


@pytest.fixture
def shell(newsroom: Newsroom, config: Config, tmp_path: Path) -> Shell:
    newsroom.keep(make_story(1))
    return Shell(tmp_path, config)


@contextmanager
def daemon(config: Config) -> Iterator[None]:
    """Hold the lock and answer requests, as a daemon does."""
    is_over = threading.Event()

    def work() -> None:
        with closing(open_for_writing(config.store.path)) as connection:
            while not is_over.wait(0.05):
                settle_open_requests(connection, config, now=utc_now())

    with InstanceLock(config.store.path):
        thread = threading.Thread(target=work)
        thread.start()
        yield
        is_over.set()
        thread.join()


def count(database: sqlite3.Connection, table: str) -> int:
    return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_without_a_daemon_a_request_is_done_at_once_and_listed(
    shell: Shell, database: sqlite3.Connection
) -> None:
    assert "drones no longer alerts anybody about story 1." in shell.run(*MUTE)

    assert count(database, "mutes") == 1
    (row,) = shell.json("activity")
    assert row["kind"] == "mute"
    assert row["state"] == "done"
    assert row["arguments"] == {"watch": "drones", "story": 1, "source": None, "recipient": None, "until": None}  # fmt: skip
    assert str(row["asked_by"]).startswith("command line: ")
    listed = shell.run("activity")
    assert "mute drones" in listed
    assert "about story 1" in listed
    assert "There are no requests yet" in shell.run("activity", "--open")


def test_requests_that_waited_for_a_daemon_are_done_before_a_new_one(
    shell: Shell, database: sqlite3.Connection
) -> None:
    asked = {"watch": "drones", "story": 1, "source": None, "recipient": None, "until": None}
    with transaction(database):
        save_request(database, RequestKind.MUTE, asked, asked_by="me", now=START)

    assert "sends alerts again" in shell.run("watch", "unmute", "drones")

    assert count(database, "mutes") == 0
    assert [row["state"] for row in shell.json("activity")] == ["done", "done"]


def test_a_running_daemon_answers(
    shell: Shell, config: Config, database: sqlite3.Connection
) -> None:
    with daemon(config):
        printed = shell.run(*MUTE)
        refused = shell.run("alert", "resend", "1", "--to", "you@example.org")
        due = shell.run("crawl", "courier")

    assert "about story 1." in printed
    assert "pending for you@example.org" in refused
    assert "daemon is running" in due
    assert "1 source is due now." in due
    assert count(database, "mutes") == 1


def test_a_request_the_daemon_refuses_fails_with_its_reason(shell: Shell, config: Config) -> None:
    with daemon(config), closing(open_for_writing(config.store.path)) as other:
        other.execute("UPDATE sources SET is_active = 0")
        printed = shell.run("crawl", "courier", code=1)

    assert "Error: none of these sources is known and active yet" in printed


def test_a_request_stays_stored_when_the_daemon_does_not_answer(
    shell: Shell, config: Config, database: sqlite3.Connection
) -> None:
    with InstanceLock(config.store.path):
        printed = shell.run(*MUTE)

    assert "Noted as request 1; the daemon has not answered yet: `watchword activity`" in printed
    assert count(database, "mutes") == 0
    assert [row["state"] for row in shell.json("activity", "--open")] == ["waiting"]
    assert "waiting" in shell.run("activity")


@pytest.mark.parametrize("is_running", [True, False])
def test_a_file_that_stays_locked_is_reported_and_nothing_changes(
    shell: Shell, config: Config, database: sqlite3.Connection, is_running: bool
) -> None:
    with InstanceLock(config.store.path) if is_running else closing(sqlite3.connect(":memory:")):  # noqa: SIM117  # in this order
        with transaction(database):
            printed = shell.run(*MUTE, code=1)

    assert "in use by another program; nothing was changed" in printed
    assert count(database, "requests") == 0


@pytest.mark.own_process
def test_a_full_disk_is_reported_and_nothing_changes(
    shell: Shell, config: Config, database: sqlite3.Connection
) -> None:
    # a reader keeps the write-ahead log from starting again, and no file of the command may grow beyond its size at the start
    with closing(open_for_writing(config.store.path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM articles").fetchone()
        database.execute("CREATE TABLE filler AS SELECT zeroblob(200000) AS x")
        command = [sys.executable, "-m", "watchword", "--config", str(shell.folder / "w.toml"), *MUTE]  # fmt: skip
        # coverage, if it runs, cannot write its file either, and says so with a traceback
        environment = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
        )

    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert count(database, "requests") == 0


def test_a_missing_place_for_the_lock_is_reported(shell: Shell, config: Config) -> None:
    lock = config.store.path.with_name(config.store.path.name + ".lock")
    lock.unlink(missing_ok=True)
    lock.mkdir()

    assert "lock file" in shell.run(*MUTE, code=1)


def test_the_list_fits_a_terminal(shell: Shell, database: sqlite3.Connection) -> None:
    for kind, asked in (
        (RequestKind.VISIT, {"sources": [f"a-source-with-a-long-name-{n}" for n in range(40)]}),
        (RequestKind.UNSUBSCRIBE, {"delivery": 12, "alert": 0, "action": "leave"}),
        (RequestKind.RETRY, {"alerts": None}),
        (RequestKind.LINE_RULE, {}),
    ):
        with transaction(database):
            save_request(database, kind, asked, asked_by="command line: admin@a-machine.example", now=START)  # fmt: skip
    database.execute("UPDATE requests SET done_at = '', is_done = 0, answer = 'Because the sources are not known yet.'")  # fmt: skip

    reader, terminal = os.openpty()
    subprocess.run(
        [sys.executable, "-m", "watchword", "--config", str(shell.folder / "w.toml"), "activity"],
        cwd=ROOT,
        env={**os.environ, "TERM": "dumb", "COLUMNS": "80"},
        stdout=terminal,
        timeout=60,
        check=True,
    )
    os.close(terminal)
    shown = os.read(reader, 64 * 1024).decode()
    os.close(reader)

    assert max(map(len, shown.splitlines())) <= 80, shown
    assert "Because the" in shown
    assert json.loads(shell.run("activity", "--json"))[0]["kind"] == "line_rule"
