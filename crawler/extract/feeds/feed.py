"""Reading feeds with feedparser: its input is repaired first, and its output checked where it accepts too much."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from crawler.errors import NotAFeed
from crawler.extract.feeds.feed_fields import read_instant, read_text
from crawler.extract.feeds.feed_limit import cut_entries
from crawler.extract.feeds.feed_links import (
    escape_parameters,
    find_link,
    find_typed_links,
    prefer_permalinks,
)
from crawler.extract.feeds.feed_pieces import read_pieces
from crawler.extract.feeds.feed_text import is_page, read_feed_text
from crawler.extract.feeds.json_feed import MOST_CHARACTERS, is_json_feed, parse_json_feed
from crawler.extract.feeds.permalinks import find_mere_names
from crawler.extract.feeds.xml_feed import parse_xml_feed
from crawler.model.source import Feed, FeedEntry
from crawler.text.languages.language_tags import find_code
from crawler.text.lines import clean_line, strip_markup
from crawler.text.markup import read_paragraphs

# root element of other documents that people enter as feeds -> what it is, and what to do with it
_OTHER_ROOTS = {
    "urlset": 'a sitemap; set kind = "sitemap" to read it',
    "sitemapindex": 'a sitemap; set kind = "sitemap" to read it',
    "opml": "a list of feeds (OPML); `watchword source import` takes it",
}
# their root, after a few declarations and comments
_OTHER_ROOT = re.compile(
    r"\s*(?:<[?!][^<>]{0,500}>\s*){0,9}<(urlset|sitemapindex|opml)\b", re.IGNORECASE
)
# field of ours -> feedparser's names of the elements that state it, the most exact first: Dublin Core, PRISM, and "a10",
# the prefix that .NET writes for Atom's elements
_DATES = {
    "published": (
        "published",
        "created",
        "dcterms_available",
        "dcterms_date",
        "prism_publicationdate",
        "pubdate",
    ),
    "updated": ("updated", "dcterms_modified", "prism_modificationdate", "a10_updated"),
}
# values of updatePeriod in the syndication module of RSS 1.0; months and years are about right, which is enough
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}


def parse_feed(
    body: bytes, *, url: str, content_type: str, fetched_at: datetime, max_entries: int
) -> Feed:
    """Return the entries and properties of a feed: RSS, Atom or RDF of any version, or JSON Feed.

    body         as received; never a str, which feedparser would treat as an address to fetch
    url          address of the feed, which relative links are resolved against
    fetched_at   aware UTC; a later date becomes this instant
    max_entries  the newest are read; those beyond are only counted, in ``cut_count``
    raises       NotAFeed with a reason, worded for a person, that names what the answer is instead
    """
    if not body.strip():
        raise NotAFeed("the answer is empty")
    text = read_feed_text(body, content_type)
    if is_page(text):
        raise NotAFeed("the answer is an HTML page, not a feed")
    if is_json_feed(text):
        return parse_json_feed(text, url=url, fetched_at=fetched_at, max_entries=max_entries)
    sound = escape_parameters(text)
    head, cut_count = cut_entries(sound.encode("utf-8", "replace"), max_entries)
    parsed = parse_xml_feed(head, url=url)
    raw = parsed.entries
    # feedparser sets `bozo` for a feed that is not well-formed
    if parsed.bozo:
        raw = _read_apart(head, url=url, known=raw, max_entries=max_entries)
    if not parsed.get("version") and not raw:
        raise NotAFeed(_describe_kind(text, content_type))
    hints = _LinkHints(
        url=url,
        names=find_mere_names(head, url=url, encoding="utf-8"),
        typed=find_typed_links(head, url=url),
    )
    entries, empty_count = _read_entries(raw[:max_entries], hints=hints, fetched_at=fetched_at)
    if str(parsed.get("version")).startswith("rss"):
        entries = prefer_permalinks(entries, names=hints.names)
    language = find_code(read_text(parsed.feed, "language"))
    return Feed(
        title=strip_markup(read_text(parsed.feed, "title")),
        language=language,
        entries=tuple(replace(entry, language=language) for entry in entries),
        empty_count=empty_count,
        pause=_pause(parsed.feed),
        cut_count=cut_count + max(0, len(parsed.entries) - max_entries),
    )


def _read_apart(
    head: bytes, *, url: str, known: list[Mapping[str, Any]], max_entries: int
) -> list[Mapping[str, Any]]:
    """Return the entries of a feed that is not well-formed: read one by one if that finds more, else the known ones."""
    sound_count = sum(bool(entry.get("title") or entry.get("link")) for entry in known)
    apart = read_pieces(head.decode(), url=url, known_count=sound_count, max_entries=max_entries)
    return apart or known


def _describe_kind(text: str, content_type: str) -> str:
    """Return a sentence, worded for a person, that names what an answer is instead of a feed."""
    other = _OTHER_ROOT.match(text[:10_000])
    if other:
        return f"the answer is not a feed but {_OTHER_ROOTS[other[1].lower()]}"
    kind = content_type.partition(";")[0].strip() or "unknown"
    return f"the answer (of type {kind}) is not a feed that can be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class _LinkHints:
    """What the bytes of a feed say of its links, which feedparser hides.

    url    address of the feed
    names  guids that are no addresses
    typed  the result of ``find_typed_links``
    """

    url: str
    names: frozenset[str]
    typed: Mapping[str, str]


def _read_entries(
    raw: list[Mapping[str, Any]], *, hints: _LinkHints, fetched_at: datetime
) -> tuple[Sequence[FeedEntry], int]:
    """Return the entries, each once, and how many were left out because they have no address and no words."""
    entries: dict[tuple[str | None, str, str, str], FeedEntry] = {}
    empty_count = 0
    for item in raw:
        entry = _read_entry(item, hints=hints, fetched_at=fetched_at)
        if not (entry.url or entry.title or entry.text):
            empty_count += 1
            continue
        entries.setdefault((entry.guid, entry.url, entry.title, entry.text), entry)
    return tuple(entries.values()), empty_count


def _read_entry(item: Mapping[str, Any], *, hints: _LinkHints, fetched_at: datetime) -> FeedEntry:
    published_at = read_instant(item, _DATES["published"], fetched_at=fetched_at)
    updated_at = read_instant(item, _DATES["updated"], fetched_at=fetched_at)
    return FeedEntry(
        url=find_link(item, base=hints.url, names=hints.names, typed=hints.typed),
        guid=clean_line(read_text(item, "id")) or None,
        title=strip_markup(read_text(item, "title")),
        # Atom only requires the date of the last change, and RSS 1.0 has a single date
        stated_at=published_at or updated_at,
        updated_at=updated_at,
        text=_read_words(item),
    )


def _read_words(item: Mapping[str, Any]) -> str:
    """Return the text of an entry: the longest of its contents and its summary, at most 20,000 characters."""
    contents = item.get("content") or [] if "content" in item else []
    pieces = [read_text(one, "value") for one in contents if isinstance(one, dict)]
    pieces.append(read_text(item, "summary"))
    words = [read_paragraphs(piece, max_characters=MOST_CHARACTERS) for piece in pieces if piece]
    return max(words, key=len, default="")


def _pause(feed: Mapping[str, Any]) -> timedelta | None:
    """Return the pause between two readings that a feed asks for; None if it states none.

    That is RSS's ``ttl`` in minutes, else the period of RSS 1.0's syndication module, divided by its frequency.
    """
    # five digits of minutes are 69 days; more would overflow in the end
    ttl = read_text(feed, "ttl").strip()
    if ttl.isdecimal() and int(ttl[:5]) > 0:
        return timedelta(minutes=int(ttl[:5]))
    period = _PERIODS.get(read_text(feed, "sy_updateperiod").strip().lower())
    times = read_text(feed, "sy_updatefrequency").strip()
    if period is None:
        return None
    return period / max(1, int(times[:4])) if times.isdecimal() else period
