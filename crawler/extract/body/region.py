"""Completing a body that was found in part, by the shape of its paragraphs (decision 012).

Sites split articles into several containers, and a picture or a form between two of them can end the library's search;
or a sidebar has more text than the article, and the library returns that. Both can be repaired, because the paragraphs
of one body share their tag, their classes and those of their parents.

measured  bench.extraction: of three pages that lost most of their text, two had it cut at an inserted block
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from lxml.html import HtmlElement

from crawler.extract.body.blocks import Block, count_words, make_key

# elements whose paragraphs are not the article's, whatever their class
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
# kept paragraphs of one shape: a single one does not show what those of the body have in common
_FEWEST_KEPT = 2
# share of the kept words: less missing prose is more often a caption or a note than a part of the article
_FEWEST_MISSING = 0.25
# paragraphs and words of an element that replaces what was found as the body; with less prose it may be a teaser or
# a note
_FEWEST_PARAGRAPHS = 3
_FEWEST_WORDS = 150
# share of letters in links, and words on average, of the items of a list that is text
_MOST_LINKED = 0.5
_FEWEST_ITEM_WORDS = 3
# words: with fewer, what was found proves nothing about where the body is
_HARDLY_ANYTHING_WORDS = 60


def repair_body(lines: list[str], blocks: list[Block]) -> list[str]:
    """Return the lines of the body with the paragraphs that were left out, or those of the element that is the body.

    lines    the body as the library found it
    blocks   the blocks of the whole page, in reading order
    returns  the lines unchanged if nothing is missing
    """
    prose = [block for block in blocks if block.element.tag == "p" and block.is_prose]
    found = make_key(" ".join(lines))
    kept = frozenset(block for block in prose if block.key in found)
    missing = _find_missing(prose, kept)
    if missing:
        return _weave(lines, blocks, missing)
    home = _find_home(prose, kept, blocks, found)
    return lines if home is None else _take(lines, blocks, home)


def add_items(lines: list[str], blocks: list[Block]) -> list[str]:
    """Return the lines of a body with the lists between its paragraphs, if the library left out all lists of the page."""
    if any(line.startswith("- ") for line in lines):
        return lines
    found = make_key(" ".join(lines))
    prose = [block for block in blocks if block.element.tag == "p" and block.is_prose]
    homes = Counter(block.element.getparent() for block in prose if block.key in found)
    home, count = homes.most_common(1)[0] if homes else (None, 0)
    if (
        home is None
        or count < _FEWEST_PARAGRAPHS
        or next(home.iterchildren("ul", "ol"), None) is None
    ):
        return lines
    keys, added = [make_key(line) for line in lines], list(lines)
    for items, after in _list_items(home, found):
        place = keys.index(after) + 1 if after in keys else 0
        if place:
            added[place:place] = [f"- {item.text}" for item in items]
            keys[place:place] = [item.key for item in items]
    return added if len(added) > len(lines) else lines


def _list_items(home: HtmlElement, found: str) -> Iterator[tuple[list[Block], str]]:
    """Yield the items of each list directly between two kept paragraphs, and the key of what precedes the list.

    A list with links, or above the first paragraph or below the last, may be a menu or a table of contents.
    """
    items: list[Block] = []
    above = ""
    for child in home.iterchildren("p", "h2", "h3", "h4", "ul", "ol"):
        if child.tag in {"ul", "ol"}:
            items += [Block(item) for item in child.iterchildren("li")]
            continue
        key = make_key(child.text_content())
        if not key or key not in found:
            continue
        texts = [item for item in items if _is_text(item)]
        if (
            above
            and len(texts) == len(items)
            and texts
            and count_words(texts) >= _FEWEST_ITEM_WORDS * len(texts)
        ):
            yield texts, above
        items, above = [], key


def _is_text(item: Block) -> bool:
    """Return whether a list item is text, and neither a link nor a picture with its caption."""
    has_image = next(item.element.iterdescendants("img", "figure"), None) is not None
    return bool(item.words) and item.linked < _MOST_LINKED and not has_image


def _find_missing(prose: list[Block], kept: frozenset[Block]) -> list[Block]:
    """Return the paragraphs that were left out and have the shape of kept ones; none if they are too few."""
    shapes = Counter(block.shape for block in kept)
    alike = [block for block in prose if block not in kept and shapes[block.shape] >= _FEWEST_KEPT]
    # counted before the walk up the tree, which costs more
    if not alike or count_words(alike) < _FEWEST_MISSING * count_words(kept):
        return []
    trusted = _holders(kept)
    missing = [block for block in alike if not is_aside(block, trusted)]
    return missing if count_words(missing) >= _FEWEST_MISSING * count_words(kept) else []


def _holders(kept: frozenset[Block]) -> frozenset[HtmlElement]:
    """Return the elements that hold three or more kept paragraphs: they are not sidebars, whatever their class."""
    held = Counter(parent for block in kept for parent in block.element.iterancestors())
    return frozenset(element for element, count in held.items() if count >= _FEWEST_PARAGRAPHS)


def is_aside(block: Block, trusted: frozenset[HtmlElement] = frozenset()) -> bool:
    """Return whether a block is in a sidebar, footer, form or the like, by tag, class or id of an element around it.

    trusted  elements that are none of these, whatever their class
    """
    element: HtmlElement | None = block.element
    # the block and four elements around it; farther out a class is that of the whole page
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
    """Return the lines with the missing paragraphs inserted, each after the line that precedes it on the page."""
    woven, keys = list(lines), [make_key(line) for line in lines]
    wanted, place = set(missing), -1
    for block in blocks:
        if block in wanted:
            place += 1
            woven.insert(place, block.text)
            keys.insert(place, block.key)
        # one or two words are on many places of a page
        elif block.words >= 3:
            place = _find_line(keys, block.key, since=max(place, 0), otherwise=place)
    return woven


def _find_line(keys: list[str], key: str, *, since: int, otherwise: int) -> int:
    """Return the index of the line that a block became; of the last line if line breaks cut the block into several.

    since      index to look from
    otherwise  returned if no line matches
    """
    place = otherwise
    for number in range(since, len(keys)):
        line = keys[number]
        # up to 20 letters may be part of another text by chance
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
    """Return the element whose prose is the body, if what was found is little in comparison; else None.

    If what was found has prose, the element must be beside it in the tree: otherwise it is another article.
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
    # a teaser may be on many places of a page
    near = list({b.key: b for b in blocks if _is_kept_prose(b, found)}.values())
    is_alone = count_words(near) < _HARDLY_ANYTHING_WORDS
    lies_beside = any(block.element.getparent() in {home.getparent(), home} for block in near)
    return home if count_words(near) < size / 2 and (is_alone or lies_beside) else None


def _is_kept_prose(block: Block, found: str) -> bool:
    return block.is_prose and block.element.tag in {"p", "div"} and block.key in found


def _take(lines: list[str], blocks: list[Block], home: HtmlElement) -> list[str]:
    """Return the blocks of an element as lines, after the lines of prose that were found above it on the page."""
    # a block of which 90 % are links points to other articles
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
    # shorter lines are headings and captions
    head = [line for line in lines if len(line.split()) >= 10 and make_key(line) in before]
    return head + [block.text for block in inside]
