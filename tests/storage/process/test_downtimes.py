"""Downtimes: what is stored of them, also by a clock that was wrong for a while."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.storage.file.database import open_for_writing
from crawler.storage.mail.reports.status_reports import list_downtimes, save_uptime
from tests.fakes import START
from tests.storage.broken_files import make_database

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PERIOD = {"since": START - DAY, "until": START + 90 * MINUTE}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_for_writing(make_database(tmp_path).store.path)) as connection:
        yield connection


def run(database: sqlite3.Connection, *clock: timedelta) -> None:
    """Record the heartbeats of a daemon, at the times its clock shows."""
    uptime = None
    for shown in clock:
        uptime = save_uptime(database, uptime_id=uptime, now=START + shown)


def minutes(first: int, last: int) -> list[timedelta]:
    return [MINUTE * number for number in range(first, last, 5)]


def test_a_pause_is_a_downtime_and_so_is_the_time_since_the_last_heartbeat(
    database: sqlite3.Connection,
) -> None:
    run(database, *minutes(0, 20), *minutes(50, 70))

    assert list_downtimes(database, **PERIOD) == (
        (START + 15 * MINUTE, START + 50 * MINUTE),
        (START + 65 * MINUTE, START + 90 * MINUTE),
    )


@pytest.mark.parametrize("ahead", [2 * HOUR, 60 * DAY, -2 * HOUR])
def test_a_clock_that_was_set_wrong_and_right_again_is_no_downtime(
    ahead: timedelta, database: sqlite3.Connection
) -> None:
    run(database, *minutes(0, 20), ahead + 20 * MINUTE, *minutes(24, 95))

    assert list_downtimes(database, **PERIOD) == ()


def test_a_clock_that_was_ahead_hides_no_downtime(database: sqlite3.Connection) -> None:
    run(database, *minutes(0, 20), 2 * HOUR, *minutes(24, 45))

    assert list_downtimes(database, **PERIOD) == ((START + 44 * MINUTE, START + 90 * MINUTE),)
