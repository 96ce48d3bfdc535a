"""Removing threads of readers' comments and texts that appear on hovering, before the body is looked for."""

import re
from collections import Counter

from lxml import etree
from lxml.html import HtmlElement

# comments of one thread: a single element with such a class may be an editor's note
_FEWEST_ENTRIES = 2
# "comment" and "comments" as words of a class or id, also of "xenforo-comment-content"; not "commentary"
_COMMENT = re.compile(r"(?<![a-z])comments?(?![a-z])|disqus|Comments?(?![a-z])", re.ASCII)
# through the attributes, which takes a third of the time of asking each element for both
_MARKED = etree.XPath(
    "descendant::*/@class[contains(., 'omment')]/.. | descendant::*/@id[contains(., 'omment') or contains(., 'disqus')]/.."
)
# what an article has and a thread has not
_OF_ARTICLE = etree.XPath("boolean(.//h1 | .//*[@itemprop = 'articleBody'])")
# elements that are entries of a thread, or hold one each
_ENTRY_TAGS = frozenset({"li", "div", "article", "section", "dd", "tr"})
# the page as a whole may be called "has-comments"
_WHOLE_PAGE = frozenset({"html", "body", "main"})
# the class of a word and of its explanation: <span class="tooltip">word<span class="tooltip-text">...</span></span>
_HOVERING = re.compile(r"tooltip|popover|rollover|hover-?card|flyout", re.IGNORECASE)
# within paragraphs: elsewhere it does no harm, and looking for it took as long as half of the other pruning. Of paragraphs in
# paragraphs the outermost: a page with thousands of them took seconds
_HOVERED = etree.XPath(
    "descendant::p[not(ancestor::p)]/descendant::*[@class][contains(@class, 'tooltip') or contains(@class, 'popover') or contains(@class, 'rollover')"
    " or contains(@class, 'hover') or contains(@class, 'flyout')]"
)


def drop_comments(tree: HtmlElement) -> None:
    """Remove each element that is called comments, by class or id, and holds two comments or more; in place."""
    for element in _MARKED(tree):
        if element.tag in _WHOLE_PAGE or not _is_marked(element) or element.getparent() is None:
            continue
        if _count_entries(element) >= _FEWEST_ENTRIES and not _OF_ARTICLE(element):
            element.drop_tree()


def _is_marked(element: HtmlElement) -> bool:
    return bool(_COMMENT.search(f"{element.get('class') or ''} {element.get('id') or ''}"))


def _count_entries(element: HtmlElement) -> int:
    """Return how many elements that are called comments too lie side by side in an element."""
    entries = Counter(
        entry.getparent()
        for entry in element.iterdescendants(*_ENTRY_TAGS)
        if _is_marked(entry) and entry.text_content().strip()
    )
    return max(entries.values(), default=0)


def drop_hovered(tree: HtmlElement) -> None:
    """Remove what appears when a reader points at a word of the text: an element within one of the same class; in place."""
    for element in _HOVERED(tree):
        parent = element.getparent()
        # the first of several is the word itself
        if parent is None or element.getprevious() is None or element.tag == "a":
            continue
        if not _HOVERING.search(element.get("class") or ""):
            continue
        if _HOVERING.search(parent.get("class") or "") and parent.tag not in _WHOLE_PAGE:
            element.drop_tree()
