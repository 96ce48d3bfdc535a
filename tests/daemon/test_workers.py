"""A home, PostgreSQL and workers, as people start them: an alert arrives, everybody says how it is, and all end in order."""

import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import pytest

from crawler.carriers.postgres.home import PostgresHome
from crawler.clock import utc_now
from tests.carriers.conftest import postgres_server
from tests.daemon.processes.scene import wait_for
from tests.daemon.processes.test_signals import start
from tests.daemon.test_daemon import DRONES, PROSE, ROOT, Running, is_sent, running_on
from tests.fakes import FakeMailbox, FakeSite
from tests.servers.postgres_server import PostgresServer
from watchword.web.ports import find_free_port

__all__ = ["postgres_server", "start"]  # fixtures of others
pytestmark = [pytest.mark.own_process, pytest.mark.slow]
_COUNT = itertools.count()
# nobody listens on port 1
AWAY = "postgresql://watchword@127.0.0.1:1/watchword"


class Worker:
    """``watchword worker`` with no configuration file, and what it wrote."""

    def __init__(self, folder: Path, address: str, *prefix: str, name: str = "w1") -> None:
        self.log = folder / f"{name}.log"
        empty = folder / "empty"
        empty.mkdir(exist_ok=True)
        command = [
            *prefix, sys.executable, "-P", "-m", "watchword.start", "--config", str(empty), "worker", "--name", name,
        ]  # fmt: skip
        environ = {
            **os.environ,
            "WATCHWORD_CLUSTER_DATABASE": address,
            "WATCHWORD_CLUSTER_ALLOW_PRIVATE": "true",
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stdout=log, stderr=log, env=environ, start_new_session=True
            )
        self._is_first = bool(prefix)

    @property
    def text(self) -> str:
        return self.log.read_text()

    def wait_for(self, words: str) -> None:
        wait_for(lambda: words in self.text or self.process.poll() is not None)
        assert words in self.text, self.text

    def end(self, number: signal.Signals) -> int:
        """Send a signal, to process 1 of its namespace if it has one; return the exit code."""
        pid = self.process.pid
        if self._is_first:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            pid = int(children[0])
        os.kill(pid, number)
        return self.process.wait(15)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def address(postgres_server: PostgresServer) -> Iterator[str]:
    with postgres_server.database(f"workers{os.getpid()}x{next(_COUNT)}") as found:
        yield found


@pytest.fixture
def started() -> Iterator[list[Worker]]:
    """Take in workers, and end what is left of them."""
    workers: list[Worker] = []
    yield workers
    for worker in workers:
        worker.kill()


def test_an_alert_arrives_and_everybody_says_how_it_is(
    tmp_path: Path,
    site: FakeSite,
    mailbox: FakeMailbox,
    address: str,
    started: list[Worker],
) -> None:
    with running_on(site, Running(tmp_path, site, mailbox)) as home:
        port = find_free_port("127.0.0.1")
        health = f'[health]\nlisten = "127.0.0.1:{port}"\n'
        home.write_config(extra=f'[cluster]\ndatabase = "{address}"\n{health}')
        daemon = home.start()
        home.wait_for("SELECT 1 FROM heartbeats WHERE name = 'cluster'", bool)
        worker = Worker(tmp_path, address)
        started.append(worker)
        home.wait_for("SELECT state FROM deliveries", is_sent)

        found = json.loads(home.command("cluster", "status", "--json").stdout)
        printed = home.command("cluster", "status").stdout
        home.wait_for(
            "SELECT 1 FROM heartbeats WHERE name = 'cluster' AND note LIKE '%\"name\": \"w1\"%'",
            bool,
        )
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            numbers = answer.read().decode()
        code = worker.end(signal.SIGTERM)
        daemon.send_signal(signal.SIGTERM)

        assert daemon.wait(15) == 0
        assert code == 0, worker.text
        assert len(mailbox.messages) == 1
        (w1,) = found["workers"]
        assert (w1["name"], w1["version"]) == ("w1", version("watchword"))
        assert (found["workers_alive"], found["places"], found["trouble"]) == (1, 4, None)
        assert found["is_home_running"]
        assert "running, " in printed
        assert "watchword_cluster_workers 1.0" in numbers
        assert "watchword_cluster_available 1.0" in numbers
        assert "Worker w1, release " in worker.text
        assert "Stopped." in worker.text
        assert "Traceback" not in worker.text + home.log.read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_waits_for_postgresql_ends_in_order(
    tmp_path: Path, started: list[Worker], number: signal.Signals
) -> None:
    worker = Worker(tmp_path, AWAY)
    started.append(worker)
    worker.wait_for("waiting for the home")

    assert worker.end(number) == 0, worker.text
    assert "Traceback" not in worker.text


def test_a_worker_that_is_process_1_ends_in_order(
    tmp_path: Path, started: list[Worker], start: tuple[str, ...]
) -> None:
    worker = Worker(tmp_path, AWAY, *start)
    started.append(worker)
    worker.wait_for("waiting for the home")

    assert worker.end(signal.SIGTERM) == 0, worker.text


def test_a_worker_whose_home_never_was_or_is_another_release_says_what_to_do(
    tmp_path: Path, address: str, started: list[Worker]
) -> None:
    async def be_another_release() -> None:
        home = PostgresHome(address)
        await home.open(version="99", clock=utc_now)
        await home.close()

    never = Worker(tmp_path, address, name="never")
    started.append(never)
    never_code = never.process.wait(60)
    asyncio.run(be_another_release())
    other = Worker(tmp_path, address, name="other")
    started.append(other)
    other_code = other.process.wait(60)

    assert (never_code, other_code) == (1, 1)
    assert "Error: the home has never used this database; start `watchword run`" in never.text
    assert "Error: the home exchanges version 99" in other.text
    assert "Traceback" not in never.text + other.text


def test_a_worker_starts_again_when_limits_change_at_home_and_says_so(
    tmp_path: Path, site: FakeSite, mailbox: FakeMailbox, address: str, started: list[Worker]
) -> None:
    cluster = f'[cluster]\ndatabase = "{address}"\n'
    with running_on(site, Running(tmp_path, site, mailbox)) as home:
        home.write_config(extra=cluster)
        home.start()
        home.wait_for("SELECT 1 FROM heartbeats WHERE name = 'cluster'", bool)
        worker = Worker(tmp_path, address)
        started.append(worker)
        home.wait_for("SELECT count(*) FROM articles", lambda rows: rows == [(1,)])
        text = home.config.read_text()
        home.config.write_text(text.replace("[fetch]", '[fetch]\nmax_size = "2MB"'))
        worker.wait_for("limits changed at home, starting again")
        wait_for(lambda: worker.text.count("Worker w1, release ") == 2)

        site.put_article("/b", "Drones Again", PROSE, DRONES)
        site.put_feed("/rss", "/a", "/b")
        home.wait_for("SELECT count(*) FROM articles", lambda rows: rows == [(2,)])

        assert worker.end(signal.SIGTERM) == 0, worker.text
        assert site.paths().count("/a") == 1


def test_a_daemon_becomes_a_home_and_ceases_to_be_one_without_a_restart(
    tmp_path: Path, site: FakeSite, mailbox: FakeMailbox, address: str
) -> None:
    known = "SELECT count(*) FROM heartbeats WHERE name = 'cluster'"
    with running_on(site, Running(tmp_path, site, mailbox)) as home:
        daemon = home.start()
        home.wait_for("SELECT state FROM deliveries", is_sent)
        home.write_config(extra=f'[cluster]\ndatabase = "{address}"\n')
        home.wait_for(known, lambda rows: rows == [(1,)])
        home.write_config()
        home.wait_for(known, lambda rows: rows == [(0,)])
        site.put_article("/b", "Drones Again", PROSE, DRONES)
        site.put_feed("/rss", "/a", "/b")
        home.wait_for("SELECT count(*) FROM articles", lambda rows: rows == [(2,)])

        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(15) == 0
