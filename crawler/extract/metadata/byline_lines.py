"""Choosing the lines of a page in which the byline may stand: under the headline, and where the text begins and ends."""

from collections.abc import Sequence
from dataclasses import dataclass

from crawler.extract.body.blocks import make_key
from crawler.text.lines import clean_line

# characters: a longer line under the headline is a sentence, not a byline
_MOST_LINE = 80
_MOST_LINES = 12
# paragraphs at the beginning and at the end of the text, and lines below it, that may name the author
FIRST, _LAST, _BELOW = 2, 3, 4
# texts where the text begins
_AFTER = 5
# characters at the end of a paragraph by which it is found among the texts
_MOST_END = 30
# characters: a longer text is cut
_MOST_TEXT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class BylineLines:
    """The lines in which the byline may stand.

    under  the short visible lines between the headline and the text, at most 12
    start  the visible texts where the text begins
    ends   the first and last paragraphs of the text and the lines below it
    """

    under: tuple[str, ...]
    start: tuple[str, ...]
    ends: tuple[str, ...]


def read_byline_lines(
    texts: Sequence[str], headline: str, paragraphs: Sequence[str]
) -> BylineLines:
    """Return the lines in which the byline may stand.

    texts       visible texts of the page in reading order
    paragraphs  of the article's text
    """
    under, place = _list_under(texts, headline, paragraphs[0] if paragraphs else "")
    ends = (*paragraphs[:FIRST], *paragraphs[FIRST:][-_LAST:])
    return BylineLines(
        under=_clean(under[:_MOST_LINES]),
        start=_clean([*under[-1:], *texts[place : place + _AFTER]]),
        ends=(
            *(paragraph[:_MOST_TEXT] for paragraph in ends),
            *_clean(_list_below(texts, paragraphs)),
        ),
    )


def _clean(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(clean_line(text, max_characters=_MOST_TEXT) for text in texts)


def _list_below(texts: Sequence[str], paragraphs: Sequence[str]) -> Sequence[str]:
    """Return the lines below the last paragraph; empty if it is not found."""
    last = paragraphs[-1] if paragraphs else ""
    for at in range(len(texts) - 1, -1, -1):
        # a paragraph may be of several texts
        own = texts[at].strip()[-_MOST_END:].lstrip()
        if len(own) > 1 and last.endswith(own):
            return texts[at + 1 : at + 1 + _BELOW]
    return ()


def _list_under(texts: Sequence[str], headline: str, first_paragraph: str) -> tuple[list[str], int]:
    """Return the short lines between the last occurrence of the headline and the first paragraph, and its place."""
    title, first = make_key(headline), make_key(first_paragraph)
    lines: list[str] = []
    for place, text in enumerate(texts):
        if len(text) >= _MOST_LINE and first.startswith(make_key(text[:_MOST_LINE])):
            return lines, place
        if len(text) < max(_MOST_LINE, 2 * len(headline)):
            key = make_key(text)
            if key == title:
                lines = []  # the headline comes again, so the lines so far were above it
            # up to 20 letters may begin the paragraph by chance: the name of a person or a city
            elif len(key) > 20 and first.startswith(key):
                return lines, place
            elif key and len(text) < _MOST_LINE:
                lines.append(text)
    return lines, len(texts)
