"""Crawls without the daemon: the real command, one after another, in parallel, and stopped."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.log import LOG_FORMAT
from crawler.storage.file.instance_lock import InstanceLock
from tests.fakes import Asked, FakeMailbox, FakeSite, Reply
from watchword.web.ports import find_free_port

pytestmark = pytest.mark.usefixtures("forked_crawls")

ROOT = Path(__file__).resolve().parents[2]
PROSE = "The ferry left the quay at noon with forty people on board, and nobody on the shore could say why it was late."
DRONES = "Two drones had crossed the harbour an hour before, said the pilot, who saw them against the morning light."
PATIENCE_SECONDS = 120.0


class Place:
    """A configuration without a daemon."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "watchword.db"
        self.config = folder / "watchword.toml"
        self.mail = ""
        self.sources = ""

    def write(self) -> None:
        self.config.write_text(f"""
[store]
path = "{self.database}"
page_retention = "1d"
[fetch]
per_domain = {{ concurrency = 4, delay = "0s" }}
[mail]
to = ["me@example.org"]
admin = "ops@example.org"
{self.mail}
{self.sources}
[[watch]]
name = "drones"
query = "drone"
""")

    def add(self, name: str, url: str, more: str = "") -> None:
        self.sources += f"""
[[source]]
name = "{name}"
url = "{url}"
kind = "feed"
every = "1h"
backfill = "3650d"
allow_private = true
{more}
"""
        self.write()

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "watchword", "--config", str(self.config), "crawl", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip

    def crawl(self, *arguments: str) -> tuple[int, str]:
        process = self.start(*arguments)
        printed = "".join(process.communicate(timeout=PATIENCE_SECONDS))
        assert "Traceback" not in printed, printed
        return process.returncode, printed

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.database)) as connection, connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def place(tmp_path: Path, site: FakeSite) -> Place:
    site.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
    site.put_feed("/rss", "/a")
    place = Place(tmp_path)
    place.add("courier", f"{site.url}/rss")
    return place


def test_crawls_do_what_the_daemon_does_and_visit_only_what_is_due(
    place: Place, site: FakeSite
) -> None:
    assert place.crawl("--due")[0] == 0
    assert site.paths() == ["/rss", "/a"]
    # a due source, a changed source, a page past its retention, and a crawl ten minutes ago
    place.ask("UPDATE recipients SET next_report_at = '2026-01-01T07:00:00.000Z'")
    place.ask("UPDATE pages SET fetched_at = '2026-01-01T07:00:00.000Z'")
    place.ask("UPDATE page_sizes SET fetched_at = '2026-01-01T07:00:00.000Z'")
    place.ask(
        """INSERT INTO source_events (source_id, happened_at, health_before, health, reason)
           VALUES (1, strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-2 hours'), 'ok', 'failing', 'HTTP 500')"""
    )

    code, printed = place.crawl("--due")

    assert code == 0, printed
    assert site.paths() == ["/rss", "/a"]
    messages = place.ask(
        "SELECT kind, state FROM deliveries WHERE kind IN ('notice', 'status_report')"
    )
    assert sorted(messages) == [("notice", "sent"), ("status_report", "sent")]
    assert place.ask("SELECT count(*) FROM pages") == [(0,)]
    assert place.ask("SELECT count(*) FROM uptimes") == [(1,)]

    assert place.crawl()[0] == 0
    assert site.paths() == ["/rss", "/a", "/rss"]
    assert place.ask("SELECT count(*) FROM deliveries WHERE state <> 'sent'") == [(0,)]


def test_doctor_sees_the_crawls_and_the_web_pages_miss_nothing(place: Place) -> None:
    def examine() -> list[dict[str, str]]:
        command = [sys.executable, "-P", "-m", "watchword", "--config", str(place.config)]
        printed = subprocess.run(
            [*command, "doctor", "--json"], cwd=ROOT, stdout=subprocess.PIPE, check=False
        )
        return [one for one in json.loads(printed.stdout) if one["subject"] == "daemon"]

    assert place.crawl()[0] == 0
    by_hand = examine()
    for _ in range(3):
        assert place.crawl("--due")[0] == 0
    by_cron = examine()
    place.ask("UPDATE heartbeats SET beat_at = '2026-11-01T07:00:00.000Z'")
    place.ask("UPDATE uptimes SET last_seen_at = '2026-11-01T07:00:00.000Z'")
    stopped = examine()

    assert [one["summary"] for one in by_hand] == ["not running"]
    assert [one["verdict"] for one in by_cron] == ["ok"]
    assert "crawls are made every" in by_cron[0]["summary"]
    assert [one["verdict"] for one in stopped] == ["look"]
    assert "no crawl was made" in stopped[0]["summary"]


def test_an_edit_refused_by_a_killed_daemon_is_forgotten_with_the_next_crawl(place: Place) -> None:
    assert place.crawl()[0] == 0
    place.ask("INSERT INTO refused_edits (note, refused_at) VALUES ('2 faults', '2026-11-01T07:00:00.000Z')")  # fmt: skip

    place.crawl("--due")

    assert place.ask("SELECT count(*) FROM refused_edits WHERE ended_at IS NULL") == [(0,)]
    assert place.ask("SELECT count(*) FROM deliveries WHERE kind = 'notice'") == [(0,)]


def test_beside_another_crawl_the_holder_is_named_or_waited_for(
    place: Place, site: FakeSite
) -> None:
    with InstanceLock(place.database, holder="watchword crawl"):
        code, printed = place.crawl("--due")
        waiting = place.start("--due", "--wait", "5m")
        assert waiting.stderr is not None
        line = waiting.stderr.readline()

    assert code == 75
    assert "`watchword crawl` has " in printed
    assert f"(process {os.getpid()} on " in printed
    assert "daemon" not in printed
    assert line == f"Waiting for `watchword crawl` (process {os.getpid()}).\n"
    waiting.communicate(timeout=PATIENCE_SECONDS)
    assert waiting.returncode == 0
    assert site.paths() == ["/rss", "/a"]


def test_due_sources_are_left_to_a_running_daemon(place: Place, site: FakeSite) -> None:
    with InstanceLock(place.database):
        code, printed = place.crawl("--due")

    assert code == 0
    assert "The daemon is running: it visits due sources by itself." in printed
    assert site.paths() == []


def test_exit_codes_distinguish_some_from_none(place: Place) -> None:
    place.add("dead", f"http://127.0.0.1:{find_free_port()}/rss")

    code, printed = place.crawl()

    assert code == 3
    assert printed.endswith("Not all sources could be read (exit code 3).\n")
    code, printed = place.crawl("dead")

    assert code == 4
    assert "0 sources read, 1 failed;" in printed
    assert printed.endswith("No source could be read (exit code 4).\n")


def test_a_crawl_is_counted_for_programs_with_the_same_exit_code(place: Place) -> None:
    place.add("dead", f"http://127.0.0.1:{find_free_port()}/rss")

    process = place.start("--json")
    facts = json.loads(process.communicate(timeout=PATIENCE_SECONDS)[0])

    assert process.returncode == 3
    counts = ("read_count", "failed_count", "new_count", "match_count", "delivered_count")
    assert [facts[name] for name in counts] == [1, 1, 1, 1, 1]
    assert (facts["is_well"], facts["is_whole"], facts["is_left_to_daemon"]) == (False, True, False)
    assert datetime.fromisoformat(facts["since"]).utcoffset() == timedelta(0)
    with InstanceLock(place.database):
        left = place.start("--due", "--json", "is_left_to_daemon,read_count").communicate()[0]
    assert json.loads(left) == {"is_left_to_daemon": True, "read_count": None}


def test_messages_that_cannot_be_sent_are_not_a_success(place: Place) -> None:
    place.mail = f'host = "127.0.0.1"\nport = {find_free_port()}\ntls = "none"'
    place.write()

    assert place.crawl()[0] == 5
    # not tried again yet, and still a failure
    assert place.crawl("--due")[0] == 5


@pytest.mark.parametrize(
    ("arguments", "environment"), [(["--log-format", "json"], {}), ([], {LOG_FORMAT: "json"})]
)
def test_the_log_of_a_crawl_is_json_where_that_is_asked_for(
    arguments: list[str],
    environment: dict[str, str],
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with FakeMailbox() as mailbox:
        mailbox.refuse["me@example.org"] = "550 5.1.1 password: hunter2 of me@example.org"
        place.mail = f'host = "127.0.0.1"\nport = {mailbox.port}\ntls = "none"'
        place.write()
        talk = place.start(*arguments).communicate(timeout=PATIENCE_SECONDS)[1]

    (line,) = (one for one in talk.splitlines() if "delivery is dead" in one)
    said = json.loads(line)
    assert (said["level"], said["event"]) == ("error", "delivery is dead")
    assert "password: *** of m***@example.org" in said["answer"]


def test_a_configuration_without_a_source_is_reported(place: Place) -> None:
    place.sources = ""
    place.write()

    code, printed = place.crawl()

    assert code == 0
    assert "There are no sources yet, so nothing was visited" in printed


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_crawl_that_is_stopped_loses_nothing_and_doubles_nothing(
    place: Place, site: FakeSite, number: signal.Signals
) -> None:
    article = site.pages["/a"]
    assert isinstance(article, Reply)
    is_asked, is_over = threading.Event(), threading.Event()

    def hang(_asked: Asked) -> Reply:
        is_asked.set()
        is_over.wait(PATIENCE_SECONDS)
        return article

    site.pages["/a"] = hang
    process = place.start()
    assert is_asked.wait(PATIENCE_SECONDS)
    process.send_signal(number)
    printed = "".join(process.communicate(timeout=PATIENCE_SECONDS))
    is_over.set()

    assert process.returncode == 128 + number
    assert f"Stopped by {number.name} before any source was read. Unfinished visits" in printed
    assert "Traceback" not in printed
    assert place.ask("SELECT outcome FROM visits") == [("interrupted",)]
    site.pages["/a"] = article
    assert place.crawl("--due")[0] == 0
    assert place.crawl()[0] == 0
    assert place.ask("SELECT count(*), state FROM deliveries GROUP BY 2") == [(1, "sent")]


# a signal that is passed on to a forked process may come when the message was taken and all is over
@pytest.mark.own_process
def test_a_crawl_stopped_while_a_message_is_being_sent_records_it(
    place: Place, mailbox: FakeMailbox
) -> None:
    place.mail = f'host = "127.0.0.1"\nport = {mailbox.port}\ntls = "none"'
    place.write()
    is_sending = threading.Event()
    take = mailbox.handle_DATA

    async def hang(server: Any, session: Any, envelope: Any) -> str:
        process.send_signal(signal.SIGTERM)
        is_sending.set()
        return await take(server, session, envelope)

    mailbox.handle_DATA = hang  # type: ignore[method-assign]
    process = place.start()
    assert is_sending.wait(PATIENCE_SECONDS)
    process.communicate(timeout=PATIENCE_SECONDS)
    mailbox.handle_DATA = take  # type: ignore[method-assign]

    assert process.returncode == 128 + signal.SIGTERM
    assert place.crawl()[0] == 0
    assert len(mailbox.messages) == 1
