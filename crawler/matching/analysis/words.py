"""Cut a text into words, each with its place.

A text is first cut at white space. Such a piece (``"anti-drone``, ``U.S.,``) has the same words wherever it occurs, so
each is analysed once and remembered.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from crawler.text.languages.scripts import CUT_INTO_SIGNS
from crawler.text.languages.signs import APOSTROPHES, INVISIBLE_BUT_NON_JOINER, NON_JOINER

# as typed, U+2010, and the non-breaking hyphen
_HYPHENS = "-\u2010\u2011"
# half-width katakana: a word each, as full-width ones are, with the voicing mark behind it
_HALF_WIDTH = "\uff66-\uff9f"
# each emoji is a word, so that it can be searched for; FTS5 makes no token of one
_EMOJI = "\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
# parts of a compound that may also be written as one word; the number of joined forms grows with the square of them
_MOST_JOINED = 5
# a longer piece is a run of text in a script without spaces, which will not occur again and is not remembered
LONGEST_PIECE = 40


def _list_marks() -> str:
    """Return the combining marks, which belong to the letter before them, as the inside of a character class."""
    codes = range(0x300, 0x1E00)
    marks = {code for code in codes if unicodedata.category(chr(code)) in {"Mn", "Mc"}}
    # as ranges: a class of 1,071 single characters took 20 ms to compile at each start
    firsts = [code for code in codes if code in marks and code - 1 not in marks]
    lasts = [code for code in codes if code in marks and code + 1 not in marks]
    ranges = "".join(f"{first:c}-{last:c}" for first, last in zip(firsts, lasts, strict=True))
    return ranges + "\u20d0-\u20ff\ufe20-\ufe2f"


_LETTER = rf"[^\W_{CUT_INTO_SIGNS}{_HALF_WIDTH}]"
_REST = rf"[{_list_marks()}\u0640{INVISIBLE_BUT_NON_JOINER}]"
_WORD = rf"{_LETTER}(?:{_LETTER}|{_REST})*"
# a half-width kana, a character of a script without spaces or an emoji; an abbreviation (U.S.); a word, perhaps compound, C++
_CHUNK = re.compile(
    rf"[{_HALF_WIDTH}][\uff9e\uff9f]?|[{CUT_INTO_SIGNS}{_EMOJI}]"
    rf"|(?:[^\W\d_]\.)+[^\W\d_](?![^\W_])|{_WORD}(?:[{_HYPHENS}{APOSTROPHES}{NON_JOINER}]{_WORD})*[+#]*"
)
# ASCII only: in scripts without spaces the sentence continues right after an address. The lookbehind and the possessive
# quantifiers keep the search linear
_ADDRESS = re.compile(
    r"(?:https?://|www\.)[!-~]+|(?<![\w.%+-])[\w.%+-]++@[\w-]++\.[\w.-]+", re.ASCII | re.IGNORECASE
)
# the parts of a compound (anti-drone) or abbreviation (U.S.)
_PART = re.compile(rf"[^{_HYPHENS}{NON_JOINER}.]+")


@dataclass(frozen=True, slots=True)
class Token:
    """A word with its place: ``start`` and ``end`` are character offsets in its text (headline or body)."""

    word: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Piece:
    """The text between two spaces, split into words.

    parts   its words in order, as written, with offsets from the beginning of the piece
    joined  neighbouring parts written as one word (``antidrone``, ``US``): the word, index of its first part, number of parts
    """

    parts: tuple[Token, ...]
    joined: tuple[tuple[str, int, int], ...]

    @property
    def compounds(self) -> tuple[tuple[tuple[str, ...], str], ...]:
        """Its compounds in order: the words of each, and the compound written as one (empty for a single word)."""
        found, first = [], 0
        while first < len(self.parts):
            count, text = max(
                ((many, text) for text, number, many in self.joined if number == first),
                default=(1, ""),
            )
            found.append((tuple(part.word for part in self.parts[first : first + count]), text))
            first += count
        return tuple(found)


def cut_pieces(text: str) -> list[str]:
    """Return the pieces of a text between white space; long ones are cut further, into pieces with the same words."""
    pieces = text.split()
    if max(map(len, pieces), default=0) <= LONGEST_PIECE:
        return pieces
    return [
        part
        for piece in pieces
        for part in ([piece] if len(piece) <= LONGEST_PIECE else _cut_long(piece))
    ]


def _cut_long(piece: str) -> list[str]:
    found: list[str] = _CHUNK.findall(_without_addresses(piece))
    return found


def _without_addresses(piece: str) -> str:
    if "@" in piece or "://" in piece or "www." in piece:
        return _ADDRESS.sub(lambda found: " " * len(found[0]), piece)
    return piece


# the words of a query are split several times in a row
@lru_cache(maxsize=4096)
def take_apart(piece: str) -> Piece:
    """Return the words of a piece of text; words inside web and mail addresses are left out."""
    piece = _without_addresses(piece)
    parts: list[Token] = []
    joined: list[tuple[str, int, int]] = []
    for chunk in _CHUNK.finditer(piece):
        at, first = chunk.start(), len(parts)
        parts += (
            Token(part[0], at + part.start(), at + part.end()) for part in _PART.finditer(chunk[0])
        )
        joined += _join(parts, first)
    return Piece(tuple(parts), tuple(joined))


def _join(parts: list[Token], start: int) -> Iterator[tuple[str, int, int]]:
    if len(parts) - start > _MOST_JOINED:
        return
    for first in range(start, len(parts) - 1):
        for end in range(first + 2, len(parts) + 1):
            yield "".join(part.word for part in parts[first:end]), first, end - first


def is_one_piece(text: str) -> bool:
    """Return True for most words that are not compounds, quickly; False means that a closer look is needed."""
    return text.isascii() and text.isalnum()


def has_word(text: str) -> bool:
    """Return whether a text has a word in it."""
    return text.isalnum() or any(cut_words(text))


def cut_words(text: str) -> Iterator[Token]:
    """Yield the words of a text; a hyphen separates (``anti-drone`` contains ``drone``)."""
    for found in re.finditer(r"\S+", text):
        at = found.start()
        for part in take_apart(found[0]).parts:
            yield Token(part.word, at + part.start, at + part.end)
