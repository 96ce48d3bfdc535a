"""Finding names of authors in a page's elements: those marked as author or byline, and links to an author's page."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from crawler.extract.names.persons import is_person
from crawler.extract.names.pieces import PREFIX, Piece, beside_persons, names_of, read_pieces
from crawler.extract.names.words import find_label_kind
from crawler.text.lines import clean_line

# what may be marked; three comparisons of classes, because five took 5 ms on a large page
_MAYBE_MARKED = etree.XPath(
    "descendant::*[@itemprop or @rel or contains(@class, 'ut') or contains(@class, 'yline') or contains(@class, 'riter')]"
)
# author, Autor, auteur, byline, Writer
_MARK = re.compile(r"[Aa]ut(?:h?or|eur)|[Bb]yline|[Ww]riter|uthor|yline")
# the name within such an element, where it is marked again
_NAMED = etree.XPath(".//*[@itemprop='name' or contains(concat(' ', @rel, ' '), ' author ')]")
# the innermost elements: name, role and date of an author are often in one each
_LEAVES = etree.XPath(".//*[not(*)][normalize-space()]")
_TEXT = etree.XPath("string()", smart_strings=False)
_LINKS = etree.XPath("//a[@href]")
# marked elements that are looked at; those beyond are ignored, as teasers and comments are marked so as well
_MOST_MARKED = 8
# characters of a marked element; a longer one holds the whole article (WordPress marks it "author-ann"), and only what is
# marked as a name within it counts
_MOST_INSIDE = 400
# elements around a name that is not the author's
_ELSEWHERE_TAGS = frozenset({"aside", "footer", "nav", "form", "blockquote", "q", "figcaption"})
# their classes: comments, forms, biographies, teasers
_ELSEWHERE = re.compile(
    r"comment|\bform\b|-form-|warning|contact|socmed|-desc|\bbio\b|-bio|teaser|related|recommend|most-?read|card|caption|credit|inline-article|citation",
    re.IGNORECASE,
)
# addresses of an author's page, in the words of many languages
_AUTHOR_PAGE = re.compile(
    r"/(?:authors?|writers?|auth|autor(?:en|es)?|auteurs?|autori|autore|contributors?|columnists?|reporters?|journalists?|journalistes?|staff|"
    r"byline|editors|producers|redakteure?|forfatter|skribent|yazar(?:lar)?|penulis|dziennikarz|zpravodaj|toimittaja|avtor|author-profile)/(?:[^?#]{2,})",
    re.IGNORECASE,
)
# characters of the block around such a link: a link within a longer one is part of a sentence
_MOST_AROUND = 140
# links that are looked at
_MOST_LINKS = 400
_BLOCKS = frozenset({"p", "div", "li", "td", "section", "article", "header", "address", "h2", "h3", "h4", "h5", "h6"})  # fmt: skip

# origin, text, its pieces
Found = tuple[str, str, tuple[Piece, ...]]


def walk_marked_names(
    tree: HtmlElement, houses: frozenset[str], *, is_sure: bool
) -> Iterator[Found]:
    """Yield what elements marked as author or byline say, outside of sidebars and comments; those with "By" first.

    is_sure  accept an element only if it begins with "By" or holds nothing but names of persons
    """
    marked = filter(_is_marked, _MAYBE_MARKED(tree))
    usable = (element for element in marked if not is_elsewhere(element))
    chosen = list(islice(usable, _MOST_MARKED))
    lines = [clean_line(str(_TEXT(element))) for element in chosen]
    for element, line in zip(chosen, lines, strict=True):
        if PREFIX.match(line):
            pieces = read_pieces(line, houses=houses)
            if pieces and not any(piece.reason for piece in pieces):
                yield _describe(element), line, pieces
    for element, line in zip(chosen, lines, strict=True):
        pieces = _read_element(element, line, houses)
        yield _describe(element), line, _surely(pieces) if is_sure else pieces


def _is_marked(element: HtmlElement) -> bool:
    is_property = element.get("itemprop") in {"author", "creator"}
    is_link = "author" in (element.get("rel") or "").split()
    return is_property or is_link or _MARK.search(element.get("class") or "") is not None


def walk_linked_names(
    tree: HtmlElement, houses: frozenset[str], *, is_sure: bool
) -> Iterator[Found]:
    """Yield the names that link to an author's page from a short line, outside of sidebars and comments."""
    for link in _LINKS(tree)[:_MOST_LINKS]:
        if not _AUTHOR_PAGE.search(link.get("href")):
            continue
        text = clean_line(str(_TEXT(link)))
        if not text or is_elsewhere(link) or _length_around(link) > _MOST_AROUND:
            continue
        pieces = read_pieces(text, houses=houses)
        yield "a link to an author's page", text, _surely(pieces) if is_sure else pieces


def _surely(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Return pieces of which none counts unless all names among them are full names of persons."""
    if all(map(is_person, names_of(pieces))):
        return pieces
    reason = "no full name, and the page's data names another author"
    return tuple(piece if piece.reason else replace(piece, reason=reason) for piece in pieces)


def _describe(element: HtmlElement) -> str:
    mark = element.get("itemprop") or element.get("rel") or element.get("class") or ""
    return f"<{element.tag}> marked {mark.split()[0] if mark.split() else 'author'}"


def _read_element(element: HtmlElement, line: str, houses: frozenset[str]) -> tuple[Piece, ...]:
    """Return the pieces of the marked names within an element, else of its leaves up to the first that is no name."""
    named = [clean_line(str(_TEXT(each))) for each in _NAMED(element)]
    pieces = tuple(p for text in dict.fromkeys(named) for p in read_pieces(text, houses=houses))
    if names_of(pieces) or len(line) > _MOST_INSIDE:
        return pieces
    read: list[Piece] = []
    for leaf in _read_leaves(element):
        found = read_pieces(leaf, houses=houses)
        # behind the name come role, date, buttons and biography
        if any(not piece.reason for piece in read) and found and all(p.reason for p in found):
            read += found
            break
        read += found
    return tuple(beside_persons(read))


def _read_leaves(element: HtmlElement) -> Iterator[str]:
    """Yield the texts of an element's leaves, a label together with what follows it."""
    label = ""
    for leaf in _LEAVES(element) or [element]:
        text = clean_line(str(_TEXT(leaf)))
        if find_label_kind(text.rstrip(" :\uff1a")):
            label = text.rstrip(" :\uff1a") + ": "
            continue
        yield label + text
        label = ""


def is_elsewhere(element: HtmlElement) -> bool:
    """Return whether an element is in a form, a sidebar, a comment or the teaser of another article."""
    parent: HtmlElement | None = element
    # farther out than three elements, a class is that of the whole page
    for _ in range(4):
        if parent is None:
            return False
        if parent.tag in _ELSEWHERE_TAGS or _ELSEWHERE.search(parent.get("class") or ""):
            return True
        parent = parent.getparent()
    return False


def _length_around(link: HtmlElement) -> int:
    """Return the characters of the block that a link is in."""
    block = link
    for block in link.iterancestors():
        if block.tag in _BLOCKS:
            break
    return len(clean_line(str(_TEXT(block)), max_characters=2 * _MOST_AROUND))
