"""The room of the file: its size of each day, what ``doctor`` says of its growth, and room that is given back."""

import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from crawler.config.schema import Config
from crawler.flows.daemon_upkeep import keep_small
from crawler.flows.retention import Sweeper
from crawler.storage.file.database import open_for_writing, to_text
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.retention.file_room import compact, find_growth, measure_file, note_size
from tests.conftest import make_config
from tests.fakes import START
from watchword.doctor.findings import Verdict
from watchword.doctor.storage.growth_health import look_at_growth

DAY = timedelta(days=1)
GB = 1_000_000_000


def add_pages(database: sqlite3.Connection, count: int) -> None:
    database.execute(
        """WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
           INSERT INTO robots (origin, fetched_at, expires_at, body) SELECT 'o' || n, '', '9', hex(randomblob(50000)) FROM numbers""",
        [count],
    )


def note(database: sqlite3.Connection, sizes: dict[int, int]) -> None:
    """Store sizes by day, counted from the start."""
    for day, size in sizes.items():
        database.execute(
            "INSERT INTO file_sizes VALUES (?, ?, 0)", [to_text(START + day * DAY)[:10], size]
        )


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    room = SimpleNamespace(total=100 * GB, used=0, free=10 * GB)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: room)


def test_one_size_is_stored_a_day(database: sqlite3.Connection, config: Config) -> None:
    for hour in range(50):
        keep_small(database, config, Sweeper(()), now=START + timedelta(hours=hour))

    days = [row["day"] for row in database.execute("SELECT day FROM file_sizes")]
    assert days == ["2026-11-23", "2026-11-24", "2026-11-25"]


def test_sizes_older_than_a_year_are_deleted(database: sqlite3.Connection, config: Config) -> None:
    note_size(database, now=START)
    keep_small(database, config, Sweeper(()), now=START + 401 * DAY)

    assert [row["day"] for row in database.execute("SELECT day FROM file_sizes")] == ["2027-12-29"]


@pytest.mark.usefixtures("full_disk")
@pytest.mark.parametrize(
    ("sizes", "days", "summary", "verdict"),
    [
        ({}, 0, "known after a day", Verdict.OK),
        ({0: GB}, 0, "known after a day", Verdict.OK),
        ({0: GB, 10: 2 * GB}, 10, "grew by 100 MB a day in the last 10 days: its disk is full in about 3 months", Verdict.OK),
        ({0: GB, 10: 6 * GB}, 10, "its disk is full in about 20 days", Verdict.LOOK),
        ({0: GB, 10: GB + 10_000_000}, 10, "in more than ten years", Verdict.OK),
        ({0: GB, 10: GB // 2}, 10, "did not grow in the last 10 days", Verdict.OK),
        # what was long ago says nothing about now
        ({0: GB, 200: 9 * GB, 229: 9 * GB + 290_000_000}, 229, "grew by 10 MB a day in the last 29 days", Verdict.OK),
        # a daemon that did not run for a while: both ends count, with the days between
        ({0: GB, 20: 3 * GB}, 25, "grew by 100 MB a day in the last 20 days", Verdict.OK),
    ],
)  # fmt: skip
def test_doctor_says_how_the_file_grows(
    database: sqlite3.Connection,
    config: Config,
    sizes: dict[int, int],
    days: int,
    summary: str,
    verdict: Verdict,
) -> None:
    note(database, sizes)

    finding = look_at_growth(database, config, now=START + days * DAY)

    assert summary in finding.summary
    assert finding.verdict is verdict
    assert bool(finding.remedy) is (verdict is Verdict.LOOK)


def test_a_disk_that_tells_nothing_of_its_room_is_not_said_to_be_full(
    database: sqlite3.Connection, config: Config, tmp_path: Path
) -> None:
    note(database, {0: GB, 10: 2 * GB})
    store = config.store.model_copy(update={"path": tmp_path / "gone" / "watchword.db"})
    away = config.model_copy(update={"store": store})

    finding = look_at_growth(database, away, now=START + 10 * DAY)

    assert "grew by 100 MB a day" in finding.summary
    assert "how much is free on its disk is not known" in finding.summary
    assert finding.verdict is Verdict.OK


def test_a_clock_ahead_leaves_no_growth_in_the_future(database: sqlite3.Connection) -> None:
    note(database, {0: GB, 5000: 2 * GB})

    assert find_growth(database, now=START + DAY, days=30) is None


def test_room_that_many_rows_left_is_given_back_bit_by_bit(
    database: sqlite3.Connection, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.flows.daemon_upkeep._FEWEST_FREE_BYTES", 1_000_000)
    add_pages(database, 100)
    database.execute("DELETE FROM robots")
    free = measure_file(database).free_bytes
    assert free > 8_000_000

    keep_small(database, config, Sweeper(()), now=START)
    after_one = measure_file(database).free_bytes
    for _ in range(10):
        keep_small(database, config, Sweeper(()), now=START)

    assert free - after_one == 500 * 4096
    assert measure_file(database).free_bytes < 1_000_000
    assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_little_free_room_is_left_for_the_next_rows(
    database: sqlite3.Connection, config: Config
) -> None:
    add_pages(database, 20)
    database.execute("DELETE FROM robots")
    free = measure_file(database).free_bytes

    keep_small(database, config, Sweeper(()), now=START)

    assert measure_file(database).free_bytes == free > 0


def test_a_file_of_an_early_release_can_give_room_back_once_it_was_compacted(
    tmp_path: Path,
) -> None:
    path = make_config(tmp_path).store.path
    with closing(sqlite3.connect(path)) as early:
        early.execute("PRAGMA auto_vacuum = NONE")
        early.execute("CREATE TABLE first (id)")
        early.execute("DROP TABLE first")
    with closing(open_for_writing(path)) as connection:
        migrate(connection)
        assert connection.execute("PRAGMA auto_vacuum").fetchone()[0] == 0
        add_pages(connection, 50)
        connection.execute("DELETE FROM robots")
        size = measure_file(connection)

        compact(connection)

        assert connection.execute("PRAGMA auto_vacuum").fetchone()[0] == 2
        assert measure_file(connection).free_bytes == 0
        assert measure_file(connection).bytes <= size.bytes + 100_000
