"""Backups of a running daemon, and a loss mended with one: nobody is mailed twice, and the next story comes."""

import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.daemon.test_daemon import OTHER, PATIENCE_SECONDS, Running, is_sent, running_on
from tests.fakes import FakeMailbox, FakeSite
from tests.storage.disks import mount_disk_that_never_answers, needs_root
from watchword.web.ports import find_free_port

NEXT = (
    "On Sunday a fisherman pulled three drones out of his nets and carried them to the town hall in a basket of mackerel.",
    "The mayor put them on the table of the council, where they lay in a puddle until the meeting had come to its end.",
)


@pytest.fixture
def running(tmp_path: Path, site: FakeSite, mailbox: FakeMailbox) -> Iterator[Running]:
    with running_on(site, Running(tmp_path, site, mailbox)) as daemon:
        yield daemon


def command(running: Running, *arguments: str) -> str:
    done = running.command(*arguments)
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr


def wait_for_backup(folder: Path, log: Path) -> Path:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if found := [*folder.glob("watchword-*.db")]:
            return found[0]
        time.sleep(0.1)
    raise AssertionError(log.read_text()[-3000:])


def test_the_daemon_makes_backups_by_itself(running: Running) -> None:
    running.write_config(extra='[backup]\nevery = "1h"')
    process = running.start()
    made = wait_for_backup(running.database.parent / "backups", running.log)

    with closing(sqlite3.connect(made)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("SELECT count(*) FROM sources").fetchone() == (1,)
    running.wait_for_log("backup made")
    assert "1 backup in" in command(running, "doctor")
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def test_a_backup_that_cannot_be_made_is_said_and_the_rest_goes_on(running: Running) -> None:
    (running.database.parent / "backups").write_text("a file where the folder should be")
    running.write_config(extra='[backup]\nevery = "1h"')
    running.start()

    running.wait_for_log("backup failed")
    running.wait_for("SELECT state FROM deliveries", is_sent)

    assert "is no folder" in command(running, "doctor")


@needs_root
def test_a_folder_that_never_answers_holds_up_nothing(running: Running) -> None:
    folder = running.database.parent / "away"
    port = find_free_port("127.0.0.1")
    with mount_disk_that_never_answers(folder):
        running.write_config(
            extra=f'[health]\nlisten = "127.0.0.1:{port}"\n[backup]\nevery = "1h"\nto = "{folder}"'
        )
        process = running.start()

        running.wait_for_log("backup failed")
        assert f"{folder} does not answer" in running.log.read_text()
        running.wait_for("SELECT state FROM deliveries", is_sent)
        for _ in range(2):
            with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
                assert "watchword_well 1.0" in answer.read().decode()
        assert f"{folder} does not answer" in command(running, "doctor")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_a_crawl_without_the_daemon_makes_a_due_backup(running: Running) -> None:
    running.write_config(extra='[backup]\nevery = "1h"')
    folder = running.database.parent / "backups"

    command(running, "crawl", "--due")
    (first,) = folder.glob("watchword-*.db")
    command(running, "crawl", "--due")

    assert [*folder.glob("watchword-*.db")] == [first]


def test_a_lost_database_is_put_back_and_nobody_is_mailed_twice(
    running: Running, mailbox: FakeMailbox
) -> None:
    process = running.start()
    running.wait_for("SELECT state FROM deliveries", is_sent)
    backup = running.database.parent / "copy.db"
    assert "it is whole" in command(running, "backup", str(backup))
    running.site.put_article("/b", "Drones Again", *OTHER)
    running.site.put_feed("/rss", "/b", "/a")
    running.wait_for(
        "SELECT count(*) FROM deliveries WHERE state = 'sent'", lambda rows: rows == [(2,)]
    )
    assert "another daemon works on" in command(running, "restore", str(backup), "--told")
    process.kill()
    process.wait()
    time.sleep(6)  # its crawl process ends with it
    for ending in ("", "-wal", "-shm"):
        running.database.with_name(running.database.name + ending).unlink(missing_ok=True)

    said = command(running, "restore", str(backup), "--told")
    assert "Nobody is mailed" in said
    running.start()
    running.wait_for("SELECT count(*) FROM articles", lambda rows: rows == [(2,)])
    running.site.put_article("/c", "Drones in the Nets", *NEXT)
    running.site.put_feed("/rss", "/c", "/b", "/a")
    running.wait_for(
        "SELECT count(*) FROM deliveries WHERE state = 'sent'", lambda rows: rows == [(2,)]
    )

    subjects = [str(message["Subject"]) for message in mailbox.messages]
    assert len(subjects) == 3, subjects
    assert "Drones in the Nets" in subjects[-1]
    assert running.ask("SELECT count(*) FROM alerts") == [(3,)]
