"""Cutting a text into words, each with its place.

A text is cut at its white space first; such a piece (``"anti-drone``, ``U.S.,``) means the same wherever it stands,
so what is in it is worked out once.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from crawler.text.scripts import CUT_INTO_SIGNS
from crawler.text.signs import APOSTROPHES, INVISIBLE_BUT_NON_JOINER, NON_JOINER

_HYPHENS = "-\u2010\u2011"
_HALF_WIDTH = "\uff66-\uff9f"
_EMOJI = "\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
_MOST_JOINED = 5
# a longer piece is a run of a script without spaces: what is in it will not come again
LONGEST_PIECE = 40


def _list_marks() -> str:
    """List the signs that belong to the letter before them, as a character class."""
    marks = [
        code for code in range(0x300, 0x1E00) if unicodedata.category(chr(code)) in {"Mn", "Mc"}
    ]
    return "".join(map(chr, marks)) + "\u20d0-\u20ff\ufe20-\ufe2f"


_LETTER = rf"[^\W_{CUT_INTO_SIGNS}{_HALF_WIDTH}]"
_REST = rf"[{_list_marks()}\u0640{INVISIBLE_BUT_NON_JOINER}]"
_WORD = rf"{_LETTER}(?:{_LETTER}|{_REST})*"
_CHUNK = re.compile(
    rf"[{_HALF_WIDTH}][\uff9e\uff9f]?|[{CUT_INTO_SIGNS}{_EMOJI}]"
    rf"|(?:[^\W\d_]\.)+[^\W\d_](?![^\W_])|{_WORD}(?:[{_HYPHENS}{APOSTROPHES}{NON_JOINER}]{_WORD})*[+#]*"
)
# ASCII: in scripts without spaces a sentence goes on right after an address. The look behind keeps it linear
_ADDRESS = re.compile(
    r"(?:https?://|www\.)[!-~]+|(?<![\w.%+-])[\w.%+-]++@[\w-]++\.[\w.-]+", re.ASCII | re.IGNORECASE
)
_PART = re.compile(rf"[^{_HYPHENS}{NON_JOINER}.]+")


@dataclass(frozen=True, slots=True)
class Token:
    """A word at a place: ``start`` and ``end`` count characters in its text (headline or body)."""

    word: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands between two spaces.

    parts   its words in order, as written, with their places counted from the beginning of the piece
    joined  words of it written as one (``antidrone``, ``US``): the word, its first part's number, how many parts
    """

    parts: tuple[Token, ...]
    joined: tuple[tuple[str, int, int], ...]

    @property
    def compounds(self) -> tuple[tuple[tuple[str, ...], str], ...]:
        """Its compounds in order: the words of each, and how it is written as one (empty where it is one word)."""
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
    """Cut a text at its white space; long pieces into smaller ones that hold the same words."""
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


# the words of a query are asked about several times in a row
@lru_cache(maxsize=4096)
def take_apart(piece: str) -> Piece:
    """Take apart what stands between two spaces; words inside web and mail addresses are left out."""
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
    """Tell quickly of most words that they are one word and no compound; False where it takes a closer look."""
    return text.isascii() and text.isalnum()


def has_word(text: str) -> bool:
    """Tell whether there is a word in a text."""
    return text.isalnum() or any(cut_words(text))


def cut_words(text: str) -> Iterator[Token]:
    """Cut a text into words; a hyphen separates (``anti-drone`` holds ``drone``)."""
    for found in re.finditer(r"\S+", text):
        at = found.start()
        for part in take_apart(found[0]).parts:
            yield Token(part.word, at + part.start, at + part.end)
