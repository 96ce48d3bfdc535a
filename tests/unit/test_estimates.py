"""Bounds of an estimate hold 19 times of 20, also for shares near 0 and 1."""

import random

import pytest

from crawler.flows.watch.estimates import Estimate, estimate

AMONG, DRAWN = 20_000, 400


@pytest.mark.parametrize("share", [0.0, 0.002, 0.05, 0.5, 0.95, 0.998, 1.0])
@pytest.mark.parametrize("parts", [(1.0,), (1.0, 1.0, 0.5, 0.25)])
def test_the_bounds_hold(share: float, parts: tuple[float, ...]) -> None:
    chance = random.Random(5)
    hits = [chance.choice(parts) if chance.random() < share else 0.0 for _ in range(AMONG)]
    held = 0

    for _ in range(200):
        drawn = [one for one in chance.sample(hits, DRAWN) if one]
        found = estimate(drawn, drawn=DRAWN, among=AMONG)
        held += found.low <= sum(hits) <= found.high

    # 190 are expected, and fewer than 180 in one of some hundred runs
    assert held >= 180


def test_bounds_are_not_so_wide_that_they_say_nothing() -> None:
    found = estimate([1.0] * 200, drawn=DRAWN, among=AMONG)

    assert found.value == AMONG / 2
    assert 0.9 * found.value < found.low < found.value < found.high < 1.1 * found.value


def test_whoever_draws_all_knows_all() -> None:
    assert estimate([1.0] * 7, drawn=10, among=10) == Estimate.exact(7)


def test_nothing_drawn_says_nothing() -> None:
    assert estimate([], drawn=0, among=10) == Estimate(0, 0, 10)
