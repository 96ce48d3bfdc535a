"""A clock that cannot be right is logged and waited for, within limits; a right clock never stops the service."""

import asyncio
import logging
import subprocess
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from crawler.clock import EARLIEST
from crawler.storage.file.database import open_for_reading, open_for_writing
from crawler.storage.file.instance_lock import InstanceLock
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.mail.reports.status_reports import save_uptime
from crawler.storage.process.last_moment import find_last_moment
from scheduler.clock_check import ClockPatience, find_doubt, wait_for_clock
from tests.fakes import START
from watchword.cli.main import cli
from watchword.doctor.clock_health import look_at_clock
from watchword.doctor.findings import Verdict

ROOT = Path(__file__).resolve().parents[3]
EPOCH = datetime(1970, 1, 1, 0, 2, tzinfo=UTC)
MINUTE, DAY, YEAR = timedelta(minutes=1), timedelta(days=1), timedelta(days=365)
UNSET, BEHIND = ClockPatience().unset_seconds, ClockPatience().behind_seconds


@pytest.mark.parametrize(
    ("now", "last", "wait_seconds"),
    [
        (START, None, None),
        (START, START, None),
        (START, START - 400 * DAY, None),
        (START, START + 4 * MINUTE, None),
        (START, START + 6 * MINUTE, BEHIND),
        (START, START + 20 * YEAR, BEHIND),
        (START + 3 * YEAR, START, 0.0),
        (EPOCH, None, UNSET),
        (EPOCH, START, UNSET),
        (EPOCH, EPOCH, UNSET),
        (EARLIEST - MINUTE, None, UNSET),
        (EARLIEST, None, None),
    ],
)
def test_a_clock_that_cannot_be_right_is_doubted(
    now: datetime, last: datetime | None, wait_seconds: float | None
) -> None:
    found = find_doubt(now, last)

    assert (found and found.wait_seconds) == wait_seconds


class Clock:
    """A clock that shows one instant after another, one at each reading, and then the last one for ever."""

    def __init__(self, *moments: datetime) -> None:
        self.moments = list(moments)

    def __call__(self) -> datetime:
        return self.moments.pop(0) if len(self.moments) > 1 else self.moments[0]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Return a database written at ``START``, with rows before that lie ten years ahead."""
    path = tmp_path / "watchword.db"
    connection = open_for_writing(path)
    migrate(connection)
    ahead = save_uptime(connection, uptime_id=None, now=START + 10 * YEAR)
    assert save_uptime(connection, uptime_id=ahead, now=START) != ahead
    connection.close()
    return path


def test_rows_of_a_clock_that_was_ahead_do_not_count_once_something_was_written_since(
    database: Path,
) -> None:
    with closing(open_for_reading(database)) as connection:
        last = find_last_moment(connection)

    assert last == START
    assert look_at_clock(last, now=START).verdict is Verdict.OK
    assert look_at_clock(last, now=START - DAY).verdict is Verdict.LOOK
    assert look_at_clock(last, now=START + 3 * YEAR).verdict is Verdict.LOOK
    assert look_at_clock(None, now=EPOCH).verdict is Verdict.BROKEN


async def wait(database: Path, clock: Clock, caplog: pytest.LogCaptureFixture, **patience: float) -> tuple[list[str], str]:  # fmt: skip
    noted: list[str] = []
    with caplog.at_level(logging.INFO, logger="watchword.clock"):
        await wait_for_clock(
            database,
            clock=clock,
            stop_asked=asyncio.Event(),
            note=noted.append,
            patience=ClockPatience(**{"look_seconds": 0.001, **patience}),
        )
    return noted, caplog.text


async def test_a_start_before_the_clock_is_set_waits_until_it_is(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    noted, waited = await wait(database, Clock(EPOCH, EPOCH, EPOCH, START), caplog)

    assert noted == ["the clock to be set", ""]
    assert "which is before this release was made" in waited
    assert "clock was set" in waited


async def test_a_clock_that_is_never_set_delays_the_service_for_a_limited_time(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    noted, waited = await wait(tmp_path / "none.db", Clock(EPOCH), caplog, unset_seconds=0.01)

    assert noted == ["the clock to be set", ""]
    assert "clock was not set, continuing with it" in waited


async def test_a_right_clock_with_a_database_ahead_delays_the_service_for_a_limited_time(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    noted, waited = await wait(database, Clock(START - YEAR / 10), caplog, behind_seconds=0.01)

    assert noted == ["the clock to be set", ""]
    assert "but the database was written at 23 Nov 2026 10:00 UTC" in waited


async def test_a_backup_of_years_ago_is_reported_and_not_waited_for(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    noted, waited = await wait(database, Clock(START + 5 * YEAR), caplog)

    assert noted == []
    assert "years before" in waited


async def test_the_wait_can_be_stopped(database: Path) -> None:
    stop_asked = asyncio.Event()
    waiting = asyncio.create_task(
        wait_for_clock(
            database,
            clock=Clock(EPOCH),
            stop_asked=stop_asked,
            note=lambda text: stop_asked.set() if text else None,
            patience=ClockPatience(look_seconds=3600.0),
        )
    )

    await waiting
    assert stop_asked.is_set()


@pytest.mark.parametrize("has_database", [True, False])
def test_a_daemon_that_waits_for_its_clock_is_alive(
    database: Path, has_database: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHWORD_DATABASE", str(database))
    if not has_database:
        database.unlink()
    config = database.with_name("watchword.toml")
    config.write_text(f'[store]\npath = "{database}"\n')

    def ask() -> tuple[int, str]:
        found = CliRunner().invoke(cli, ["--config", str(config), "doctor", "--alive"])
        return found.exit_code, found.output

    with InstanceLock(database) as lock:
        lock.note(storage=None, waits_for="the clock to be set")
        waiting = ask()
        lock.note(storage=None)
        begun = ask()
    with InstanceLock(database, holder="watchword crawl") as lock:
        lock.note(storage=None, waits_for="the clock to be set")
        round_waits = ask()
    died = ask()

    assert waiting == (0, "alive, waiting for the clock to be set\n")
    assert [code for code, _ in (begun, round_waits, died)] == [1, 1, 1]


def test_the_earliest_moment_is_moved_along_with_the_code() -> None:
    try:
        done = subprocess.run(
            ["git", "log", "-1", "--format=%cI"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        pytest.skip("no git here")
    if not done.stdout.strip():
        pytest.skip("no history here")
    newest = datetime.fromisoformat(done.stdout.strip())

    # not later, or a right clock would be doubted; not much earlier, or 2020 would be accepted as a date of today
    assert newest - 400 * DAY < EARLIEST <= newest
