"""When a message is given up, and how far ahead its next attempt can be."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from crawler.alerting.channels.retries import choose_wait, has_been_tried_enough, longest_wait
from crawler.model.mail.alert import DeliveryKind
from tests.fakes import START

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BATCH_WINDOW = timedelta(minutes=10)


def every_hour(begin: datetime, length: timedelta) -> list[datetime]:
    """Return the attempts of a daemon that runs all the time."""
    return [begin + number * HOUR for number in range(int(length / HOUR))]


FRIDAY = every_hour(START, 6 * HOUR)
DAYS_AT_WORK = [one for day in range(5) for one in every_hour(START + day * DAY, 8 * HOUR)]
TWO_DAYS = every_hour(START, 2 * DAY)


@pytest.mark.parametrize(
    ("attempts", "now", "is_enough"),
    [
        pytest.param([], START, False, id="the first attempt of all"),
        pytest.param(
            [], START + 30 * DAY, False, id="the first, of a message that was due long ago"
        ),
        pytest.param(FRIDAY, START + 4 * DAY, False, id="off from Friday to Tuesday"),
        pytest.param(TWO_DAYS, START + 12 * DAY, False, id="the clock was set forward by ten days"),
        pytest.param(
            [*TWO_DAYS, *every_hour(START - 10 * DAY, 12 * HOUR)],
            START - 9 * DAY,
            False,
            id="the clock was set back by twelve days",
        ),
        pytest.param(
            [*TWO_DAYS, *every_hour(START - 10 * DAY, 26 * HOUR)],
            START - 10 * DAY + 26 * HOUR,
            True,
            id="set back, and tried for another day",
        ),
        pytest.param(
            every_hour(START, 71 * HOUR), START + 71 * HOUR, False, id="awake for an hour less"
        ),
        pytest.param(
            every_hour(START, 84 * HOUR),
            START + 84 * HOUR,
            True,
            id="down for three days and a half",
        ),
        pytest.param(DAYS_AT_WORK, START + 5 * DAY, False, id="five days of eight hours"),
        pytest.param(
            [START + day * DAY for day in range(18)],
            START + 18 * DAY,
            True,
            id="woken for a minute a day: even that ends",
        ),
        pytest.param([START] * 500, START, False, id="a clock that stands"),
    ],
)
def test_a_message_is_given_up_after_three_days_of_running(
    attempts: list[datetime], now: datetime, is_enough: bool
) -> None:
    assert has_been_tried_enough(attempts, now) is is_enough


def test_waits_double_up_to_an_hour_and_differ() -> None:
    rng = random.Random(3)

    waits = [choose_wait(count, rng=rng).total_seconds() for count in range(12)]

    for count, wait in enumerate(waits):
        plain = min(30 * 2**count, 3600)
        assert 0.8 * plain <= wait <= 1.2 * plain
    assert len(set(waits[-3:])) == 3


def test_no_wait_is_longer_than_the_longest_of_its_delivery() -> None:
    rng = random.Random(3)
    for count in range(1, 15):
        most = longest_wait(DeliveryKind.ALERT, "", attempt_count=count, batch_window=BATCH_WINDOW)
        assert max(_waits(count, rng)) <= most


def _waits(count: int, rng: random.Random) -> Iterable[timedelta]:
    return (choose_wait(count - 1, rng=rng) for _ in range(200))


@pytest.mark.parametrize(
    ("kind", "series", "batch_window", "expected"),
    [
        (DeliveryKind.ALERT, "", BATCH_WINDOW, timedelta()),
        (DeliveryKind.STATUS_REPORT, "", BATCH_WINDOW, timedelta()),
        (DeliveryKind.NOTICE, "", BATCH_WINDOW, timedelta()),
        (DeliveryKind.DIGEST, "watch drones", BATCH_WINDOW, timedelta(days=8)),
        (DeliveryKind.DIGEST, "held", BATCH_WINDOW, HOUR),
        (DeliveryKind.DIGEST, "held", 3 * HOUR, 3 * HOUR),
    ],
)
def test_a_first_attempt_is_no_later_than_its_kind_allows(
    kind: DeliveryKind, series: str, batch_window: timedelta, expected: timedelta
) -> None:
    assert longest_wait(kind, series, attempt_count=0, batch_window=batch_window) == expected
