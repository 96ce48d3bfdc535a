"""Folding lines for a terminal or a plain-text mail: at spaces, and between the characters of scripts without spaces."""

import unicodedata
from collections.abc import Iterator

# kinsoku: no line begins with closing punctuation or a small kana, and none ends with opening punctuation
_CLOSING = frozenset({"Pe", "Pf", "Po"})
_OPENING = frozenset({"Ps", "Pi"})
_SMALL = frozenset("ーぁぃぅぇぉっゃゅょァィゥェォッャュョ")


def measure_width(text: str) -> int:
    """Return how many columns a text takes: two for a wide character, none for a mark that is written onto another."""
    return sum(map(_width, text))


def _width(sign: str) -> int:
    # every character below the first combining mark takes one column, and most texts have no others
    if sign < "\u0300":
        return 1
    if unicodedata.combining(sign) or unicodedata.category(sign) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if _is_wide(sign) else 1


def _is_wide(sign: str) -> bool:
    return unicodedata.east_asian_width(sign) in {"W", "F"}


def fold(text: str, *, width: int, first: str = "", others: str = "") -> str:
    """Return a text in lines of at most ``width`` columns; what cannot be broken, such as an address, may be longer.

    first, others  prefix of the first line, and of all others; both are part of the width
    """
    lines, line, column = [], first, measure_width(first)
    is_empty = True
    for space, piece in _split(text):
        needed = measure_width(piece)
        lead = "" if is_empty else space
        if not is_empty and column + len(lead) + needed > width:
            lines.append(line)
            line, column, lead = others, measure_width(others), ""
        line, column, is_empty = f"{line}{lead}{piece}", column + len(lead) + needed, False
    return "\n".join([*lines, line])


def _split(text: str) -> Iterator[tuple[str, str]]:
    """Yield the space before each piece (empty inside a word) and the piece; a line may end between two."""
    for word in text.split():
        space = " "
        for piece in _split_word(word):
            yield space, piece
            space = ""


def _split_word(word: str) -> Iterator[str]:
    # an address that is broken over two lines is no longer a link
    if "://" in word:
        yield word
        return
    piece = ""
    for sign in word:
        if piece and _may_break(piece[-1], sign):
            yield piece
            piece = ""
        piece += sign
    if piece:
        yield piece


def _may_break(before: str, sign: str) -> bool:
    if not (_is_wide(before) or _is_wide(sign)) or not _width(sign):
        return False
    clings = sign in _SMALL or unicodedata.category(sign) in _CLOSING
    return not clings and unicodedata.category(before) not in _OPENING
