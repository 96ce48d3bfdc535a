"""Sentences and phrases of real news, from a folder of corpora beside the repository; none of it is stored here."""

import json
import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from bench.extraction.corpora import BODIES, NEWS

UNSPACED = frozenset({"ja", "zh"})
# with fewer sentences, two articles would share too many and become one story
_ENOUGH = 1_000
_FEWEST_WORDS, _MOST_WORDS = 7, 30
_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")
_CLAUSE = re.compile(r"[、，。！？「」『』（）\s]+")
# the words of a case-sensitive watch
_CAPITALS = re.compile(r"\bW\.?H\.?O\b")
_PHRASE = 3
_FEWEST_SIGNS, _MOST_SIGNS = 3, 9


@cache
def list_phrases(language: str) -> tuple[str, ...]:
    """Return pieces of sentences: three words in a row, or the text between two marks in languages without spaces."""
    found = list[str]()
    for text in _read_texts(language):
        if language in UNSPACED:
            parts = _CLAUSE.split(text)
            found += [part for part in parts if _FEWEST_SIGNS <= len(part) <= _MOST_SIGNS]
        else:
            words = text.split()
            found += [" ".join(words[i : i + _PHRASE]) for i in range(0, len(words) - _PHRASE, _PHRASE)]  # fmt: skip
    return tuple(dict.fromkeys(one for one in found if not _CAPITALS.search(one)))


@cache
def list_sentences(language: str, banned: tuple[str, ...]) -> tuple[str, ...]:
    """Return whole sentences without banned stems, numbers and quotes; none if there are too few."""
    found = dict.fromkeys(
        sentence
        for text in _read_texts(language)
        for one in _END.split(text)
        if (sentence := one.strip())
        and sentence.endswith(".")
        and is_plain(sentence[:-1].replace(",", ""))
        and _FEWEST_WORDS <= len(sentence.split()) <= _MOST_WORDS
        and not holds_any(sentence, banned)
        and not _CAPITALS.search(sentence)
    )
    return tuple(found) if len(found) >= _ENOUGH else ()


def is_plain(piece: str) -> bool:
    """Return whether a piece has only letters and spaces: numbers and quotes would break sentences."""
    return all(sign.isalpha() or sign in " -'’" or "\u0300" <= sign <= "\u09ff" for sign in piece)


def holds_any(piece: str, banned: tuple[str, ...]) -> bool:
    """Return whether a piece holds a banned stem, ignoring accents as watches do."""
    folded = _fold(piece)
    return any(_fold(stem) in folded for stem in banned)


@cache
def _fold(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


def _read_texts(language: str) -> Iterator[str]:
    for folder in (NEWS, BODIES):
        truth = folder / "ground-truth.json"
        if not truth.exists():
            continue
        for facts in json.loads(truth.read_text(encoding="utf-8")).values():
            if facts.get("language", "en") == language:
                yield facts["articleBody"]
