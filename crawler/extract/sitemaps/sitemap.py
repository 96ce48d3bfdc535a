"""Reading sitemaps: lists of addresses, indexes, Google News, plain text, and any of these compressed (sitemaps.org)."""

import re
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from itertools import islice

from lxml import etree

from crawler.errors import NotAFeed
from crawler.extract.feeds.feed_fields import read_instant
from crawler.extract.sitemaps.sitemap_choice import Earlier, choose_again, choose_first, list_keys
from crawler.extract.sitemaps.sitemap_memory import join_keys
from crawler.model.source import FeedEntry, Sitemap
from crawler.text.lines import clean_line
from crawler.text.web.urls import absolute_url, article_key, digest_key

_ROOT = re.compile(rb"<(?:\w+:)?(?:urlset|sitemapindex)\b", re.IGNORECASE)
# sitemaps.org allows 50,000 addresses in a file. Of a file with more than twice as many the first and the last 50,000
# are kept, and it is read up to 250,000
_MOST_LISTED = 50_000
_MOST_READ = 250_000
_NOTHING = Earlier()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """One element of a sitemap.

    name    ``url`` or ``sitemap``
    url     its address, as stated at first, later absolute
    fields  texts of the elements in it, by local name
    """

    name: str
    url: str
    fields: dict[str, str]


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


def _read_all(text: bytes, url: str) -> list[_Found]:
    """Return the elements of a sitemap in its order, with absolute addresses; of over 100,000, those at both ends."""
    first: list[_Found] = []
    last: deque[_Found] = deque(maxlen=_MOST_LISTED)
    for item in islice(_read_items(text, url), _MOST_READ):
        if len(first) < _MOST_LISTED:
            first.append(item)
        else:
            last.append(item)
    # resolving addresses is expensive, so it comes after the cut
    links = ((absolute_url(item.url, base=url), item) for item in (*first, *last))
    return [replace(item, url=link) for link, item in links if link is not None]


def _read_items(text: bytes, url: str) -> Iterator[_Found]:
    # a sitemap of plain text begins with an address
    start = text[:1000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:4].lower() == b"http":
        for line in _read_lines(text):
            yield _Found(name="url", url=line, fields={})
        return
    # room for comments and style sheets before the root
    if not _ROOT.search(text[:5000]) and not _ROOT.search(_as_utf8(text[:5000])):
        raise NotAFeed("the answer is not a sitemap")
    for name, fields in _read_elements(text):
        yield _Found(name=name, url=fields.get("loc", ""), fields=fields)


def _as_utf8(text: bytes) -> bytes:
    is_wide = text[:2] in {b"\xff\xfe", b"\xfe\xff"}
    return text.decode("utf-16", "replace").encode() if is_wide else text


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


def _read_lines(text: bytes) -> Iterator[str]:
    return filter(str.strip, text.decode("utf-8-sig", "replace").splitlines())


def _read_elements(text: bytes) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the name and fields of each ``url`` or ``sitemap`` element; entities are not resolved.

    Incremental, because the tree of 50,000 elements would take too much memory; so read elements are freed at once.
    """
    reader = etree.iterparse(
        BytesIO(text),
        events=("end",),
        recover=True,
        resolve_entities=False,
        no_network=True,
        remove_comments=True,
    )
    try:
        for _, element in reader:
            name = _local(element)
            if name in {"url", "sitemap"}:
                yield name, _read_fields(element)
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
    except etree.XMLSyntaxError:
        return  # the elements before the damage have been yielded


def _read_fields(element: etree._Element) -> dict[str, str]:
    """Return the fields of an element and its news part; not of its images and videos, which have a ``loc`` as well."""
    news = [part for child in element if _local(child) == "news" for part in child]
    return {_local(child): (child.text or "").strip() for child in [*element, *news]}


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _make_entry(link: str, fields: dict[str, str], fetched_at: datetime) -> FeedEntry:
    return FeedEntry(
        url=link,
        # only Google News has titles of articles; others are of images
        title=clean_line(fields.get("title", "")) if "publication_date" in fields else "",
        stated_at=read_instant(fields, ("publication_date", "lastmod"), fetched_at=fetched_at),
    )
