"""Finding the feeds that a home page names, and the addresses to try if it names none."""

import re
from dataclasses import dataclass

from lxml.html import HtmlElement

from crawler.errors import NotAFeed
from crawler.extract.navigation.links import find_base
from crawler.extract.navigation.listing import parse_list_page
from crawler.text.languages.language_tags import find_code
from crawler.text.lines import clean_line
from crawler.text.web.urls import absolute_url, is_same_site

# types with which <link rel="alternate"> names a feed; the last three are used for feeds although they are general
_FEED_TYPES = frozenset(
    {
        "application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json",
        "application/json", "text/xml", "application/xml",
    }
)  # fmt: skip
# /rss, /feeds/news.xml, /index.atom, ?format=rss
_FEED_HREF = re.compile(
    r"(?:^|/)(?:rss|feeds?|atom)(?:[/._-][^?#]*)?/?(?:[?#]|$)|\.(?:rss|atom|rdf)(?:[?#]|$)|[?&](?:feed|format)=(?:rss|atom)",
    re.IGNORECASE,
)
# texts of visible links to feeds whose address does not show what they are
_FEED_WORD = re.compile(r"\b(?:rss|atom|xml)\b(?:\s*feed)?$|^feeds?$", re.IGNORECASE)
# feeds of comments, and WordPress's interfaces for programs
_COMMENTS = re.compile(r"comment|kommentar|/wp-json|oembed", re.IGNORECASE)
# feeds of one page; a page with more has one for each section, and those beyond are dropped
_MOST_FEEDS = 10
# what may precede the first element: blanks, a byte order mark, comments, processing instructions, a document type
_PROLOG = re.compile(
    rb"(?:\xef\xbb\xbf|\s)+|<!--(?:(?!-->).)*-->|<\?[^>]{0,2000}\?>|<!doctype[^>\[]{0,1000}(?:\[[^\]]{0,5000}\]\s*)?>",
    re.IGNORECASE | re.DOTALL,
)
# bytes in which the first element is looked for; with a longer prolog it does not count as a page
_MOST_PROLOG = 100_000
# tried only if a site names no feed or news sitemap itself, the most common ones first
FEED_PATHS = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml")
SITEMAP_PATHS = ("/news-sitemap.xml", "/sitemap-news.xml", "/sitemap_news.xml", "/sitemap.xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFeed:
    """A feed that a page names; ``origin`` is ``link`` if its head does, ``anchor`` if a visible link does."""

    url: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage:
    """What a home page states.

    feeds     the most trustworthy first: those in its head, then visible links; at most 10, none of comments
    language  ISO 639-1 code that it claims, or None
    title     may be empty
    """

    feeds: tuple[NamedFeed, ...]
    language: str | None
    title: str


def is_page(body: bytes) -> bool:
    """Return whether an answer is an HTML page. Its first element decides: a feed may hold whole pages further on."""
    text = body[:_MOST_PROLOG]
    if text[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        text = text.decode("utf-16", "replace").encode()
    place = 0
    while found := _PROLOG.match(text, place):
        if found[0].strip().lower().startswith(b"<!doctype html"):
            return True
        if found.end() == place:
            break
        place = found.end()
    start = text[place : place + 10].lower()
    return start.startswith((b"<html", b"<head", b"<body"))


def study_page(body: bytes, *, url: str) -> HomePage:
    """Return the feeds, language and title of a page.

    body    as received; what is beyond 5,000,000 bytes is not read
    raises  NotAFeed if it is not HTML
    """
    tree = parse_list_page(body[:5_000_000])
    base = find_base(tree, url=url)
    named = [*_in_head(tree, base), *_in_sight(tree, base, url=url)]
    # read backwards, so that of two with one address the first stays
    feeds = tuple({feed.url: feed for feed in reversed(named)}.values())[::-1]
    return HomePage(
        feeds=feeds[:_MOST_FEEDS],
        language=find_code(tree.get("lang") or ""),
        title=clean_line(tree.findtext(".//title") or ""),
    )


def find_feeds(body: bytes, *, url: str) -> tuple[NamedFeed, ...]:
    """Return the feeds that a page names, the most trustworthy first; none if the page cannot be read."""
    try:
        return study_page(body, url=url).feeds
    except NotAFeed:
        return ()


def _in_head(tree: HtmlElement, base: str) -> list[NamedFeed]:
    feeds = []
    for link in tree.iter("link"):
        kind = (link.get("type") or "").partition(";")[0].strip().lower()
        is_named = "alternate" in (link.get("rel") or "").lower().split() and kind in _FEED_TYPES
        address = absolute_url(link.get("href") or "", base=base)
        if is_named and address and not _COMMENTS.search(address + (link.get("title") or "")):
            feeds.append(NamedFeed(url=address, origin="link"))
    return feeds


def _in_sight(tree: HtmlElement, base: str, *, url: str) -> list[NamedFeed]:
    feeds = []
    for anchor in tree.iter("a"):
        href, text = anchor.get("href") or "", clean_line(anchor.text_content() or "")
        address = absolute_url(href, base=base)
        # a link of 20 characters or more is a headline about a feed
        speaks = _FEED_HREF.search(href) or (len(text) < 20 and _FEED_WORD.search(text))
        if address and speaks and is_same_site(address, url) and not _COMMENTS.search(address):
            feeds.append(NamedFeed(url=address, origin="anchor"))
    return feeds
