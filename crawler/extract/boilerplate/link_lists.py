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
# characters of a label, and what a sentence ends with
_MOST_LABEL = 50
_ENDS = frozenset(".!?\u3002\u0964")
_TEXT = etree.XPath("string()", smart_strings=False)
_LINK_TEXTS = etree.XPath("descendant::a/descendant::text()", smart_strings=False)


@contextmanager
def without_link_lists(tree: HtmlElement) -> Iterator[frozenset[str]]:
    """Take the lists of which nearly all is links out of a tree, yield the keys of their labels, and put them back at the end.

    A label is a short text before a list, in whatever language ("More on this"). The lists are a quarter of a page's elements, and what is looked for among the rest is found in less time.
    """
    taken: list[tuple[HtmlElement, int, HtmlElement]] = []
    labels: set[str] = set()
    for each in [one for one in tree.iter("ul", "ol") if len(one) >= _FEWEST_ITEMS]:
        parent = each.getparent()
        # a text behind the list would go with it
        if parent is not None and not (each.tail or "").strip() and is_linked(each):
            labels.add(_read_label(each.getprevious()))
            taken.append((parent, parent.index(each), each))
            parent.remove(each)
    try:
        yield frozenset(labels) - {""}
    finally:
        for parent, place, each in reversed(taken):
            parent.insert(place, each)


def _read_label(before: HtmlElement | None) -> str:
    """Return the key of what stands before a list if it is a label; empty if it is a sentence, the headline or a list."""
    if before is None or before.tag in {"h1", "ul", "ol"}:
        return ""
    text = str(_TEXT(before)).strip()
    is_label = len(text) <= _MOST_LABEL and text[-1:] not in _ENDS
    return make_key(text) if is_label else ""


def is_linked(each: HtmlElement) -> bool:
    """Return whether an element holds three links or more, and hardly anything beside them."""
    links = _LINK_TEXTS(each)
    if len(links) < _FEWEST_ITEMS:
        return False
    return len(make_key("".join(links))) >= _LINKED * len(make_key(str(_TEXT(each))))
