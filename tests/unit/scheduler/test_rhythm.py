from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from scheduler.due.publishing_profile import (
    Rhythm,
    expect,
    learn,
    profile,
    rate_at,
    read_rhythm,
    start_rhythm,
    write_rhythm,
)
from tests.fakes import START

HOUR = timedelta(hours=1)


def test_the_window_of_a_first_visit_tells_the_rate() -> None:
    known = start_rhythm([START - n * HOUR for n in range(1, 49)], now=START)

    assert 0.7 < sum(profile(known)) / 168 < 1.1


def test_hours_in_which_a_source_publishes_stand_out() -> None:
    mornings = [START.replace(hour=6) - timedelta(days=day) for day in range(1, 28)]
    known = start_rhythm(mornings, now=START)
    rates = profile(known)

    by_day = [sum(rates[hour::24]) / 7 for hour in range(24)]
    assert max(by_day) == by_day[6] > 5 * sorted(by_day)[-2]


def test_a_source_that_fell_silent_is_expected_less_and_less() -> None:
    busy = start_rhythm([START - n * HOUR for n in range(1, 500)], now=START)

    silent = learn(busy, (), now=START + timedelta(weeks=12))

    assert sum(profile(silent)) < 0.3 * sum(profile(busy))


def test_a_burst_is_felt_for_some_hours_and_then_forgotten() -> None:
    calm = start_rhythm([START - n * 6 * HOUR for n in range(1, 100)], now=START)
    burst = learn(calm, [START + timedelta(minutes=n) for n in range(1, 9)], now=START + HOUR)
    rates = profile(burst)

    assert rate_at(burst, rates, START + HOUR) > 3 * rate_at(calm, profile(calm), START + HOUR)
    assert rate_at(burst, rates, START + 24 * HOUR) < 1.0


def test_a_clock_set_back_does_no_harm() -> None:
    known = start_rhythm([START - n * HOUR for n in range(1, 49)], now=START)

    back = learn(known, [START - 2 * HOUR], now=START - HOUR)

    assert back.learned_at == known.learned_at
    assert back.weeks == known.weeks


def test_expectation_adds_up() -> None:
    known = start_rhythm([START - n * HOUR for n in range(1, 500)], now=START)
    middle, end = START + 5 * HOUR, START + 30 * HOUR

    parts = expect(known, START, middle) + expect(known, middle, end)
    assert abs(parts - expect(known, START, end)) < 1e-9


@given(st.lists(st.floats(0, 27 * 24), max_size=60))
def test_a_rhythm_survives_being_written_down(hours: list[float]) -> None:
    known = start_rhythm([START - hour * HOUR for hour in hours], now=START)

    again = read_rhythm(write_rhythm(known))

    assert sum(profile(again)) > 0
    assert abs(again.article_count - known.article_count) < 0.2
    assert isinstance(again, Rhythm)
