"""Which entries of a long feed are read."""

from datetime import UTC, datetime, timedelta

import pytest

from crawler.extract.feed import parse_feed
from crawler.extract.feed_limit import choose_newest
from crawler.model.source import Feed

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def parse(items: list[str], *, most: int) -> Feed:
    body = f'<rss version="2.0"><channel><title>T</title>{"".join(items)}</channel></rss>'
    return parse_feed(
        body.encode(), url="https://x.org/f", content_type="", fetched_at=NOW, max_entries=most
    )


def item(number: int, date: str = "") -> str:
    stated = f"<pubDate>{date}</pubDate>" if date else ""
    return f"<item><title>{number}</title><link>/{number}</link>{stated}</item>"


def rfc(days: int) -> str:
    return f"{NOW - timedelta(days=days):%a, %d %b %Y %H:%M:%S} GMT"


@pytest.mark.parametrize("is_oldest_first", [True, False])
def test_a_dated_feed_loses_its_oldest_whichever_way_it_is_sorted(is_oldest_first: bool) -> None:
    items = [item(days, rfc(days)) for days in range(100)]
    feed = parse(items[::-1] if is_oldest_first else items, most=10)

    assert {entry.title for entry in feed.entries} == {str(days) for days in range(10)}
    assert feed.cut_count == 90


def test_an_undated_feed_keeps_both_ends() -> None:
    feed = parse([item(number) for number in range(100)], most=11)

    assert [int(entry.title) for entry in feed.entries] == [0, 1, 2, 3, 4, 5, 95, 96, 97, 98, 99]


def test_dates_in_a_language_nobody_reads_cheaply_keep_both_ends() -> None:
    feed = parse([item(number, f"{number} августа 2026") for number in range(20)], most=4)

    assert [entry.title for entry in feed.entries] == ["0", "1", "18", "19"]


def test_a_few_entries_without_a_date_are_taken_for_the_oldest() -> None:
    dates: list[datetime | None] = [NOW - timedelta(days=days) for days in range(19)]

    assert choose_newest([*dates, None], 5) == [0, 1, 2, 3, 4]


def test_a_hundred_thousand_entries_are_not_given_to_the_parser() -> None:
    feed = parse([item(number) for number in range(100_000)], most=500)

    assert (len(feed.entries), feed.cut_count) == (500, 99_500)
