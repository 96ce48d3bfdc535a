"""Mending the nesting of a tree as browsers do: no link is in a link, and nothing lies deeper than a page needs.

Where end tags are missing, libxml2 nests all that follows. The steps count the text and the links of each element with all
that it holds: 150 KB of links within links took 17 s, of paragraphs 1,000 deep 6 s.
"""

from lxml import etree
from lxml.html import HtmlElement

# of 943 pages of the collections the deepest has 51; Chrome allows 512
_DEEPEST = 256
_AT_BOTTOM = etree.XPath("/*" * _DEEPEST)
# links that hold a link; 17 of the 943 pages have some
_OUTER = etree.XPath("//a[descendant::a]")
# elements that may hold nothing but their own parts, so that nothing can be put around those
_FRAMES = frozenset({"table", "thead", "tbody", "tfoot", "tr", "ul", "ol", "dl", "select"})


def mend_nesting(tree: HtmlElement) -> None:
    """Raise what lies deeper than 256 elements, and end each link before the next one begins, in place."""
    for element in _AT_BOTTOM(tree):
        _raise_all(element)
    for outer in _OUTER(tree):
        _end_link(outer)


def _raise_all(top: HtmlElement) -> None:
    """Put all that an element holds beside it, in reading order."""
    found: list[tuple[HtmlElement, list[str]]] = []
    for event, element in etree.iterwalk(top, events=("start", "end")):
        if event == "start":
            found.append((element, []))
        else:
            # the text behind an element comes after all that it held
            found[-1][1].append(element.tail or "")
    parent = top.getparent()
    if parent is None or len(found) == 1:
        return
    for element, tails in found:
        element.tail = "".join(tails) or None
    place = parent.index(top)
    parent[place : place + 1] = [element for element, _ in found]


def _end_link(outer: HtmlElement) -> None:
    """End a link where the first one in it begins, as the HTML standard does; what it holds before that stays linked."""
    inner = next(outer.iterdescendants("a"))
    attributes = {**outer.attrib}
    outer.tag = "span"
    # without an address it only names a place
    if outer.attrib.pop("href", None) is None:
        return
    path = [inner]
    while path[-1] is not outer:
        path.append(path[-1].getparent())
    for branch, holder in zip(path[-2::-1], path[:0:-1], strict=True):
        _link_before(branch, holder, attributes)


def _link_before(branch: HtmlElement, holder: HtmlElement, attributes: dict[str, str]) -> None:
    """Put what precedes a child of an element into a link of its own."""
    before = holder[: holder.index(branch)]
    if holder.tag in _FRAMES or not (before or (holder.text or "").strip()):
        return
    link = holder.makeelement("a", attributes)
    link.text, holder.text = holder.text, None
    link.extend(before)
    holder.insert(0, link)
