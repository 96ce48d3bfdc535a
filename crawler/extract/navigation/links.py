"""Collecting the links of a page: their addresses, texts and places.

A link keeps its own text if that distinguishes it from others. An empty text, or one that several links have ("Read
more", in any language), is vague and is replaced by the nearest heading in the same block.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from lxml.html import HtmlElement

from crawler.extract.navigation.shapes import shape_of, weigh_shape
from crawler.text.lines import clean_line
from crawler.text.web.urls import absolute_url, article_key, canonical_url, is_same_site

# links read of one page; those beyond are dropped, and pages list their newest first
_MOST_LINKS = 8000
# ancestors that are looked at; an element farther out does not change a link's place
_DEEPEST = 40
# characters of a link's text; a headline has fewer
_MOST_TEXT = 300
# headings, and the elements that head lists, forms, tables and details
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "dt", "legend", "caption", "summary"})
# elements whose text may name an article where there is no heading, and those that print it in bold
_TEXTS = frozenset({"td", "th", "p", "strong", "b", "em", "span", "div", "li", "dd", "figcaption"})
_BOLD = frozenset({"b", "strong", "big", "em", "u", "font"})
# elements around menus and boxes; a "header" or "footer" within one of _ROOMS belongs to an article
_BOILERPLATE = frozenset({"nav", "aside", "form"})
_ROOMS = frozenset({"article", "section", "main", "li", "td"})
# bounds of the block that is searched around a link: levels up, siblings aside, elements inside
_MOST_LEVELS = 6
_MOST_SIBLINGS = 12
_MOST_PARTS = 400

_NUMBERS = re.compile(r"\d+")
# letters beside a number, as in "3 comments"; with more of them the number is part of a headline
_MOST_LETTERS = 12

# ordered: the best place of several links to one article is the smallest
MAIN, BOILERPLATE, EDGE = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One address that a page links to.

    key        the key that all addresses of the article share
    text       the longest text of its links, or the heading beside them; may be empty
    place      MAIN, BOILERPLATE (in a menu or sidebar) or EDGE (in the menu of the header, or in the footer)
    is_headed  it holds a heading, is in one (at most three elements out), or has its text from one
    spot       tags and first classes of the four elements around it, which the links of one list share
    """

    url: str
    key: str
    text: str
    place: int
    is_headed: bool
    spot: str

    @property
    def plain_url(self) -> str:
        """Return the address without trackers, session ids and the host name of phone pages."""
        return f"http://{self.key}"


def find_base(tree: HtmlElement, *, url: str) -> str:
    """Return the address that links of a page are relative to: the first ``<base href>``, else the page's own."""
    for element in tree.iter("base"):
        href = element.get("href")
        if href is not None:
            return absolute_url(href, base=url) or url
    return url


def collect_links(
    tree: HtmlElement, anchors: Iterable[HtmlElement], *, url: str
) -> dict[str, Link]:
    """Return the links to other addresses of the same site by article key, in page order."""
    base, own = find_base(tree, url=url), article_key(url)
    found: list[tuple[HtmlElement, Link]] = []
    wrappers = _find_wrappers(tree)
    for anchor in islice(anchors, _MOST_LINKS):
        address = absolute_url(anchor.get("href") or "", base=base)
        if address is None or not _is_on_site(address, url):
            continue
        key = article_key(address)
        if key != own:
            found.append((anchor, _read_link(anchor, address, key, wrappers)))
    links: dict[str, Link] = {}
    for link in _with_headings(found):
        known = links.get(link.key)
        links[link.key] = _join(known, link) if known else link
    return _without_variants(links)


def _is_on_site(address: str, url: str) -> bool:
    return is_same_site(address, url) or is_same_site(canonical_url(address) or "", url)


def _find_wrappers(tree: HtmlElement) -> frozenset[HtmlElement]:
    """Return the forms with at least half of a page's links: ASP.NET wraps whole pages in one, so it is not a box."""
    counts: Counter[HtmlElement] = Counter()
    link_count = 0
    for anchor in islice(tree.iter("a"), _MOST_LINKS):
        link_count += 1
        above = islice(anchor.iterancestors(), _DEEPEST)
        counts.update(element for element in above if element.tag == "form")
    return frozenset(form for form, count in counts.items() if 2 * count >= link_count)


def _read_link(
    anchor: HtmlElement, address: str, key: str, wrappers: frozenset[HtmlElement]
) -> Link:
    above = list(islice(anchor.iterancestors(), _DEEPEST))
    inner = next((_read(part) for part in anchor.iter(*_HEADINGS) if _read(part)), "")
    return Link(
        url=address,
        key=key,
        text=inner or _read(anchor) or _read_label(anchor),
        place=_find_place(above, wrappers),
        is_headed=bool(inner) or any(part.tag in _HEADINGS for part in above[:3]),
        spot="/".join(
            f"{part.tag}.{(part.get('class') or '').partition(' ')[0]}" for part in above[:4]
        ),
    )


def _read(element: HtmlElement) -> str:
    return clean_line(str(element.text_content() or ""), max_characters=_MOST_TEXT)


def _read_label(anchor: HtmlElement) -> str:
    picture = next((str(each.get("alt") or "") for each in anchor.iter("img")), "")
    label = anchor.get("title") or anchor.get("aria-label") or picture
    return clean_line(str(label), max_characters=_MOST_TEXT)


def _find_place(above: list[HtmlElement], wrappers: frozenset[HtmlElement]) -> int:
    place = MAIN
    is_in_room = False
    for element in above:
        tag = element.tag
        is_in_room = is_in_room or tag in _ROOMS
        if tag == "footer" and not is_in_room:
            return EDGE
        if tag == "header" and not is_in_room and place == BOILERPLATE:
            return EDGE
        is_boilerplate = tag in _BOILERPLATE or element.get("role") == "navigation"
        if is_boilerplate and element not in wrappers:
            place = BOILERPLATE
    return place


def _join(first: Link, second: Link) -> Link:
    """Return one link for two to the same article: with the longer text, at the better place."""
    best = max(first, second, key=lambda link: len(link.text))
    return replace(
        first,
        text=best.text,
        spot=best.spot,
        place=min(first.place, second.place),
        is_headed=first.is_headed or second.is_headed,
    )


def _without_variants(links: dict[str, Link]) -> dict[str, Link]:
    """Return the links without variants (share, print, comment) of articles that are listed themselves."""
    plain = {key for key in links if "?" not in key}
    return {
        key: link
        for key, link in links.items()
        if (base := key.partition("?")[0]) == key
        or base not in plain
        # /article.php beside /article.php?id=7 is not an article, so ?id=7 is not a variant of it
        or not weigh_shape(shape_of(f"http://{base}"))
    }


def _with_headings(found: list[tuple[HtmlElement, Link]]) -> Iterator[Link]:
    """Yield the links; a vague one has the text of the heading beside it if there is one."""
    keys: dict[str, set[str]] = {}
    for _, link in found:
        keys.setdefault(_mask(link.text), set()).add(link.key)
    vague = [
        (anchor, link) for anchor, link in found if not link.text or len(keys[_mask(link.text)]) > 1
    ]
    blocks = _Blocks(vague, owners={anchor: link.key for anchor, link in found})
    is_vague = {anchor for anchor, _ in vague}
    for anchor, link in found:
        heading = blocks.find_heading(anchor, link.key) if anchor in is_vague else ""
        yield replace(link, text=heading, is_headed=True) if heading else link


def _mask(text: str) -> str:
    """Return a text of few letters with its numbers masked: "3 comments" and "4 comments" are one text."""
    masked = _NUMBERS.sub("#", text)
    return masked if sum(map(str.isalpha, masked)) <= _MOST_LETTERS else text


class _Blocks:
    """The blocks around vague links: elements in which all vague links have the same address."""

    def __init__(
        self, vague: list[tuple[HtmlElement, Link]], *, owners: dict[HtmlElement, str]
    ) -> None:
        self._owners = owners
        self._keys: dict[HtmlElement, set[str]] = {}
        self._is_before: dict[HtmlElement, bool] = {}
        for anchor, link in vague:
            for element in [anchor, *islice(anchor.iterancestors(), _MOST_LEVELS + 1)]:
                keys = self._keys.setdefault(element, set())
                # two keys already mean that the element is not the block of one link
                if len(keys) < 2:
                    keys.add(link.key)

    def find_heading(self, anchor: HtmlElement, key: str) -> str:
        """Return the heading in or beside a link's block, else a text in it or a bold line before it; may be empty."""
        block = anchor
        for element in islice(anchor.iterancestors(), _MOST_LEVELS):
            if element.tag in {"body", "html"} or self._keys.get(element) != {key}:
                break
            block = element
            heading = self._find_in(block, anchor, key)
            if heading:
                return heading
        return self._find_beside(block, key) or _find_text(block, anchor) or self._find_bold(block)

    def _read_heading(self, heading: HtmlElement, key: str) -> str:
        """Return the text of a heading; empty if it links to another address and so is that one's heading."""
        inner = islice(heading.iter("a"), _MOST_SIBLINGS)
        is_others = any(self._owners.get(anchor, key) != key for anchor in inner)
        return "" if is_others else _read(heading)

    def _find_in(self, block: HtmlElement, anchor: HtmlElement, key: str) -> str:
        """Return the last heading before a link inside its block, else the first after it."""
        before, is_after = "", False
        for element in islice(block.iter(), _MOST_PARTS):
            if element is anchor:
                if before:
                    return before
                is_after = True
            elif element.tag in _HEADINGS and (text := self._read_heading(element, key)):
                if is_after:
                    return text
                before = text
        return before

    def _find_beside(self, block: HtmlElement, key: str) -> str:
        """Return the heading among the siblings before a block, or after it if headings follow links; may be empty."""
        parent = block.getparent()
        if parent is None or parent.tag in {"html"}:
            return ""
        if parent not in self._is_before:
            first = next((child for child in parent if self._has_vague(child)), block)
            self._is_before[parent] = bool(self._scan(first, key, is_preceding=True))
        return self._scan(block, key, is_preceding=self._is_before[parent])

    def _scan(self, block: HtmlElement, key: str, *, is_preceding: bool) -> str:
        for sibling in islice(block.itersiblings(preceding=is_preceding), _MOST_SIBLINGS):
            if self._has_vague(sibling):
                return ""
            heading = next(sibling.iter(*_HEADINGS), None)
            if heading is not None:
                return self._read_heading(heading, key)
        return ""

    def _find_bold(self, block: HtmlElement) -> str:
        """Return the bold text of three words or more between the previous link and this one; may be empty."""
        bold = ""
        for sibling in islice(block.itersiblings(preceding=True), _MOST_SIBLINGS):
            if self._has_vague(sibling) or sibling.tag == "hr":
                break
            text = _read(sibling) if sibling.tag in _BOLD else ""
            # one or two words in bold are a label or a date
            bold = text if len(text.split()) >= 3 else bold
        return bold

    def _has_vague(self, element: HtmlElement) -> bool:
        return bool(self._keys.get(element))


def _find_text(block: HtmlElement, anchor: HtmlElement) -> str:
    """Return the first text of three words or more in a block, or in its table row, that is not the link's own."""
    own = _read(anchor)
    row = next((each for each in block.iterancestors("tr")), block) if block.tag == "td" else block
    for element in islice(row.iter(), _MOST_PARTS):
        if element.tag in _TEXTS and element is not row and not len(element):
            text = _read(element)
            if len(text.split()) >= 3 and text != own:
                return text
    return ""
