"""Extracting the body of a page: the paragraphs of the article, without the boilerplate around them.

trafilatura in fast mode finds it, and its result is repaired and cleaned here. On 127 labelled pages that has an F1 of
0.981, trafilatura alone 0.960; a whole page takes as long as trafilatura alone (docs/internals/benchmarks.md).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import accumulate, islice, takewhile
from types import MappingProxyType

import trafilatura
from lxml.html import HtmlElement
from trafilatura.settings import Extractor

from crawler.extract.body.blocks import Block, make_key, read_blocks
from crawler.extract.body.completeness import holds_stories, is_fuller, is_little
from crawler.extract.body.joiners import hide_joiners, show_joiners
from crawler.extract.body.region import add_items, repair_body
from crawler.extract.body.standfirst import find_standfirst
from crawler.extract.boilerplate.line_cuts import (
    Places,
    find_boxed_lines,
    find_captions,
    find_headings,
    find_link_lines,
    find_link_lists,
    find_quotes,
    place_lines,
)
from crawler.extract.boilerplate.link_lists import without_link_lists
from crawler.extract.boilerplate.phrases import find_boilerplate
from crawler.extract.metadata.byline import read_byline_line
from crawler.text.normalize import tokenize

# lines at the top in which a repeated headline and the byline are removed; further down they are text
_TOP_LINES = 6
# lines at either end among which a date alone is boilerplate; between them it may be part of a list
_EDGE_LINES = 4
# share of the words in lines that are nothing but a link; with a larger one they stay, see below
_MOST_LINKED_SHARE = 0.25
# share of a body's words in boxes beside the article: with a larger one the boxes hold the article
_MOST_BOXED_SHARE = 0.25
# words that must be left of a body without its lists of links: otherwise they are what the page is about
_FEWEST_REST_WORDS = 60
# a title may have words above it on the same line, which make it this many times as long
_MOST_OF_A_TITLE = 2.2
# letters and digits: a shorter title may be in a line by chance
_FEWEST_LETTERS = 20
# lines and words: below the first line a byline is short and near the top
_BYLINE_LINES = 3
_MOST_BYLINE_WORDS = 6
# characters of a line that is not said twice on purpose, but for a refrain
_LEAST_REPEATED = 60
# words of a line before a colon that leads to what follows: "Read on in our live blog:"
_MOST_HEAD_WORDS = 15
# reasons for removing lines to which a heading above them led
_IN_BOX, _IN_LIST = "in a box beside the article", "in a list of links"
_LED_TO = frozenset({_IN_BOX, _IN_LIST})
# made once, as making one takes a thirtieth of the time of looking for a body
_FAST = Extractor(output_format="python", fast=True, comments=False, with_metadata=False)
_SLOWER = Extractor(output_format="python", fast=False, comments=False, with_metadata=False)
_NOTHING: Mapping[str, str] = MappingProxyType({})
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
    lines, blocks = _find_lines(tree)
    places = place_lines(lines, blocks)
    cuts = _find_list_cuts(lines, places)
    rest = [line for line in lines if line not in cuts]
    links = find_link_lines(places)
    share = _share(links.intersection(rest), rest)
    # where links are a large part of the body, it is a written list, or not a body: then they stay
    if share <= _MOST_LINKED_SHARE:
        cuts |= dict.fromkeys(links.intersection(rest), "a link alone")
    boxed = find_boxed_lines(places).intersection(rest)
    if _share(boxed, rest) <= _MOST_BOXED_SHARE:
        cuts |= dict.fromkeys(boxed, _IN_BOX)
        # a heading may have nothing but a picture or a map below it
        cuts |= dict.fromkeys(boxed & find_captions(places), "a caption")
    cuts |= dict.fromkeys(find_quotes(lines, places), "a pull quote")
    titles = [headline, *_list_titles(tree)]
    cuts |= _find_title_cuts(lines[:_TOP_LINES], titles, places)
    body = clean_body(lines, titles=titles, cuts=cuts, headings=find_headings(places))
    paragraphs, standfirst = find_standfirst(list(body.paragraphs), blocks, description=description)
    return Body(
        paragraphs=tuple(paragraphs), standfirst=standfirst, cut=body.cut, linked_share=share
    )


def _find_list_cuts(lines: list[str], places: Places) -> dict[str, str]:
    """Return the lines of lists of links, with the reason for removing them; none if hardly anything else is left."""
    listed = find_link_lists(places)
    rest = " ".join(line for line in lines if line not in listed)
    is_enough = len(tokenize(rest)) >= _FEWEST_REST_WORDS if listed else False
    return dict.fromkeys(listed, _IN_LIST) if is_enough else {}


def _list_titles(tree: HtmlElement) -> list[str]:
    """Return the page's h1 if it has one; of several, some may be sentences of the text."""
    heads = list(islice(tree.iter("h1"), 2))
    return [" ".join(heads[0].itertext())] if len(heads) == 1 else []


def _find_title_cuts(lines: list[str], titles: list[str], places: Places) -> dict[str, str]:
    """Return the lines that are a title with the words above it: "Switzerland, hub of spies : A playground for agents"."""
    keys = [key for title in titles if len(key := make_key(title)) > _FEWEST_LETTERS]
    # a paragraph may begin with the headline: agencies repeat it after the dateline
    heads = [line for line in lines if all(b.element.tag != "p" for b in places.get(line, ()))]
    return {
        line: "the headline again"
        for line in heads
        if any(
            key in (own := make_key(line)) and len(own) <= _MOST_OF_A_TITLE * len(key)
            for key in keys
        )
    }


def _share(some: Iterable[str], lines: list[str]) -> float:
    """Return the share of the words of lines that some of them have."""
    return sum(map(_count, some)) / max(1, sum(map(_count, lines)))


def _limit(lines: list[str]) -> list[str]:
    """Return the lines within the first 2,000,000 characters; a first line that is longer is cut off there."""
    sums = accumulate(map(len, lines))
    fitting = sum(1 for _ in takewhile(lambda total: total <= _MOST_CHARACTERS, sums))
    return lines[:fitting] or [line[:_MOST_CHARACTERS] for line in lines[:1]]


def _count(line: str) -> int:
    return len(line.split())


def _find_lines(tree: HtmlElement) -> tuple[list[str], list[Block]]:
    """Return the lines of the body, completed, and the blocks of the page."""
    # Fast mode does not change the tree, as bench.extraction checks. The default mode is not checked and gets a copy. It
    # is 1.4 times slower and on 181 English pages no better (F1 0.960, fast 0.962), so it is used only where fast mode
    # found little of what the page holds.
    with without_link_lists(tree) as labels:
        found = [line for line in _run(tree, _FAST) if make_key(line) not in labels]
    blocks = read_blocks(tree, with_items=any(line.startswith("- ") for line in found))
    lines = _limit(repair_body(found, blocks))
    if not is_little(lines, blocks):
        whole = add_items(lines, blocks)
        return whole, blocks if whole is lines else read_blocks(tree, with_items=True)
    slower = _run(deepcopy(tree), _SLOWER)
    blocks = read_blocks(tree, with_items=any(line.startswith("- ") for line in slower))
    other = _limit(repair_body(slower, blocks))
    is_whole = is_fuller(other, lines) and not holds_stories(tree, blocks, other, lines)
    return (other if is_whole else lines), blocks


def _run(tree: HtmlElement, options: Extractor) -> list[str]:
    with hide_joiners(tree):
        document = trafilatura.bare_extraction(tree, options=options)
    text = show_joiners(str(getattr(document, "text", None) or ""))
    return [line for line in map(str.strip, text.split("\n")) if line]


def clean_body(
    lines: list[str],
    *,
    titles: Iterable[str],
    cuts: Mapping[str, str] = _NOTHING,
    headings: frozenset[str] = frozenset(),
) -> Body:
    """Return the body of these lines without boilerplate, and without a repeated headline and byline at the top.

    titles    the headline, and what else the page has as its title: removed where the body repeats it
    cuts      lines to remove, with the reason, worded for a person
    headings  lines that are headings on the page; removed if nothing is left below them
    """
    keys = [key for title in titles if (key := make_key(title))]
    reasons: list[str | None] = []
    twice, said = _find_repeated(lines), set[str]()
    for place, line in enumerate(lines):
        left = reasons.count(None)
        is_edge = left < _EDGE_LINES or place >= len(lines) - _EDGE_LINES
        reason = cuts.get(line) or find_boilerplate(line, is_edge=is_edge)
        if reason is None and left < _TOP_LINES:
            reason = _find_head(line, keys, left=left)
        if reason is None and line in twice:
            reason = "said before" if line in said else None
            said.add(line)
        reasons.append(reason)
    _find_empty_heads(lines, reasons, headings)
    pairs = list(zip(lines, reasons, strict=True))
    return Body(
        paragraphs=tuple(line for line, reason in pairs if reason is None),
        cut=tuple((line, reason) for line, reason in pairs if reason is not None),
    )


def _find_repeated(lines: list[str]) -> frozenset[str]:
    """Return the lines of a text that a page holds twice, for printing or below "read more"; a single one is a refrain."""
    counts = Counter(line for line in lines if len(line) >= _LEAST_REPEATED)
    found = frozenset(line for line, count in counts.items() if count > 1)
    return found if len(found) > 1 else frozenset()


def _find_head(line: str, titles: list[str], *, left: int) -> str | None:
    """Return the reason for removing a line near the top (the headline again, the byline); None if it stays.

    left  lines above it that stay
    """
    key = make_key(line)
    if key in titles:
        return "the headline again"
    if left == 0 or (left < _BYLINE_LINES and len(line.split()) <= _MOST_BYLINE_WORDS):
        return "the byline" if read_byline_line(line) is not None else None
    return None


def _find_empty_heads(
    lines: list[str], reasons: list[str | None], headings: frozenset[str]
) -> None:
    """Set the reason for removing each heading, and each short line before a colon, below which nothing is left.

    At the end of a text that is so whatever it was; between two headings, if a box or a list of links was there.
    """
    is_empty = True
    for place in reversed(range(len(lines))):
        line = lines[place]
        if reasons[place] is not None:
            is_empty = is_empty or reasons[place] in _LED_TO
            continue
        is_head = line in headings or (line[-1:] in ":\uff1a" and _count(line) <= _MOST_HEAD_WORDS)
        if not (is_empty and is_head):
            is_empty = False
            continue
        reasons[place] = "a heading with nothing below it"
