import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.config.durations import (
    parse_duration,
    parse_size_bytes,
    write_duration,
    write_size,
)
from crawler.config.schema import Config


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("1h30m", 5400), ("1d", 86_400), ("0.5s", 0.5)],
)
def test_a_duration_is_read_as_written(text: str, seconds: float) -> None:
    assert parse_duration(text).total_seconds() == seconds


@pytest.mark.parametrize("wrong", ["30", "m30", "", "3 months", 30, None, "9999999d"])
def test_a_duration_without_unit_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="duration|years"):
        parse_duration(wrong)


TEN_YEARS = timedelta(days=3660)


@given(st.timedeltas(timedelta(0), TEN_YEARS))
def test_a_written_duration_is_read_back(length: timedelta) -> None:
    assert parse_duration(write_duration(length)) == length


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(0), "0s"),
        (timedelta(seconds=5400), "1h30m"),
        (timedelta(seconds=0.5), "0.5s"),
        (timedelta(seconds=100_000.5), "1d3h46m40.5s"),
        (timedelta(microseconds=10), "0.00001s"),
    ],
)
def test_a_duration_is_written_whole_and_exactly(length: timedelta, text: str) -> None:
    assert write_duration(length) == text


@given(st.integers(0, 10**15))
def test_a_written_size_is_read_back(count: int) -> None:
    assert parse_size_bytes(write_size(count)) == count


@given(
    pause=st.timedeltas(timedelta(0), timedelta(days=30)),
    keep=st.timedeltas(timedelta(0), TEN_YEARS),
    most=st.integers(1, 10**9),
)
def test_the_crawl_process_gets_durations_and_sizes_as_they_are(
    pause: timedelta, keep: timedelta, most: int
) -> None:
    config = Config.model_validate(
        {
            "fetch": {"max_feed_ttl": pause, "max_size": write_size(most)},
            "store": {"page_retention": keep},
        }
    )

    handed = json.loads(json.dumps(config.for_crawl_process()))

    again = Config.model_validate(handed)
    assert (again.fetch, again.store, again.schedule) == (
        config.fetch,
        config.store,
        config.schedule,
    )


def test_a_size_needs_its_unit() -> None:
    assert parse_size_bytes("10MB") == 10_000_000
    with pytest.raises(ValueError, match="unit"):
        parse_size_bytes(10)
