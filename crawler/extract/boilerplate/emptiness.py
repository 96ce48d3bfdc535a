"""Removing elements without text, a fifth of a page: each later walk over the tree then takes less time."""

from lxml import etree
from lxml.html import HtmlElement

# Not links, items or paragraphs: the library judges a box by how many it holds, and by what is first or last in it
_INLINE = ("span", "i", "em", "b", "strong", "sup", "ins", "small")
_BLOCKS = ("div",)
# a picture within a list item shows that the list is one of teasers
_PICTURES = etree.XPath("descendant::img[not(ancestor::li)]")
# attributes that say something although the element shows nothing: the author of the page, a stated date
_SAYING = frozenset({"rel", "itemprop", "content", "property", "datetime"})


def drop_empty(tree: HtmlElement) -> None:
    """Remove pictures, and elements that hold neither text nor anything else, from a tree, in place."""
    for picture in _PICTURES(tree):
        _drop(picture)
    # from the end, so that what is in an element has gone before it is looked at
    for element in reversed(list(tree.iter(*_INLINE, *_BLOCKS))):
        if len(element) or (element.text and not element.text.isspace()):
            continue
        if element.getparent() is not None and _SAYING.isdisjoint(element.keys()):
            _drop(element)


def _drop(element: HtmlElement) -> None:
    """Remove an element and keep the text after it, with a space between words that the element kept apart."""
    parent, previous = element.getparent(), element.getprevious()
    # a space within it keeps words apart, too
    after = (element.text or "") + (element.tail or "")
    after = after or ("" if element.tag in _INLINE else " ")
    if after:
        if previous is None:
            parent.text = (parent.text or "") + after
        else:
            previous.tail = (previous.tail or "") + after
    parent.remove(element)
