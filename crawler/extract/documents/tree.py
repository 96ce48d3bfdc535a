"""From a page's bytes to the one tree that every step reads."""

from contextlib import suppress

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, fromstring
from trafilatura.utils import repair_faulty_html

from crawler.errors import NotAnArticle
from crawler.extract.documents.charset import decode_page
from crawler.model.article import Page

# huge_tree: without it all that is nested deeper than 256 is silently left out; 2048 is the limit with it
_PARSER = HTMLParser(
    collect_ids=False,
    default_doctype=False,
    encoding="utf-8",
    remove_comments=True,
    remove_pis=True,
    huge_tree=True,
)


def parse_page(page: Page) -> HtmlElement:
    """Give the page's tree; raises NotAnArticle when there is nothing in it."""
    if not page.body.strip():
        raise NotAnArticle("the page is empty")
    text = decode_page(page.body, page.content_type).replace("\x00", "")
    repaired = repair_faulty_html(text, text[:50].lower())
    tree = None
    with suppress(ValueError, etree.LxmlError, RecursionError):
        tree = fromstring(repaired.encode("utf-8", "replace"), parser=_PARSER)
    if tree is None or not len(tree):
        raise NotAnArticle("the page is no HTML that can be read")
    return tree
