"""The paragraphs a page is built of, as its markup tells them apart: for what the text alone cannot show."""

import re
from collections.abc import Iterable
from functools import cached_property

from lxml import etree
from lxml.html import HtmlElement

_NO_WORD = re.compile(r"\W+")
_FEWEST_WORDS = 10
_MOST_LINKED = 0.5
_MOST_BLOCKS = 20_000
# XPath runs inside libxml2: walking the same elements in Python costs as much as the whole extraction.
# A div that holds paragraphs is no paragraph, but what paragraphs stand in.
_PARAGRAPHS = "//p|//h2|//h3|//h4|//h5|//blockquote|//div[not(p|div|ul|ol|table|section|article|blockquote|h1|h2|h3|h4)][string-length() > 30]"
_FIND = etree.XPath(_PARAGRAPHS)
_FIND_WITH_ITEMS = etree.XPath(f"{_PARAGRAPHS}|//li")
_TEXT = etree.XPath("string()", smart_strings=False)
_LINK_TEXTS = etree.XPath(".//a//text()", smart_strings=False)


class Block:
    """One paragraph, heading or list item of a page.

    text   its words, as one line
    words  how many words it has
    """

    def __init__(self, element: HtmlElement) -> None:
        self.element = element
        words = str(_TEXT(element)).split()
        self.text = " ".join(words)
        self.words = len(words)

    @cached_property
    def key(self) -> str:
        """Its letters and digits alone, case folded: what stays the same however it is written out."""
        return make_key(self.text)

    @cached_property
    def linked(self) -> float:
        """Share of its letters that stand in links."""
        length = sum(len(make_key(str(text))) for text in _LINK_TEXTS(self.element))
        return min(1.0, length / max(1, len(self.key)))

    @cached_property
    def shape(self) -> tuple[str, ...]:
        """Tag and class of itself, its parent and its grandparent: what the paragraphs of one body share."""
        parts: list[str] = []
        part: HtmlElement | None = self.element
        while part is not None and len(parts) < 3:
            parts.append(f"{part.tag} {part.get('class') or ''}")
            part = part.getparent()
        return tuple(parts)

    @cached_property
    def is_prose(self) -> bool:
        """Whether it reads as a sentence or more, and not as a heading, a caption or a list of links."""
        return self.words >= _FEWEST_WORDS and self.linked < _MOST_LINKED


def make_key(text: str) -> str:
    """Give the letters and digits of a text, case folded."""
    return _NO_WORD.sub("", text).casefold()


def read_blocks(tree: HtmlElement, *, with_items: bool) -> list[Block]:
    """Give the blocks of text of a page in reading order, a bounded number of them.

    with_items  items of lists too: there are many, most of them of menus
    """
    find = _FIND_WITH_ITEMS if with_items else _FIND
    blocks = (Block(element) for element in find(tree)[:_MOST_BLOCKS])
    return [block for block in blocks if block.words]


def count_words(blocks: Iterable[Block]) -> int:
    """Give how many words blocks have together."""
    return sum(block.words for block in blocks)
