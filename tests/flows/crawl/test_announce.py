"""Which entries are accepted, and which of them are news at the first visit of an endpoint."""

from datetime import timedelta

import pytest

from crawler.flows.crawl.announce import judge_entries, make_seen_keys
from crawler.model.article import Occasion
from crawler.model.source import Endpoint, EndpointKind, FeedEntry, FetchResult, Source, SourceKind
from crawler.storage.crawl.entries.entries import EntryState
from tests.fakes import START

HOUR = timedelta(hours=1)


def source(**facts: object) -> Source:
    return Source(id=1, name="x", url="https://x.org/", kind=SourceKind.AUTO, **facts)  # type: ignore[arg-type]  # test facts


def result(kind: EndpointKind, *entries: FeedEntry, is_read: bool = True) -> FetchResult:
    endpoint = Endpoint(id=1, kind=kind, url="https://x.org/way", read_at=START - 9 * HOUR if is_read else None)  # fmt: skip
    return FetchResult(endpoint=endpoint, entries=entries)


def entry(path: str = "/a", age: timedelta | None = None) -> FeedEntry:
    url = path if path.startswith("http") else f"https://x.org{path}"
    return FeedEntry(url=url, stated_at=None if age is None else START - age)


def states(source: Source, result: FetchResult) -> list[EntryState]:
    return [item.state for item in judge_entries(source, result, now=START)]


@pytest.mark.parametrize(
    ("kind", "count"),
    [(EndpointKind.FEED, 2), (EndpointKind.SITEMAP, 1), (EndpointKind.SECTION, 1)],
)
def test_only_a_feed_may_point_to_other_sites(kind: EndpointKind, count: int) -> None:
    entries = (entry("/a"), entry("https://elsewhere.org/b"))

    assert len(judge_entries(source(), result(kind, *entries), now=START)) == count


def test_unwanted_addresses_are_left_out() -> None:
    asked = source(include=("/news/*",), exclude=("*live*",))
    entries = (entry("/news/a"), entry("/sport/b"), entry("/news/live-c"))

    found = judge_entries(asked, result(EndpointKind.FEED, *entries), now=START)

    assert [item.url for item in found] == ["https://x.org/news/a"]


def test_a_sitemaps_history_is_no_news_but_a_late_entry_is() -> None:
    known = source(last_success_at=START - HOUR, visited_at=START - 99 * HOUR)
    entries = (entry("/old", timedelta(days=30)), entry("/late", 30 * HOUR), entry("/undated"))

    found = judge_entries(known, result(EndpointKind.SITEMAP, *entries), now=START)

    assert [item.url[13:] for item in found] == ["/late", "/undated"]


def test_a_first_visit_marks_what_is_there_as_seen() -> None:
    first = result(EndpointKind.FEED, entry("/a", HOUR), entry("/b"), is_read=False)

    assert states(source(), first) == [EntryState.SKIPPED] * 2
    assert states(source(backfill=2 * HOUR), first) == [EntryState.WAITING, EntryState.SKIPPED]
    assert states(source(backfill=HOUR / 2), first) == [EntryState.SKIPPED] * 2


def test_the_first_visit_of_a_later_endpoint_brings_what_came_since_and_late_entries() -> None:
    known = source(visited_at=START - 9 * HOUR, last_success_at=START - 2 * HOUR)
    first = result(
        EndpointKind.SITEMAP, entry("/new", HOUR), entry("/late", 2.5 * HOUR), entry("/old", 4 * HOUR),
        is_read=False,
    )  # fmt: skip

    assert states(known, first) == [EntryState.WAITING] * 2 + [EntryState.SKIPPED]


def test_entries_from_before_the_first_visit_stay_skipped() -> None:
    young = source(visited_at=START - HOUR / 2, last_success_at=START - HOUR / 2)

    assert states(young, result(EndpointKind.SITEMAP, entry(age=HOUR), is_read=False)) == [
        EntryState.SKIPPED
    ]


DAY = 24 * HOUR
AGES = (HOUR / 2, 5 * HOUR, 20 * DAY, 32 * DAY, None)
W, S = EntryState.WAITING, EntryState.SKIPPED


@pytest.mark.parametrize(
    ("away", "every", "states", "gathered"),
    [
        # read on time: all entries come at once
        (2 * HOUR, HOUR, [W, W, W, W, W], [False] * 5),
        # an evening
        (5.9 * HOUR, HOUR / 4, [W, W, W, W, W], [False] * 5),
        # a weekly source that missed one visit
        (15 * DAY, 7 * DAY, [W, W, W, W, W], [False] * 5),
        # a night: what is old was there before
        (8 * HOUR, HOUR, [W, W, S, S, W], [False, True, False, False, True]),
        (30 * DAY, HOUR, [W, W, W, S, W], [False, True, True, False, True]),
        (90 * DAY, 7 * DAY, [W, W, W, W, W], [False, True, True, True, True]),
    ],
)
@pytest.mark.parametrize("kind", [EndpointKind.FEED, EndpointKind.SECTION])
def test_entries_from_a_downtime_are_gathered_and_older_ones_are_skipped(
    kind: EndpointKind,
    away: timedelta,
    every: timedelta,
    states: list[EntryState],
    gathered: list[bool],
) -> None:
    back = source(last_success_at=START - away, visited_at=START - 365 * DAY, every=every)
    entries = [entry(f"/{place}", age) for place, age in enumerate(AGES)]

    found = judge_entries(back, result(kind, *entries), now=START)

    assert [item.state for item in found] == states
    assert [item.occasion is Occasion.BACKFILL for item in found] == gathered


def test_a_requested_look_back_reaches_further_than_a_downtime() -> None:
    back = source(
        last_success_at=START - 30 * DAY,
        visited_at=START - 365 * DAY,
        backfill_from=START - 60 * DAY,
    )

    found = judge_entries(back, result(EndpointKind.FEED, entry("/a", 32 * DAY)), now=START)

    assert [(item.state, item.occasion) for item in found] == [(W, Occasion.BACKFILL)]


def test_a_key_is_kept_for_each_entry_up_to_a_limit() -> None:
    few = judge_entries(source(), result(EndpointKind.FEED, entry("/a"), entry("/b")), now=START)
    many = judge_entries(
        source(), result(EndpointKind.FEED, *(entry(f"/{n}") for n in range(1500))), now=START
    )

    assert len(make_seen_keys(few)) == 16
    assert len(make_seen_keys(many)) == 8000


def looks_back(source: Source, result: FetchResult) -> list[bool]:
    return [item.occasion is Occasion.BACKFILL for item in judge_entries(source, result, now=START)]


def test_entries_of_a_first_visit_or_a_look_back_are_distinguished_from_news() -> None:
    first = source(backfill=99 * HOUR)
    known = {"visited_at": START - 99 * HOUR, "last_success_at": START - HOUR}
    entries = (entry("/a", 50 * HOUR), entry("/b", HOUR / 2))

    assert looks_back(first, result(EndpointKind.FEED, *entries, is_read=False)) == [True, True]
    assert looks_back(source(**known), result(EndpointKind.FEED, *entries)) == [False, False]
    asked_back = source(**known, backfill_from=START - 99 * HOUR)
    assert looks_back(asked_back, result(EndpointKind.FEED, *entries)) == [True, False]
