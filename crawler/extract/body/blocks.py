"""The blocks (paragraphs, headings, list items) of a page with their markup, which the extracted text has lost."""

import re
from collections.abc import Iterable
from functools import cached_property
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

# what a key leaves out, so that a text has the same key in the tree and in the extracted body
_NO_WORD = re.compile(r"\W+")
# the same of ASCII, and its capitals in small. In UTF-8 no byte of another letter is among these, so a text is cleared of most
# signs at once and the expression has little left to do: a third of its time, a fifteenth if the text is ASCII
_NO_ASCII_WORD = bytes(sign for sign in range(128) if _NO_WORD.match(chr(sign)))
_SMALL = bytes(range(256)).lower()
# words of prose; shorter blocks are headings and captions
_FEWEST_WORDS = 10
# share of letters in links; from half of them on a block is a list of links
_MOST_LINKED = 0.5
# blocks read of one page; those beyond are dropped, as a page with more is made to cost time
_MOST_BLOCKS = 20_000
# XPath runs inside libxml2; walking the same elements in Python took as long as the whole extraction.
# A div counts as a paragraph only if it holds none itself; one of 30 characters or fewer is a label.
_PARAGRAPHS = "//p|//h2|//h3|//h4|//h5|//blockquote|//div[not(p|div|ul|ol|table|section|article|blockquote|h1|h2|h3|h4)][string-length() > 30]"
_FIND = etree.XPath(_PARAGRAPHS)
_FIND_WITH_ITEMS = etree.XPath(f"{_PARAGRAPHS}|//li")
_TEXT = etree.XPath("string()", smart_strings=False)
_LINK_TEXTS = etree.XPath("descendant::a/descendant::text()", smart_strings=False)


class Block:
    """One paragraph, heading or list item of a page.

    text   its text as one line
    words  number of its words
    """

    def __init__(self, element: HtmlElement) -> None:
        self.element = element
        words = str(_TEXT(element)).split()
        self.text = " ".join(words)
        self.words = len(words)

    @cached_property
    def key(self) -> str:
        """Return its letters and digits, case folded: the same with any spaces and punctuation."""
        return make_key(self.text)

    @cached_property
    def linked(self) -> float:
        """Return the share (0.0 to 1.0) of its letters that are in links; of a block within a link, all of them."""
        # a teaser is a link around a heading and a paragraph; farther out than three elements, none was seen
        if any(around.tag == "a" for around in islice(self.element.iterancestors(), 3)):
            return 1.0
        if next(self.element.iterdescendants("a"), None) is None:
            return 0.0
        texts = _LINK_TEXTS(self.element)
        length = len(make_key("".join(texts))) if texts else 0
        return min(1.0, length / max(1, len(self.key)))

    @cached_property
    def shape(self) -> tuple[str, ...]:
        """Return tag and class of itself, its parent and its grandparent; a body's paragraphs share them (decision 012)."""
        parts: list[str] = []
        part: HtmlElement | None = self.element
        # farther out the elements are those of the whole page, which menus share
        while part is not None and len(parts) < 3:
            parts.append(f"{part.tag} {part.get('class') or ''}")
            part = part.getparent()
        return tuple(parts)

    @cached_property
    def is_prose(self) -> bool:
        """Return whether it reads as a sentence or more, and not as a heading, a caption or a list of links."""
        return self.words >= _FEWEST_WORDS and self.linked < _MOST_LINKED


def make_key(text: str) -> str:
    """Return the letters and digits of a text, case folded."""
    # lone surrogates come from broken JSON
    signs = text.encode("utf-8", "surrogatepass").translate(_SMALL, _NO_ASCII_WORD)
    key = signs.decode("utf-8", "surrogatepass")
    return key if key.isascii() else _NO_WORD.sub("", key).casefold()


def read_blocks(tree: HtmlElement, *, with_items: bool) -> list[Block]:
    """Return the blocks of a page that have text, in reading order, at most 20,000.

    with_items  include list items; most of them are entries of menus, and they are many
    """
    _part_lines(tree)
    find = _FIND_WITH_ITEMS if with_items else _FIND
    blocks = (Block(element) for element in find(tree)[:_MOST_BLOCKS])
    return [block for block in blocks if block.words]


def _part_lines(tree: HtmlElement) -> None:
    """Put a space after each <br>: the text of an element has none, and glued the last word of a line to the first of the next."""
    for line_end in tree.iter("br"):
        if not (line_end.tail or "")[:1].isspace():
            line_end.tail = f" {line_end.tail or ''}"


def count_words(blocks: Iterable[Block]) -> int:
    """Return the number of words of all blocks together."""
    return sum(block.words for block in blocks)
