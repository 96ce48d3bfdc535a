"""Keys that distinguish the entries of a source: the address of the page, or something more where entries share a page.

A page's address is the same in feed, sitemap and section, so it is the key as long as one entry of a visit has it. Several
entries with one address (notices, status pages, live blogs: FreshRSS/FreshRSS#5329, NetNewsWire#4540) are distinguished by
guid where the feed's guids are distinct, or else by the fragment of the link, or by title and date (decision 024).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import blake2b
from urllib.parse import urlsplit

from crawler.model.source import FeedEntry
from crawler.storage.crawl.entries.announcements import Announcement, KnownEntry
from crawler.text.normalize import tokenize

# fragments that name a part of every page of a site, not one piece of news
_NO_PLACES = frozenset({"top", "content", "main", "comments", "respond", "more"})


def name_entries(announcements: Iterable[Announcement]) -> list[Announcement]:
    """Return the entries of one visit with their keys; of several with the same words about one page only the first."""
    listed = list(announcements)
    guids = Counter(item.entry.guid for item in listed)
    pages = Counter(item.key for item in listed)
    fragments = Counter((item.key, _fragment(item.entry)) for item in listed)
    keyed: dict[str, Announcement] = {}
    seen = set[tuple[str, ...]]()
    for item in listed:
        entry = item.entry
        is_distinct = bool(entry.guid) and guids[entry.guid] == 1
        fragment = _fragment(entry)
        if item.key and pages[item.key] == 1:
            keyed[item.key] = replace(item, entry_key=item.key, has_own_guid=is_distinct)
            continue
        is_unique = bool(fragment) and fragments[item.key, fragment] == 1
        words = (item.key, fragment if is_unique else "", *tokenize(f"{entry.title} {entry.text}"))
        if words in seen:  # http and https, or with and without a tracker: one piece of news twice
            continue
        seen.add(words)
        mark = entry.guid if is_distinct else f"#{fragment}" if is_unique else _name(entry)
        key = f"{item.key} {mark}"
        shared = replace(item, entry_key=key, is_shared=True, has_own_guid=is_distinct)
        keyed.setdefault(key, shared)
    # a page with a single entry after all has its own key again, as in sitemap and section
    by_page = Counter(item.key for item in keyed.values() if item.key)
    return [_simplify(item) if by_page[item.key] == 1 else item for item in keyed.values()]


def _simplify(item: Announcement) -> Announcement:
    """Return an entry as one that is alone on its page."""
    return replace(item, entry_key=item.key, is_shared=False)


def match_known(
    announcements: Sequence[Announcement], known: Sequence[KnownEntry]
) -> list[tuple[Announcement, KnownEntry | None]]:
    """Return the announced entries, each with its known row or None, and with the key it is to be saved under.

    known  the source's entries that share a key, an address or a guid with one of these
    """
    by_key = {row.entry_key: row for row in known}
    by_guid = {row.guid: row for row in known if row.guid}
    is_stable = _has_stable_guids(announcements, by_key)
    found = []
    for item in announcements:
        row = by_key.get(item.entry_key)
        if row is not None and is_stable and _is_another(item, row):
            # a page that always shows the newest of several notices
            item = replace(  # noqa: PLW2901  # the same entry under its own key
                item, entry_key=f"{item.key} {item.entry.guid}", is_shared=True
            )
            row = by_key.get(item.entry_key)
        if row is None and item.has_own_guid:
            row = by_guid.get(item.entry.guid or "")
            if row is not None and row.url_key != item.key and not _is_same_title(item, row):
                row = None  # some feeds number their entries from one again
        if row is None and item.is_shared and item.key:
            # it was alone on its page at the last visit
            alone = by_key.get(item.key)
            if (
                alone is not None
                and _is_same_title(item, alone)
                and not (alone.guid and item.has_own_guid)
            ):
                row = alone
        found.append((item, row))
    return found


def _has_stable_guids(announcements: Sequence[Announcement], by_key: dict[str, KnownEntry]) -> bool:
    """Return whether a feed's guids are stable: some feeds make new ones at each fetch. One entry alone proves nothing."""
    changed = 0
    for item in announcements:
        row = by_key.get(item.entry_key)
        if row is None or not row.guid or not item.has_own_guid:
            continue
        if row.guid == item.entry.guid:
            return True
        changed += _is_same_title(item, row)
    return not changed


def _is_another(item: Announcement, row: KnownEntry) -> bool:
    """Return whether an entry is other news than the known one under its address."""
    if not (item.has_own_guid and row.guid) or item.entry.guid == row.guid or item.is_shared:
        return False
    return not _is_same_title(item, row)


def _is_same_title(item: Announcement, row: KnownEntry) -> bool:
    return tokenize(item.entry.title) == tokenize(row.title)


def _fragment(entry: FeedEntry) -> str:
    """Return the place on a page that a link leads to; empty for tracking and for fragments such as ``#comments``."""
    fragment = urlsplit(entry.url).fragment
    return "" if "=" in fragment or fragment.casefold() in _NO_PLACES else fragment


def _name(entry: FeedEntry) -> str:
    """Return a key made of title and date, or of the words if there is neither."""
    words = f"{entry.title}\n{entry.stated_at or ''}"
    words = words if words.strip() else entry.text
    return blake2b(words.encode("utf-8", "replace"), digest_size=8).hexdigest()
