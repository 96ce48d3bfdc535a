"""Whoever waits for signs of life hears the real daemon, and hears nothing or the truth when it is not well."""

import json
import os
import signal
import socket
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.daemon.test_daemon import PATIENCE_SECONDS, PROSE, Running, is_sent, running_on
from tests.fakes import FakeMailbox, FakeSite
from watchword.web.ports import find_free_port


class Watched(Running):
    """A daemon with health pages."""

    def __init__(self, folder: Path, site: FakeSite, mailbox: FakeMailbox) -> None:
        self.port = find_free_port("127.0.0.1")
        super().__init__(folder, site, mailbox)
        self.write_config(extra=f'[health]\nlisten = "127.0.0.1:{self.port}"')

    def get(self, path: str, method: str = "GET") -> tuple[int, str]:
        """Return status and text of an answer, (0, "") if nobody answers."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def wait_until(self, is_so: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_so():
            assert time.monotonic() < deadline, self.log.read_text()[-3000:]
            time.sleep(0.1)

    def numbers(self) -> dict[str, float]:
        text = self.get("/metrics")[1]
        samples = (one for family in text_string_to_metric_families(text) for one in family.samples)
        return {"|".join([one.name, *one.labels.values()]): one.value for one in samples}


@pytest.fixture
def watched(tmp_path: Path, site: FakeSite, mailbox: FakeMailbox) -> Iterator[Watched]:
    with running_on(site, Watched(tmp_path, site, mailbox)) as daemon:
        yield daemon


def test_health_and_numbers_are_those_of_the_daemon(watched: Watched) -> None:
    watched.start()
    watched.wait_for("SELECT state FROM deliveries", is_sent)
    # the message may leave before its visit was planned again
    watched.wait_until(lambda: '"last_success_at": "' in watched.get("/healthz")[1])

    status, text = watched.get("/healthz")
    found = json.loads(text)
    assert (status, found["status"], found["faults"]) == (200, "ok", [])
    assert found["last_success_at"].endswith("+00:00")
    assert found["messages_pending"] == 0
    numbers = watched.numbers()
    assert numbers["watchword_well"] == 1
    assert numbers["watchword_sources|ok"] == 1
    assert numbers["watchword_articles_total"] == numbers["watchword_alerts_total"] == 1
    assert numbers["watchword_database_bytes"] > 100_000
    assert "courier" not in watched.get("/metrics")[1]
    assert watched.get("/healthz", "HEAD") == (200, "")
    assert watched.get("/other")[0] == 404
    assert watched.get("/healthz", "POST")[0] == 405


def test_a_locked_database_is_said_and_said_to_be_over(watched: Watched) -> None:
    watched.start()
    watched.wait_for("SELECT state FROM deliveries", is_sent)

    with closing(sqlite3.connect(watched.database, isolation_level=None)) as outsider:
        outsider.execute("BEGIN EXCLUSIVE")
        watched.wait_until(lambda: watched.get("/healthz")[0] == 503)
        assert "lock" in json.loads(watched.get("/healthz")[1])["faults"][0]
        assert watched.numbers()["watchword_storage_available"] == 0
        outsider.execute("ROLLBACK")

    watched.wait_until(lambda: watched.get("/healthz")[0] == 200)


def test_doctor_knows_the_pages_of_its_daemon_and_who_has_their_port(watched: Watched) -> None:
    with socket.create_server(("127.0.0.1", watched.port)):
        watched.start()
        watched.wait_for_log("health pages not open")
        assert f"nobody can listen on 127.0.0.1:{watched.port}" in watched.command("doctor").stdout

    watched.wait_until(lambda: watched.get("/healthz")[0])
    assert f"open at 127.0.0.1:{watched.port}" in watched.command("doctor").stdout


@pytest.mark.own_process
def test_a_crawl_process_that_is_stopped_is_silent_at_once(watched: Watched) -> None:
    watched.start()
    watched.wait_for("SELECT state FROM deliveries", is_sent)

    os.kill(watched.crawl_pid(), signal.SIGSTOP)

    watched.wait_until(lambda: watched.numbers()["watchword_crawl_process_silent_seconds"] >= 10)
    assert watched.numbers()["watchword_crawl_process_restarts_total"] == 0


def test_a_client_that_never_asks_holds_up_nobody(watched: Watched) -> None:
    watched.start()
    watched.wait_until(lambda: watched.get("/healthz")[0] == 200)

    with socket.create_connection(("127.0.0.1", watched.port)) as idle:
        idle.sendall(b"GET /healthz HTTP/1.1\r\n")
        with socket.create_connection(("127.0.0.1", watched.port)) as long:
            long.sendall(b"x" * 100_000)
            assert watched.get("/healthz")[0] == 200


def test_signs_of_life_go_elsewhere_while_all_is_well(watched: Watched, site: FakeSite) -> None:
    site.put_article("/ping/secret", "OK", PROSE)
    watched.write_config(
        extra=f'[health]\nping = "{site.url}/ping/secret"\nping_every = "1s"\nlisten = "127.0.0.1:{watched.port}"'
    )
    watched.start()
    watched.wait_until(lambda: site.paths().count("/ping/secret") >= 2)

    with closing(sqlite3.connect(watched.database, isolation_level=None)) as outsider:
        outsider.execute("BEGIN EXCLUSIVE")
        watched.wait_until(lambda: watched.get("/healthz")[0] == 503)
        time.sleep(6)  # one that was on its way
        before = site.paths().count("/ping/secret")
        time.sleep(11)
        assert site.paths().count("/ping/secret") == before

    watched.wait_until(lambda: site.paths().count("/ping/secret") > before)
    assert "secret" not in watched.log.read_text()


def test_a_sign_of_life_that_is_not_taken_is_logged_without_its_address(
    watched: Watched, site: FakeSite
) -> None:
    secret = watched.database.parent / "ping.txt"
    secret.write_text(f"{site.url}/nowhere/secret\n")
    watched.write_config(extra=f'[health]\nping_file = "{secret}"\nping_every = "1s"')
    watched.start()

    watched.wait_for_log("sign of life not taken")

    assert "it answered 404" in watched.log.read_text()
    assert "nowhere/secret" not in watched.log.read_text()


def test_the_service_manager_hears_that_it_is_ready_lives_and_ends(
    watched: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE_SECONDS)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        process = watched.start()

        assert manager.recv(100) == b"READY=1\nWATCHDOG=1"
        assert manager.recv(100) == b"READY=1\nWATCHDOG=1"
        process.send_signal(signal.SIGTERM)
        heard = manager.recv(100)
        while heard == b"READY=1\nWATCHDOG=1":
            heard = manager.recv(100)
        assert heard == b"STOPPING=1"
        assert process.wait(10) == 0
