"""Whether the body that was found is the whole body: what stands beside it in the markup tells.

Sites cut their articles into several containers, and a picture or a form between two of them can end the search for
more; or the sidebar has more text than the article. Both are seen by the paragraphs: those of one body share their tag, their
classes and those of their parents.

measured  bench/extraction.py; two of three pages that lost most of their text had it cut at an inserted block
"""

import re
from collections import Counter, defaultdict

from lxml.html import HtmlElement

from crawler.extract.body.blocks import Block, count_words, make_key

_ASIDE_TAGS = frozenset(
    {"aside", "footer", "nav", "form", "figure", "header", "button", "noscript"}
)
_ASIDE = re.compile(
    r"comment|disqus|repl(?:y|ies)\b|respond|discussion|kommentar|reactie|comentario|related|recommend|promo|newsletter"
    r"|footer|sidebar|author-?(?:bio|box|info)|disclaimer|teaser|sign-?up|subscri|cookie|consent|share|social|popup|modal"
    r"|caption|paywall|advert|sponsor|most-?read|trending|widget|outbrain|taboola|read-?more|breadcrumb|copyright|menu",
    re.IGNORECASE,
)
_FEWEST_KEPT = 2
# less missing prose than this share is more often a caption or a note than a piece of the article
_FEWEST_MISSING = 0.25
_FEWEST_PARAGRAPHS = 3
_FEWEST_WORDS = 150
_HARDLY_ANYTHING_WORDS = 60


def repair_body(lines: list[str], blocks: list[Block]) -> list[str]:
    """Give the lines of the body with what belongs to it and was left out.

    lines   of the body as found
    blocks  of the whole page
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
    """Give the paragraphs that look like those of the body and were left out, if they are a piece of it."""
    shapes = Counter(block.shape for block in kept)
    alike = [block for block in prose if block not in kept and shapes[block.shape] >= _FEWEST_KEPT]
    if not alike or count_words(alike) < _FEWEST_MISSING * count_words(kept):
        return []
    trusted = _holders(kept)
    missing = [block for block in alike if not is_aside(block, trusted)]
    return missing if count_words(missing) >= _FEWEST_MISSING * count_words(kept) else []


def _holders(kept: frozenset[Block]) -> frozenset[HtmlElement]:
    """Give the elements that hold several kept paragraphs: whatever they are called, they are no sidebar."""
    held = Counter(parent for block in kept for parent in block.element.iterancestors())
    return frozenset(element for element, count in held.items() if count >= _FEWEST_PARAGRAPHS)


def is_aside(block: Block, trusted: frozenset[HtmlElement] = frozenset()) -> bool:
    """Tell whether a block stands in what calls itself a sidebar, a footer, a form or the like."""
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
    """Put missing paragraphs between the lines, each after the line that stands before it on the page."""
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
    """Give the place of the line a block became; several lines, where line breaks cut it."""
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
    """Give the element whose prose is the body, where what was found is hardly anything beside it.

    Where the lines found hold prose of their own, that element must lie beside it, or it is another article.
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
    """Give what stands in an element, after the prose found before it."""
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
