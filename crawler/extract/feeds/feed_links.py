"""Choosing the address of an entry's page among its links and its guid, as the feed's author meant it."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

from crawler.extract.feeds.feed_fields import read_text
from crawler.model.source import FeedEntry
from crawler.text.web.typed_links import read_typed_link
from crawler.text.web.urls import is_same_site

# a link in the bytes of a feed: the text of RSS, the attribute of Atom
_LINK = re.compile(
    rb"<(?:\w{1,20}:)?link\b(?:[^<>]{0,500}?\bhref\s{0,9}=\s{0,9}[\"']([^\"'<>]{1,2000})|[^<>]{0,500}>\s{0,99}(?:<!\[CDATA\[)?\s{0,99}([^<>\s\]]{1,2000}))",
    re.IGNORECASE,
)
# an ampersand before a name and "=": feedparser would read "&copy=3" as "\u00a9=3". In CDATA it stands for itself
_RAW_AMPERSAND = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|&(?=[A-Za-z_][\w.-]{0,40}=)", re.DOTALL | re.ASCII
)
# an entry's own document as data is no page
_DATA = re.compile(r"\b(?:xml|json)$", re.IGNORECASE)
_OTHER_RELATIONS = ("canonical", "related", "via", "self")
_MEDIA = ("image/", "audio/", "video/")


def escape_parameters(text: str) -> str:
    """Return a feed's text with the raw ampersands escaped that stand before a parameter of an address."""
    if "&" not in text:
        return text
    return _RAW_AMPERSAND.sub(lambda found: "&amp;" if found[0] == "&" else found[0], text)


def find_typed_links(head: bytes, *, url: str) -> dict[str, str]:
    """Return the links of a feed that were typed without a scheme or with half of one: as feedparser resolves them, and as meant.

    They are read from the bytes, because feedparser resolves every link before anybody sees it.
    """
    links = dict[str, str]()
    for found in _LINK.finditer(head):
        stated = unescape((found[1] or found[2]).decode("utf-8", "replace")).strip()
        if stated.startswith(("http://", "https://", "/")):
            continue
        meant = read_typed_link(stated, base=url)
        resolved = _resolve(stated, url)
        if meant is not None and meant != resolved:
            links[resolved] = meant
    return links


def _resolve(link: str, base: str) -> str:
    try:
        return urljoin(base, link)
    except ValueError:
        return link


def find_link(
    item: Mapping[str, Any], *, base: str, names: frozenset[str], typed: Mapping[str, str]
) -> str:
    """Return the address of an entry's page, else of what it encloses or relates to; empty if it names none.

    names  guids that are no addresses
    typed  the result of ``find_typed_links``
    """
    candidates = [read_text(item, "link").strip()]
    links = item.get("links") or [] if "links" in item else []
    for kind in ("alternate", "enclosure"):
        candidates += [
            link.get("href", "")
            for link in links
            if isinstance(link, dict) and link.get("rel") == kind
        ]
    guid = read_text(item, "id").strip()
    if candidates[0] == guid and guid in names and item.get("guidislink"):
        candidates[0] = ""  # there is no link: feedparser took the guid for one
    # a guid is an address unless it says that it is none; Atom and RDF use addresses as ids too
    if guid.startswith(("http://", "https://")) and guid not in names:
        candidates.insert(1, guid)
    candidates += [*_list_content_links(item), *_list_other_links(links)]
    stated = (typed.get(link, link) for link in candidates if link.strip())
    found = (read_typed_link(link, base=base) for link in stated)
    return next((link for link in found if link), "")


def _list_content_links(item: Mapping[str, Any]) -> list[str]:
    """Return where the content of an Atom entry lies that is not in the feed (RFC 4287, 4.1.3.2)."""
    contents = item.get("content") or [] if "content" in item else []
    return [
        str(one.get("src") or "")
        for one in contents
        if isinstance(one, dict) and not str(one.get("type") or "").startswith(_MEDIA)
    ]


def _list_other_links(links: Sequence[Any]) -> list[str]:
    """Return the links by which some Atom feeds name a page in place of an alternate one, the best first."""
    stated = [
        (str(link.get("rel")), str(link.get("href") or ""))
        for link in links
        if isinstance(link, dict) and not _DATA.search(str(link.get("type") or ""))
    ]
    return [href for wanted in _OTHER_RELATIONS for rel, href in stated if rel == wanted]


def prefer_permalinks(entries: Sequence[FeedEntry], *, names: frozenset[str]) -> list[FeedEntry]:
    """Return the entries of an RSS feed, each with its permalink for address if its link leads to no page of its own.

    That is the case if several entries link to one page, or one links to the front page; a guid that does not say
    otherwise is a permalink (RSS 2.0). Guids of another site are made up by the program that wrote the feed.
    """
    links = Counter(entry.url for entry in entries)
    guids = Counter(entry.guid for entry in entries)
    found = []
    for entry in entries:
        guid = entry.guid or ""
        is_permalink = guid.startswith(("http://", "https://")) and guids[guid] == 1
        is_own = entry.url and links[entry.url] == 1 and not _is_front_page(entry.url)
        if is_permalink and not is_own and guid not in names and is_same_site(guid, entry.url):
            found.append(replace(entry, url=guid))
        else:
            found.append(entry)
    return found


def _is_front_page(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in {"", "/"} and not (parts.query or parts.fragment)
