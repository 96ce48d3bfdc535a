"""Reading a sitemap and the sitemaps it names: the most promising ones at each visit, the others in turn."""

import hashlib
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from scrapy.http import Response

from crawler.errors import HostThrottled, RetryLater, SetAside, VisitOver, reason_of
from crawler.extract.sitemaps.sitemap import parse_sitemap
from crawler.extract.sitemaps.sitemap_choice import (
    Earlier,
    is_named_anew,
    order_children,
    pick_children,
)
from crawler.extract.sitemaps.sitemap_memory import (
    Remembered,
    pack_memory,
    split_keys,
    unpack_memory,
)
from crawler.flows.crawl.visit_services import VisitServices
from crawler.model.source import Endpoint, FeedEntry, Sitemap, Source
from crawler.spiders.fetcher import Fetcher
from crawler.text.counts import write_count, write_number
from crawler.text.lines import clean_line
from crawler.text.web.urls import article_key, digest_key

# read of each index at a visit: this many of the most promising files, and one of the others in turn. The first three alone
# never included WordPress' newest posts: its index has no dates and lists its files oldest first
_BEST_CHILDREN = 3
# files read at a visit; the rest waits for later visits. An index can name ten thousand sitemaps, or itself: an endless one
# cost 2,207 requests in six seconds
_MOST_CHILDREN = 12
_DEEPEST = 3  # an index of indexes; Scrapy's own spider follows any depth
# of one file, and of all together; a file may list 50,000 (sitemaps.org). What is cut from a file is older and is noted
_MOST_ENTRIES = 5000
# the memory of a file that brought something new; one less for each visit that did not (Remembered.brought, one byte)
_JUST_BROUGHT = 255
_OLDEST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundInSitemap:
    """What a sitemap and those it names listed.

    is_whole   every sitemap that is named was read
    seen_keys  what is remembered for the next visit
    """

    entries: tuple[FeedEntry, ...]
    first_listed: frozenset[str]
    listed_before: frozenset[str]
    body_hash: str
    is_index: bool
    is_whole: bool
    seen_keys: bytes
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Child:
    """A sitemap that an index names; *new* if the index did not name it before."""

    url: str
    depth: int
    is_new: bool


@dataclass(slots=True)
class _Walk:
    """What one visit has read so far.

    then     what earlier visits remembered, by the digest of each file's address
    known    the keys of all of it
    now      the same for what was read at this visit, latest last
    waiting  sitemaps still to read, a queue for each index
    """

    then: dict[bytes, Remembered]
    known: bytes
    now: dict[bytes, Remembered] = field(default_factory=dict)
    waiting: deque[deque[_Child]] = field(default_factory=deque)
    found: list[Sitemap] = field(default_factory=list)
    failures: list[tuple[str, RetryLater | SetAside]] = field(default_factory=list)
    digest: "hashlib.blake2b" = field(default_factory=lambda: hashlib.blake2b(digest_size=16))
    named_count: int = 0
    read_count: int = 0


class SitemapReader:
    """Reads a sitemap and those it names, three levels deep and at most twelve files a visit."""

    def __init__(self, services: VisitServices, fetcher: Fetcher) -> None:
        self._services = services
        self._fetcher = fetcher

    async def read(self, source: Source, endpoint: Endpoint, response: Response) -> FoundInSitemap:
        """Return what a sitemap, whose answer is at hand, and the most promising of those it names list.

        raises  what reading it raises; if none of those it names can be read, what the first of these raises
        """
        then = unpack_memory(endpoint.seen_keys) if endpoint.read_at else {}
        walk = _Walk(then, b"".join(each.keys for each in then.values()))
        await self._take(walk, source, _Child(url=endpoint.url, depth=1, is_new=False), response)
        while walk.waiting and walk.read_count + len(walk.failures) < _MOST_CHILDREN:
            queue = walk.waiting.popleft()
            child = queue.popleft()
            if queue:  # the queues take turns, so that one large index does not use up the limit of the visit
                walk.waiting.append(queue)
            await self._read_child(walk, source, child)
        if walk.failures and not walk.read_count:
            raise walk.failures[0][1]
        return _sum_up(walk)

    async def _read_child(self, walk: _Walk, source: Source, child: _Child) -> None:
        """Read one of the sitemaps that an index names; its failure is noted and does not stop the others."""
        name = _digest(child.url)
        if name in walk.now:
            return
        try:
            response = await self._fetcher.get(child.url, source)
            await self._take(walk, source, child, response)
            walk.read_count += 1
        except VisitOver:  # says nothing about the sitemap
            raise
        except (RetryLater, SetAside) as error:
            walk.failures.append((child.url, error))
            # it counts as read: one that never answers must not take the others' turn
            walk.now[name] = walk.then.get(name) or Remembered(is_whole=False)
            if isinstance(error, HostThrottled):
                walk.waiting.clear()

    async def _take(self, walk: _Walk, source: Source, child: _Child, response: Response) -> None:
        name = _digest(child.url)
        before = walk.then.get(name) or Remembered(is_whole=False)
        sitemap = await self._services.pool.run(
            parse_sitemap,
            response.body,
            source=source.name,
            url=response.url,
            fetched_at=self._services.clock(),
            max_entries=_MOST_ENTRIES,
            max_bytes=self._services.rules.config.fetch.max_size,
            earlier=Earlier(
                known=walk.known if before.is_whole or child.is_new else None, own=before.keys
            ),
        )
        brought = _JUST_BROUGHT if sitemap.first_listed else max(before.brought - 1, 0)
        walk.now[name] = Remembered(keys=sitemap.keys, brought=brought)
        walk.found.append(sitemap)
        walk.digest.update(response.body)
        if sitemap.children:
            self._plan(walk, sitemap, before, depth=child.depth)

    def _plan(self, walk: _Walk, sitemap: Sitemap, before: Remembered, *, depth: int) -> None:
        """Queue the sitemaps of an index that are read at this visit."""
        memory = {url: walk.then.get(_digest(url)) for _, url in sitemap.children}
        walk.named_count += len(memory)
        if depth >= _DEEPEST:
            return
        brought = {url: each.brought for url, each in memory.items() if each}
        places = {name: place for place, name in enumerate(walk.then)}
        order = {url: places[_digest(url)] for url, each in memory.items() if each}
        picked = pick_children(
            order_children(sitemap.children, brought=brought),
            best=_BEST_CHILDREN,
            read_order=order,
        )
        named = frozenset(split_keys(before.keys)) if before.is_whole else None
        new = {url for url in memory if named is not None and is_named_anew(url, named)}
        # an index that renames most of its files (each with the number of a build) names nothing new; one or two new files may
        # be most of a short index
        is_renamed = len(new) > 2 and 2 * len(new) > len(memory)
        walk.waiting.append(
            deque(
                _Child(url=url, depth=depth + 1, is_new=url in new and not is_renamed)
                # the best, then the one whose turn it is, because the limit of the visit may cut off the rest
                for url in (*picked[:1], *picked[_BEST_CHILDREN:], *picked[1:_BEST_CHILDREN])
            )
        )


def _sum_up(walk: _Walk) -> FoundInSitemap:
    first_listed = frozenset[str]().union(*(each.first_listed for each in walk.found))
    entries = [entry for sitemap in walk.found for entry in sitemap.entries]
    entries.sort(
        key=lambda entry: (entry.url in first_listed, entry.stated_at or _OLDEST), reverse=True
    )
    # the file that was read last comes first, because the limit of what is remembered cuts off the end
    memory = dict(reversed(walk.now.items()))
    memory.update((name, each) for name, each in walk.then.items() if name not in memory)
    return FoundInSitemap(
        entries=tuple(entries[:_MOST_ENTRIES]),
        first_listed=first_listed,
        listed_before=frozenset[str]().union(*(each.listed_before for each in walk.found))
        - first_listed,
        body_hash=walk.digest.hexdigest(),
        is_index=walk.named_count > 0,
        is_whole=walk.read_count >= walk.named_count,
        seen_keys=pack_memory(memory),
        notes=_describe(walk),
    )


def _describe(walk: _Walk) -> tuple[str, ...]:
    """Return sentences on what was not read and what was left out."""
    notes: list[str] = []
    failed_count = len(walk.failures)
    unread_count = walk.named_count - walk.read_count - failed_count
    if unread_count > 0:
        notes.append(
            f"{write_number(unread_count)} of {write_count(walk.named_count, 'sitemap')} were not read"
        )
    for url, error in walk.failures[:1]:
        rest = f" (and {write_number(failed_count - 1)} more)" if failed_count > 1 else ""
        notes.append(f"sitemap {_show(url)} could not be read: {reason_of(error)}{rest}")
    cut_count = sum(each.cut_count for each in walk.found)
    if cut_count:
        notes.append(
            f"{write_count(cut_count, 'older entry over the limit was', 'older entries over the limit were')} not read"
        )
    undated_count = sum(each.undated_count for each in walk.found)
    if undated_count:
        notes.append(
            f"{write_count(undated_count, 'address without a date counts', 'addresses without a date count')} as seen"
        )
    left_out = [url for each in walk.found for url in each.left_out]
    if left_out:
        ends = " to ".join(dict.fromkeys((_show(left_out[0]), _show(left_out[-1]))))
        notes.append(
            f"{write_count(len(left_out), 'address not listed before was', 'addresses not listed before were')} left out ({ends})"
        )
    return tuple(notes)


def _show(url: str) -> str:
    parts = urlsplit(url)
    return clean_line(parts.path + (f"?{parts.query}" if parts.query else ""), max_characters=120)


def _digest(url: str) -> bytes:
    return digest_key(article_key(url))
