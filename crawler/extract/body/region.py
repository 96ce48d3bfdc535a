"""Repairing a body that was found in part, by the shape of its paragraphs (decision 012).

Sites split articles into several containers, and a picture or a form between two of them can end the library's search;
or a sidebar has more text than the article. Both show in the paragraphs: those of one body share their tag, their
classes and those of their parents.

measured  bench.extraction; two of three pages that lost most of their text had it cut at an inserted block
"""

import re
from collections import Counter, defaultdict

from lxml.html import HtmlElement

from crawler.extract.body.blocks import Block, count_words, make_key

# elements that hold no paragraph of an article, whatever their class
_ASIDE_TAGS = frozenset(
    {"aside", "footer", "nav", "form", "figure", "header", "button", "noscript"}
)
# classes and ids of comments, related articles, advertising and other boxes around an article
_ASIDE = re.compile(
    r"comment|disqus|repl(?:y|ies)\b|respond|discussion|kommentar|reactie|comentario|related|recommend|promo|newsletter"
    r"|footer|sidebar|author-?(?:bio|box|info)|disclaimer|teaser|sign-?up|subscri|cookie|consent|share|social|popup|modal"
    r"|caption|paywall|advert|sponsor|most-?read|trending|widget|outbrain|taboola|read-?more|breadcrumb|copyright|menu",
    re.IGNORECASE,
)
# one paragraph alone does not show what those of the body have in common
_FEWEST_KEPT = 2
# a smaller share of missing prose is more often a caption or a note than a part of the article
_FEWEST_MISSING = 0.25
# the least prose in one element that is taken for the body in place of what was found
_FEWEST_PARAGRAPHS = 3
_FEWEST_WORDS = 150
_HARDLY_ANYTHING_WORDS = 60


def repair_body(lines: list[str], blocks: list[Block]) -> list[str]:
    """Return the lines of the body, completed with paragraphs that belong to it and were left out.

    lines   the body as found
    blocks  the blocks of the whole page
    """
    prose = [block for block in blocks if block.element.tag == "p" and block.is_prose]
    found = make_key(" ".join(lines))
    kept = frozenset(block for block in prose if block.key in found)
    missing = _find_missing(prose, kept)
    if missing:
        return _weave(lines, blocks, missing)
    home = _find_home(prose, kept, blocks, found)
    return lines if home is None else _take(lines, blocks, home)


def _find_missing(prose: list[Block], kept: frozenset[Block]) -> list[Block]:
    """Return the paragraphs that look like those of the body and were left out; none if they are too few."""
    shapes = Counter(block.shape for block in kept)
    alike = [block for block in prose if block not in kept and shapes[block.shape] >= _FEWEST_KEPT]
    if not alike or count_words(alike) < _FEWEST_MISSING * count_words(kept):
        return []
    trusted = _holders(kept)
    missing = [block for block in alike if not is_aside(block, trusted)]
    return missing if count_words(missing) >= _FEWEST_MISSING * count_words(kept) else []


def _holders(kept: frozenset[Block]) -> frozenset[HtmlElement]:
    """Return the elements that hold three or more kept paragraphs: whatever their class, they are no sidebar."""
    held = Counter(parent for block in kept for parent in block.element.iterancestors())
    return frozenset(element for element, count in held.items() if count >= _FEWEST_PARAGRAPHS)


def is_aside(block: Block, trusted: frozenset[HtmlElement] = frozenset()) -> bool:
    """Return whether a block is in an element that is, by tag, class or id, a sidebar, a footer, a form or the like.

    trusted  elements that are none, whatever their class
    """
    element: HtmlElement | None = block.element
    for _ in range(5):
        if element is None or element in trusted:
            return False
        if element.tag in _ASIDE_TAGS:
            return True
        if _ASIDE.search(f"{element.get('class') or ''} {element.get('id') or ''}"):
            return True
        element = element.getparent()
    return False


def _weave(lines: list[str], blocks: list[Block], missing: list[Block]) -> list[str]:
    """Return the lines with the missing paragraphs put in, each after the line that is before it on the page."""
    woven, keys = list(lines), [make_key(line) for line in lines]
    wanted, place = set(missing), -1
    for block in blocks:
        if block in wanted:
            place += 1
            woven.insert(place, block.text)
            keys.insert(place, block.key)
        elif block.words >= 3:
            place = _find_line(keys, block.key, since=max(place, 0), otherwise=place)
    return woven


def _find_line(keys: list[str], key: str, *, since: int, otherwise: int) -> int:
    """Return the place of the line that a block became, the last one if line breaks cut it into several.

    since, otherwise  where to look from, and what to return if there is none
    """
    place = otherwise
    for number in range(since, len(keys)):
        line = keys[number]
        if line and (line == key or (len(line) > 20 and line in key)):
            place = number
        elif line and len(key) > 20 and key in line:
            return number
        elif place > otherwise:
            break
    return place


def _find_home(
    prose: list[Block], kept: frozenset[Block], blocks: list[Block], found: str
) -> HtmlElement | None:
    """Return the element whose prose is the body if what was found is hardly anything in comparison; else None.

    If the lines found have prose of their own, the element must be beside that prose: otherwise it is another article.
    """
    if 2 * count_words(kept) >= count_words(prose):
        return None
    groups: dict[HtmlElement, list[Block]] = defaultdict(list)
    for block in prose:
        groups[block.element.getparent()].append(block)
    if not groups:
        return None
    home: HtmlElement = max(groups, key=lambda element: count_words(groups[element]))
    size = count_words(groups[home])
    if len(groups[home]) < _FEWEST_PARAGRAPHS or size < _FEWEST_WORDS:
        return None
    if count_words(kept) >= size / 2 or is_aside(groups[home][0]):
        return None
    near = [block for block in blocks if _is_kept_prose(block, found)]
    is_alone = count_words(near) < _HARDLY_ANYTHING_WORDS
    lies_beside = any(block.element.getparent() in {home.getparent(), home} for block in near)
    return home if count_words(near) < size / 2 and (is_alone or lies_beside) else None


def _is_kept_prose(block: Block, found: str) -> bool:
    return block.is_prose and block.element.tag in {"p", "div"} and block.key in found


def _take(lines: list[str], blocks: list[Block], home: HtmlElement) -> list[str]:
    """Return the lines of an element, after those lines of prose that were found before it."""
    inside = [
        block
        for block in blocks
        if block.element.getparent() is home and block.linked < 0.9 and block.element.tag != "div"
    ]
    before: set[str] = set()
    for block in blocks:
        if block is inside[0]:
            break
        before.add(block.key)
    head = [line for line in lines if len(line.split()) >= 10 and make_key(line) in before]
    return head + [block.text for block in inside]
