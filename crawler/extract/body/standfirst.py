"""Finding the standfirst: the sentence or two under the headline that the page also states as its description.

It is part of the article, and watches search it. But it stands apart from the paragraphs, so extraction often leaves it
out.
"""

from collections import Counter
from collections.abc import Iterator

from crawler.extract.body.blocks import Block, make_key

# lines of the body among which the standfirst is looked for; further down the description repeats a paragraph
_TOP_LINES = 6
# letters and digits: two shorter texts may be equal by chance ("Read more about this")
_FEWEST_SIGNS = 20
# letters and digits that two texts must share from the start, if one of them is cut off
_FEWEST_COMMON = 40
# words of a standfirst: shorter blocks are labels
_FEWEST_WORDS = 6
# words of a paragraph of the body: shorter ones are headings and captions
_FEWEST_PROSE_WORDS = 10
# elements that paragraphs are in
_PROSE_TAGS = frozenset({"p", "div"})
# blocks above the body in which a missing standfirst is looked for; between are byline, date and share bar
_MOST_BLOCKS_ABOVE = 60


def find_standfirst(
    lines: list[str], blocks: list[Block], *, description: str
) -> tuple[list[str], str]:
    """Return the lines, with the standfirst first if it was missing, and the standfirst, which may be empty.

    A first paragraph that the page repeats as its description is not a standfirst: it has the markup of the others.
    blocks       the blocks of the whole page, in reading order
    description  the page's description in its metadata
    """
    wanted = make_key(description)
    found = make_key(" ".join(lines))
    shape = _main_shape(blocks, found) if len(wanted) >= _FEWEST_SIGNS else None
    if shape is None:
        return lines, ""
    for line in lines[:_TOP_LINES]:
        key = make_key(line)
        if _says_the_same(key, wanted):
            shapes = [block.shape for block in blocks if block.key == key]
            stands_apart = bool(shapes) and all(other[1:] != shape[1:] for other in shapes)
            return lines, line if stands_apart else ""
    first = next(
        place
        for place, block in enumerate(blocks)
        if block.words >= _FEWEST_PROSE_WORDS and block.key in found and block.shape == shape
    )
    for block in reversed(blocks[max(0, first - _MOST_BLOCKS_ABOVE) : first]):
        if (
            block.words >= _FEWEST_WORDS
            and _says_the_same(block.key, wanted)
            and block.shape != shape
            and block.key not in found
        ):
            text = " ".join(_read_on(blocks, block, wanted))
            return [text, *lines], text
    return lines, ""


def _read_on(blocks: list[Block], first: Block, description: str) -> Iterator[str]:
    """Yield the text of a standfirst's first block, and of those behind it that are in the description, too."""
    yield first.text
    for block in blocks[blocks.index(first) + 1 :]:
        # one word may be in it by chance
        if block.shape != first.shape or len(block.key) < _FEWEST_SIGNS or block.key not in description:  # fmt: skip
            return
        yield block.text


def _main_shape(blocks: list[Block], found: str) -> tuple[str, ...] | None:
    """Return the shape that most words of the body's prose have; None if the body has no prose."""
    words: Counter[tuple[str, ...]] = Counter()
    for block in blocks:
        if block.words >= _FEWEST_PROSE_WORDS and block.element.tag in _PROSE_TAGS and block.key in found:  # fmt: skip
            words[block.shape] += block.words
    return words.most_common(1)[0][0] if words else None


def _says_the_same(key: str, description: str) -> bool:
    """Return whether a text is the description, which is often cut off at its end."""
    if len(key) < _FEWEST_SIGNS:
        return False
    common = min(len(key), len(description))
    # The last three letters do not count, as they may belong to a word that was cut off. A text that is more than 2.2
    # times as long as the description is a paragraph that begins with it.
    is_cut = common >= _FEWEST_COMMON and len(key) <= 2.2 * len(description)
    return key == description or (is_cut and key[: common - 3] == description[: common - 3])
