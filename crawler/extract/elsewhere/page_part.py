"""Reading one piece of news from a page with several: the text at its fragment, or under its title."""

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from lxml.html import HtmlElement

from crawler.errors import NoText
from crawler.extract.documents.tree import parse_page
from crawler.extract.elsewhere.feed_words import write_from_feed
from crawler.extract.elsewhere.parts import read_lines
from crawler.model.article import Article, Page
from crawler.text.normalize import tokenize

_HEADING = re.compile(r"h[1-6]$")
# words: a shorter text under a heading is a date or a link, and the next place is tried
_FEWEST_WORDS = 5
# the same limit as for the text of a feed's entry, which this replaces
_MOST_CHARACTERS = 20_000


def read_part(page: Page) -> Article:
    """Return the part of a page that an entry is about, as an article of at most 20,000 characters.

    raises  NoText if the page shows nothing under the entry's fragment or title; NotAnArticle if it cannot be parsed
    """
    tree = parse_page(page)
    for anchor in _find_anchors(tree, page):
        lines = _read_under(anchor)
        text = "\n\n".join(lines)[:_MOST_CHARACTERS]
        if len(tokenize(text)) >= _FEWEST_WORDS:
            article = write_from_feed(replace(page, entry=replace(page.entry, text=text)), why="")
            if article is not None:
                return article
    raise NoText("several entries have this page, and it shows no text of this one")


def _find_anchors(tree: HtmlElement, page: Page) -> Iterator[HtmlElement]:
    """Yield the elements where the part may begin: those the fragment names, then headings with the entry's title."""
    fragment = unquote(urlsplit(page.requested_url).fragment)
    # ":~:" begins a text fragment, which names no element; an id should be unique, so three elements are enough
    if fragment and ":~:" not in fragment:
        yield from tree.xpath("//*[@id = $name or @name = $name]", name=fragment)[:3]
    title = tokenize(page.entry.title)
    for heading in tree.iter("h1", "h2", "h3", "h4", "h5", "h6") if title else ():
        if tokenize(heading.text_content()) == title:
            yield heading


def _read_under(anchor: HtmlElement) -> list[str]:
    """Return the lines that belong to an anchor: its own, else those that follow up to the next heading of its level."""
    is_heading = bool(_HEADING.match(anchor.tag))
    own = [] if is_heading else read_lines(anchor)
    if sum(len(tokenize(line)) for line in own) >= _FEWEST_WORDS:
        return own
    start = anchor
    while start.getnext() is None and start.getparent() is not None:
        start = start.getparent()  # an anchor may be in a heading, and a heading in a header
    lines: list[str] = []
    level = anchor.tag if is_heading else "h6"
    for sibling in start.itersiblings():
        if isinstance(sibling.tag, str):
            if _HEADING.match(sibling.tag) and (lines or is_heading) and sibling.tag <= level:
                break
            lines += read_lines(sibling)
    return lines
