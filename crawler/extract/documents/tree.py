"""Parsing a page's bytes into the one tree that every step shares."""

import re
from contextlib import suppress

from lxml import etree
from lxml.html import HtmlComment, HtmlElement, HTMLParser, fromstring

from crawler.errors import NotAnArticle
from crawler.extract.documents.charset import decode_page
from crawler.extract.documents.nesting import mend_nesting
from crawler.model.article import Page

# without huge_tree libxml2 silently drops all elements nested deeper than 256; with it the limit is 2048. Comments are
# removed, because their text is not shown
_PARSER = HTMLParser(
    collect_ids=False,
    default_doctype=False,
    encoding="utf-8",
    remove_comments=True,
    remove_pis=True,
    huge_tree=True,
)
# lxml.html chooses the class of each element in Python, and again whenever an element is seen anew: a tenth of all that
# reading a page costs. Nothing here needs its classes for forms
_PARSER.set_element_class_lookup(
    etree.ElementDefaultClassLookup(element=HtmlElement, comment=HtmlComment)
)
# a doctype that libxml2 misreads, and drops the page with it: one with a slash in it (lxml bug 1955915)
_MISREAD_DOCTYPE = re.compile(r"^< ?! ?DOCTYPE[^>\n]*/[^<>\n]*>", re.IGNORECASE)
# <html/> ends the page before its first element
_CLOSED_ROOT = re.compile(r"(<html[^>]*?)\s*/>", re.IGNORECASE)
# characters at the start of a page within which either is found
_HEAD = 4096
# control characters, and two that are none, which no XML may have: libxml2 ends a text at some of them
_CONTROLS = bytes({*range(32)} - {*b"\t\n\r"})
_NO_CHARACTERS = ("\ufffe", "\uffff")


def parse_page(page: Page) -> HtmlElement:
    """Return the tree of a page; raises NotAnArticle if it is empty or cannot be parsed."""
    if not page.body.strip():
        raise NotAnArticle("the page is empty")
    tree = parse_html(page.body, page.content_type)
    if tree is None or not len(tree):
        raise NotAnArticle("the page is not HTML that can be read")
    return tree


def parse_html(body: bytes, content_type: str) -> HtmlElement | None:
    """Return the tree of HTML, without comments; None if it cannot be parsed at all.

    content_type  the header as sent, may be empty
    """
    text = _mend_head(decode_page(body, content_type))
    for sign in _NO_CHARACTERS:
        text = text.replace(sign, "")
    # an expression over the whole page took a fifth of the time of parsing
    repaired = text.encode("utf-8", "replace").translate(None, _CONTROLS)
    with suppress(ValueError, etree.LxmlError, RecursionError):
        tree = _with_shadow_trees(fromstring(repaired, parser=_PARSER))
        mend_nesting(tree)
        return tree
    return None


def _mend_head(text: str) -> str:
    """Return a page without a doctype and an empty root element that libxml2 ends it at."""
    head = _MISREAD_DOCTYPE.sub("", text[:_HEAD])
    return _CLOSED_ROOT.sub(r"\1>", head, count=1) + text[_HEAD:]


def _with_shadow_trees(tree: HtmlElement) -> HtmlElement:
    """Return the tree with its declarative shadow trees in place: browsers show these templates, and no others."""
    for template in tree.iter("template"):
        if template.get("shadowrootmode") or template.get("shadowroot"):
            template.tag = "div"
    return tree
