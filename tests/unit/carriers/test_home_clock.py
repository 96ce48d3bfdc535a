"""A worker's idea of the home's clock, whoever sets which clock."""

import logging
from datetime import datetime, timedelta

import pytest

from crawler.carriers.meeting import HomeClock
from tests.fakes import START, FakeClock

_HOUR = timedelta(hours=1)


class Machine:
    """A worker's machine: time passes for all of its clocks, and somebody sets one."""

    def __init__(self) -> None:
        self.own = FakeClock()
        self.uptime = 500.0
        self.home_ahead = timedelta(0)
        self.passed = timedelta(0)
        self.clock = HomeClock(self.own, steady=lambda: self.uptime)

    @property
    def home_at(self) -> datetime:
        return START + self.passed + self.home_ahead

    def beat(self, *, carrier_leap: timedelta = timedelta(0)) -> float:
        """Let ten seconds pass and a beat be answered; return how far the clock is from the home's."""
        self.own.advance(seconds=10)
        self.uptime += 10
        self.passed += timedelta(seconds=10)
        self.clock.put_right(self.home_at + carrier_leap, steady_at=self.uptime)
        return (self.clock() - self.home_at).total_seconds()


@pytest.mark.parametrize("leap", [_HOUR, -_HOUR, timedelta(days=9000)])
def test_a_machines_clock_that_is_set_changes_nothing_and_is_told_once(
    leap: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    machine = Machine()
    machine.beat()

    machine.own.now += leap
    off = [(machine.clock() - machine.home_at).total_seconds(), machine.beat(), machine.beat()]
    machine.own.now -= leap
    off.append(machine.beat())

    assert off == [0, 0, 0, 0]
    said = [one.message for one in caplog.records]
    assert len(said) == 2
    assert (
        f"this machine's clock is not the home's ahead_seconds={leap.total_seconds():.0f}"
        in said[0]
    )
    assert said[1] == "this machine's clock is the home's again"


@pytest.mark.parametrize("leap", [_HOUR, -_HOUR])
def test_a_homes_clock_that_was_set_is_followed_once_two_beats_say_so(leap: timedelta) -> None:
    machine = Machine()
    machine.beat()

    machine.home_ahead = leap

    assert machine.beat() == -leap.total_seconds()
    assert [machine.beat(), machine.beat()] == [0, 0]


def test_a_carriers_clock_that_was_set_is_not_taken_for_the_homes() -> None:
    machine = Machine()

    off = [machine.beat(carrier_leap=_HOUR), machine.beat(), machine.beat(carrier_leap=-_HOUR)]

    assert off == [0, 0, 0]


def test_a_few_seconds_are_put_right_at_once_and_the_time_of_an_answer_is_not() -> None:
    machine = Machine()

    machine.home_ahead = timedelta(seconds=4)
    four = machine.beat()
    machine.home_ahead += timedelta(seconds=0.3)

    assert four == 0
    assert machine.beat() == pytest.approx(-0.3)
