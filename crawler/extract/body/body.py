"""Extracting the body of a page: the paragraphs of the article, without the boilerplate around them.

trafilatura in fast mode finds it; we repair and clean the result. Together F1 0.976 on 127 labelled pages, trafilatura
alone 0.960, at 1.2 times its cost (docs/benchmarks.md).
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

# lines in which the repeated headline and the byline are looked for; lines at either end that may be a date alone
_TOP_LINES = 6
_EDGE_LINES = 4
_MOST_LINKED_SHARE = 0.25
# below this the slower mode of the library is tried
_NEARLY_EMPTY_WORDS = 25
# longer than a long book: such a page is hostile
_MOST_CHARACTERS = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The text of an article.

    paragraphs    in reading order, the standfirst among them
    standfirst    the paragraph that stands apart under the headline; may be empty
    cut           lines that were taken out, each with the reason, for a person
    linked_share  share (0.0 to 1.0) of the words that are in lines which are nothing but a link
    origin        where it was read if the page does not show it, for a person; else empty
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

    tree         the parsed page; it is not changed
    description  the page's description in its metadata
    """
    found = _extract(tree)
    blocks = read_blocks(tree, with_items=any(line.startswith("- ") for line in found))
    lines = _limit(repair_body(found, blocks))
    links = find_link_lines(lines, blocks)
    share = sum(map(_count, links)) / max(1, sum(map(_count, lines)))
    # where links are a large part of the body, it is a list somebody wrote, or no body at all
    cuts = links if share <= _MOST_LINKED_SHARE else frozenset()
    body = clean_body(lines, headline=headline, links=cuts)
    paragraphs, standfirst = find_standfirst(list(body.paragraphs), blocks, description=description)
    return Body(
        paragraphs=tuple(paragraphs), standfirst=standfirst, cut=body.cut, linked_share=share
    )


def _limit(lines: list[str]) -> list[str]:
    """Return the lines up to 2,000,000 characters; a first line that is longer alone is cut."""
    sums = accumulate(map(len, lines))
    fitting = sum(1 for _ in takewhile(lambda total: total <= _MOST_CHARACTERS, sums))
    return lines[:fitting] or [line[:_MOST_CHARACTERS] for line in lines[:1]]


def _count(line: str) -> int:
    return len(line.split())


def _extract(tree: HtmlElement) -> list[str]:
    # fast mode does not change the tree (bench.extraction compares); the default mode gets a copy. It is 1.4 times slower
    # and no better on average, so only where fast mode found nearly nothing
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
    """Return the body of these lines without boilerplate, and without the repeated headline and byline on top.

    links  lines that are nothing but a link, to be taken out
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
    """Return why a line near the top is taken out (the headline again, the byline); None if it stays."""
    if make_key(line) == title:
        return "the headline again"
    return "the byline" if is_first and read_byline_line(line) is not None else None
