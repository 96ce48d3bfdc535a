"""What a query that can be read may not mean: said to the person who writes it, never silently accepted."""

import re

from crawler.matching.expressions import Word
from crawler.matching.tokens import TokenKind, cut_query
from crawler.matching.words import cut_pieces, take_apart

_OPERATORS = {"and", "or", "not"}
_PUNCTUATION = {",": "comma", ";": "semicolon", ":": "colon"}


def advise(text: str) -> tuple[str, ...]:
    """List what to look at in a query that ``parse_query`` reads; each a line for a person."""
    found = []
    tokens = cut_query(text)
    words = [token for token in tokens if isinstance(token.meaning, Word)]
    for token in words:
        word = token.meaning.text if isinstance(token.meaning, Word) else ""
        if len(words) > 1 and word in _OPERATORS:
            found.append(
                f"`{word}` is looked for as a word; the operator is written {word.upper()}"
            )
        elif word[-1:] in _PUNCTUATION:
            sign = _PUNCTUATION[word[-1]]
            found.append(
                f"`{word}`: the {sign} is not looked at; side by side means AND, `OR` any of them"
            )
        elif _falls_apart(word):
            found.append(
                f"`{word}` is looked for as words in a row; spaces mean AND, `OR` any of them"
            )
    if len(tokens) > 3 and all(token.kind in {TokenKind.TERM, TokenKind.END} for token in tokens):
        found.append("side by side means AND: an article must say all of these")
    return tuple(dict.fromkeys(found))


def _falls_apart(word: str) -> bool:
    """Tell whether signs other than those of compounds part a word: `drones,missiles`."""
    pieces = [take_apart(piece) for piece in cut_pieces(word)]
    return (
        len(pieces) == 1
        and len(pieces[0].parts) > 1
        and re.search(r"\w[,;:/+=<>]\w", word) is not None
    )
