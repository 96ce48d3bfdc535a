"""The outbox under kills: the daemon is killed 25 times (``make kill``: a hundred), the process that writes articles every
fourth time, and the mail server drops one connection in ten after the message and before its answer."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from watchword.web.ports import find_free_port

ROOT = Path(__file__).resolve().parents[3]
KILLS = int(os.environ.get("WATCHWORD_KILLS", "25"))
ALERTS = 500
CUT_SHARE = 0.1
# how long a daemon lives, as a multiple of the time it takes to start
LIVES = (0.4, 2.0)
MEAN_LIFE = 1.2
PATIENCE_SECONDS = 240
CONFIG = """
[store]
path = "{folder}/watchword.db"
[mail]
host = "127.0.0.1"
port = {port}
tls = "none"
per_hour = 1000
to = ["me@example.org"]
[[source]]
name = "courier"
url = "http://127.0.0.1:9/rss"
kind = "feed"
every = "1d"
[[watch]]
name = "drones"
query = "drone"
"""
UNALERTED = """SELECT count(*) FROM articles WHERE id NOT IN (
    SELECT article_id FROM matches JOIN alerts ON alerts.match_id = matches.id
    JOIN delivery_alerts ON alert_id = alerts.id)"""


class RudeServer:
    """Accepts messages, and drops one connection in ten before its answer."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, str]] = []
        self.cut_count = 0
        self.is_rude = True
        self._rng = random.Random(1)
        self.controller = Controller(self, hostname="127.0.0.1", port=find_free_port())

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content)
        self.messages.append((str(message["Message-ID"]), str(message["Subject"])))
        if self.is_rude and self._rng.random() < CUT_SHARE:
            self.cut_count += 1
            server.transport.abort()
        return "250 taken"


class Battlefield:
    """A daemon and a reporter on one database, killed and started again.

    pace  how many seconds the daemon takes to start
    """

    def __init__(self, folder: Path, port: int) -> None:
        self.database, self.log = folder / "watchword.db", folder / "log.txt"
        self._config = folder / "c.toml"
        self._config.write_text(CONFIG.format(folder=folder, port=port))
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.in_flight = 0
        self.pace = 0.0

    def start(self, name: str) -> None:
        arguments = {
            "daemon": ["watchword", "--config", str(self._config), "run"],
            "reporter": [
                *("tests.daemon.processes.reporter", str(self._config), str(ALERTS)),
                # so that stories come until the last kill, however slow the machine is
                str(self.pace * MEAN_LIFE * KILLS / ALERTS),
            ],
        }[name]
        with self.log.open("ab") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", *arguments], cwd=ROOT, stdout=log, stderr=log
            )

    def kill(self, name: str) -> None:
        """Kill a process and its children at once."""
        process = self._running[name]
        with suppress(OSError):
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            for pid in (process.pid, *map(int, children)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        process.kill()
        process.wait()

    def kill_daemon(self) -> None:
        self.kill("daemon")
        self.in_flight += self.ask(
            "SELECT count(*) FROM deliveries WHERE state = 'pending' AND lease_until IS NOT NULL"
        )

    def kill_all(self) -> None:
        for name in self._running:
            self.kill(name)

    def ask(self, sql: str) -> int:
        with closing(sqlite3.connect(self.database, timeout=30)) as connection:
            return int(connection.execute(sql).fetchone()[0])

    def wait_for(self, sql: str, wanted: int) -> None:
        deadline, found = time.monotonic() + PATIENCE_SECONDS, -1
        while time.monotonic() < deadline:
            with suppress(sqlite3.OperationalError):
                found = self.ask(sql)
            if found == wanted:
                return
            time.sleep(0.2)
        raise AssertionError(f"{sql} gave {found}\n{self.log.read_text()[-3000:]}")

    def hurry(self) -> None:
        """Make every delivery that waits for another attempt due now."""
        with closing(sqlite3.connect(self.database, timeout=30)) as connection:
            connection.execute("UPDATE deliveries SET next_try_at = '2020' WHERE state = 'pending'")
            connection.commit()


@pytest.fixture
def server() -> Iterator[RudeServer]:
    opened = RudeServer()
    opened.controller.start()
    yield opened
    opened.controller.stop()


@pytest.fixture
def field(tmp_path: Path, server: RudeServer) -> Iterator[Battlefield]:
    made = Battlefield(tmp_path, server.controller.port)
    yield made
    made.kill_all()


@pytest.mark.kill
def test_nothing_is_lost_and_copies_are_few_although_all_is_killed_time_and_again(
    field: Battlefield, server: RudeServer
) -> None:
    rng = random.Random(2)
    began = time.monotonic()
    field.start("daemon")
    field.wait_for("SELECT count(*) FROM heartbeats WHERE name = 'daemon'", 1)
    # a slow machine starts slowly: a daemon that is always killed before it sends anything proves nothing
    field.pace = time.monotonic() - began
    field.start("reporter")
    for number in range(KILLS):
        time.sleep(field.pace * rng.uniform(*LIVES))
        field.kill_daemon()
        if number % 4 == 0:
            field.kill("reporter")
            field.start("reporter")
        field.start("daemon")
    sent_under_fire = len(server.messages)
    field.wait_for("SELECT count(*) FROM alerts", ALERTS)
    server.is_rude = False
    # the last alert becomes a delivery a moment after it is stored
    field.wait_for(UNALERTED, 0)
    field.hurry()
    field.wait_for("SELECT count(*) FROM deliveries WHERE state <> 'sent'", 0)

    copies = Counter(message_id for message_id, _ in server.messages)
    extra = len(server.messages) - len(copies)
    summary = f"{KILLS} kills, {field.in_flight} messages in flight, {server.cut_count} cuts, {extra} copies more"
    sys.stdout.write(f"\n{summary}\n")  # pytest -s shows it
    assert {subject for _, subject in server.messages} == {
        f"drones: Story {number}" for number in range(ALERTS)
    }
    assert len(copies) == ALERTS, "a copy came under another Message-ID"
    assert extra <= field.in_flight + server.cut_count, summary
    # one a kill at least: a daemon lives 1.2 times as long as it takes to start, and half of them send nothing
    assert sent_under_fire > KILLS, "the kills were over before messages were sent"
    assert server.cut_count > 0
    assert field.ask(UNALERTED) == 0
    with closing(sqlite3.connect(field.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
