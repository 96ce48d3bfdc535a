"""Sitemaps: plain, index, Google News, text, and any of these compressed."""

import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO

from lxml import etree

from crawler.errors import NotAFeed
from crawler.extract.stated_dates import read_stated_instant
from crawler.model.source import FeedEntry, Sitemap
from crawler.text.lines import clean_line
from crawler.text.urls import absolute_url

_MOST_CHILDREN = 50
_NEWSY = re.compile(r"news|latest|recent|today|google", re.IGNORECASE)
_ROOT = re.compile(rb"<(?:\w+:)?(?:urlset|sitemapindex)\b", re.IGNORECASE)
_OLDEST = datetime(1970, 1, 1, tzinfo=UTC)


def parse_sitemap(
    body: bytes, *, url: str, fetched_at: datetime, max_entries: int, max_bytes: int
) -> Sitemap:
    """Read a sitemap or a sitemap index.

    max_entries  the newest that are kept where dates are stated, else the first
    max_bytes    limit of the unpacked text
    raises       NotAFeed, saying what came instead
    """
    text = _unpack(body, max_bytes)
    if text.lstrip()[:4].lower().startswith(b"http"):
        return _cut([FeedEntry(url=line) for line in _read_lines(text, url)], max_entries)
    entries: list[FeedEntry] = []
    children: list[tuple[datetime, str]] = []
    is_news = False
    if not _ROOT.search(text[:5000]):
        raise NotAFeed("the answer is no sitemap")
    for name, fields in _read_elements(text):
        link = absolute_url(fields.get("loc", ""), base=url)
        if link is None:
            continue
        if name == "sitemap":
            children.append((_instant(fields, "lastmod", fetched_at) or _OLDEST, link))
        else:
            is_news = is_news or "publication_date" in fields
            entries.append(_make_entry(link, fields, fetched_at))
    cut = _cut(entries, max_entries)
    return Sitemap(
        entries=cut.entries,
        children=_order(children),
        is_news=is_news,
        cut_count=cut.cut_count,
    )


def _unpack(body: bytes, max_bytes: int) -> bytes:
    """Unpack gzip up to a limit; what goes over it is refused, not cut, because half a sitemap misleads."""
    if body[:2] != b"\x1f\x8b":
        return body
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(body, max_bytes)
    except zlib.error as error:
        raise NotAFeed(f"the compressed sitemap cannot be unpacked: {error}") from error
    if unpacker.unconsumed_tail:
        raise NotAFeed("the compressed sitemap is larger than [fetch] max_size allows")
    return text


def _read_lines(text: bytes, url: str) -> list[str]:
    lines = filter(str.strip, text.decode("utf-8", "replace").splitlines())
    return [link for line in lines if (link := absolute_url(line, base=url))]


def _read_elements(text: bytes) -> Iterator[tuple[str, dict[str, str]]]:
    """Give each ``url`` or ``sitemap`` element with the texts inside it, by local name; entities stay unread."""
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
        return  # what stood before the damage has been read


def _read_fields(element: etree._Element) -> dict[str, str]:
    """Give an element's own fields and those of its news part; pictures and videos have a ``loc`` too."""
    news = [part for child in element if _local(child) == "news" for part in child]
    return {_local(child): (child.text or "").strip() for child in [*element, *news]}


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _make_entry(link: str, fields: dict[str, str], fetched_at: datetime) -> FeedEntry:
    published = _instant(fields, "publication_date", fetched_at)
    return FeedEntry(
        url=link,
        title=clean_line(fields.get("title", "")) if "publication_date" in fields else "",
        stated_at=published or _instant(fields, "lastmod", fetched_at),
    )


def _instant(fields: dict[str, str], key: str, fetched_at: datetime) -> datetime | None:
    return read_stated_instant(fields.get(key, ""), fetched_at=fetched_at)


def _cut(entries: list[FeedEntry], max_entries: int) -> Sitemap:
    """Keep the newest; without dates the order of the file counts."""
    entries.sort(key=lambda entry: entry.stated_at or _OLDEST, reverse=True)
    kept = tuple(entries[:max_entries])
    return Sitemap(entries=kept, cut_count=len(entries) - len(kept))


def _order(children: list[tuple[datetime, str]]) -> tuple[str, ...]:
    """Put the children first that speak of news, then those that changed last."""
    children.sort(key=lambda child: (bool(_NEWSY.search(child[1])), child[0]), reverse=True)
    return tuple(dict.fromkeys(link for _, link in children))[:_MOST_CHILDREN]
