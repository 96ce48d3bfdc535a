"""Texts and dates of an entry, in any kind of feed."""

from datetime import UTC, datetime

import feedparser
import pytest

from crawler.extract.feeds.feed_fields import read_instant, read_text

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
MORNING = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-26T08:30:00Z",
        "Thu, 26 Nov 2026 09:30:00 +0100",
        "1795681800",
        1795681800,
        1795681800.0,
    ],
)
def test_a_date_is_read_however_a_program_writes_it(value: object) -> None:
    assert read_instant({"date": value}, ["date"], fetched_at=NOW) == MORNING


def test_the_first_name_with_a_date_counts() -> None:
    item = {"published": "soon", "created": "2026-11-26T08:30:00Z", "updated": "2026-11-26"}

    assert read_instant(item, ["published", "created", "updated"], fetched_at=NOW) == MORNING


@pytest.mark.parametrize("value", [None, "", "soon", True, [], {"a": 1}, float("nan")])
def test_an_unreadable_date_is_none(value: object) -> None:
    assert read_instant({"date": value}, ["date", "other"], fetched_at=NOW) is None


def test_a_missing_field_of_an_entry_is_read_as_empty() -> None:
    entry = feedparser.FeedParserDict(published="Thu, 26 Nov 2026 09:30:00 +0100", title=7)

    assert read_text(entry, "updated") == ""
    assert read_text(entry, "title") == ""
    assert read_text(entry, "published").startswith("Thu")
