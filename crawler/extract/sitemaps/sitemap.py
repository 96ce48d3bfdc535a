"""Reading sitemaps: lists of addresses, indexes, Google News, plain text, and any of these compressed (sitemaps.org)."""

import zlib
from collections import deque
from dataclasses import replace
from datetime import datetime
from itertools import islice

from crawler.errors import NotAFeed
from crawler.extract.feeds.feed_fields import read_instant
from crawler.extract.sitemaps.sitemap_choice import Earlier, choose_again, choose_first, list_keys
from crawler.extract.sitemaps.sitemap_items import Found, read_items
from crawler.extract.sitemaps.sitemap_memory import join_keys
from crawler.model.source import FeedEntry, Sitemap
from crawler.text.lines import clean_line
from crawler.text.web.typed_links import read_typed_link
from crawler.text.web.urls import article_key, digest_key

# sitemaps.org allows 50,000 addresses in a file. Of a file with more than twice as many the first and the last 50,000
# are kept, and it is read up to 250,000
_MOST_LISTED = 50_000
_MOST_READ = 250_000
_NOTHING = Earlier()


def parse_sitemap(
    body: bytes,
    *,
    url: str,
    fetched_at: datetime,
    max_entries: int,
    max_bytes: int,
    earlier: Earlier = _NOTHING,
) -> Sitemap:
    """Return the entries of a sitemap, or the sitemaps that an index names.

    fetched_at   aware UTC; a later date becomes this instant
    max_entries  limit of the entries returned: new ones come before others, and the newest first
    max_bytes    limit of the unpacked text
    earlier      what earlier visits listed
    raises       NotAFeed with a reason, worded for a person
    """
    found = _read_all(_unpack(body, max_bytes), url)
    children = tuple(
        (read_instant(item.fields, ("lastmod",), fetched_at=fetched_at), item.url)
        for item in found
        if item.name == "sitemap"
    )
    pages = [item for item in found if item.name == "url"]
    listed = list_keys([_make_entry(item.url, item.fields, fetched_at) for item in pages])
    choice = (
        choose_first(listed, max_entries=max_entries)
        if earlier.known is None
        else choose_again(listed, earlier.known, fetched_at=fetched_at, max_entries=max_entries)
    )
    named = [digest_key(article_key(link)) for _, link in children]
    return Sitemap(
        entries=choice.entries,
        children=children,
        is_news=any("publication_date" in item.fields for item in pages),
        cut_count=choice.cut_count,
        undated_count=choice.undated_count,
        first_listed=choice.first_listed,
        listed_before=choice.listed_before,
        left_out=choice.left_out,
        keys=join_keys(named or [item.key for item in listed], before=earlier.own),
    )


def _read_all(text: bytes, url: str) -> list[Found]:
    """Return the elements of a sitemap in its order; of far too many, both ends."""
    first: list[Found] = []
    last: deque[Found] = deque(maxlen=_MOST_LISTED)
    for item in islice(read_items(text), _MOST_READ):
        if len(first) < _MOST_LISTED:
            first.append(item)
        else:
            last.append(item)
    # resolving addresses is expensive, so it comes after the cut
    links = ((read_typed_link(item.url, base=url), item) for item in (*first, *last))
    return [replace(item, url=link) for link, item in links if link is not None]


def _unpack(body: bytes, max_bytes: int) -> bytes:
    """Return the text of a sitemap that may be gzipped.

    raises  NotAFeed if it is broken or over the limit: of half a sitemap it is unknown what is missing
    """
    if body[:2] != b"\x1f\x8b":
        return body
    # zlib's number for gzip
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(body, max_bytes)
    except zlib.error as error:
        raise NotAFeed(f"the compressed sitemap cannot be unpacked: {error}") from error
    if unpacker.unconsumed_tail:
        raise NotAFeed("the compressed sitemap is larger than [fetch] max_size allows")
    return text


def _make_entry(link: str, fields: dict[str, str], fetched_at: datetime) -> FeedEntry:
    return FeedEntry(
        url=link,
        # only Google News has titles of articles; others are of images
        title=clean_line(fields.get("title", "")) if "publication_date" in fields else "",
        stated_at=read_instant(fields, ("publication_date", "lastmod"), fetched_at=fetched_at),
    )
