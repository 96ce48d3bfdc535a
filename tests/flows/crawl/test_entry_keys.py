"""Entry keys: how the entries of a source are recognised from visit to visit."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crawler.flows.crawl.announce import judge_entries
from crawler.flows.crawl.entry_changes import find_look, is_restless
from crawler.flows.crawl.entry_keys import match_known
from crawler.model.source import Endpoint, EndpointKind, FeedEntry, FetchResult, Source, SourceKind
from crawler.storage.crawl.entries.announcements import Announcement, KnownEntry
from crawler.storage.crawl.entries.entries import EntryState

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SOURCE = Source(
    id=1,
    name="courier",
    url="https://x.org/feed",
    kind=SourceKind.FEED,
    visited_at=NOW - 48 * HOUR,
    last_success_at=NOW - HOUR,
)


def entry(path: str, title: str = "A title", guid: str | None = None, **facts: object) -> FeedEntry:
    url = f"https://x.org{path}" if path else ""
    return replace(FeedEntry(url=url, guid=guid, title=title), **facts)  # type: ignore[arg-type]


def judge(*entries: FeedEntry) -> list[Announcement]:
    endpoint = Endpoint(id=1, kind=EndpointKind.FEED, url=SOURCE.url, read_at=NOW - HOUR)
    return judge_entries(SOURCE, FetchResult(endpoint=endpoint, entries=entries), now=NOW)


def known(
    announced: list[Announcement], *, state: EntryState = EntryState.FETCHED
) -> list[KnownEntry]:
    return [
        KnownEntry(
            id=place,
            entry_key=item.entry_key,
            url_key=item.key,
            guid=item.entry.guid,
            title=item.entry.title,
            text=item.entry.text,
            state=state,
            stated_at=item.entry.stated_at,
            updated_at=item.entry.updated_at,
        )
        for place, item in enumerate(announced)
    ]


def new(before: list[FeedEntry], now: list[FeedEntry]) -> list[str]:
    """Return the titles that are new after an earlier visit."""
    matched = match_known(judge(*now), known(judge(*before)))
    return [item.entry.title for item, row in matched if row is None]


ONE, TWO, THREE = "Harbour closed", "Ferry late", "Drone seen"


@pytest.mark.parametrize(
    ("entries", "count"),
    [
        # several pieces of news on one page
        ([entry("/n", ONE, "1"), entry("/n", TWO, "2")], 2),
        ([entry("/n#a", ONE), entry("/n#b", ONE)], 2),
        ([entry("/n", ONE), entry("/n", TWO)], 2),
        ([entry("", ONE), entry("", TWO)], 2),
        ([entry("", "", text="One thing"), entry("", "", text="Another thing")], 2),
        ([entry("/n", ONE, "same"), entry("/n", TWO, "same")], 2),
        ([entry("/n", "Log", stated_at=NOW - HOUR, text="a"), entry("/n", "Log", stated_at=NOW, text="b")], 2),
        # one piece of news listed twice
        ([entry("/n", ONE, "1"), entry("/n?utm_source=x", ONE, "2")], 1),
        ([entry("/n", ONE), entry("/n#comments", ONE)], 1),
        ([entry("/n", ONE), entry("/amp/n", ONE)], 1),
    ],
)  # fmt: skip
def test_entries_of_one_visit(entries: list[FeedEntry], count: int) -> None:
    found = judge(*entries)

    assert len(found) == count
    assert len({item.entry_key for item in found}) == count


@pytest.mark.parametrize(
    ("before", "now", "titles"),
    [
        # a third notice on a page of two
        ([entry("/n", ONE, "1"), entry("/n", TWO, "2")], [entry("/n", THREE, "3"), entry("/n", ONE, "1"), entry("/n", TWO, "2")], [THREE]),
        # the first notice was alone
        ([entry("/n", ONE, "1")], [entry("/n", ONE, "1"), entry("/n", THREE, "3")], [THREE]),
        ([entry("/n", ONE)], [entry("/n", ONE), entry("/n", THREE)], [THREE]),
        ([entry("/n", ONE, "1"), entry("/n", TWO, "2")], [entry("/n", TWO, "2")], []),
        # the address always names the newest
        ([entry("/n", ONE, "1")], [entry("/n", THREE, "2")], [THREE]),
        # a link that changes each time
        ([entry("/a;x=1", ONE, "1")], [entry("/b;x=2", ONE, "1")], []),
        # a feed that makes new guids at each fetch
        ([entry("/a", ONE, "1"), entry("/b", TWO, "2")], [entry("/a", ONE, "3"), entry("/b", TWO, "4")], []),
        ([entry("/a", ONE, "1"), entry("/b", TWO, "2")], [entry("/a", THREE, "3"), entry("/b", TWO, "4")], []),
        # a feed that numbers its entries from one again
        ([entry("/a", ONE, "1")], [entry("/b", THREE, "1")], [THREE]),
        # no address at all
        ([entry("", ONE, "1")], [entry("", ONE, "1"), entry("", THREE, "2")], [THREE]),
        ([entry("", ONE)], [entry("", THREE), entry("", ONE)], [THREE]),
        # an edited headline does not make a new entry
        ([entry("/a", ONE, "1"), entry("/b", TWO, "2")], [entry("/a", THREE, "1"), entry("/b", TWO, "2")], []),
    ],
)  # fmt: skip
def test_entries_of_a_later_visit(
    before: list[FeedEntry], now: list[FeedEntry], titles: list[str]
) -> None:
    assert new(before, now) == titles


def looks(before: list[FeedEntry], now: list[FeedEntry], **facts: object) -> list[timedelta | None]:
    """Return how soon each known entry is looked at again."""
    rows = [replace(row, **facts) for row in known(judge(*before))]  # type: ignore[arg-type]
    matched = match_known(judge(*now), rows)
    are_void = is_restless(matched)
    found = []
    for item, row in matched:
        assert row is not None
        at = find_look(
            item, row, source=SOURCE, kind=EndpointKind.FEED, are_dates_void=are_void, now=NOW
        )
        found.append(None if at is None else at - NOW)
    return found


def test_a_new_headline_or_new_words_cause_a_look_and_a_counter_does_not() -> None:
    assert looks([entry("/a", ONE)], [entry("/a", THREE)]) == [timedelta(0)]
    assert looks([entry("/a", ONE)], [entry("/a", ONE)]) == [None]
    assert looks([entry("/a", "Talk (12)")], [entry("/a", "Talk (13)")]) == [None]
    titled = entry("/a", ONE, text="No ferry today")
    assert looks([titled], [replace(titled, text="No ferry today. A drone fell.")]) == [
        timedelta(0)
    ]


def test_a_changed_date_causes_a_look_and_the_time_of_the_fetch_does_not() -> None:
    old = entry("/a", updated_at=NOW - 9 * HOUR)
    skipped = {"state": EntryState.SKIPPED}

    assert looks([old], [replace(old, updated_at=NOW)]) == [timedelta(0)]
    assert looks([old], [replace(old, updated_at=NOW)], **skipped) == [None]
    assert looks([old], [replace(old, updated_at=NOW - HOUR)], **skipped) == [timedelta(0)]


def test_dates_that_all_change_together_are_ignored() -> None:
    old = [entry(f"/{n}", f"Title {n}", updated_at=NOW - 9 * HOUR) for n in range(6)]
    moved = [replace(one, updated_at=NOW - HOUR) for one in old]

    assert looks(old, moved) == [None] * 6
    assert looks(old, [moved[0], *old[1:]]) == [timedelta(0), *[None] * 5]


def test_skipped_entries_are_looked_at_only_after_a_change() -> None:
    old = entry("/a", updated_at=NOW - 900 * HOUR)
    skipped = {"state": EntryState.SKIPPED}

    assert looks([old], [replace(old, updated_at=NOW - 90 * HOUR)], **skipped) == [None]
    assert looks([old], [replace(old, updated_at=NOW - HOUR)], **skipped) == [timedelta(0)]


def test_looks_that_found_nothing_become_rarer() -> None:
    old, seen = entry("/a", updated_at=NOW - 9 * HOUR), NOW - timedelta(minutes=1)
    moved = [replace(old, updated_at=NOW - HOUR)]
    waits = [looks([old], moved, looked_at=seen, vain_count=count)[0] for count in (0, 1, 2, 3, 30)]

    assert waits == [
        timedelta(0),
        timedelta(0),
        timedelta(minutes=1),
        timedelta(minutes=3),
        timedelta(days=7, minutes=-1),
    ]


def test_waiting_entries_are_left_alone() -> None:
    assert looks([entry("/a", ONE)], [entry("/a", THREE)], state=EntryState.WAITING) == [None]
