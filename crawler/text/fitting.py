"""Texts that fit: counted as a service counts, cut between words, never within a sign that a reader sees as one."""

import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from enum import StrEnum

from crawler.text.scripts import HAN, HIRAGANA, SOUTH_EAST_ASIAN
from crawler.text.signs import JOINER

# counts what a text takes
Measure = Callable[[str], int]
_DOTS = "\u2026"
# half a link leads nowhere, or elsewhere
_LINK = re.compile(r"\w+://")
# a family of four in one emoji takes 11 code points; marks can be piled up without end
_LONGEST_SIGN = 40
# joins what stands before it: variation selectors, skin tones, tags of flags, marks of half-width kana, and vowels that
# Unicode calls letters though Thai and Lao write them onto the sign before
_JOINED = re.compile(
    "[\u200c\u200d\ufe00-\ufe0f\uff9e\uff9f\u0e33\u0eb3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f\U000e0100-\U000e01ef]"
)
_FLAG_LETTER = re.compile("[\U0001f1e6-\U0001f1ff]")
_JAMO = re.compile("[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]")
# canonical combining class of viramas: the consonant after it is written into the one before
_VIRAMA = 9
# where a line may end, radicals and punctuation too; katakana stands by itself, as its words are cut like ours
_SPACELESS = re.compile(
    f"[{SOUTH_EAST_ASIAN}{HIRAGANA}{HAN}\u2e80-\u2fdf\u3000-\u303f\u30fb\uff01-\uff0f]"
)
# what must not begin a line stands with the sign before it
_CLOSING = frozenset(
    "\u3001\u3002\uff0c\uff01\uff1f\uff1a\uff1b\u300d\u300f\uff09\u3011\u201d\u2019\u30fc"
)


class Unit(StrEnum):
    """What a service counts: code points, UTF-16 units, bytes of UTF-8, or X's weighted characters."""

    CHARACTERS = "characters"
    UTF16 = "utf-16"
    BYTES = "bytes"
    WEIGHTED = "weighted"


def count_units(text: str, unit: Unit) -> int:
    """Return how long a text is."""
    match unit:
        case Unit.CHARACTERS:
            return len(text)
        case Unit.UTF16:
            return len(text) + sum(sign > "\uffff" for sign in text)
        case Unit.BYTES:
            return len(text.encode("utf-8", "replace"))
        case Unit.WEIGHTED:
            return sum(1 if _is_light(ord(sign)) else 2 for sign in text)


def make_measure(unit: Unit, *, is_html: bool = False) -> Measure:
    """Return how a service counts.

    is_html  it counts the text as HTML: signs escaped, lines ended by a tag
    """

    def measure(text: str) -> int:
        if is_html:
            text = html.escape(text).replace("\n", "<br />\n")
        return count_units(text, unit)

    return measure


def _is_light(code: int) -> bool:
    """Return whether X counts a sign once (twitter-text, configuration v3)."""
    return code <= 4351 or 8192 <= code <= 8205 or 8208 <= code <= 8223 or 8242 <= code <= 8247


def cut_text(text: str, room: int, measure: Measure) -> str:
    """Return a text, or its beginning with an ellipsis, that takes at most ``room``; empty where nothing fits."""
    if measure(text) <= room:
        return text
    end = _find_end(text, room - measure(_DOTS), measure)
    place = _find_word_end(text, end)
    if not place and _LINK.match(text):
        return ""
    kept = text[: place or end].rstrip(" \u00a0,;:-\u2013\u2014(")
    return f"{kept}{_DOTS}" if kept else ""


def _find_end(text: str, room: int, measure: Measure) -> int:
    """Return how many signs of a text fit, never a part of what a reader sees as one sign."""
    used = end = 0
    for sign in split_signs(text):
        used += measure(sign)
        if used > room:
            break
        end += len(sign)
    return end


def split_signs(text: str) -> Iterator[str]:
    """Split a text into what a reader sees as single signs; in doubt two of them stay together."""
    start = 0
    for place in range(1, len(text)):
        if not _is_joined(text, place):
            yield text[start:place]
            start = place
    if text:
        yield text[start:]


def _is_joined(text: str, place: int) -> bool:
    """Return whether the code point at a place belongs to the sign before it."""
    before, here = text[place - 1], text[place]
    if here < "\u0300":
        return before == "\r" and here == "\n"
    if _JOINED.match(here) or before == JOINER or unicodedata.category(here)[0] == "M":
        return True
    if unicodedata.combining(before) == _VIRAMA and here.isalpha():
        return True
    if _FLAG_LETTER.match(here):
        start = place
        while start and _FLAG_LETTER.match(text[start - 1]):
            start -= 1
        return (place - start) % 2 == 1
    return bool(_JAMO.match(here) and _JAMO.match(before))


def find_sign_start(text: str, place: int) -> int:
    """Return a place, or the start of the sign that it would cut in two; one piled up without end is cut all the same."""
    start = place
    while 0 < start < len(text) and place - start < _LONGEST_SIGN and _is_joined(text, start):
        start -= 1
    return start if place - start < _LONGEST_SIGN else place


def _find_word_end(text: str, end: int) -> int:
    """Return the last place up to ``end`` at which a word has ended, 0 where there is none."""
    if end < len(text) and text[end].isspace():
        return end
    space = max(text.rfind(sign, 0, end) for sign in " \u00a0\n\t")
    for place in range(end, max(0, space), -1):
        around = text[place - 1 : place + 1]
        is_closed = place < len(text) and text[place] in _CLOSING
        if _SPACELESS.search(around) and not is_closed and not _is_joined_at(text, place):
            return place
    return max(0, space)


def _is_joined_at(text: str, place: int) -> bool:
    return place < len(text) and _is_joined(text, place)


def cut_around(text: str, start: int, end: int, *, room: int, measure: Measure) -> str:
    """Return a text, or the part of it around ``start`` to ``end``, with ellipses, that takes at most ``room``."""
    if measure(text) <= room or measure(text[:end]) + measure(_DOTS) * 2 <= room:
        return cut_text(text, room, measure)
    # a third of the room for what leads to it
    lead, place = room // 3, text.rfind(" ", 0, start) + 1
    while (before := text.rfind(" ", 0, max(0, place - 1)) + 1) and measure(
        text[before:start]
    ) <= lead:
        place = before
    if measure(text[place:end]) > room - 2 * measure(_DOTS):
        place = start
    cut = cut_text(text[place:].lstrip(), room - measure(_DOTS), measure)
    return f"{_DOTS}{cut}" if cut else ""
