"""The real daemon: started, disturbed, edited, stopped. Nothing is lost, nothing is sent twice."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import pytest

from crawler.storage.file.database import open_for_reading
from tests.fakes import FakeMailbox, FakeSite
from tests.servers.forward_proxy import ForwardProxy

ROOT = Path(__file__).resolve().parents[2]
PROSE = "The ferry left the quay at noon with forty people on board, and nobody on the shore could say why it was late."
DRONES = "Two drones had crossed the harbour an hour before, said the pilot, who saw them against the morning light."
OTHER = (
    "In the evening a swarm of drones circled the lighthouse until the keeper switched off its lamp for a quarter of an hour.",
    "Nobody was hurt, said the harbour master, who means to ask the council for a net large enough to cover the tower.",
)
PATIENCE_SECONDS = 40.0


class Running:
    """A daemon in a folder of its own."""

    def __init__(self, folder: Path, site: FakeSite, mailbox: FakeMailbox) -> None:
        self.database = folder / "watchword.db"
        self.config = folder / "watchword.toml"
        self.log = folder / "log.txt"
        self.site = site
        self._mail = f'[mail]\nhost = "127.0.0.1"\nport = {mailbox.port}\ntls = "none"\nto = ["me@example.org"]\nbatch_window = "0s"\n'
        self.write_config()
        self.processes: list[subprocess.Popen[bytes]] = []

    def write_config(self, query: str = "drone", extra: str = "") -> None:
        text = f"""
[store]
path = "{self.database}"
[fetch]
every = "1s"
min_every = "1s"
per_domain = {{ concurrency = 4, delay = "0s" }}
[schedule]
reload = "0.5s"
max_backoff = "1s"
{self._mail}
[[source]]
name = "courier"
url = "{self.site.url}/rss"
kind = "feed"
every = "1s"
backfill = "3650d"
allow_private = true
[[watch]]
name = "drones"
query = '{query}'
{extra}
"""
        self.config.write_text(text, encoding="utf-8")

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "watchword", "--config", str(self.config), "run", *options]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )
        self.processes.append(process)
        return process

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another command of Watchword with the configuration of the daemon."""
        return subprocess.run(
            [sys.executable, "-m", "watchword", "--config", str(self.config), *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        try:
            with closing(open_for_reading(self.database)) as connection:
                return [tuple(row) for row in connection.execute(sql)]
        except Exception:
            return []

    def wait_for(self, sql: str, wanted: Callable[[list[tuple[object, ...]]], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if wanted(self.ask(sql)):
                return
            time.sleep(0.1)
        raise AssertionError(f"{sql} gave {self.ask(sql)}\n{self.log.read_text()[-3000:]}")

    def wait_for_log(self, words: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if words in self.log.read_text():
                return
            time.sleep(0.1)
        raise AssertionError(self.log.read_text()[-3000:])

    def crawl_pid(self) -> int:
        self.wait_for("SELECT pid FROM heartbeats WHERE name = 'crawl process'", bool)
        return int(str(self.ask("SELECT pid FROM heartbeats WHERE name = 'crawl process'")[0][0]))


_Daemon = TypeVar("_Daemon", bound=Running)


@contextmanager
def running_on(site: FakeSite, daemon: _Daemon) -> Iterator[_Daemon]:
    """Give the site of a daemon its first article, and kill at the end what was started."""
    site.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
    site.put_feed("/rss", "/a")
    try:
        yield daemon
    finally:  # also of a test that failed in a block of its own
        for process in daemon.processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def running(tmp_path: Path, site: FakeSite, mailbox: FakeMailbox) -> Iterator[Running]:
    with running_on(site, Running(tmp_path, site, mailbox)) as daemon:
        yield daemon


def is_sent(rows: list[tuple[object, ...]]) -> bool:
    return rows == [("sent",)]


@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGTERM, marks=pytest.mark.own_process), signal.SIGINT]
)
def test_a_daemon_mails_an_alert_and_stops_in_order(
    running: Running, mailbox: FakeMailbox, number: signal.Signals
) -> None:
    process = running.start()
    running.wait_for("SELECT state FROM deliveries", is_sent)

    process.send_signal(number)
    code = process.wait(10)

    assert code == 0
    assert len(mailbox.messages) == 1
    assert running.ask("SELECT count(*) FROM heartbeats") == [(0,)]
    assert running.ask("SELECT count(*) FROM visits WHERE finished_at IS NULL") == [(0,)]
    assert "Traceback" not in running.log.read_text()


def test_a_second_daemon_is_refused_and_the_holder_of_the_database_named(running: Running) -> None:
    first = running.start()
    running.wait_for("SELECT name FROM heartbeats", bool)

    second = subprocess.run(
        [sys.executable, "-m", "watchword", "--config", str(running.config), "run"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert second.returncode == 1
    assert f"process {first.pid}" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_killed_crawl_process_is_started_again(running: Running, mailbox: FakeMailbox) -> None:
    running.start()
    pid = running.crawl_pid()
    running.wait_for("SELECT state FROM deliveries", is_sent)

    os.kill(pid, signal.SIGKILL)
    running.site.put_article("/b", "Drones Again", *OTHER)
    running.site.put_feed("/rss", "/b", "/a")
    running.wait_for(
        "SELECT count(*) FROM deliveries WHERE state = 'sent'", lambda rows: rows == [(2,)]
    )

    running.wait_for(
        f"SELECT 1 FROM heartbeats WHERE name = 'crawl process' AND pid != {pid}", bool
    )
    assert len(mailbox.messages) == 2


def test_a_killed_daemon_loses_nothing_and_sends_nothing_twice(
    running: Running, mailbox: FakeMailbox
) -> None:
    mailbox.refuse = {"me@example.org": "451 later"}
    process = running.start()
    running.wait_for("SELECT attempt_count FROM deliveries", lambda rows: rows == [(1,)])

    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    mailbox.refuse = {}
    with closing(sqlite3.connect(running.database)) as connection:
        connection.execute("UPDATE deliveries SET next_try_at = '2020'")
        connection.commit()
    running.start()
    running.wait_for("SELECT state FROM deliveries", is_sent)

    assert len(mailbox.messages) == 1
    assert running.ask("PRAGMA integrity_check") == [("ok",)]


def pids_of_group(leader: int) -> list[int]:
    """Return the processes in the group of a crawl process: itself and its parse pool."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state, _, group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            if int(group) == leader and state != "Z":
                found.append(int(folder.name))
    return found


@pytest.mark.own_process
def test_a_killed_daemon_takes_the_crawl_process_and_its_pool_with_it(running: Running) -> None:
    process = running.start()
    running.wait_for("SELECT 1 FROM articles", bool)
    leader = running.crawl_pid()
    assert len(pids_of_group(leader)) > 1

    process.kill()
    process.wait()

    deadline = time.monotonic() + PATIENCE_SECONDS
    while left := pids_of_group(leader):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


def test_an_edited_configuration_takes_effect_and_a_faulty_one_is_refused(
    running: Running, mailbox: FakeMailbox
) -> None:
    running.write_config(query="lighthouse")
    running.start()
    running.wait_for("SELECT count(*) FROM articles", lambda rows: rows == [(1,)])

    running.write_config(query="(drone")
    running.wait_for_log("this bracket is never closed")
    assert running.ask("SELECT query FROM watches") == [("lighthouse",)]

    running.write_config(query="drone OR UAV")
    running.wait_for("SELECT query FROM watches", lambda rows: rows == [("drone OR UAV",)])
    running.wait_for_log("configuration replaced")  # the crawl process uses it too
    running.site.put_article("/b", "Drones Again", DRONES, PROSE)
    running.site.put_feed("/rss", "/b", "/a")
    running.wait_for("SELECT state FROM deliveries", is_sent)

    assert "Drones Again" in str(mailbox.messages[0]["Subject"])


def test_a_source_that_is_added_is_visited_also_by_a_crawl_process_that_died_meanwhile(
    running: Running, site: FakeSite
) -> None:
    def write(*paths: str) -> None:
        running.write_config(
            extra="".join(
                f'[[source]]\nname = "{path}"\nurl = "{site.url}/{path}"\nkind = "feed"\nallow_private = true\n'
                for path in paths
            )
        )

    running.start()
    running.wait_for("SELECT 1 FROM articles", bool)

    write("one")
    running.wait_for("SELECT 1 FROM visits JOIN sources ON sources.id = source_id WHERE name = 'one'", bool)  # fmt: skip
    os.kill(running.crawl_pid(), signal.SIGKILL)
    write("one", "two")

    running.wait_for("SELECT 1 FROM visits JOIN sources ON sources.id = source_id WHERE name = 'two'", bool)  # fmt: skip
    running.wait_for_log("configuration in force sources=3")


def test_an_engine_setting_takes_effect_in_a_new_crawl_process(running: Running) -> None:
    running.start()
    running.wait_for("SELECT 1 FROM articles", bool)
    before = running.crawl_pid()
    text = running.config.read_text()

    running.config.write_text(text.replace("[fetch]", '[fetch]\ncontact = "desk@paper.example"'))
    deadline = time.monotonic() + PATIENCE_SECONDS
    while "desk@paper" not in running.site.asked[-1].headers["user-agent"]:
        assert time.monotonic() < deadline, running.log.read_text()[-3000:]
        time.sleep(0.2)

    running.wait_for(
        "SELECT pid FROM heartbeats WHERE name = 'crawl process'",
        lambda found: found != [(before,)],
    )
    assert "crawl process died" not in running.log.read_text()


def test_a_proxy_that_is_configured_while_the_daemon_runs_is_used(running: Running) -> None:
    running.start()
    running.wait_for("SELECT 1 FROM articles", bool)
    text = running.config.read_text()
    with ForwardProxy(ports={"news.example": int(running.site.url.rpartition(":")[2])}) as proxy:
        elsewhere = text.replace(running.site.url, "http://news.example")
        running.config.write_text(elsewhere.replace("[fetch]", f'[fetch]\nproxy = "{proxy.url}"'))

        deadline = time.monotonic() + PATIENCE_SECONDS
        while "http://news.example/rss" not in proxy.targets():
            assert time.monotonic() < deadline, running.log.read_text()[-3000:]
            time.sleep(0.2)


def test_hup_makes_the_daemon_read_its_configuration(running: Running) -> None:
    running.write_config(extra="")
    process = running.start()
    running.wait_for("SELECT name FROM heartbeats", bool)

    os.kill(process.pid, signal.SIGHUP)

    running.wait_for_log("configuration in force")


def test_a_source_that_comes_back_is_read_again(running: Running, mailbox: FakeMailbox) -> None:
    feed = running.site.pages.pop("/rss")
    running.start()
    running.wait_for_log("HTTP 404")
    running.wait_for_log("next try")

    running.site.pages["/rss"] = feed
    running.wait_for("SELECT state FROM deliveries", is_sent)

    assert (
        running.log.read_text().count("source failed") == 1
    )  # logged once, however many times it failed
    assert len(mailbox.messages) == 1


def test_crawl_asks_a_running_daemon(running: Running) -> None:
    running.start()
    running.wait_for("SELECT name FROM heartbeats", bool)

    asked = subprocess.run(
        [sys.executable, "-m", "watchword", "--config", str(running.config), "crawl"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert asked.returncode == 0
    assert "daemon is running" in asked.stdout


@pytest.mark.own_process  # a forked crawl process lives on for a moment after the started one is killed, and speaks
def test_a_daemon_whose_folder_was_deleted_waits_and_makes_no_new_database(
    tmp_path: Path, site: FakeSite, mailbox: FakeMailbox, running: Running
) -> None:
    folder = tmp_path / "lost"
    folder.mkdir()
    running.database, running.config = folder / "watchword.db", folder / "watchword.toml"
    running.write_config()
    process = running.start()
    first = running.crawl_pid()
    running.wait_for("SELECT state FROM deliveries", is_sent)

    while folder.exists():
        with suppress(OSError):  # a file was made in it meanwhile
            shutil.rmtree(folder)
    os.kill(first, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while running.log.read_text().count("crawl process started") < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    running.wait_for_log("configuration refused, the old one stays in force")

    logged = running.log.read_text()
    assert logged.count("was deleted or moved away") == 2, "once by the daemon, once by the new one"
    assert logged.count("configuration refused") == 1
    assert "Traceback" not in logged
    assert not folder.exists()
    process.terminate()
    assert process.wait(PATIENCE_SECONDS) == 0
