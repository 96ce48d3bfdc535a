"""Keeping one story of a page that shows several, one below the other, as endless scrolling does."""

import re
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from crawler.extract.body.blocks import make_key

# letters and digits of a headline: a shorter one ("News") names a part of the page
_FEWEST_LETTERS = 20
# characters in paragraphs of another story; with fewer it is a teaser, which does no harm
_FEWEST_CHARACTERS = 600
# Only elements that are said to be an article each. An h1 is not enough: on 12 of 918 pages the headings within the text are
# h1, and so are those of menus.
_STORIES = etree.XPath(
    "descendant::article | descendant::*[@itemtype][contains(@itemtype, 'Article') or contains(@itemtype, 'BlogPosting')]"
)
_HEADS = etree.XPath("(.//h1 | .//h2)[1]")
_PARAGRAPHS = etree.XPath(".//p")
# what a story has of its own, and the part of one has not: a date, an author, an address
_OWN = etree.XPath(
    "boolean(.//time | .//*[@itemprop='datePublished' or @itemprop='author' or @rel='author' or contains(@class, 'date')"
    " or contains(@class, 'yline') or contains(@class, 'uthor')] | .//h1/a[@href] | .//h2/a[@href]"
    " | @data-url | @data-href | @data-permalink | @data-uri | @itemid)"
)
_BOXES = frozenset({"div", "section", "main", "li"})
# elements around the headline of which one holds its story; farther out is the whole page
_AROUND = 6
# "story story-2" is like "story story-1"
_NUMBERS = re.compile(r"\d+")


def keep_one_story(tree: HtmlElement, headline: str) -> None:
    """Remove the other stories of a page that shows several, each in an element of one class; in place.

    headline  of the story that stays; if not exactly one has it, nothing is removed
    """
    wanted = make_key(headline)
    _keep_one_article(tree, wanted)
    _keep_one_box(tree, wanted)


def _keep_one_box(tree: HtmlElement, wanted: str) -> None:
    """Remove other stories in plain boxes: with the class of a box around the headline, and a headline and date of their own."""
    heads = [head for head in tree.iter("h1", "h2") if _is_same(make_key(head.text_content()), wanted)]  # fmt: skip
    if len(heads) != 1:
        return
    for box in islice(heads[0].iterancestors(), _AROUND):
        if box.tag not in _BOXES or not box.get("class") or next(box.iterdescendants("p"), None) is None:  # fmt: skip
            continue
        others = [other for other in _list_alike(tree, box) if _is_other_story(other, wanted)]
        # a box with the headline and little text is the head of the page, and another of its class holds the text
        if others and _OWN(box) and _size(box) >= _FEWEST_CHARACTERS:
            for other in others:
                other.drop_tree()
            return


def _list_alike(tree: HtmlElement, box: HtmlElement) -> list[HtmlElement]:
    """Return the elements with the tag and class of another one that are neither around nor in it."""
    stated = box.get("class")
    # most classes differ in their first letters, which are compared in less time
    name, start = _NUMBERS.sub("", stated), stated[:3]
    around = {box, *box.iterancestors()}
    alike = [
        other
        for other in tree.iter(box.tag)
        if (other.get("class") or "").startswith(start)
        and _NUMBERS.sub("", other.get("class")) == name
        and other not in around
    ]
    return [other for other in _list_outermost(alike) if box not in other.iterancestors()]


def _is_other_story(element: HtmlElement, wanted: str) -> bool:
    key = _find_key(element)
    if len(key) < _FEWEST_LETTERS or _is_same(key, wanted) or not _OWN(element):
        return False
    return _size(element) >= _FEWEST_CHARACTERS


def _keep_one_article(tree: HtmlElement, wanted: str) -> None:
    stories = _list_outermost(_STORIES(tree))
    if len(stories) < 2:
        return
    heads = {story: _find_key(story) for story in stories}
    own = [story for story, key in heads.items() if _is_same(key, wanted)]
    if len(own) != 1:
        return
    for story, key in heads.items():
        is_alike = story.tag == own[0].tag and story.get("class") == own[0].get("class")
        if story is not own[0] and is_alike and len(key) >= _FEWEST_LETTERS and _size(story) >= _FEWEST_CHARACTERS:  # fmt: skip
            story.drop_tree()


def _list_outermost(elements: list[HtmlElement]) -> list[HtmlElement]:
    known = set(elements)
    return [one for one in elements if known.isdisjoint(one.iterancestors())]


def _find_key(story: HtmlElement) -> str:
    """Return the letters and digits of a story's first heading; empty if it has none."""
    return next((make_key(head.text_content()) for head in _HEADS(story)), "")


def _is_same(key: str, wanted: str) -> bool:
    """Return whether one is the other, or the other with the name of the site or a kicker."""
    return len(key) >= _FEWEST_LETTERS and bool(wanted) and (key in wanted or wanted in key)


def _size(story: HtmlElement) -> int:
    return sum(len(paragraph.text_content()) for paragraph in _PARAGRAPHS(story))
