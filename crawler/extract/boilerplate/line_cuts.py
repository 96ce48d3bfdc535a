"""Finding lines of a body that lead elsewhere or stand beside the article, by the markup they have on the page."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import islice

from lxml.html import HtmlElement

from crawler.extract.body.blocks import Block, make_key

# items of a list that is nothing but links; with fewer, it may be two sources that an article names
_FEWEST_ITEMS = 3
# share of its items that are links: a list of links may have an advertisement among them
_MOST_ITEMS = 0.75
# "Background: <link>", "Who was arrested: <link> | <link>": characters before the colon
_LABEL = re.compile(r"^[^:\uff1a]{1,60}[:\uff1a]\s*")
# 0.9 allows for a time or a quotation mark beside the link
_LINKED = 0.9
# the label of a single link, in a text without an address or a price
_SHORT_LABEL = re.compile(r"^[^:\uff1a]{1,35}[:\uff1a](?!//)(?!.*(?:://|[$\u20ac\u00a3]))")
# letters and digits beside the link of a short item: a count, a time
_MOST_BESIDE = 4
# letters and digits of a link that is a headline; that of a shop or a source has fewer
_FEWEST_LINKED = 20
# classes and ids of boxes beside an article, whole words of them: on 700 labelled pages, lines in such boxes are not in the
# text that people marked on 60 pages and are in it on 8
_BOX = re.compile(
    r"(?<![a-z])(?:cta|recirc\w*|promos?|newsletters?|disclosures?|disclaimers?|affiliates?|(?:fig-?)?captions?|author-?(?:bio|box|info|card)|bio|subscri(?:be|ption)"
    r"|sign-?up|most-?(?:read|popular)|trending|comments?|related|read-?(?:more|also|next)|outbrain|taboola|sponsor(?:ed|s)?|paywall|kicker-links)(?![a-z])",
    re.IGNORECASE,
)
_FIGURE_TAGS = frozenset({"figure", "figcaption"})
_BOX_TAGS = frozenset({"figcaption", "aside", "footer", "form", "nav"})
# kept paragraphs from which an element holds the article, whatever its class
_FEWEST_HELD = 3
# elements around a line whose class counts; farther out it is that of the whole page
_AROUND = 5
# elements of pull quotes, and words of their classes
_QUOTE_TAGS = frozenset({"blockquote", "q", "figure"})
_QUOTE = re.compile(r"quote|(?<![a-z])pull", re.IGNORECASE)
# letters and digits of a pull quote: fewer may be said again by chance
_FEWEST_QUOTED = 30
# tags of headings below that of the page
HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6"})

Places = Mapping[str, list[Block]]


def place_lines(lines: Iterable[str], blocks: Iterable[Block]) -> Places:
    """Return the blocks that each line was on the page; a line that was none is left out.

    A line that the body marks as an item of a list ("- ") was a list item, if it was one anywhere on the page, and a line of
    the same words without the mark was none: a table of contents has the words of the headings below it.
    """
    wanted: dict[str, list[str]] = defaultdict(list)
    for line in dict.fromkeys(lines):
        wanted[make_key(line)].append(line)
    # the lengths may differ by eight characters, because of that mark
    lengths = {
        (len(line) + more) // 8 for each in wanted.values() for line in each for more in (-8, 0, 8)
    }
    found: dict[str, list[Block]] = defaultdict(list)
    for block in blocks:
        # most blocks of a page are not lines of its body, and their length already shows it
        if len(block.text) // 8 in lengths and block.key in wanted:
            found[block.key].append(block)
    return {
        line: _of_its_kind(line, blocks) for key, blocks in found.items() for line in wanted[key]
    }


def _of_its_kind(line: str, blocks: list[Block]) -> list[Block]:
    is_item = line.startswith("- ")
    same = [block for block in blocks if (block.element.tag == "li") == is_item]
    return same or blocks


def find_link_lines(places: Places) -> frozenset[str]:
    """Return the lines that are nothing but a link on the page, and so lead elsewhere."""
    return frozenset(
        line
        for line, blocks in places.items()
        if all(block.linked >= _LINKED or _is_labelled_link(block) for block in blocks)
    )


def _is_labelled_link(block: Block) -> bool:
    """Return whether a block is a label and the headline of another article, in whatever language: "Read also: <link>"."""
    links = list(islice(block.element.iterdescendants("a"), 2))
    if len(links) != 1 or not _SHORT_LABEL.match(block.text):
        return False
    return block.linked * len(block.key) >= _FEWEST_LINKED and _is_pointer(block)


def find_link_lists(places: Places) -> frozenset[str]:
    """Return the lines that are items of lists in which each item is a link, perhaps with a label before it."""
    items: dict[HtmlElement, list[Block]] = defaultdict(list)
    for blocks in places.values():
        for block in blocks:
            if block.element.tag == "li":
                items[block.element.getparent()].append(block)
    listed: set[Block] = set()
    for blocks in items.values():
        leading = sum(map(_is_pointer, blocks))
        if leading >= _FEWEST_ITEMS and leading >= _MOST_ITEMS * len(blocks):
            listed.update(blocks)
    return frozenset(line for line, blocks in places.items() if listed.issuperset(blocks))


def _is_pointer(block: Block) -> bool:
    """Return whether a block is nothing but links, or a label and links."""
    letters = len(block.key)
    unlinked = letters * (1 - block.linked)
    if block.linked >= _LINKED or (block.linked and unlinked <= _MOST_BESIDE):
        return True
    label = _LABEL.match(block.text)
    rest = letters - len(make_key(label[0])) if label else 0
    return rest > 0 and block.linked * letters >= _LINKED * rest


def find_boxed_lines(places: Places) -> frozenset[str]:
    """Return the lines that are in a box beside the article, by the tag, class or id of an element around them."""
    prose = [block for blocks in places.values() for block in blocks if block.is_prose]
    held: dict[HtmlElement, int] = defaultdict(int)
    for block in prose:
        for element in block.element.iterancestors():
            held[element] += 1
    trusted = frozenset(element for element, count in held.items() if count >= _FEWEST_HELD)
    return frozenset(
        line
        for line, blocks in places.items()
        if all(_is_boxed(block, trusted) for block in blocks)
    )


def find_captions(places: Places) -> frozenset[str]:
    """Return the lines that are in figures."""
    return frozenset(
        line for line, blocks in places.items() if all(_is_in_figure(block) for block in blocks)
    )


def _is_in_figure(block: Block) -> bool:
    around = (block.element, *islice(block.element.iterancestors(), _AROUND - 1))
    return any(element.tag in _FIGURE_TAGS for element in around)


def _is_boxed(block: Block, trusted: frozenset[HtmlElement]) -> bool:
    element: HtmlElement | None = block.element
    for _ in range(_AROUND):
        if element is None or element in trusted or element.tag == "body":
            return False
        # an article within the article is a teaser of another
        if element.tag in _BOX_TAGS or (element.tag == "article" and trusted):
            return True
        if _BOX.search(f"{element.get('class') or ''} {element.get('id') or ''}"):
            return True
        element = element.getparent()
    return False


def find_headings(places: Places) -> frozenset[str]:
    """Return the lines that are headings on the page."""
    return frozenset(
        line
        for line, blocks in places.items()
        if all(block.element.tag in HEADINGS for block in blocks)
    )


def find_quotes(lines: list[str], places: Places) -> frozenset[str]:
    """Return the lines in a box of their own that repeat a part of a paragraph: pull quotes."""
    marked = {
        line: key
        for line, blocks in places.items()
        if len(key := blocks[0].key) >= _FEWEST_QUOTED and all(map(_is_quote, blocks))
    }
    rest = "\n".join(make_key(line) for line in lines if line not in marked) if marked else ""
    return frozenset(line for line, key in marked.items() if key in rest)


def _is_quote(block: Block) -> bool:
    around = (block.element, *islice(block.element.iterancestors(), 2))
    return any(e.tag in _QUOTE_TAGS or _QUOTE.search(e.get("class") or "") for e in around)
