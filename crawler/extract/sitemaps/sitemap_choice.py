"""Choosing the addresses of a sitemap to return, and the files of an index to read first, so that no limit cuts news."""

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from crawler.extract.sitemaps.sitemap_memory import split_keys
from crawler.model.source import FeedEntry
from crawler.text.web.urls import article_key, digest_key

# sorts undated addresses last
_OLDEST = datetime(1970, 1, 1, tzinfo=UTC)
# new addresses that are dated within this time are all returned
_RECENT = timedelta(days=7)
# new addresses returned that are older or undated: more of them at once are a relaunch that changed every address
_MOST_SUDDEN = 300
# a generated site dates all its articles by its build: nobody writes fifty articles within ten minutes
_FEWEST_BUILT = 50
_BUILT_SHARE = 0.8
_BUILD_TIME = timedelta(minutes=10)
# undated addresses that a first visit returns, half from each end; it remembers the keys of all
_MOST_UNDATED = 500
# files of an index that is read whole, which a site of some years has: at twelve files a visit it takes a few visits
_SHORT_INDEX = 24
# words in the name of a file that suggest news
_NEWSY = re.compile(r"news|latest|recent|today|google", re.IGNORECASE)
# words in the name of a file that is unlikely to list news: WordPress names its sitemaps by what they list
_HARDLY_NEWS = re.compile(
    r"taxonom|categor|tags?\b|post_tag|users?\b|authors?\b|posts-page|page-sitemap|image|video|product|attachment",
    re.IGNORECASE,
)
# bounded, because Python refuses to read numbers of thousands of digits
_NUMBER = re.compile(r"\d{1,18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An entry of a sitemap, and the key (8 bytes) by which its address is remembered."""

    entry: FeedEntry
    key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What earlier visits listed, as joined keys of 8 bytes each.

    known  keys of all files of the sitemap; None if only dates show what is new, as this file was not remembered whole
    own    keys of this file
    """

    known: bytes | None = field(default=None, repr=False)
    own: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The entries chosen from a sitemap.

    first_listed   addresses that no earlier visit listed: news, whatever their date
    listed_before  addresses that an earlier visit listed: not news, whatever their date
    left_out       addresses that no earlier visit listed, but too many to be news
    cut_count      number of dated addresses over the limit, at a first visit
    undated_count  number of undated addresses that a first visit does not return
    """

    entries: tuple[FeedEntry, ...]
    first_listed: frozenset[str] = frozenset()
    listed_before: frozenset[str] = frozenset()
    left_out: tuple[str, ...] = ()
    cut_count: int = 0
    undated_count: int = 0


def list_keys(entries: list[FeedEntry]) -> list[Listed]:
    """Return each article of a sitemap once, with its key; the first of several addresses of an article counts."""
    seen: dict[bytes, Listed] = {}
    for entry in entries:
        key = digest_key(article_key(entry.url))
        seen.setdefault(key, Listed(entry=entry, key=key))
    return list(seen.values())


def choose_first(listed: list[Listed], *, max_entries: int) -> Choice:
    """Return the choice at a first visit: the newest by date, then undated ones from both ends of the file."""
    entries = without_template_dates([item.entry for item in listed])
    dated = _newest_first([entry for entry in entries if entry.stated_at])
    undated = [entry for entry in entries if not entry.stated_at]
    ends = _both_ends(undated, min(_MOST_UNDATED, max_entries))
    kept = dated[:max_entries]
    ends = ends[: max_entries - len(kept)]
    return Choice(
        entries=(*kept, *ends),
        cut_count=len(dated) - len(kept),
        undated_count=len(undated) - len(ends),
    )


def without_template_dates(entries: list[FeedEntry]) -> list[FeedEntry]:
    """Return entries without the dates of a build: those of 80 % or more that lie within ten minutes.

    Fewer than fifty dated entries are returned unchanged.
    """
    dates = sorted(entry.stated_at for entry in entries if entry.stated_at)
    if len(dates) < _FEWEST_BUILT:
        return entries
    # the ten minutes with the most dates, found in one pass over the sorted ones
    most, first, since = 0, 0, dates[0]
    for place, date in enumerate(dates):
        while date - dates[first] > _BUILD_TIME:
            first += 1
        if place - first >= most:
            most, since = place - first + 1, dates[first]
    if most < _BUILT_SHARE * len(dates):
        return entries
    return [
        replace(entry, stated_at=None)
        if entry.stated_at and since <= entry.stated_at <= since + _BUILD_TIME
        else entry
        for entry in entries
    ]


def choose_again(
    listed: list[Listed], known: bytes, *, fetched_at: datetime, max_entries: int
) -> Choice:
    """Return the choice at a later visit: addresses that are new by key, then the newest of those listed before.

    A lastmod does not decide what is new, because many sites write the day of a build or a template there.
    known  joined keys of earlier visits, 8 bytes each
    """
    then = frozenset(split_keys(known))
    new = [item.entry for item in listed if item.key not in then]
    since = fetched_at - _RECENT
    recent = _newest_first([entry for entry in new if entry.stated_at and entry.stated_at >= since])
    others = [entry for entry in new if not entry.stated_at or entry.stated_at < since]
    fresh = [*recent[:max_entries], *_most_likely(others)]
    taken = {entry.url for entry in fresh}
    old = [item.entry for item in listed if item.key in then and item.entry.stated_at]
    before = _newest_first(old)[: max(max_entries - len(fresh), 0)]
    return Choice(
        entries=(*fresh, *before),
        first_listed=frozenset(taken),
        listed_before=frozenset(entry.url for entry in before),
        left_out=tuple(entry.url for entry in new if entry.url not in taken),
    )


def _newest_first(entries: list[FeedEntry]) -> list[FeedEntry]:
    return sorted(entries, key=lambda entry: entry.stated_at or _OLDEST, reverse=True)


def _most_likely(entries: list[FeedEntry]) -> list[FeedEntry]:
    """Return at most 300 of these entries, from both ends of the file, where sites add new ones."""
    return _both_ends(entries, _MOST_SUDDEN)


def _both_ends(entries: list[FeedEntry], most: int) -> list[FeedEntry]:
    if len(entries) <= most:
        return entries
    return [*entries[: most - most // 2], *entries[len(entries) - most // 2 :]]


def order_children(
    children: tuple[tuple[datetime | None, str], ...], *, brought: Mapping[str, int]
) -> tuple[str, ...]:
    """Return the files that an index names, the most promising first.

    Names that suggest news come first, then the latest lastmod. Among equals these come first: the one with the highest
    number or date in its name (WordPress counts up and states no lastmod), the last of the index, the one that brought
    something new most recently, the first of the index.
    children  pairs of lastmod and address, in the order of the index
    brought   address -> how recently it brought something new, a larger number for later, 0 for never
    """
    groups: dict[tuple[int, datetime], list[str]] = {}
    for lastmod, url in {url: (lastmod, url) for lastmod, url in children}.values():
        groups.setdefault((_promise(url), lastmod or _OLDEST), []).append(url)
    ordered: list[str] = []
    for rank in sorted(groups, reverse=True):
        ordered += _order_equals(groups[rank], brought)
    return tuple(ordered)


def _promise(url: str) -> int:
    """Return 2 for a file whose name suggests news, 0 for one that is unlikely to, 1 for any other."""
    name = _name_of(url)
    if _NEWSY.search(name):
        return 2
    return 0 if _HARDLY_NEWS.search(name) else 1


def _order_equals(urls: list[str], brought: Mapping[str, int]) -> list[str]:
    # the files of a family have the same name, apart from numbers: post-sitemap1, post-sitemap2
    families: dict[str, list[str]] = {}
    for url in urls:
        families.setdefault(_NUMBER.sub("#", _name_of(url)), []).append(url)
    # the posts of a site fill more files than its pages and authors
    largest = max(families.values(), key=len)
    by_number = sorted(largest, key=_numbers, reverse=True)
    by_gain = sorted(urls, key=lambda url: brought.get(url, 0), reverse=True)
    first = [by_number[0], urls[-1], by_gain[0], urls[0]]
    # files of a family are in the order of their numbers, families in that of the index
    rest = [url for name in families for url in sorted(families[name], key=_numbers, reverse=True)]
    return list(dict.fromkeys([*first, *rest]))


def _numbers(url: str) -> tuple[int, ...]:
    """Return the numbers in a name, years (1990 to 2100) first, so that 11-2026 is later than 12-2025."""
    found = [int(number) for number in _NUMBER.findall(_name_of(url))]
    return tuple(sorted(found, key=lambda number: not 1990 <= number <= 2100))


def _name_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def pick_children(
    ordered: tuple[str, ...], *, best: int, read_order: Mapping[str, int]
) -> tuple[str, ...]:
    """Return the files to read now: the best ones, and one of the others in turn.

    Of a short index all files that were never read are added: what is new in a file is known only if it was read before.
    ordered     the files, the most promising first
    best        number of files that are read at each visit
    read_order  address -> place in the order of the last visits, 0 for the latest; missing if it was never read
    """
    rest = ordered[best:]
    never = [url for url in rest if url not in read_order]
    turn = (
        never[: len(never) if len(ordered) <= _SHORT_INDEX else 1]
        or sorted(rest, key=lambda url: read_order[url], reverse=True)[:1]
    )
    return (*ordered[:best], *turn)


def is_named_anew(url: str, named: Container[bytes]) -> bool:
    """Return whether a file is new in its index.

    named  keys of the files that the index named before
    """
    return digest_key(article_key(url)) not in named
