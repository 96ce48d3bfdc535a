"""Counts as people read them."""

import pytest

from crawler.text.counts import write_count, write_number, write_times


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 articles"), (1, "1 article"), (2, "2 articles"), (1234567, "1,234,567 articles")],
)
def test_one_thing_is_one_and_large_counts_are_grouped(count: int, text: str) -> None:
    assert write_count(count, "article") == text


def test_a_plural_of_its_own_is_taken_as_given() -> None:
    assert write_count(1, "story", "stories") == "1 story"
    assert write_count(1000, "story", "stories") == "1,000 stories"
    assert write_count(1, "source is", "sources are") == "1 source is"


def test_a_number_is_written_as_in_the_country_of_its_reader() -> None:
    assert (write_number(12345), write_number(12345, "de_DE")) == ("12,345", "12.345")


def test_once_is_a_word() -> None:
    assert [write_times(number) for number in (1, 2, 1500)] == ["once", "2 times", "1,500 times"]
