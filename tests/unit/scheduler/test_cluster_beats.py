"""What a beat says of the workers, and how much of a core the crawl process uses."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from crawler.flows.cluster.carrier import Backlog, WorkerState
from crawler.flows.cluster.summary import sum_up
from crawler.model.cluster.state import ClusterState
from scheduler.crawling.core_share import CoreShare
from scheduler.crawling.crawl_messages import Beat, read_message
from tests.fakes import START


def worker(name: str, *, is_alive: bool = True, trouble: str = "") -> WorkerState:
    return WorkerState(
        name=name,
        version="1.2.3",
        places=4,
        busy=3,
        started_at=START,
        beat_at=START,
        is_alive=is_alive,
        trouble=trouble,
    )


def full_state() -> ClusterState:
    backlog = Backlog(bundles_waiting=2, bundles_running=6, notes=7, oldest_at=START)
    return sum_up(
        [
            worker("b", trouble="disk full"),
            worker("old", is_alive=False, trouble="gone"),
            worker("a"),
        ],
        backlog,
        now=START + timedelta(seconds=90),
        isolated=1,
        deaths=2,
        is_drained=True,
    )


def read(cluster: object) -> Beat:
    line = json.dumps({"beat": START.isoformat(), "visits": 1, "cluster": cluster})
    found = read_message(line.encode())
    assert isinstance(found, Beat)
    return found


def test_a_beat_brings_the_state_of_the_cluster_unchanged() -> None:
    state = full_state()

    assert read(state.as_json()).cluster == state
    resting = replace(
        state, rest="workers learn of it", rests_until=START, since=START, is_known=False
    )
    assert read(resting.as_json()).cluster == resting
    assert read(None).cluster is None


def test_the_sum_counts_workers_that_beat_and_lists_the_others_last() -> None:
    state = full_state()

    assert (state.workers, state.busy, state.places) == (2, 6, 8)
    assert (state.waiting, state.running, state.notes, state.oldest_seconds) == (2, 6, 7, 90)
    assert [one.name for one in state.each] == ["a", "b", "old"]
    assert [one.name for one in state.list_stuck()] == ["b"], "one that is gone is not stuck"
    assert not state.needs_look
    assert sum_up([], Backlog(), now=START, isolated=0).needs_look


def test_a_clock_behind_the_carriers_makes_no_negative_age() -> None:
    late = sum_up([], Backlog(notes=1, oldest_at=START), now=START - timedelta(hours=1), isolated=0)

    assert late.oldest_seconds == 0


@pytest.mark.parametrize(
    "cluster",
    [
        [],
        {"workers": -1},
        {"workers": True},
        {"notes": 1.5},
        {"trouble": 7},
        {"each": {}},
        {"each": [7]},
        {"each": [{"name": "a", "beat_at": "yesterday"}]},
        {"each": [{"name": "a", "beat_at": "2026-11-23T10:00:00"}]},
        {"home_share": "much"},
        {"home_share": float("nan")},
        {"oldest_seconds": "long"},
        {"since": 5},
        {"rests_until": "soon"},
        {"rest": None},
    ],
)
def test_a_state_that_is_none_is_an_error_of_the_line(cluster: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(cluster)


def test_a_beat_has_a_bounded_length_whatever_the_workers_are_called() -> None:
    many = [worker("w" * 5000, trouble="t" * 5000) for _ in range(5000)]
    state = replace(sum_up(many, Backlog(), now=START, isolated=0), trouble="t" * 5_000_000)

    found = read(state.as_json()).cluster

    # a longer line than 1 MiB is none of a crawl process (crawl_child.py), and would look like its silence
    assert len(json.dumps(state.as_json())) < 200_000

    assert found is not None
    assert found.workers == 5000
    assert len(found.each) == 200
    assert {len(one.name) for one in found.each} == {100}


def test_the_share_of_a_core_is_that_of_the_last_minute() -> None:
    share = CoreShare()
    idle = [share.measure(now, cpu_seconds=5.0) for now in range(100)]
    busy = [share.measure(now, cpu_seconds=5.0 + (now - 100) * 0.5) for now in range(100, 161)]

    assert set(idle) == {0.0}
    assert 0.2 < busy[30] < 0.3
    assert busy[-1] == pytest.approx(0.5)
