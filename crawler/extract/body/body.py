"""Extracting the body of a page: the paragraphs of the article, without the boilerplate around them.

trafilatura in fast mode finds it, and its result is repaired and cleaned here. On 127 labelled pages that has an F1 of
0.976, trafilatura alone 0.960; a whole page takes as long as trafilatura alone (docs/internals/benchmarks.md).
"""

from copy import deepcopy
from dataclasses import dataclass, field
from itertools import accumulate, takewhile

import trafilatura
from lxml.html import HtmlElement

from crawler.extract.body.blocks import make_key, read_blocks
from crawler.extract.body.boilerplate import find_boilerplate, find_link_lines
from crawler.extract.body.region import repair_body
from crawler.extract.body.standfirst import find_standfirst
from crawler.extract.metadata.byline import read_byline_line
from crawler.text.normalize import tokenize

# lines at the top in which a repeated headline and the byline are removed; further down they are text
_TOP_LINES = 6
# lines at either end among which a date alone is boilerplate; between them it may be part of a list
_EDGE_LINES = 4
# share of the words in lines that are nothing but a link; with a larger one they stay, see below
_MOST_LINKED_SHARE = 0.25
# words of a body below which the library's slower mode is tried
_NEARLY_EMPTY_WORDS = 25
# longer than a long book; lines beyond are dropped
_MOST_CHARACTERS = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The text of an article.

    paragraphs    in reading order, including the standfirst
    standfirst    the paragraph that stands apart under the headline; may be empty
    cut           removed lines, each with the reason, worded for a person
    linked_share  share (0.0 to 1.0) of the words that are in lines which are nothing but a link
    origin        where the text was read if the page does not show it, worded for a person; else empty
    is_flash      the page states that this one sentence is its article: see ``flash.py``
    """

    paragraphs: tuple[str, ...] = field(repr=False)
    standfirst: str = field(default="", repr=False)
    cut: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    linked_share: float = 0.0
    origin: str = ""
    is_flash: bool = False


def extract_body(tree: HtmlElement, *, headline: str, description: str = "") -> Body:
    """Return the body of a page; without paragraphs if there is no article.

    tree         the pruned tree of the page; it is not changed
    headline     removed where the body repeats it
    description  the page's description in its metadata, by which the standfirst is found; may be empty
    """
    found = _extract(tree)
    blocks = read_blocks(tree, with_items=any(line.startswith("- ") for line in found))
    lines = _limit(repair_body(found, blocks))
    links = find_link_lines(lines, blocks)
    share = sum(map(_count, links)) / max(1, sum(map(_count, lines)))
    # where links are a large part of the body, it is a written list, or not a body: then they stay
    cuts = links if share <= _MOST_LINKED_SHARE else frozenset()
    body = clean_body(lines, headline=headline, links=cuts)
    paragraphs, standfirst = find_standfirst(list(body.paragraphs), blocks, description=description)
    return Body(
        paragraphs=tuple(paragraphs), standfirst=standfirst, cut=body.cut, linked_share=share
    )


def _limit(lines: list[str]) -> list[str]:
    """Return the lines within the first 2,000,000 characters; a first line that is longer is cut off there."""
    sums = accumulate(map(len, lines))
    fitting = sum(1 for _ in takewhile(lambda total: total <= _MOST_CHARACTERS, sums))
    return lines[:fitting] or [line[:_MOST_CHARACTERS] for line in lines[:1]]


def _count(line: str) -> int:
    return len(line.split())


def _extract(tree: HtmlElement) -> list[str]:
    # Fast mode does not change the tree, as bench.extraction checks. The default mode is not checked and gets a copy. It
    # is 1.4 times slower and on 181 English pages no better (F1 0.960, fast 0.962), so it is used only where fast mode
    # found nearly nothing. A word has fewer than 20 characters, so a longer text is not split to count its words.
    text = _run(tree, is_fast=True)
    if len(text) < _NEARLY_EMPTY_WORDS * 20 and len(tokenize(text)) < _NEARLY_EMPTY_WORDS:
        slower = _run(deepcopy(tree), is_fast=False)
        text = slower if len(slower) > len(text) else text
    return [line for line in map(str.strip, text.split("\n")) if line]


def _run(tree: HtmlElement, *, is_fast: bool) -> str:
    document = trafilatura.bare_extraction(
        tree, fast=is_fast, include_comments=False, with_metadata=False
    )
    return str(getattr(document, "text", None) or "")


def clean_body(lines: list[str], *, headline: str, links: frozenset[str] = frozenset()) -> Body:
    """Return the body of these lines without boilerplate, and without a repeated headline and byline at the top.

    links  lines that are nothing but a link, removed as well
    """
    title = make_key(headline)
    kept: list[str] = []
    cut: list[tuple[str, str]] = []
    for place, line in enumerate(lines):
        is_edge = len(kept) < _EDGE_LINES or place >= len(lines) - _EDGE_LINES
        reason = "a link alone" if line in links else find_boilerplate(line, is_edge=is_edge)
        if reason is None and len(kept) < _TOP_LINES:
            reason = _find_head(line, title, is_first=not kept)
        if reason is None:
            kept.append(line)
        else:
            cut.append((line, reason))
    return Body(paragraphs=tuple(kept), cut=tuple(cut))


def _find_head(line: str, title: str, *, is_first: bool) -> str | None:
    """Return the reason for removing a line near the top (the headline again, the byline); None if it stays."""
    if make_key(line) == title:
        return "the headline again"
    return "the byline" if is_first and read_byline_line(line) is not None else None
