"""Records what one endpoint said at a visit: its entries, a rollover, or why it could not be read."""

import shlex
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from crawler.flows.crawl.absence import is_edited_meanwhile
from crawler.flows.crawl.announce import (
    judge_entries,
    lists_none_of_the_last,
    make_seen_keys,
    split_seen_keys,
)
from crawler.flows.crawl.entry_changes import find_look, is_restless
from crawler.flows.crawl.entry_keys import match_known
from crawler.model.article import Occasion
from crawler.model.source import Endpoint, EndpointKind, FetchResult, Source
from crawler.model.visit import Visit
from crawler.storage.crawl.endpoints import (
    back_off_endpoint,
    count_found,
    deactivate_endpoint,
    mark_endpoint_failed,
    mark_endpoint_read,
    reset_endpoints,
    save_endpoint,
    save_fetch_result,
)
from crawler.storage.crawl.entries.announcements import (
    Announcement,
    KnownEntry,
    list_known_entries,
    refresh_entry,
    save_entries,
)
from crawler.storage.crawl.entries.entries import EntryState
from crawler.storage.crawl.visits import note_answer
from crawler.text.counts import write_count

# an endpoint that nobody configured is given up after three failures in a row: the first may be an outage
MOST_ENDPOINT_FAILURES = 3
# a look back selects entries by date, and these have none
UNDATED = "not looked back at"


def write_result(
    connection: sqlite3.Connection,
    visit: Visit,
    source: Source,
    result: FetchResult,
    *,
    now: datetime,
) -> bool:
    """Record a fetch result; return whether the feed rolled over: it lists none of the entries it listed last time.

    An endpoint without an id is saved first. Call inside a transaction.
    """
    endpoint = result.endpoint
    if not endpoint.id:
        endpoint = save_endpoint(
            connection, visit, endpoint.kind, endpoint.url, origin=endpoint.origin
        )
        result = replace(result, endpoint=endpoint)
    if result.failure is not None:
        _write_failure(connection, visit, source, result)
    elif result.is_unchanged:
        mark_endpoint_read(connection, endpoint.id, now=now)
        note_answer(connection, visit.id, http_status=result.http_status)
        _rest(connection, endpoint, now=now)
    else:
        return _write_entries(connection, visit, source, result, now=now)
    return False


def _write_failure(
    connection: sqlite3.Connection, visit: Visit, source: Source, result: FetchResult
) -> None:
    endpoint = result.endpoint
    is_counted = not result.is_unasked
    mark_endpoint_failed(connection, endpoint.id, result.failure or "", is_counted=is_counted)
    note_answer(
        connection,
        visit.id,
        http_status=result.http_status,
        note=f"{endpoint.kind.value} {endpoint.url}: {result.failure}"
        if len(source.endpoints) > 1
        else None,
    )
    if (
        is_counted
        and endpoint.origin != "stated"
        and endpoint.failure_count + 1 >= MOST_ENDPOINT_FAILURES
    ):
        deactivate_endpoint(connection, endpoint.id)


def _write_entries(
    connection: sqlite3.Connection,
    visit: Visit,
    source: Source,
    result: FetchResult,
    *,
    now: datetime,
) -> bool:
    endpoint = result.endpoint
    announcements = judge_entries(source, result, now=now)
    # a sitemap's result brings its own keys
    seen_keys = make_seen_keys(announcements) if result.seen_keys is None else result.seen_keys
    # matched before the new ones are saved, which would be found as known
    known = list_known_entries(connection, source.id, announcements)
    matched = match_known(announcements, known)
    # where links change at each fetch (session ids), the entries are known ones
    is_rollover = lists_none_of_the_last(endpoint, seen_keys) and all(
        row is None for _, row in matched
    )
    new = [item for item, row in matched if row is None]
    announced_count = save_entries(connection, source.id, new, endpoint_id=endpoint.id, now=now)
    _refresh_known(connection, source, result, matched, now=now)
    save_fetch_result(connection, result, seen_keys=seen_keys, now=now)
    if endpoint.read_at is not None:
        then, this = split_seen_keys(endpoint.seen_keys), split_seen_keys(seen_keys)
        listed_count = len(this - then) if result.seen_keys is None else 0
        found_count = max(listed_count, announced_count)
        count_found(connection, endpoint.id, found_count=found_count, first_count=announced_count)
    note_answer(
        connection,
        visit.id,
        http_status=result.http_status,
        listed_count=len(result.entries) + result.empty_count
        if endpoint.kind is EndpointKind.FEED
        else 0,
        found_count=len(announcements),
        announced_count=announced_count,
        is_rollover=is_rollover,
        note=_describe_result(
            source,
            result,
            len(announcements),
            undated=_count_undated(source, new),
            is_rollover=is_rollover,
        ),
    )
    if is_rollover:
        # entries may have come and gone between two visits: sitemap and sections are read now to find them
        reset_endpoints(connection, source.id)
    elif not announced_count and endpoint.read_at is not None:
        _rest(connection, endpoint, now=now)
    return is_rollover


def _refresh_known(
    connection: sqlite3.Connection,
    source: Source,
    result: FetchResult,
    matched: Sequence[tuple[Announcement, KnownEntry | None]],
    *,
    now: datetime,
) -> None:
    """Save what a feed says about known entries now, if they wait or are to be looked at again."""
    are_dates_void = is_restless(matched)
    for item, row in matched:
        if row is None:
            continue
        look_at = find_look(
            item,
            row,
            source=source,
            kind=result.endpoint.kind,
            are_dates_void=are_dates_void,
            now=now,
        )
        if look_at is not None or row.state is EntryState.WAITING:
            refresh_entry(
                connection,
                row.id,
                item.entry,
                look_at=look_at,
                occasion=Occasion.BACKFILL
                if is_edited_meanwhile(source, result, item.entry, now=now)
                else Occasion.NEWS,
            )


def _count_undated(source: Source, new: Sequence[Announcement]) -> int:
    """Return how many entries a look back leaves out because they have no date."""
    if not source.backfill and source.backfill_from is None:
        return 0
    return sum(
        item.state is EntryState.SKIPPED and not (item.entry.stated_at or item.entry.updated_at)
        for item in new
    )


def _describe_result(
    source: Source, result: FetchResult, taken_count: int, *, undated: int, is_rollover: bool
) -> str | None:
    """Return what a person should know about an endpoint's answer, None if there is nothing."""
    listed_count, empty_count = len(result.entries) + result.empty_count, result.empty_count
    notes = [result.note]
    if empty_count:
        are = write_count(empty_count, "entry is", "entries are")
        notes.append(f"{are} empty: no address, no title, no text")
    if undated:
        said = write_count(
            undated, "entry carries no date and was", "entries carry no date and were"
        )
        command = f"watchword source backfill {shlex.quote(source.name)} --since 1d"
        notes.append(
            f"{said} marked as seen, {UNDATED} (`{command}` takes what was first seen since then)"
        )
    if result.endpoint.kind is EndpointKind.FEED and listed_count and not taken_count:
        notes.append(f"none of its {write_count(listed_count, 'entry', 'entries')} was taken")
    if is_rollover:
        notes.append("the feed rolled over: no entry of the last visit is left")
    return "; ".join(filter(None, notes)) or None


def _rest(connection: sqlite3.Connection, endpoint: Endpoint, *, now: datetime) -> None:
    """Read sitemaps and sections that nobody configured less often while they bring nothing of their own.

    Feeds and endpoints that a person configured are read at each visit (decision 008: 30 minutes, doubling to 12 hours).
    """
    if endpoint.origin != "stated" and endpoint.kind is not EndpointKind.FEED:
        first, most = timedelta(minutes=30), timedelta(hours=12)
        back_off_endpoint(connection, endpoint.id, first=first, most=most, now=now)
