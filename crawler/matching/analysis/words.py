"""Cut a text into words, each with its place.

A text is first cut at white space. Such a piece (``"anti-drone``, ``U.S.,``) has the same words wherever it occurs, so
each is analysed once and remembered.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from crawler.matching.folding.numbers import (
    NUMBER,
    VERSION,
    is_version,
    shorten_version,
    split_unit,
    write_one_of_several,
)
from crawler.matching.folding.signs import MARKS, SIGN, SIGNS_TOGETHER, find_ends
from crawler.text.languages.hebrew import GERSHAYIM
from crawler.text.languages.scripts import CUT_INTO_SIGNS
from crawler.text.languages.signs import APOSTROPHES, INVISIBLE_BUT_NON_JOINER, NON_JOINER

# as typed, U+2010, and the non-breaking hyphen
_HYPHENS = "-\u2010\u2011"
# each emoji is a word, so that it can be searched for; FTS5 makes no token of one
_EMOJI = "\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
# parts of a compound that may also be written as one word; the number of joined forms grows with the square of them
_MOST_JOINED = 5
# a longer piece is a run of text in a script without spaces, which will not occur again and is not remembered
LONGEST_PIECE = 40


_LETTER = rf"[^\W_{CUT_INTO_SIGNS}\uff66-\uff9f]"
_LETTER_ONLY = rf"[^\W\d_{CUT_INTO_SIGNS}\uff66-\uff9f]"
_REST = rf"[{MARKS}\u0640{INVISIBLE_BUT_NON_JOINER}]"
_WORD = rf"{_LETTER}(?:{_LETTER}|{_REST})*"
# an emoji; a number with signs; a percent sign with or without a space before it; an abbreviation (U.S.); a word, perhaps
# compound, C++
_SPELT = (
    rf"[{_EMOJI}]|{NUMBER}|{VERSION}|(?:(?<=\d)|(?<!\S))%"
    rf"|(?:[^\W\d_]\.)+[^\W\d_](?![^\W_])|{_WORD}(?:(?:[{_HYPHENS}{APOSTROPHES}{NON_JOINER}]|{GERSHAYIM}){_WORD})*[+#]*"
)
_CHUNK = re.compile(f"{SIGN}|{_SPELT}")
_CUT = re.compile(f"{SIGNS_TOGETHER}|{_SPELT}")
# nine in ten pieces are a word of letters, perhaps in quotes or at the end of a sentence
_ONE_WORD = re.compile(
    rf"[\"'(\[\u00ab\u2018\u201c\u201e]*({_LETTER_ONLY}+)[\"'.,;:!?)\]\u00bb\u2019\u201d\u2026]*"
)
_IS_NUMBER = re.compile(NUMBER)
# ASCII only: in scripts without spaces the sentence continues right after an address. The lookbehind and the possessive
# quantifiers keep the search linear
_ADDRESS = re.compile(
    r"(?:https?://|www\.)[!-~]+|(?<![\w.%+-])[\w.%+-]++@[\w-]++\.[\w.-]+", re.ASCII | re.IGNORECASE
)
# the parts of a compound (anti-drone) or abbreviation (U.S.), and of a version (3.11.4)
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
    also    the same for words that it is found by, but does not find: ``F16`` of F-16s, ``3.11`` of 3.11.4
    """

    parts: tuple[Token, ...]
    joined: tuple[tuple[str, int, int], ...]
    also: tuple[tuple[str, int, int], ...] = ()

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
    found: list[str] = _CUT.findall(_without_addresses(piece))
    return found


def _without_addresses(piece: str) -> str:
    if "@" in piece or "://" in piece or "www." in piece:
        return _ADDRESS.sub(lambda found: " " * len(found[0]), piece)
    return piece


def find_only_word(piece: str) -> str | None:
    """Return the word of a piece that is nothing but a word of letters with the signs around it, quickly."""
    found = _ONE_WORD.fullmatch(piece)
    return found[1] if found else None


# the words of a query are split several times in a row
@lru_cache(maxsize=4096)
def take_apart(piece: str) -> Piece:
    """Return the words of a piece of text; words inside web and mail addresses are left out."""
    if only := _ONE_WORD.fullmatch(piece):
        return Piece((Token(only[1], only.start(1), only.end(1)),), ())
    piece = _without_addresses(piece)
    ends = {} if piece.isascii() else find_ends(piece)
    parts: list[Token] = []
    joined: list[tuple[str, int, int]] = []
    also: list[tuple[str, int, int]] = []
    for chunk in _CHUNK.finditer(piece):
        first, text = len(parts), chunk[0]
        if text[0].isdecimal() and (number := split_unit(text, piece[: chunk.start()])):
            parts += _place_unit(number, chunk.start(), chunk.end())
        elif _IS_NUMBER.fullmatch(text):
            parts.append(Token(text, chunk.start(), chunk.end()))
        else:
            parts += _list_parts(text + ends.get(chunk.end(), ""), chunk.start(), chunk.end())
            if is_version(text):
                also += [(shorter, first, 2)] if (shorter := shorten_version(text)) else []
                continue
            joined += _join(parts, first)
            one = write_one_of_several([part.word for part in parts[first:]])
            also += [(one, first, 2)] if one else []
    return Piece(tuple(parts), tuple(joined), tuple(also))


def _list_parts(chunk: str, start: int, end: int) -> Iterator[Token]:
    """Yield the parts of a chunk that stands from ``start`` to ``end``; one that ends a run of katakana has a mark more."""
    for part in _PART.finditer(chunk):
        yield Token(part[0], start + part.start(), min(end, start + part.end()))


def _place_unit(number: tuple[str, str], start: int, end: int) -> tuple[Token, Token]:
    middle = start + len(number[0])
    return Token(number[0], start, middle), Token(number[1], middle, end)


def _join(parts: list[Token], start: int) -> Iterator[tuple[str, int, int]]:
    if len(parts) - start > _MOST_JOINED:
        return
    for first in range(start, len(parts) - 1):
        for end in range(first + 2, len(parts) + 1):
            yield "".join(part.word for part in parts[first:end]), first, end - first


def is_one_piece(text: str) -> bool:
    """Return True for most words that are not compounds, quickly; False means that a closer look is needed."""
    return text.isascii() and text.isalnum() and (text[0].isalpha() or text.isdecimal())


def has_word(text: str) -> bool:
    """Return whether a text has a word in it."""
    return text.isalnum() or any(cut_words(text))


def cut_words(text: str) -> Iterator[Token]:
    """Yield the words of a text; a hyphen separates (``anti-drone`` contains ``drone``)."""
    for found in re.finditer(r"\S+", text):
        at = found.start()
        for part in take_apart(found[0]).parts:
            yield Token(part.word, at + part.start, at + part.end)
