"""Judging whether what was found is the article: whether it is little of a page, and a longer text the whole of it."""

from lxml import etree
from lxml.html import HtmlElement

from crawler.extract.body.blocks import Block, make_key
from crawler.text.normalize import tokenize

# words of a body below which the library's slower mode is tried
_NEARLY_EMPTY_WORDS = 25
# share of a page's prose: with less, the library's slower mode is tried, and its text is taken if it is this many times as
# long. On 1,048 labelled pages that is so on one page in 30: sections without paragraphs, an article in a box named sidebar
_LEAST_SHARE = 0.35
_MUCH_MORE = 2.0
# characters: so long a text is an article, and what else the page holds is another. On ten of 918 labelled pages the longer text
# was taken: seven gained, and had 300 to 1,200 characters before; one that lost had 2,200, two a text 13 and 29 times as long
_ENOUGH = 2000
# times as long as half of that: such a text is a list of products or of stories
_FAR_MORE = 10
# share of the shorter text that the longer one must hold
_FEWEST_HELD_SHARE = 0.6
# headlines of other stories, and how many of them among the added paragraphs show that these are theirs
_LINKED_HEADS = etree.XPath(
    "descendant::*[self::h1 or self::h2 or self::h3 or self::h4][a or parent::a]"
)
_FEWEST_STORIES = 3


def is_little(lines: list[str], blocks: list[Block]) -> bool:
    """Return whether lines are little text, or little of a page's prose."""
    size = _size(lines)
    # a word has fewer than 20 characters, so a longer text is not split to count its words
    if size < _NEARLY_EMPTY_WORDS * 20 and len(tokenize(" ".join(lines))) < _NEARLY_EMPTY_WORDS:
        return True
    # without looking at links first, which costs more and leads on from here on few pages
    if size >= _LEAST_SHARE * sum(len(block.text) for block in blocks if block.words >= 10):
        return False
    texts = {block.key: len(block.text) for block in blocks if block.is_prose}
    return size < _LEAST_SHARE * sum(texts.values())


def is_fuller(other: list[str], lines: list[str]) -> bool:
    """Return whether a text is much longer than another and holds most of it: otherwise it is a text about something else."""
    size = _size(lines)
    if size < _NEARLY_EMPTY_WORDS * 4:
        return _size(other) > size
    if size >= _ENOUGH or (size >= _ENOUGH / 2 and _size(other) > _FAR_MORE * size):
        return False
    whole = make_key(" ".join(other))
    held = sum(len(line) for line in lines if make_key(line) in whole)
    return _size(other) > _MUCH_MORE * size and held >= _FEWEST_HELD_SHARE * size


def holds_stories(
    tree: HtmlElement, blocks: list[Block], other: list[str], lines: list[str]
) -> bool:
    """Return whether what a longer text adds is other stories, each with its date and its linked headline."""
    added = {make_key(line) for line in other} - {make_key(line) for line in lines}
    places = {element: place for place, element in enumerate(tree.iter())}
    own = [places[block.element] for block in blocks if block.is_prose and block.key in added]
    if not own:
        return False
    dates = sum(min(own) < places[each] < max(own) for each in tree.iter("time"))
    heads = sum(min(own) < places[each] < max(own) for each in _LINKED_HEADS(tree))
    return min(dates, heads) >= _FEWEST_STORIES


def _size(lines: list[str]) -> int:
    return sum(map(len, lines))
