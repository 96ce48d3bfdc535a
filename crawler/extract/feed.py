"""Bytes of a feed in, its entries out. feedparser reads; what it believes too easily is checked here."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import feedparser

from crawler.errors import NotAFeed
from crawler.extract.json_feed import find_code, parse_json_feed
from crawler.extract.stated_dates import read_stated_instant
from crawler.model.source import Feed, FeedEntry
from crawler.text.lines import clean_line, strip_markup
from crawler.text.urls import absolute_url

_HTML_START = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body)", re.I | re.S
)
_ENTRY_END = re.compile(rb"</(?:\w+:)?(?:item|entry)\s*>", re.I)
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
    """Read a feed: RSS, Atom and RDF of any age, or JSON Feed.

    body         as received; never a str, which feedparser would take for an address to fetch
    fetched_at   aware UTC; a date after it counts as of then
    max_entries  entries beyond are counted in ``cut_count``, not read
    raises       NotAFeed, saying what came instead
    """
    if not body.strip():
        raise NotAFeed("the answer is empty")
    if _HTML_START.match(body[:4096]):
        raise NotAFeed("the answer is an HTML page, not a feed")
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return parse_json_feed(body, url=url, fetched_at=fetched_at, max_entries=max_entries)
    head, cut_count = _cut_entries(body, max_entries)
    parsed = feedparser.parse(
        head, response_headers={"content-type": content_type, "content-location": url}
    )
    if not parsed.get("version") and not parsed.entries:
        kind = content_type.partition(";")[0].strip() or "unknown"
        raise NotAFeed(f"the answer (of type {kind}) is no feed we can read")
    entries = _read_entries(parsed.entries[:max_entries], url=url, fetched_at=fetched_at)
    return Feed(
        title=strip_markup(_text(parsed.feed, "title")),
        language=find_code(_text(parsed.feed, "language")),
        entries=tuple(entries.values()),
        pause=_pause(parsed.feed),
        cut_count=cut_count + max(0, len(parsed.entries) - max_entries),
    )


def _cut_entries(body: bytes, max_entries: int) -> tuple[bytes, int]:
    """Take entries over the limit out unread, because a hundred thousand of them take feedparser minutes.

    gives  the feed, well-formed if it was, and how many entries were taken out
    """
    ends = [end.end() for end in _ENTRY_END.finditer(body)]
    if len(ends) <= max_entries:
        return body, 0
    return body[: ends[max_entries - 1]] + body[ends[-1] :], len(ends) - max_entries


def _read_entries(
    raw: list[Mapping[str, Any]], *, url: str, fetched_at: datetime
) -> dict[str, FeedEntry]:
    """Read entries by address; the first of several with one address counts."""
    entries: dict[str, FeedEntry] = {}
    for item in raw:
        stated = _text(item, "link").strip()
        link = absolute_url(stated, base=url) if stated else None
        if link is None or link in entries:
            continue
        entries[link] = FeedEntry(
            url=link,
            guid=clean_line(_text(item, "id")) or None,
            title=strip_markup(_text(item, "title")),
            stated_at=_instant(item, "published", fetched_at=fetched_at),
            updated_at=_instant(item, "updated", fetched_at=fetched_at),
        )
    return entries


def _pause(feed: Mapping[str, Any]) -> timedelta | None:
    """Give how long the feed asks to be left alone: ``ttl`` in minutes, or the syndication module's period."""
    ttl = _text(feed, "ttl").strip()
    if ttl.isdecimal() and int(ttl[:5]) > 0:
        return timedelta(minutes=int(ttl[:5]))
    period = _PERIODS.get(_text(feed, "sy_updateperiod").strip().lower())
    times = _text(feed, "sy_updatefrequency").strip()
    if period is None:
        return None
    return period / max(1, int(times[:4])) if times.isdecimal() else period


def _text(item: Mapping[str, Any], key: str) -> str:
    # in, then get: asked for a missing `updated`, feedparser would answer with `published`
    value = item.get(key) if key in item else None
    return value if isinstance(value, str) else ""


def _instant(item: Mapping[str, Any], key: str, *, fetched_at: datetime) -> datetime | None:
    # not feedparser's own reading: it takes 13-12-2022 for the year 2013, and knows English alone
    return read_stated_instant(_text(item, key), fetched_at=fetched_at)
