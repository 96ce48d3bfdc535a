"""Cutting texts to a length: counted as the service counts it, between words, never inside a user-perceived character."""

import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from enum import StrEnum

from crawler.text.languages.scripts import HAN, HIRAGANA, SOUTH_EAST_ASIAN
from crawler.text.languages.signs import JOINER

# returns how much of a service's limit a text uses
Measure = Callable[[str], int]
_DOTS = "\u2026"
# never cut: half a link leads nowhere or somewhere else
_LINK = re.compile(r"\w+://")
# code points of one user-perceived character: a family of four in one emoji takes 11; marks can be piled up without end
_LONGEST_SIGN = 40
# characters that belong to the one before (UAX #29): zero-width joiners, variation selectors, skin tones, flag tags, the marks
# of half-width kana, and the Thai and Lao vowel AM, which Unicode calls a letter although it is written onto the one before
_JOINED = re.compile(
    "[\u200c\u200d\ufe00-\ufe0f\uff9e\uff9f\u0e33\u0eb3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f\U000e0100-\U000e01ef]"
)
# two regional indicators make one flag
_FLAG_LETTER = re.compile("[\U0001f1e6-\U0001f1ff]")
# single letters of Korean, several of which are written as one syllable
_JAMO = re.compile("[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]")
# canonical combining class of viramas (Devanagari and related scripts): the next consonant is written into the one before
_VIRAMA = 9
# scripts in which a text may be cut anywhere, with radicals and punctuation; not katakana, whose words stay whole like Latin ones
_SPACELESS = re.compile(
    f"[{SOUTH_EAST_ASIAN}{HIRAGANA}{HAN}\u2e80-\u2fdf\u3000-\u303f\u30fb\uff01-\uff0f]"
)
# closing punctuation and the long-vowel sign must not begin a line (kinsoku): they stay with the character before
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
    """Return the length of a text in units of this kind."""
    match unit:
        case Unit.CHARACTERS:
            return len(text)
        case Unit.UTF16:
            return len(text) + sum(sign > "\uffff" for sign in text)
        case Unit.BYTES:
            # a lone surrogate, which JSON can carry, has no UTF-8 form
            return len(text.encode("utf-8", "replace"))
        case Unit.WEIGHTED:
            return sum(1 if _is_light(ord(sign)) else 2 for sign in text)


def make_measure(unit: Unit, *, is_html: bool = False) -> Measure:
    """Return a function that counts as a service does.

    is_html  the service counts the text as HTML: special characters escaped, lines ended by ``<br />``
    """

    def measure(text: str) -> int:
        if is_html:
            text = html.escape(text).replace("\n", "<br />\n")
        return count_units(text, unit)

    return measure


def _is_light(code: int) -> bool:
    """Return whether X counts a character once; others count twice (ranges of twitter-text, configuration v3)."""
    return code <= 4351 or 8192 <= code <= 8205 or 8208 <= code <= 8223 or 8242 <= code <= 8247


def cut_text(text: str, room: int, measure: Measure) -> str:
    """Return the text if it takes at most ``room``, else its beginning with an ellipsis; empty if nothing fits.

    room  in the units that ``measure`` counts
    """
    if measure(text) <= room:
        return text
    end = _find_end(text, room - measure(_DOTS), measure)
    place = _find_word_end(text, end)
    if not place and _LINK.match(text):
        return ""
    # an ellipsis after a comma, a dash or an opening bracket looks like a mistake
    kept = text[: place or end].rstrip(" \u00a0,;:-\u2013\u2014(")
    return f"{kept}{_DOTS}" if kept else ""


def _find_end(text: str, room: int, measure: Measure) -> int:
    """Return the last place, between two user-perceived characters, up to which a text fits."""
    used = end = 0
    for sign in split_signs(text):
        used += measure(sign)
        if used > room:
            break
        end += len(sign)
    return end


def split_signs(text: str) -> Iterator[str]:
    """Yield the user-perceived characters of a text (grapheme clusters, UAX #29); doubtful cases stay together."""
    start = 0
    for place in range(1, len(text)):
        if not _is_joined(text, place):
            yield text[start:place]
            start = place
    if text:
        yield text[start:]


def _is_joined(text: str, place: int) -> bool:
    """Return whether the code point at a place belongs to the character before it."""
    before, here = text[place - 1], text[place]
    # no combining mark comes before U+0300: most characters are decided here
    if here < "\u0300":
        return before == "\r" and here == "\n"
    if _JOINED.match(here) or before == JOINER or unicodedata.category(here)[0] == "M":
        return True
    if unicodedata.combining(before) == _VIRAMA and here.isalpha():
        return True
    if _FLAG_LETTER.match(here):
        # in a row of flags the letters pair up from the first one on
        start = place
        while start and _FLAG_LETTER.match(text[start - 1]):
            start -= 1
        return (place - start) % 2 == 1
    return bool(_JAMO.match(here) and _JAMO.match(before))


def find_sign_start(text: str, place: int) -> int:
    """Return a place at which to cut: the given one, or the start of the user-perceived character it would split.

    A character of more than 40 code points (marks piled up without end) is split all the same.
    """
    start = place
    while 0 < start < len(text) and place - start < _LONGEST_SIGN and _is_joined(text, start):
        start -= 1
    return start if place - start < _LONGEST_SIGN else place


def _find_word_end(text: str, end: int) -> int:
    """Return the last place up to ``end`` at which a word ends, 0 if there is none."""
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
    """Return the text if it takes at most ``room``, else the part around ``start`` to ``end``, with ellipses.

    start, end  code points of the part that is wanted
    room        in the units that ``measure`` counts
    """
    # if everything up to the end of the wanted part fits, keep the beginning
    if measure(text) <= room or measure(text[:end]) + measure(_DOTS) * 2 <= room:
        return cut_text(text, room, measure)
    # a third of the room for what comes before, so that the part itself and what follows have the rest
    lead, place = room // 3, text.rfind(" ", 0, start) + 1
    while (before := text.rfind(" ", 0, max(0, place - 1)) + 1) and measure(
        text[before:start]
    ) <= lead:
        place = before
    if measure(text[place:end]) > room - 2 * measure(_DOTS):
        place = start
    cut = cut_text(text[place:].lstrip(), room - measure(_DOTS), measure)
    return f"{_DOTS}{cut}" if cut else ""
