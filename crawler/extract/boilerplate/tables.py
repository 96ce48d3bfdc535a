"""Flattening tables that lay out a page, as old sites do: their cells are parts of the page and not data."""

from collections.abc import Iterator

from lxml import etree
from lxml.html import HtmlElement

from crawler.extract.boilerplate.link_lists import is_linked

# parts of a table; in another table they are that one's
_PARTS = frozenset({"tbody", "thead", "tfoot", "tr", "td", "th", "center"})
_CELLS = frozenset({"td", "th"})
_BLOCKS = (
    "p",
    "div",
    "table",
    "ul",
    "ol",
    "h1",
    "h2",
    "h3",
    "h4",
    "blockquote",
    "article",
    "section",
    "pre",
)
# characters of a cell that is a text, and its share of the table's: a table of data has many cells of one size
_FEWEST_CHARACTERS = 200
_MOST_OF_THE_TABLE = 0.7
# characters of a paragraph before its first link; a label or an entry of a menu has fewer
_FEWEST_LETTERS = 60
# cells of one table that are looked at; a table with more is data
_MOST_CELLS = 500


def flatten_tables(tree: HtmlElement) -> None:
    """Make each table that holds another table, or nearly all its text in one cell, a stack of blocks; in place."""
    for table in list(tree.iter("table")):
        parts = list(_list_parts(table))
        if not _is_layout(table, parts):
            continue
        for part in (table, *parts):
            if part.tag in _CELLS and is_linked(part) and part.getparent() is not None:
                part.getparent().remove(part)
                continue
            # a cell with nothing but text in it is a paragraph
            is_cell = part.tag in _CELLS
            is_text = is_cell and next(part.iterdescendants(*_BLOCKS), None) is None
            part.tag = "p" if is_text else "div"
            if is_cell and not is_text:
                _wrap_text(part)
                _mark_paragraphs(part)


# characters of a text that is a paragraph, wherever it stands
_FEWEST_LOOSE = 120
# own text of a div that is a paragraph, or several between blocks
_LOOSE = etree.XPath("descendant::div/text()[string-length() > 120]/..")


def wrap_loose_text(tree: HtmlElement) -> None:
    """Put text that stands in a div beside blocks into paragraphs, in place: among paragraphs the library leaves it out."""
    for element in _LOOSE(tree):
        texts = (element.text, *(child.tail for child in element))
        if not any(len((text or "").strip()) > _FEWEST_LOOSE for text in texts):
            continue
        if next(element.iterchildren(*_BLOCKS), None) is not None:
            _wrap_text(element)


def _wrap_text(cell: HtmlElement) -> None:
    """Put the text that is beside the blocks of a cell into paragraphs: old pages end an article's lines by br alone."""
    paragraph: HtmlElement | None = None
    if (cell.text or "").strip():
        paragraph = _insert_paragraph(cell, 0, cell.text)
        cell.text = None
    for child in list(cell):
        if child is paragraph:
            continue
        if child.tag in _BLOCKS:
            paragraph = None
            if (child.tail or "").strip():
                paragraph = _insert_paragraph(cell, cell.index(child) + 1, child.tail)
                child.tail = None
        else:
            if paragraph is None:
                paragraph = _insert_paragraph(cell, cell.index(child), None)
            paragraph.append(child)


def _mark_paragraphs(cell: HtmlElement) -> None:
    """Make paragraphs of what a cell has as one div each: among other paragraphs the library leaves out such text."""
    for child in cell.iterchildren("div"):
        is_leaf = next(child.iterdescendants(*_BLOCKS), None) is None
        if is_leaf and len((child.text or "").strip()) >= _FEWEST_LETTERS:
            child.tag = "p"


def _insert_paragraph(cell: HtmlElement, place: int, text: str | None) -> HtmlElement:
    paragraph: HtmlElement = cell.makeelement("p")
    paragraph.text = text
    cell.insert(place, paragraph)
    return paragraph


def _list_parts(table: HtmlElement) -> Iterator[HtmlElement]:
    """Yield the rows and cells of a table, without those of tables within it."""
    for child in table:
        if child.tag in _PARTS:
            yield child
            if child.tag not in _CELLS:
                yield from _list_parts(child)


def _is_layout(table: HtmlElement, parts: list[HtmlElement]) -> bool:
    cells = [part for part in parts if part.tag in _CELLS]
    if not cells or len(cells) > _MOST_CELLS:
        return False
    # a listing of a program has its line numbers in a cell of their own
    if next(table.iterdescendants("pre", "code"), None) is not None:
        return False
    if next(table.iterdescendants("table", "article", "h1"), None) is not None:
        return True
    sizes = [len(" ".join(cell.text_content().split())) for cell in cells]
    return max(sizes) >= _FEWEST_CHARACTERS and max(sizes) >= _MOST_OF_THE_TABLE * sum(sizes)
