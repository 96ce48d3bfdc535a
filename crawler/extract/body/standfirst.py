"""Finding the standfirst: the sentence or two under the headline that the page also states as its description.

It is part of the article, and watches look into it. But it stands apart from the paragraphs, so that extraction often
leaves it out.
"""

from collections import Counter

from crawler.extract.body.blocks import Block, make_key

_TOP_LINES = 6
# letters and digits: shorter texts say too little to be compared
_FEWEST_SIGNS = 20
_FEWEST_COMMON = 40
_FEWEST_WORDS = 6
_FEWEST_PROSE_WORDS = 10
_MOST_BLOCKS_ABOVE = 60


def find_standfirst(
    lines: list[str], blocks: list[Block], *, description: str
) -> tuple[list[str], str]:
    """Return the lines, with the standfirst put on top if it was missing, and the standfirst, which may be empty.

    A first paragraph that is used again as the description is no standfirst: its markup is that of the others.
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
            return [block.text, *lines], block.text
    return lines, ""


def _main_shape(blocks: list[Block], found: str) -> tuple[str, ...] | None:
    """Return the shape of most of the body's prose; None if it has none."""
    words: Counter[tuple[str, ...]] = Counter()
    for block in blocks:
        if block.words >= _FEWEST_PROSE_WORDS and block.element.tag == "p" and block.key in found:
            words[block.shape] += block.words
    return words.most_common(1)[0][0] if words else None


def _says_the_same(key: str, description: str) -> bool:
    """Return whether a text is the description, which is often cut off at its end."""
    if len(key) < _FEWEST_SIGNS:
        return False
    common = min(len(key), len(description))
    # without its last three letters, which may be part of a word that was cut
    is_cut = common >= _FEWEST_COMMON and len(key) <= 2.2 * len(description)
    return key == description or (is_cut and key[: common - 3] == description[: common - 3])
