"""Selecting elements of a page by CSS selector, and reading an element's text line by line."""

import re
from copy import deepcopy

from cssselect import HTMLTranslator
from lxml.html import HtmlElement

from crawler.errors import NotAnArticle
from crawler.text.lines import clean_line

# elements that begin a line of their own
_BLOCKS = re.compile(
    r"^(?:p|h[1-6]|li|blockquote|pre|tr|dt|dd|div|section|article|main|figcaption|table|ul|ol|br|td|th|address)$"
)
# elements whose text is not shown, or is not the page's matter
_NO_TEXT = ("script", "style", "noscript", "template", "svg", "nav", "footer", "form")


def select_element(tree: HtmlElement, selector: str, *, setting: str) -> HtmlElement:
    """Return the first element that a selector finds.

    setting  name of the setting that the selector is from, for the error
    raises   NotAnArticle, naming setting and selector, if it finds none
    """
    found = tree.xpath(HTMLTranslator().css_to_xpath(selector))
    if not found:
        raise NotAnArticle(
            f'the selector "{selector}" of select.{setting} finds nothing on the page'
        )
    element: HtmlElement = found[0]
    return element


def read_lines(element: HtmlElement) -> list[str]:
    """Return an element's visible text, one line for each block, without menus, scripts and forms.

    A line is cut at 20,000 characters. The element is not changed.
    """
    copy = deepcopy(element)
    for part in [part for part in copy.iter(*_NO_TEXT) if part is not copy]:
        part.drop_tree()
    for part in copy.iter():
        if isinstance(part.tag, str) and _BLOCKS.match(part.tag):
            part.text = f"\n{part.text or ''}"
            part.tail = f"\n{part.tail or ''}"
    lines = (clean_line(line, max_characters=20_000) for line in copy.text_content().split("\n"))
    return [line for line in lines if line]
