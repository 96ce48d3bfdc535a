"""What ``doctor`` says right after a machine woke up: its daemon is alive, and nobody is to blame for what a sleep put off."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.clock import utc_now
from crawler.storage.backup.folder import name_backup
from crawler.storage.file.database import open_for_reading, open_for_writing, transaction
from crawler.storage.file.instance_lock import InstanceLock
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.mail.reports.status_reports import save_uptime
from crawler.storage.process.crawls import begin_crawl, keep_crawl
from crawler.storage.process.heartbeats import is_alive, save_heartbeat
from tests.conftest import make_config
from tests.fakes import START
from watchword.doctor.backup_health import look_at_backups
from watchword.doctor.findings import Verdict
from watchword.doctor.machine.waking import wait_for_beat

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "watchword.db"
    with closing(open_for_writing(path)) as connection:
        migrate(connection)
        beat(connection, days_ago=7)
    return path


def beat(connection: sqlite3.Connection, *, days_ago: int = 0) -> None:
    now = utc_now() - days_ago * DAY
    with transaction(connection):
        save_heartbeat(connection, "daemon", now=now)
        save_heartbeat(connection, "crawl process", now=now)


@contextmanager
def beating_soon(database: Path) -> Iterator[None]:
    """Beat once, after whoever asks has begun to wait."""

    def wake() -> None:
        time.sleep(0.5)
        with closing(open_for_writing(database)) as connection:
            beat(connection)

    thread = threading.Thread(target=wake)
    thread.start()
    yield
    thread.join()


def test_a_daemon_that_woke_up_is_alive(database: Path) -> None:
    with (
        InstanceLock(database),
        closing(open_for_reading(database)) as connection,
        beating_soon(database),
    ):
        moment = wait_for_beat(connection, database, now=utc_now(), seconds=40.0)

        assert is_alive(connection, now=moment)


def test_one_that_gives_no_sign_of_life_is_not(database: Path) -> None:
    with InstanceLock(database), closing(open_for_reading(database)) as connection:
        moment = wait_for_beat(connection, database, now=utc_now(), seconds=0.3)

        assert not is_alive(connection, now=moment)


@pytest.mark.parametrize("holder", ["", "watchword crawl"])
def test_without_a_daemon_nothing_is_waited_for(holder: str, database: Path) -> None:
    now = utc_now()
    with closing(open_for_reading(database)) as connection:
        if not holder:
            assert wait_for_beat(connection, database, now=now, seconds=1e9) == now
            return
        with InstanceLock(database, holder=holder):
            assert wait_for_beat(connection, database, now=now, seconds=1e9) == now


@pytest.mark.parametrize(
    ("ran", "is_late"),
    [
        # when daemon or crawls ran, in days before now
        ([(9, 7)], False),  # asleep, or stopped, since then
        ([(9, 7), (0.01, 0)], False),  # woke up, or was started, a moment ago
        ([(9, 4), (3, 2.5)], True),
        ([(9, 0)], True),
    ],
)
def test_a_backup_is_late_only_if_it_could_have_been_made(
    ran: list[tuple[float, float]], is_late: bool, tmp_path: Path
) -> None:
    config = make_config(tmp_path, backup={"every": "1d"})
    with closing(open_for_writing(config.store.path)) as connection:
        migrate(connection)
        with transaction(connection):
            for first, last in ran:
                id_ = save_uptime(connection, uptime_id=None, now=START - first * DAY)
                connection.execute(
                    "UPDATE uptimes SET last_seen_at = ? WHERE id = ?",
                    [f"{START - last * DAY:%Y-%m-%dT%H:%M:%S.000Z}", id_],
                )
        made = name_backup(config.backup_folder, config.store.path, now=START - 7 * DAY)
        made.parent.mkdir()
        made.touch()

        found = look_at_backups(connection, config, now=START)

    assert "the newest is 7 d old" in found.summary
    assert found.verdict is (Verdict.LOOK if is_late else Verdict.OK)


def test_crawls_that_make_no_backup_are_told(tmp_path: Path) -> None:
    """Each crawl is an uptime of its own, and the pauses between them are no downtimes."""
    config = make_config(tmp_path, backup={"every": "1d"})
    with closing(open_for_writing(config.store.path)) as connection:
        migrate(connection)
        for hour in range(24 * 5):
            now = START - 5 * DAY + timedelta(hours=hour)
            with transaction(connection):
                begin_crawl(connection, now=now - MINUTE)
                save_uptime(connection, uptime_id=None, now=now)
                keep_crawl(connection, now=now)

        assert look_at_backups(connection, config, now=START).verdict is Verdict.LOOK
