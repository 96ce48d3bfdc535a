"""The body: the paragraphs an editor would call the article, and nothing that stands around them."""

from copy import deepcopy
from dataclasses import dataclass, field
from itertools import accumulate, takewhile

import trafilatura
from lxml.html import HtmlElement

from crawler.extract.body.blocks import make_key, read_blocks
from crawler.extract.body.boilerplate import find_boilerplate, find_link_lines
from crawler.extract.body.region import repair_body
from crawler.extract.body.standfirst import find_standfirst
from crawler.extract.byline import read_byline_line
from crawler.text.normalize import tokenize

_TOP_LINES = 6
_EDGE_LINES = 4
_MOST_LINKED_SHARE = 0.25
_NEARLY_EMPTY_WORDS = 25
# a long book is shorter; what is longer is made to hurt
_MOST_CHARACTERS = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The text of an article.

    paragraphs  in reading order, the standfirst among them
    standfirst  the one of them that stands apart under the headline; may be empty
    cut         what was taken out, each line with the reason, for a person
    linked_share  share of the words found that stand in lines which are nothing but a link
    origin      where it was read, for a person, where the page does not show it; else empty
    is_flash    the page states that this one sentence is its article: see ``flash``
    """

    paragraphs: tuple[str, ...] = field(repr=False)
    standfirst: str = field(default="", repr=False)
    cut: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    linked_share: float = 0.0
    origin: str = ""
    is_flash: bool = False


def extract_body(tree: HtmlElement, *, headline: str, description: str = "") -> Body:
    """Give the body, without paragraphs where there is no article.

    tree         parsed page; it is not changed
    description  what the page says of itself to machines
    """
    found = _extract(tree)
    blocks = read_blocks(tree, with_items=any(line.startswith("- ") for line in found))
    lines = _limit(repair_body(found, blocks))
    links = find_link_lines(lines, blocks)
    share = sum(map(_count, links)) / max(1, sum(map(_count, lines)))
    # a body made of links to a large part is a list somebody wrote, or no body at all
    cuts = links if share <= _MOST_LINKED_SHARE else frozenset()
    body = clean_body(lines, headline=headline, links=cuts)
    paragraphs, standfirst = find_standfirst(list(body.paragraphs), blocks, description=description)
    return Body(
        paragraphs=tuple(paragraphs), standfirst=standfirst, cut=body.cut, linked_share=share
    )


def _limit(lines: list[str]) -> list[str]:
    """Give the lines that fit; a line that alone is too long is cut."""
    sums = accumulate(map(len, lines))
    fitting = sum(1 for _ in takewhile(lambda total: total <= _MOST_CHARACTERS, sums))
    return lines[:fitting] or [line[:_MOST_CHARACTERS] for line in lines[:1]]


def _count(line: str) -> int:
    return len(line.split())


def _extract(tree: HtmlElement) -> list[str]:
    # fast mode leaves the tree as it is (bench/extraction.py compares); the other one is given a copy
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
    """Take boilerplate out, and from the top the repeated headline and the byline.

    links  lines that are nothing but a link
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
    """Tell whether a line on top is the headline again, or a byline before the first prose."""
    if make_key(line) == title:
        return "the headline again"
    return "the byline" if is_first and read_byline_line(line) is not None else None
