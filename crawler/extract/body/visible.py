"""Reading the visible text of a page, in reading order."""

from collections.abc import Iterable
from functools import cached_property
from typing import Self

from lxml import etree
from lxml.html import HtmlElement

# of the body, or of a fragment without one
_TEXTS = etree.XPath(
    "(//body|self::*[not(//body)])[1]/descendant::text()[not(parent::script or parent::style or parent::noscript or parent::template)]",
    smart_strings=False,
)


class Visible:
    """A page's visible text, read on first use: on most pages the metadata makes that unnecessary."""

    def __init__(self, tree: HtmlElement) -> None:
        self._tree = tree

    @classmethod
    def of(cls, paragraphs: Iterable[str]) -> Self:
        """Return the visible text of a page that shows these paragraphs and nothing else."""
        visible = cls(HtmlElement())
        visible.texts = [*paragraphs]
        return visible

    @cached_property
    def texts(self) -> list[str]:
        """Return the pieces of text between tags, with single spaces; empty ones are left out."""
        return [text for piece in _TEXTS(self._tree) if (text := " ".join(piece.split()))]

    def start(self, most_characters: int) -> str:
        """Return the beginning of the text as one line of at most this many characters."""
        return " ".join(self.texts)[:most_characters]
