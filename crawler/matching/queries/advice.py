"""Notes for the author of a query that is valid but may not mean what was intended (decision 015)."""

import re

from crawler.matching.analysis.tokens import TokenKind, cut_query
from crawler.matching.analysis.words import cut_pieces, take_apart
from crawler.matching.queries.capitals import list_capitals
from crawler.matching.queries.expressions import Word
from crawler.matching.queries.query import parse_query

# in small letters these are words; accepted with a note, never silently
_OPERATORS = {"and", "or", "not"}
# what people type between words as in a list; engines drop it, and then the words side by side mean AND
_PUNCTUATION = {",": "comma", ";": "semicolon", ":": "colon"}


def advise(text: str) -> tuple[str, ...]:
    """Return notes on a query that ``parse_query`` accepts, one line each, for the person who is writing it."""
    tokens = cut_query(text)
    # three words and more, counted with the END token: some engines read them as a phrase or an OR
    if len(tokens) > 3 and all(token.kind in {TokenKind.TERM, TokenKind.END} for token in tokens):
        note = "words side by side mean AND: an article must contain all of them"
        return (*find_doubts(text), note)
    return find_doubts(text)


def find_doubts(text: str) -> tuple[str, ...]:
    """Return a line for each word of a query that may not be read as intended."""
    words = [token.meaning.text for token in cut_query(text) if isinstance(token.meaning, Word)]
    found = (_find_doubt(word, is_alone=len(words) == 1) for word in dict.fromkeys(words))
    return (*(doubt for doubt in found if doubt), *_doubt_capitals(text))


def _doubt_capitals(text: str) -> tuple[str, ...]:
    return tuple(
        f"`{word}` also finds the word {word.text.lower()}; `={word}` finds only {word.text} in capitals"
        for word in list_capitals(parse_query(text))
    )


def _find_doubt(word: str, *, is_alone: bool) -> str | None:
    if not is_alone and word in _OPERATORS:
        return f"`{word}` is searched for as a word; the operator is {word.upper()}"
    if word[-1:] in _PUNCTUATION:
        sign = _PUNCTUATION[word[-1]]
        return f"`{word}`: the {sign} is ignored; words side by side mean AND, write OR for any of them"
    if _falls_apart(word):
        return (
            f"`{word}` is searched for as words in a row; spaces mean AND, write OR for any of them"
        )
    return None


def _falls_apart(word: str) -> bool:
    """Return whether punctuation other than that of compounds splits a word: `drones,missiles`."""
    pieces = [take_apart(piece) for piece in cut_pieces(word)]
    return (
        len(pieces) == 1
        and len(pieces[0].parts) > 1
        and re.search(r"[^\W\d][,;:/+=<>][^\W\d]", word) is not None
    )
