"""What doctor says of a home and its workers."""

import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from crawler.config.schema import Config
from crawler.model.cluster.state import ClusterState, WorkerFacts
from crawler.storage.crawl.handing_out.bundles import isolate_domain, note_death, set_drained_at
from crawler.storage.crawl.handing_out.cluster_state import save_cluster_state
from crawler.storage.file.database import transaction
from tests.conftest import make_config
from tests.fakes import START
from watchword.doctor.findings import Finding, Verdict
from watchword.doctor.machine.cluster_health import cluster_looks

WELL = ClusterState(workers=2, places=8)


@pytest.fixture
def home(tmp_path: Path) -> Config:
    address = "postgresql://watchword:hush-hush-7@db.example.org/watchword"
    return make_config(tmp_path, cluster={"database": address})


def look(home: Config, database: sqlite3.Connection, *, now: datetime = START) -> Finding:
    ((subject, examine),) = cluster_looks(database, home, now=now)
    found = examine()
    assert found.subject == subject == "cluster"
    return found


def save(database: sqlite3.Connection, state: ClusterState, *minutes: float) -> datetime:
    """Record beats at some minutes; return when the last one was."""
    now = START
    for minute in minutes:
        now = START + timedelta(minutes=minute)
        with transaction(database):
            save_cluster_state(database, state, now=now)
    return now


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (replace(WELL, trouble="connection refused"), "PostgreSQL cannot be used since"),
        (replace(WELL, workers=0), "no worker beats since"),
    ],
)
def test_what_lasts_for_five_minutes_is_broken(
    home: Config, database: sqlite3.Connection, state: ClusterState, words: str
) -> None:
    soon = look(home, database, now=save(database, state, 0, 2, 4))
    late = look(home, database, now=save(database, state, 4.5, 5))

    assert (soon.verdict, late.verdict) == (Verdict.LOOK, Verdict.BROKEN)
    assert words in late.summary
    assert "10:00" in late.summary  # when it began, not the last beat
    assert "hush-hush-7" not in str(late)


def test_domains_and_a_drain_need_a_look_and_workers_do_not(
    home: Config, database: sqlite3.Connection
) -> None:
    now = save(database, WELL, 0)
    well = look(home, database, now=now)
    with transaction(database):
        note_death(database, ["slow.example"], now=now)
        isolate_domain(database, "slow.example", "3 workers died of it", now=now)
    isolated = look(home, database, now=now)
    with transaction(database):
        set_drained_at(database, now)
    drained = look(home, database, now=now)

    assert (well.verdict, well.summary) == (Verdict.OK, "2 workers with 8 places")
    assert (isolated.verdict, drained.verdict) == (Verdict.LOOK, Verdict.LOOK)
    assert isolated.details == ("slow.example: 3 workers died of it",)
    assert "`watchword cluster drain --end`" in drained.remedy


def test_a_home_that_waits_says_why_and_for_how_long(
    home: Config, database: sqlite3.Connection
) -> None:
    unasked = look(home, database, now=save(database, ClusterState(is_known=False), 0, 9))
    until = START + timedelta(minutes=9, seconds=24)
    resting = replace(WELL, rest="workers are to learn of it", rests_until=until)
    waiting = look(home, database, now=save(database, resting, 9))
    nobody = look(home, database, now=save(database, replace(resting, workers=0, places=0), 9))

    assert (unasked.verdict, waiting.verdict) == (Verdict.OK, Verdict.LOOK)
    assert "has just started" in unasked.summary
    assert waiting.summary == (
        "2 workers with 8 places; nothing is handed out for 24 seconds more: workers are to learn of it"
    )
    assert "24 seconds more" in nobody.summary


def test_a_worker_that_can_exchange_nothing_needs_a_look(
    home: Config, database: sqlite3.Connection
) -> None:
    stuck = WorkerFacts(
        name="kiel", version="1", places=4, busy=1, beat_at=START, trouble="disk full"
    )
    found = look(home, database, now=save(database, replace(WELL, each=(stuck,)), 0))

    assert found.verdict is Verdict.LOOK
    assert "kiel beats, and can exchange nothing: disk full" in found.summary


def test_what_is_known_from_a_daemon_that_ended_counts_no_more(
    home: Config, database: sqlite3.Connection
) -> None:
    never = look(home, database)
    now = save(database, replace(WELL, workers=0), 0)
    stale = look(home, database, now=now + timedelta(minutes=10))

    assert never.verdict is stale.verdict is Verdict.OK
    assert "while the daemon runs" in stale.summary


def test_without_a_cluster_there_is_no_finding(
    config: Config, database: sqlite3.Connection
) -> None:
    assert cluster_looks(database, config, now=START) == []
