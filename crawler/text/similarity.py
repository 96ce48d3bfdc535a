"""Comparing what two short texts are about, without a dictionary: by the words they share, in any script."""

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

from crawler.text.languages.scripts import is_sign
from crawler.text.normalize import tokenize

# shorter words ("the", "und", "les", "про") occur in every text of a language
_DISTINCTIVE_LETTERS = 4
# inflected forms share their beginning (Polish, Finnish, Russian) and differ in an ending of a few letters: a shorter beginning
# joins words of different meaning, a longer one misses short stems
_STEM = 5
_MOST_ENDING = 3
# words and characters read: the beginning of a text says what it is about, and the rest would only cost time
_MOST_TOKENS = 400
_MOST_CHARACTERS = 4000
# EU, UN, WHO: short words in capitals do say what a text is about
_ACRONYM = re.compile(r"\b[^\W\d_]{2,3}\b")


def distinctive_words(text: str, *, but: Iterable[str] = ()) -> frozenset[str]:
    """Return the words that say what a text is about, without accents: long words, numbers, acronyms.

    In scripts without spaces each pair of neighbouring characters counts as a word.
    but  words to leave out, such as the name of the site
    """
    plain = text[:_MOST_CHARACTERS]
    words = [bare_word(word) for word in tokenize(plain)[:_MOST_TOKENS]]
    found = {word for word in words if len(word) >= _DISTINCTIVE_LETTERS or _is_number(word)}
    # in a headline that is all capitals, every short word looks like an acronym
    if not plain.isupper():
        found |= {bare_word(word) for word in _ACRONYM.findall(plain) if word.isupper()}
    if not plain.isascii():
        found |= {
            one + other for one, other in pairwise(words) if _is_letter(one) and _is_letter(other)
        }
    return frozenset(found - {bare_word(word) for word in but})


def is_name(text: str) -> bool:
    """Return whether a short text is specific: "Entry 12" and "Update" could be said of anything."""
    words = [word for word in tokenize(text[:_MOST_CHARACTERS]) if not word.isdigit()]
    return len(words) > 1


def shared_words(words: frozenset[str], other: frozenset[str]) -> int:
    """Return how many of these words another text has too, in the same or an inflected form."""
    stems: dict[str, list[int]] = {}
    for word in other:
        if _has_stem(word):
            stems.setdefault(word[:_STEM], []).append(len(word))
    return sum(1 for word in words if word in other or _is_inflected(word, stems))


def share_of(words: frozenset[str], other: frozenset[str]) -> float:
    """Return the share (0.0 to 1.0) of these words that another text has too; 0.0 if there are no words."""
    return shared_words(words, other) / len(words) if words else 0.0


def _is_inflected(word: str, stems: dict[str, list[int]]) -> bool:
    """Return whether another word has the same beginning and about the same length.

    stems  lengths of the other words by their beginning
    """
    if not _has_stem(word):
        return False
    return any(abs(length - len(word)) <= _MOST_ENDING for length in stems.get(word[:_STEM], ()))


def _has_stem(word: str) -> bool:
    return len(word) >= _STEM and not word.isdigit()


def bare_word(word: str) -> str:
    """Return a word without the accents that addresses leave out."""
    if word.isascii():
        return word
    # only these marks, which belong to Latin, Greek and Cyrillic letters: Korean and Japanese characters must stay whole
    parts = unicodedata.normalize("NFD", word)
    kept = "".join(sign for sign in parts if not "\u0300" <= sign <= "\u036f")
    return unicodedata.normalize("NFC", kept)


def _is_number(word: str) -> bool:
    return len(word) > 1 and word.isdigit()


def _is_letter(word: str) -> bool:
    """Return whether a token is a letter of a script without spaces, not a mark or digit of it."""
    return is_sign(word) and word.isalpha()
