"""Crawls by a timer in place of the daemon: their pace is learned, and only a missed crawl is a fault."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.config.schema import Config
from crawler.storage.file.database import open_for_writing, transaction
from crawler.storage.mail.reports.status_reports import list_downtimes, save_uptime
from crawler.storage.process.crawls import begin_crawl, find_crawls, keep_crawl
from crawler.storage.process.heartbeats import list_heartbeats, save_heartbeat
from tests.fakes import START
from tests.storage.broken_files import make_database
from watchword.doctor.findings import Finding, Verdict
from watchword.doctor.health import examine

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return make_database(tmp_path)


@pytest.fixture
def database(config: Config) -> Iterator[sqlite3.Connection]:
    with closing(open_for_writing(config.store.path)) as connection:
        yield connection


def come(database: sqlite3.Connection, every: timedelta, count: int) -> None:
    """Record crawls until ``START``, each of half a minute."""
    for number in range(count):
        now = START - every * (count - 1 - number)
        with transaction(database):
            begin_crawl(database, now=now - MINUTE / 2)
            save_uptime(database, uptime_id=None, now=now)
            keep_crawl(database, now=now)


def look(config: Config, after: timedelta) -> Finding:
    findings = examine(config, now=START + after)
    return next(one for one in findings if one.subject == "daemon")


@pytest.mark.parametrize(
    ("crawls", "after", "is_well", "expected"),
    [
        ((5 * MINUTE, 4), 3 * MINUTE, True, "no daemon runs; the last crawl ended 3 min ago (crawls are made every 5 min)"),
        ((5 * MINUTE, 4), 14 * MINUTE, True, "the last crawl ended 14 min ago"),
        ((5 * MINUTE, 4), 16 * MINUTE, False, "no daemon runs, and no crawl was made: the last crawl ended 16 min ago; they were made every 5 min"),
        ((MINUTE, 40), 8 * MINUTE, False, "they were made every 60 s"),
        ((HOUR, 5), 2 * HOUR, True, "crawls are made every 60 min"),
        ((HOUR, 5), 3 * HOUR, False, "no crawl was made"),
        ((DAY, 3), 2 * DAY, True, "crawls are made every 24 h"),
        ((DAY, 3), 3 * DAY, False, "no crawl was made"),
        ((HOUR, 1), 30 * MINUTE, True, "no daemon runs; the last crawl ended 30 min ago"),
        ((HOUR, 2), 2 * HOUR, False, "no crawl was made: the last crawl ended 2 h ago"),
        # a clock that was set back
        ((5 * MINUTE, 4), -2 * HOUR, True, "the last crawl ended 0 s ago"),
    ],
)  # fmt: skip
def test_crawls_are_missed_by_their_own_cadence(
    crawls: tuple[timedelta, int],
    after: timedelta,
    is_well: bool,
    expected: str,
    config: Config,
    database: sqlite3.Connection,
) -> None:
    come(database, *crawls)

    found = look(config, after)

    assert expected in found.summary
    assert (found.verdict is Verdict.OK) is is_well
    assert bool(found.remedy) is not is_well


def test_the_pause_between_crawls_is_no_downtime_and_a_missed_crawl_is(
    database: sqlite3.Connection,
) -> None:
    come(database, HOUR, 6)
    assert list_downtimes(database, since=START - DAY, until=START + 50 * MINUTE) == ()
    assert list_downtimes(database, since=START - DAY, until=START + 5 * HOUR) == (
        (START, START + 5 * HOUR),
    )


def test_one_long_pause_does_not_make_the_next_crawls_late_or_early(
    database: sqlite3.Connection,
) -> None:
    come(database, 5 * MINUTE, 6)
    with transaction(database):
        begin_crawl(database, now=START + 9 * HOUR)
        begin_crawl(database, now=START + 9 * HOUR + 5 * MINUTE)

    crawls = find_crawls(database)

    assert crawls is not None
    assert crawls.every == 5 * MINUTE


def test_crawls_follow_a_daemon_that_died_and_forget_a_clock_that_was_ahead(
    database: sqlite3.Connection, config: Config
) -> None:
    save_heartbeat(database, "daemon", now=START - HOUR)
    save_heartbeat(database, "crawl process", now=START - HOUR)
    assert look(config, MINUTE).verdict is Verdict.BROKEN
    begin_crawl(database, now=START + 9 * DAY)

    come(database, 5 * MINUTE, 3)

    assert [row["name"] for row in list_heartbeats(database)] == ["crawl"]
    assert "every 5 min" in look(config, MINUTE).summary


@pytest.mark.parametrize("note", ["", "x", "[1]", "{}", "null", '["never"]'])
def test_an_unreadable_record_of_crawls_is_ignored(note: str, database: sqlite3.Connection) -> None:
    save_heartbeat(database, "crawl", now=START, note=note)

    crawls = find_crawls(database)
    begin_crawl(database, now=START + MINUTE)

    assert crawls is not None
    assert crawls.every is None


def test_a_crawl_that_never_began_is_not_recorded(database: sqlite3.Connection) -> None:
    keep_crawl(database, now=START)

    assert find_crawls(database) is None
