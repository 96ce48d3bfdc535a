"""What is known of the workers while the daemon lives, and since when something is wrong."""

import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest

from crawler.model.cluster.state import ClusterState
from crawler.storage.crawl.handing_out.cluster_state import (
    find_cluster_state,
)
from scheduler.crawling.vigil import Liveness
from scheduler.session_steps import clear_heartbeats, write_beat
from tests.fakes import START

WELL = ClusterState(workers=2, busy=1, places=8, running=1, deaths=3)
AWAY = replace(WELL, trouble="PostgreSQL does not answer")


def beat(database: sqlite3.Connection, state: ClusterState | None, *, minutes: int = 0) -> None:
    live = Liveness(pid=7, is_beating=True, core_share=0.25, cluster=state)
    now = START + timedelta(minutes=minutes)
    write_beat(database, live, uptime_id=None, refused_edit="", now=now)


def test_the_daemon_writes_down_what_its_crawl_process_knows(database: sqlite3.Connection) -> None:
    beat(database, WELL)

    known = find_cluster_state(database)

    assert known is not None
    assert known.state == replace(WELL, home_share=0.25)
    assert known.beat_at == START


def test_it_is_known_since_when_something_is_wrong(database: sqlite3.Connection) -> None:
    found = []
    nobody = replace(WELL, workers=0)
    for minutes, state in enumerate([WELL, AWAY, AWAY, nobody, nobody, WELL]):
        beat(database, state, minutes=minutes)
        known = find_cluster_state(database)
        assert known is not None
        found.append(known.state.since and (known.state.since - START) / timedelta(minutes=1))

    assert found == [None, 1, 1, 3, 3, None]


def test_nothing_is_known_without_a_cluster_or_a_daemon(database: sqlite3.Connection) -> None:
    beat(database, WELL)
    beat(database, None, minutes=1)
    without = find_cluster_state(database)
    beat(database, WELL, minutes=2)
    clear_heartbeats(database, now=START)

    assert without is None
    assert find_cluster_state(database) is None


@pytest.mark.parametrize("note", ["", "{", "7", "[]", '{"workers": "many"}'])
def test_a_row_of_another_release_is_no_error(database: sqlite3.Connection, note: str) -> None:
    beat(database, WELL)
    database.execute("UPDATE heartbeats SET note = ? WHERE name = 'cluster'", [note])

    assert find_cluster_state(database) is None
    beat(database, WELL)
    assert find_cluster_state(database) is not None
