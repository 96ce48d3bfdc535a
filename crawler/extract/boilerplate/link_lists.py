"""Taking lists of links out of a tree while the body is looked for: menus, rankings, "more on this"."""

from collections.abc import Iterator
from contextlib import contextmanager

from lxml import etree
from lxml.html import HtmlElement

from crawler.extract.body.blocks import make_key

# items of a list of links; with fewer, it may be two sources that an article names
_FEWEST_ITEMS = 3
# share of its letters that are in links: a list of links may have the time beside each
_LINKED = 0.9
_TEXT = etree.XPath("string()", smart_strings=False)
_LINK_TEXTS = etree.XPath("descendant::a//text()", smart_strings=False)
_LISTS = etree.XPath("descendant::*[self::ul or self::ol][count(li) >= 3]")


@contextmanager
def without_link_lists(tree: HtmlElement) -> Iterator[None]:
    """Take the lists of which nearly all is links out of a tree, and put them back at the end.

    They are a quarter of a page's elements, and what is looked for among the rest is found in less time.
    """
    taken: list[tuple[HtmlElement, int, HtmlElement]] = []
    for each in _LISTS(tree):
        parent = each.getparent()
        # a text behind the list would go with it
        if parent is not None and not (each.tail or "").strip() and _is_linked(each):
            taken.append((parent, parent.index(each), each))
            parent.remove(each)
    try:
        yield
    finally:
        for parent, place, each in reversed(taken):
            parent.insert(place, each)


def _is_linked(each: HtmlElement) -> bool:
    links = _LINK_TEXTS(each)
    if len(links) < _FEWEST_ITEMS:
        return False
    return len(make_key("".join(links))) >= _LINKED * len(make_key(str(_TEXT(each))))
