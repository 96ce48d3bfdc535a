"""Which entries of a long feed are read."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from crawler.extract.feeds.feed import parse_feed
from crawler.extract.feeds.feed_limit import choose_newest
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


@pytest.mark.parametrize(
    "write",
    [
        lambda number: f"{number + 1} августа 2026",
        lambda number: f"{number + 1}. August 2026, 10:00 Uhr",
        lambda number: str(1_780_000_000 + number * 86_400),
        lambda number: f"<![CDATA[ {rfc(20 - number)} ]]>",
    ],
)
def test_the_newest_are_found_by_dates_of_any_form(write: Callable[[int], str]) -> None:
    items = [item(number, write(number)) for number in range(20)]
    feed = parse([*items[10:], *items[:10]], most=4)

    assert sorted(int(entry.title) for entry in feed.entries) == [16, 17, 18, 19]


def test_where_some_have_a_date_the_newest_of_these_and_both_ends_are_kept() -> None:
    items = [item(number, rfc(100 - number) if number % 3 == 0 else "") for number in range(90)]
    feed = parse([*items[:40], item(99, rfc(0)), *items[40:]], most=8)

    assert [int(entry.title) for entry in feed.entries] == [0, 1, 99, 81, 84, 87, 88, 89]


def test_a_few_entries_without_a_date_are_taken_for_the_oldest() -> None:
    dates: list[datetime | None] = [NOW - timedelta(days=days) for days in range(19)]

    assert choose_newest([*dates, None], 5) == [0, 1, 2, 3, 4]


def test_a_hundred_thousand_entries_are_not_given_to_the_parser() -> None:
    feed = parse([item(number) for number in range(100_000)], most=500)

    assert (len(feed.entries), feed.cut_count) == (500, 99_500)
