"""Waits that double: one formula for messages, visits, processes and passwords."""

import random
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from crawler.backoff import AROUND, Backoff

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def test_a_wait_doubles_with_each_failure_up_to_the_limit() -> None:
    backoff = Backoff(SECOND, MINUTE)

    waits = [backoff.wait_after(count).total_seconds() for count in range(1, 10)]

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_without_a_failure_the_wait_is_the_first_one() -> None:
    assert Backoff(SECOND, MINUTE).wait_after(0) == SECOND


def test_a_limit_below_the_first_wait_applies() -> None:
    assert Backoff(MINUTE, SECOND).wait_after(1) == SECOND


def test_a_drawn_wait_is_spread_over_all_of_its_jitter() -> None:
    backoff, rng = Backoff(MINUTE, 60 * MINUTE, AROUND), random.Random(4)

    drawn = [backoff.draw_after(2, rng) / MINUTE for _ in range(500)]

    assert 1.6 <= min(drawn) < 1.65
    assert 2.35 < max(drawn) <= 2.4 == backoff.longest_after(2) / MINUTE


def test_jitter_can_be_limited_to_longer_waits() -> None:
    backoff, rng = Backoff(MINUTE, 60 * MINUTE, (1.0, 1.2)), random.Random(4)

    assert min(backoff.draw_after(1, rng) for _ in range(500)) >= MINUTE


@given(
    st.timedeltas(timedelta(0), timedelta(days=400)),
    st.timedeltas(timedelta(0), timedelta(days=400)),
    st.integers(0, 10**9),
)
def test_no_count_of_failures_makes_a_wait_shorter_or_too_long(
    first: timedelta, most: timedelta, count: int
) -> None:
    backoff = Backoff(first, most)

    waits = [backoff.wait_after(number) for number in (count, count + 1, count + 100)]

    assert all(one <= later for one, later in pairwise(waits))
    assert waits[-1] <= most
