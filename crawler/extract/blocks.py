"""The paragraphs a page is built of, as its markup tells them apart: for what the text alone cannot show."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml.html import HtmlElement

_TAGS = ("p", "li", "h2", "h3", "h4", "h5", "blockquote", "div")
# a div that holds one of these is no paragraph, but what paragraphs stand in
_CONTAINED = frozenset(
    {"p", "div", "ul", "ol", "table", "section", "article", "blockquote", "h1", "h2", "h3", "h4"}
)
_WORD = re.compile(r"\w+")
_FEWEST_WORDS = 10
_MOST_LINKED = 0.5
_MOST_BLOCKS = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One paragraph, heading or list item of a page.

    key     its letters and digits alone, case folded: what stays the same however it is written out
    words   how many words it has
    linked  share of its letters that stand in links
    shape   tag and class of itself, its parent and its grandparent: what the paragraphs of one body share
    """

    element: HtmlElement
    text: str
    key: str
    words: int
    linked: float
    shape: tuple[str, ...]

    @property
    def is_prose(self) -> bool:
        """Whether it reads as a sentence or more, and not as a heading, a caption or a list of links."""
        return self.words >= _FEWEST_WORDS and self.linked < _MOST_LINKED


def make_key(text: str) -> str:
    """Give the letters and digits of a text, case folded."""
    return "".join(_WORD.findall(text)).casefold()


def read_blocks(tree: HtmlElement) -> list[Block]:
    """Give the blocks of text of a page in reading order, a bounded number of them."""
    blocks: list[Block] = []
    for block in _blocks(tree):
        blocks.append(block)
        if len(blocks) == _MOST_BLOCKS:
            break
    return blocks


def _blocks(tree: HtmlElement) -> Iterator[Block]:
    for element in tree.iter(*_TAGS):
        if element.tag == "div" and any(child.tag in _CONTAINED for child in element):
            continue
        text = " ".join("".join(element.itertext()).split())
        key = make_key(text)
        if not key:
            continue
        linked = sum(len(make_key("".join(link.itertext()))) for link in element.iter("a"))
        yield Block(
            element=element,
            text=text,
            key=key,
            words=len(_WORD.findall(text)),
            linked=min(1.0, linked / len(key)),
            shape=_shape(element),
        )


def _shape(element: HtmlElement) -> tuple[str, ...]:
    parts: list[str] = []
    part: HtmlElement | None = element
    while part is not None and len(parts) < 3:
        parts.append(f"{part.tag} {part.get('class') or ''}")
        part = part.getparent()
    return tuple(parts)


def count_words(blocks: Iterable[Block]) -> int:
    """Give how many words blocks have together."""
    return sum(block.words for block in blocks)
