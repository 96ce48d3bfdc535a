"""Keeping one story of a page that shows several, one below the other, as endless scrolling does."""

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


def keep_one_story(tree: HtmlElement, headline: str) -> None:
    """Remove the other stories of a page that shows several, each in an element of one class; in place.

    headline  of the story that stays; if not exactly one has it, nothing is removed
    """
    stories = _list_outermost(_STORIES(tree))
    if len(stories) < 2:
        return
    wanted = make_key(headline)
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
