"""Faults of a week: when they happen, and that one without an effect is reported."""

import threading
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from bench.week.faults.choose import LIGHT, Fault, Timeline, choose, list_missing
from bench.week.faults.hands import Hands
from bench.week.plan import Plan

Work = Callable[[Hands, float], str]


def play(*faults: Fault, seconds: float = 1.0) -> tuple[list[str], dict[str, str]]:
    week = SimpleNamespace(troubles=[])
    timeline = Timeline(faults, Hands(week), seconds=seconds)  # type: ignore[arg-type]
    timeline.start()
    timeline.finish()
    return week.troubles, timeline.seen


def fault(name: str, work: Work, *, track: str = "machine", begins: float = 0.0) -> Fault:
    return Fault(name=name, track=track, begins=begins, work=work)


def test_observations_of_a_fault_are_kept() -> None:
    troubles, seen = play(fault("lock", lambda *_: "3 writes waited"))

    assert troubles == []
    assert seen["lock"].endswith(": 3 writes waited")


def test_a_fault_without_an_effect_is_reported() -> None:
    troubles, _ = play(fault("lock", lambda *_: ""))

    assert troubles == ["the fault lock had no effect"]


def test_a_fault_that_fails_is_reported_and_the_next_one_happens() -> None:
    def broken(*_: object) -> str:
        raise OSError("no such disk")

    troubles, seen = play(fault("disk", broken), fault("lock", lambda *_: "seen", begins=0.1))

    assert troubles == ["the fault disk broke: OSError('no such disk')"]
    assert "lock" in seen


def test_faults_of_one_track_do_not_overlap_and_tracks_do() -> None:
    gate, order = threading.Event(), list[str]()

    def first(*_: object) -> str:
        assert gate.wait(10)
        order.append("first")
        return "seen"

    def second(*_: object) -> str:
        order.append("second")
        return "seen"

    def beside(*_: object) -> str:
        order.append("beside")
        gate.set()
        return "seen"

    play(
        fault("one", first),
        fault("two", second, begins=0.05),
        fault("three", beside, track="mail", begins=0.1),
    )

    assert order == ["beside", "first", "second"]


def test_a_fault_lasts_for_its_share_and_at_least_some_seconds() -> None:
    lasted = list[float]()

    def note(_: Hands, seconds: float) -> str:
        lasted.append(seconds)
        return "seen"

    play(
        Fault(name="short", track="a", begins=0, lasts=0.1, seconds=7, work=note),
        Fault(name="long", track="a", begins=0.001, lasts=0.1, seconds=7, work=note),
        seconds=100.0,
    )

    assert lasted == [10.0, 10.0]


def test_the_shortest_week_with_all_faults_has_room_for_each() -> None:
    seconds = Plan(minutes=4, sites=40, seed=1, faults="all").scale.seconds
    for track in {one.track for one in choose("all")}:
        ends = 0.0
        for one in sorted(choose("all"), key=lambda each: each.begins):
            if one.track == track:
                assert one.begins * seconds >= ends, one.name
                ends = one.begins * seconds + max(one.seconds, one.lasts * seconds)
        assert ends < seconds


def test_light_faults_are_the_three_that_are_always_possible() -> None:
    assert [one.name for one in choose("light")] == list(LIGHT)
    assert not any(one.needs for one in choose("light"))


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="no such fault: flood"):
        choose("lock, flood")


def test_a_fault_names_what_this_machine_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAKETIME_LIB", raising=False)
    needy = Fault(name="x", track="a", begins=0, work=lambda *_: "", needs=("FAKETIME_LIB", "no-such-program"))  # fmt: skip

    assert list(list_missing(needy)) == ["FAKETIME_LIB", "no-such-program"]


def test_the_faults_end_with_an_interrupted_week() -> None:
    week = SimpleNamespace(troubles=[])
    hands = Hands(week)  # type: ignore[arg-type]
    timeline = Timeline([fault("late", lambda *_: "", begins=1.0)], hands, seconds=600.0)
    began = time.monotonic()

    timeline.start()
    hands.is_over.set()
    timeline.finish()

    assert time.monotonic() - began < 5
    assert week.troubles == []
