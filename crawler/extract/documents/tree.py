"""Parsing a page's bytes into the one tree that every step shares."""

from contextlib import suppress

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, fromstring
from trafilatura.utils import repair_faulty_html

from crawler.errors import NotAnArticle
from crawler.extract.documents.charset import decode_page
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
    text = decode_page(body, content_type).replace("\x00", "")
    # removes a doctype in the first 50 characters that libxml2 misreads (lxml bug 1955915), and mends a self-closing <html/>
    repaired = repair_faulty_html(text, text[:50].lower())
    with suppress(ValueError, etree.LxmlError, RecursionError):
        return _with_shadow_trees(fromstring(repaired.encode("utf-8", "replace"), parser=_PARSER))
    return None


def _with_shadow_trees(tree: HtmlElement) -> HtmlElement:
    """Return the tree with its declarative shadow trees in place: browsers show these templates, and no others."""
    for template in tree.iter("template"):
        if template.get("shadowrootmode") or template.get("shadowroot"):
            template.tag = "div"
    return tree
