"""Decides which entries of an endpoint count, under which address, and in which state they begin if they are new."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from crawler.flows.crawl.absence import Since, place_entry
from crawler.flows.crawl.entry_keys import name_entries
from crawler.model.article import Occasion
from crawler.model.source import Endpoint, EndpointKind, FeedEntry, FetchResult, Source
from crawler.storage.crawl.entries.announcements import Announcement
from crawler.storage.crawl.entries.entries import EntryState
from crawler.text.web.urls import (
    canonical_url,
    digest_key,
    distinguish_addresses,
    is_same_site,
    is_wanted,
)

# a sitemap can list a site's whole history: an entry dated three days before the last visit is no news
_SITEMAP_MEMORY = timedelta(days=3)
# an article published before a visit may be listed only after it
_LATE_LISTING = timedelta(hours=1)
# a feed that only ever lists its newest entry reported a rollover, and caused four requests for sitemaps, at each visit
_FEWEST_FOR_ROLLOVER = 2
# at 8 bytes a key 8 kB for each endpoint, which every visit reads and writes
_MOST_SEEN_KEYS = 1000


def judge_entries(source: Source, result: FetchResult, *, now: datetime) -> list[Announcement]:
    """Return the entries that count, each with its canonical address, key, occasion and state."""
    is_feed = result.endpoint.kind is EndpointKind.FEED
    announcements: list[Announcement] = []
    keys = distinguish_addresses(
        (entry.url for entry in result.entries if entry.url),
        seen_keys=split_seen_keys(result.endpoint.seen_keys),
    )
    for entry in result.entries:
        url = canonical_url(entry.url) if entry.url else ""
        if url is None or not (url or is_feed):
            continue
        if url and not _counts(source, result, entry, url, now=now):
            continue
        since = place_entry(source, result, entry, now=now)
        state = _state_if_new(source, result, entry, now=now)
        if since is Since.BEFORE:
            state = EntryState.SKIPPED
        is_late = since is Since.DURING or _looks_back(source, result, entry)
        is_backfill = is_late and state is EntryState.WAITING
        announcements.append(
            Announcement(
                url=url,
                key=keys[entry.url] if url else "",
                entry=entry,
                state=state,
                occasion=Occasion.BACKFILL if is_backfill else Occasion.NEWS,
            )
        )
    if is_feed:
        return name_entries(announcements)
    # sitemaps and sections have no guids: an address is one entry, and the first listing of it counts
    by_key = {item.key: replace(item, entry_key=item.key) for item in reversed(announcements)}
    return list(by_key.values())[::-1]


def _counts(
    source: Source, result: FetchResult, entry: FeedEntry, url: str, *, now: datetime
) -> bool:
    """Return whether an entry counts: of this site or of a feed, wanted by the configuration, and no sitemap's history."""
    kind = result.endpoint.kind
    if kind is not EndpointKind.FEED and not is_same_site(url, source.url):
        return False
    # an address that no earlier visit listed is news whatever its lastmod: templates and deployments write old dates
    is_new = entry.url in result.first_listed
    if kind is EndpointKind.SITEMAP and entry.stated_at is not None and not is_new:
        oldest = (result.endpoint.read_at and source.last_success_at) or now
        since = min(filter(None, (oldest, source.backfill_from, now - source.backfill)))
        if entry.stated_at < since - _SITEMAP_MEMORY:
            return False
    return kind is EndpointKind.PAGE or is_wanted(
        url, include=source.include, exclude=source.exclude
    )


def _state_if_new(
    source: Source, result: FetchResult, entry: FeedEntry, *, now: datetime
) -> EntryState:
    """Return the state an entry has if it is new.

    First visits mark what is present as skipped: nobody wants a hundred mails about last week. An endpoint that is first
    read later, for example after a rollover, brings what was published since the source was last read.
    """
    if result.endpoint.kind is EndpointKind.PAGE:
        return EntryState.WAITING
    if entry.url in result.first_listed:
        return EntryState.WAITING
    since: datetime | None = source.backfill_from
    if since is None and entry.url in result.listed_before:
        return EntryState.SKIPPED
    # a sitemap of an index may be read here for the first time, even if the index was read before
    is_known = result.endpoint.read_at is not None
    if since is None and is_known and result.seen_keys is None:
        return EntryState.WAITING
    if since is None and source.visited_at and source.last_success_at:
        late = _SITEMAP_MEMORY if is_known else _LATE_LISTING
        since = max(source.visited_at, source.last_success_at - late)
    if since is None and source.backfill:
        since = now - source.backfill
    # Atom requires the update of an entry and makes its publication optional (RFC 4287, 4.2.9 and 4.2.15)
    stated_at = entry.stated_at or entry.updated_at
    is_recent = since is not None and stated_at is not None and stated_at >= since
    return EntryState.WAITING if is_recent else EntryState.SKIPPED


def _looks_back(source: Source, result: FetchResult, entry: FeedEntry) -> bool:
    """Return whether an entry comes from a first visit, or from a look back at what was there before the last one."""
    if result.endpoint.kind is EndpointKind.PAGE:
        return False
    if source.backfill_from is not None:
        last = source.last_success_at
        return last is None or entry.stated_at is None or entry.stated_at < last
    return source.visited_at is None


def make_seen_keys(announcements: Iterable[Announcement]) -> bytes:
    """Return the keys of a feed's entries, 8 bytes each; by them the next visit detects a rollover."""
    return b"".join(digest_key(item.entry_key) for item in [*announcements][:_MOST_SEEN_KEYS])


def split_seen_keys(seen_keys: bytes) -> frozenset[bytes]:
    """Return the keys that ``make_seen_keys`` packed."""
    return frozenset(seen_keys[start : start + 8] for start in range(0, len(seen_keys), 8))


def lists_none_of_the_last(endpoint: Endpoint, seen_keys: bytes) -> bool:
    """Return whether a feed lists none of the entries it listed last time, by what is known without the database.

    seen_keys  of what it lists now. A feed of one entry cannot show this, now or then.
    """
    if endpoint.kind is not EndpointKind.FEED:
        return False
    then, this = split_seen_keys(endpoint.seen_keys), split_seen_keys(seen_keys)
    return min(len(then), len(this)) >= _FEWEST_FOR_ROLLOVER and not then & this
