from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from scheduler.due.publishing_profile import (
    PublishingProfile,
    expect,
    hourly_rates,
    learn,
    rate_at,
    read_profile,
    start_profile,
    write_profile,
)
from tests.fakes import START

HOUR = timedelta(hours=1)


def test_the_rate_is_estimated_from_the_window_of_a_first_visit() -> None:
    known = start_profile([START - n * HOUR for n in range(1, 49)], now=START)

    assert 0.7 < sum(hourly_rates(known)) / 168 < 1.1


def test_hours_in_which_a_source_publishes_stand_out() -> None:
    mornings = [START.replace(hour=6) - timedelta(days=day) for day in range(1, 28)]
    known = start_profile(mornings, now=START)
    rates = hourly_rates(known)

    by_day = [sum(rates[hour::24]) / 7 for hour in range(24)]
    assert max(by_day) == by_day[6] > 5 * sorted(by_day)[-2]


def test_a_source_that_fell_silent_is_expected_less_and_less() -> None:
    busy = start_profile([START - n * HOUR for n in range(1, 500)], now=START)

    silent = learn(busy, (), now=START + timedelta(weeks=12))

    assert sum(hourly_rates(silent)) < 0.3 * sum(hourly_rates(busy))


def test_a_burst_counts_for_some_hours_and_is_then_forgotten() -> None:
    calm = start_profile([START - n * 6 * HOUR for n in range(1, 100)], now=START)
    burst = learn(calm, [START + timedelta(minutes=n) for n in range(1, 9)], now=START + HOUR)
    rates = hourly_rates(burst)

    assert rate_at(burst, rates, START + HOUR) > 3 * rate_at(calm, hourly_rates(calm), START + HOUR)
    assert rate_at(burst, rates, START + 24 * HOUR) < 1.0


def test_a_clock_set_back_does_no_harm() -> None:
    known = start_profile([START - n * HOUR for n in range(1, 49)], now=START)

    back = learn(known, [START - 2 * HOUR], now=START - HOUR)

    assert back.learned_at == known.learned_at
    assert back.weeks == known.weeks


def test_expectation_adds_up() -> None:
    known = start_profile([START - n * HOUR for n in range(1, 500)], now=START)
    middle, end = START + 5 * HOUR, START + 30 * HOUR

    parts = expect(known, START, middle) + expect(known, middle, end)
    assert abs(parts - expect(known, START, end)) < 1e-9


@given(st.lists(st.floats(0, 27 * 24), max_size=60))
def test_a_profile_is_read_back_as_written(hours: list[float]) -> None:
    known = start_profile([START - hour * HOUR for hour in hours], now=START)

    again = read_profile(write_profile(known))

    assert sum(hourly_rates(again)) > 0
    assert abs(again.article_count - known.article_count) < 0.2
    assert isinstance(again, PublishingProfile)
