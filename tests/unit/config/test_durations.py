from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.config.durations import parse_duration, parse_size_bytes, write_duration


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


@given(st.integers(0, 10_000_000))
def test_a_written_duration_reads_back(seconds: int) -> None:
    whole = timedelta(seconds=seconds)

    assert parse_duration(write_duration(whole)) == whole


def test_a_size_needs_its_unit() -> None:
    assert parse_size_bytes("10MB") == 10_000_000
    with pytest.raises(ValueError, match="unit"):
        parse_size_bytes(10)
