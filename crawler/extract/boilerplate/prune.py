"""Removing elements from a tree that never hold article text, so that the many walks over it are quicker."""

from cssselect import HTMLTranslator
from lxml import etree
from lxml.html import HtmlElement

from crawler.extract.boilerplate.comments import drop_comments, drop_hovered
from crawler.extract.boilerplate.emptiness import drop_empty
from crawler.extract.boilerplate.stories import keep_one_story
from crawler.extract.boilerplate.tables import flatten_tables, wrap_loose_text

# elements that hold no article text on any site; rt and rp: how a Japanese word is pronounced
_NEVER_TEXT = (
    "head", "script", "style", "svg", "template", "noscript", "iframe", "fencedframe", "object", "embed", "map", "picture",
    "source", "video", "audio", "canvas", "button", "input", "select", "option", "optgroup", "textarea", "datalist",
    "progress", "rt", "rp",
)  # fmt: skip
# elements that hold some only on a page with broken markup, see below
_SIDEBARS = ("nav", "menu", "aside", "footer")
# those that can hold paragraphs if their end tag is missing; templates and noscript are closed, and hold other things
_UNCLOSED = (
    "svg", "button", "select", "object", "video", "audio", "canvas", "picture", "map", "head", "iframe", "textarea", "option",
)  # fmt: skip
_COUNT_PARAGRAPHS = etree.XPath("count(descendant::p)")


def prune(tree: HtmlElement, *, cut: str = "", headline: str = "") -> None:
    """Remove scripts, parts of forms, menus, sidebars, comments and other stories from a tree, and flatten it, in place.

    A sidebar with more than half of the page's paragraphs stays: its end tag is missing, and the article is in it.
    cut       CSS selector of elements that are never part of an article on this site; empty selects none
    headline  of the story that stays if the page shows several; if empty, all stay
    """
    for element in tree.xpath(HTMLTranslator().css_to_xpath(cut)) if cut else ():
        if element.getparent() is not None:
            element.drop_tree()
    for element in tree.iter(*_UNCLOSED):
        # its end tag is missing, and the article is in it
        if _holds_most(element, tree):
            element.tag = "div"
    etree.strip_elements(tree, *_NEVER_TEXT, etree.Comment, with_tail=False)
    # the pronunciation beside a word has gone, and what it stood beside is part of its sentence
    etree.strip_tags(tree, "ruby", "rb")
    for sidebar in list(tree.iter(*_SIDEBARS)):
        if sidebar.getparent() is not None and not _holds_most(sidebar, tree):
            sidebar.drop_tree()
    drop_empty(tree)
    drop_comments(tree)
    drop_hovered(tree)
    if headline:
        keep_one_story(tree, headline)
    flatten_tables(tree)
    wrap_loose_text(tree)


def _holds_most(element: HtmlElement, tree: HtmlElement) -> bool:
    """Return whether more than half of the page's paragraphs are in an element."""
    # most elements hold none, which costs less to see than to count
    if next(element.iterdescendants("p"), None) is None:
        return False
    return 2 * float(_COUNT_PARAGRAPHS(element)) > float(_COUNT_PARAGRAPHS(tree))
