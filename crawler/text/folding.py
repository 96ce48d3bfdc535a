"""Folding lines for a terminal or a plain mail: at spaces, and between the signs of scripts that have none."""

import unicodedata
from collections.abc import Iterator

# no line begins with what closes or ends, nor with a small kana; none ends with what opens
_CLOSING = frozenset({"Pe", "Pf", "Po"})
_OPENING = frozenset({"Ps", "Pi"})
_SMALL = frozenset("ーぁぃぅぇぉっゃゅょァィゥェォッャュョ")


def measure_width(text: str) -> int:
    """Return how many columns a text takes: two for a wide sign, none for one that stands on another."""
    return sum(map(_width, text))


def _width(sign: str) -> int:
    if sign < "\u0300":
        return 1
    if unicodedata.combining(sign) or unicodedata.category(sign) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if _is_wide(sign) else 1


def _is_wide(sign: str) -> bool:
    return unicodedata.east_asian_width(sign) in {"W", "F"}


def fold(text: str, *, width: int, first: str = "", others: str = "") -> str:
    """Return a text in lines of at most a width; what has no place to be broken, such as an address, stays whole.

    first, others  what the first line, and all others, begin with
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
    """Give the pieces between which a line may end, each with the space before it."""
    for word in text.split():
        space = " "
        for piece in _split_word(word):
            yield space, piece
            space = ""


def _split_word(word: str) -> Iterator[str]:
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
