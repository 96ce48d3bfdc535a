"""Analyse a text once, so that testing any number of watches against it is cheap."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Any
from urllib.parse import urlsplit

from crawler.matching.analysis.inflection import cased_form, keys_of
from crawler.matching.analysis.words import (
    LONGEST_PIECE,
    Token,
    cut_pieces,
    find_only_word,
    take_apart,
)
from crawler.matching.folding.numbers import join_thousands
from crawler.matching.languages.rules import rules_language
from crawler.matching.queries.expressions import label_key

# the position of the body's first word: a headline of 10,000 characters cannot reach it, and neither a phrase nor a NEAR
# (50 words at most) can cross from one to the other
BODY_STARTS_AT = 100_000
# analysing takes linear time, about 170 ms per megabyte in the prototype; no article is as long as this
_MOST_HEADLINE_CHARACTERS = 10_000
_MOST_BODY_CHARACTERS = 400_000
# what stands between two spaces
_PIECE = re.compile(r"\S+")
# pieces whose keys are remembered, per language. Stems and lemmas took 2 ms per text when they were looked up each time;
# from memory they cost less than cutting the text. The limit bounds a process that runs for months
_MOST_REMEMBERED = 200_000


class Document:
    """An analysed text.

    places    key -> positions, sorted; positions in the headline are below ``BODY_STARTS_AT``. Keys that begin with
              ``@`` are labels (language, sources) and have no positions
    firsts    of headline and body: the position of the first word of each piece that ``cut_pieces`` makes, and of the end
    widths    key -> position -> number of words that a compound with this key takes up there, if more than one
    language  ISO 639-1, as stated by the page; ``rules`` is the language whose rules inflect its words
    """

    def __init__(self, headline: str, body: str, *, language: str) -> None:
        self.headline = headline[:_MOST_HEADLINE_CHARACTERS]
        self.body = body[:_MOST_BODY_CHARACTERS]
        self.language = language
        self.rules = rules_language(language)
        self.places: dict[str, list[int]] = {}
        self.widths: dict[str, dict[int, int]] = {}
        self.firsts: tuple[list[int], list[int]] = ([], [])

    @property
    def texts(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """The headline and the body, each with the position of its first word."""
        return (self.headline, 0), (self.body, BODY_STARTS_AT)

    @cached_property
    def exact_keys(self) -> list[str]:
        """The keys of exact forms, which begin with ``=``."""
        return [key for key in self.places if key[0] == "="]

    @cached_property
    def _sorted_keys(self) -> list[str]:
        return sorted(self.exact_keys)

    def keys_with(self, prefix: str) -> Iterator[str]:
        """Yield the exact keys of words that begin with a prefix."""
        keys, start = self._sorted_keys, f"={prefix}"
        for place in range(bisect_left(keys, start), len(keys)):
            if not keys[place].startswith(start):
                return
            yield keys[place]

    @cached_property
    def cased(self) -> dict[str, list[tuple[int, int]]]:
        """The places of words as capitalised in the text: form -> (first position, last position), sorted.

        Computed on demand, because only ``=WHO`` needs it.
        """
        found: dict[str, list[tuple[int, int]]] = {}
        for text, position in self.texts:
            at = position
            for piece in map(take_apart, cut_pieces(join_thousands(text, self.rules))):
                words = [(part.word, number, 1) for number, part in enumerate(piece.parts)]
                for word, number, count in (*words, *piece.joined):
                    span = at + number, at + number + count - 1
                    found.setdefault(cased_form(word, self.rules), []).append(span)
                at += len(piece.parts)
        return found

    def find_word(self, position: int) -> tuple[int, int]:
        """Return the character offsets of the word at a position, in the headline or in the body.

        Only the piece it stands in is cut into words: cutting the whole text for a few hits was the dearest part of a
        match.
        """
        part = self._pieces[position >= BODY_STARTS_AT].find_word(position)
        return part.start, part.end

    @cached_property
    def _pieces(self) -> tuple["_Pieces", "_Pieces"]:
        (headline, _), (body, _) = self.texts
        return (
            _Pieces(join_thousands(headline, self.rules), self.firsts[0]),
            _Pieces(join_thousands(body, self.rules), self.firsts[1]),
        )


class _Pieces:
    """The pieces of a text between white space: the position of the first word of each, and its offset."""

    def __init__(self, text: str, firsts: list[int]) -> None:
        self._text = text
        self._starts = [found.start() for found in _PIECE.finditer(text)]
        # pieces that were cut further to be analysed are put together again
        self._firsts = _join(text.lower().split(), firsts)
        # a text without spaces is one piece, which thousands of hits ask for
        self._parts: dict[int, tuple[Token, ...]] = {}

    def find_word(self, position: int) -> Token:
        """Return the word at a position, with its offsets in the text."""
        place = bisect_right(self._firsts, position) - 1
        start, parts = self._starts[place], self._parts.get(place)
        if parts is None:
            found = _PIECE.match(self._text, start)
            piece = found[0] if found else ""
            whole = Token(piece, 0, len(piece))
            # lower case, in which texts are analysed, can have other words: www.\u0130 is no address, www.i is one
            parts = self._parts[place] = take_apart(piece).parts or (whole,)
        part = parts[min(position - self._firsts[place], len(parts) - 1)]
        return Token(part.word, start + part.start, start + part.end)


def _join(pieces: list[str], firsts: list[int]) -> list[int]:
    """Return the position of the first word of each piece, given those of the pieces they were cut into."""
    if max(map(len, pieces), default=0) <= LONGEST_PIECE:
        return firsts[:-1]
    counts = (len(cut_pieces(piece)) for piece in pieces)
    return [firsts[at] for at in accumulate(counts, initial=0)][:-1]


class _Word:
    """The keys of a word. Pieces with the same keys share one object, so that their positions end up in one list."""

    __slots__ = ("keys",)

    def __init__(self, keys: tuple[str, ...]) -> None:
        self.keys = keys


_NO_WORD = _Word(())
# number of words in a piece; its first word; (number of the first word, key, number of words) of the others and joined ones
_Known = tuple[int, _Word, tuple[tuple[int, str, int], ...]]


@dataclass(slots=True)
class _Memory:
    """The analysed pieces of one language, remembered for the next text."""

    language: str
    pieces: dict[str, _Known] = field(default_factory=dict)
    words: dict[tuple[str, ...], _Word] = field(default_factory=dict)

    def learn(self, text: str) -> _Known:
        """Return the words and keys of a piece, and remember it if it is short enough to occur again."""
        only = find_only_word(text)
        known = self._read(text) if only is None else (1, self._find_word(only), ())
        if len(text) <= LONGEST_PIECE:
            self.pieces[text] = known
        return known

    def _find_word(self, word: str) -> _Word:
        keys = keys_of(word, self.language)
        return self.words.get(keys) or self.words.setdefault(keys, _Word(keys))

    def _read(self, text: str) -> _Known:
        piece = take_apart(text)
        parts = [part.word for part in piece.parts]
        others = [(word, number, 1) for number, word in enumerate(parts) if number]
        others += [*piece.joined, *piece.also]
        return (
            len(parts),
            self._find_word(parts[0]) if parts else _NO_WORD,
            tuple(
                (number, key, count)
                for word, number, count in others
                for key in keys_of(word, self.language)
            ),
        )

    def forget_much(self) -> None:
        """Forget everything if too much is remembered."""
        if len(self.pieces) > _MOST_REMEMBERED:
            self.pieces.clear()
            self.words.clear()


_MEMORIES: dict[str, _Memory] = {}

# a piece, its number of words, the keys of the first, (number, key, width) of the others
Remembered = tuple[str, int, tuple[str, ...], tuple[tuple[int, str, int], ...]]


def list_remembered() -> Iterator[tuple[str, Iterator[Remembered]]]:
    """Yield the languages with the pieces that are remembered of each, in the order they were met."""
    for language, memory in _MEMORIES.items():
        pieces = ((text, *known) for text, known in memory.pieces.items())
        yield language, ((text, count, word.keys, others) for text, count, word, others in pieces)


def remember(
    language: str, text: str, count: int, keys: tuple[str, ...], others: tuple[Any, ...]
) -> None:
    """Remember a piece as ``list_remembered`` yields it, unless it is known."""
    memory = _MEMORIES.setdefault(language, _Memory(language))
    word = memory.words.setdefault(keys, _Word(keys))
    memory.pieces.setdefault(text, (count, word, others))


def analyze(headline: str, body: str, *, language: str, sources: Sequence[str] = ()) -> Document:
    """Return the analysed text of an article; words inside web and mail addresses are ignored.

    language  ISO 639-1 code of the text; a word in another script is inflected in the default language of that script
    sources   what ``source:`` can name: see ``source_names``
    """
    document = Document(headline, body, language=language)
    memory = _MEMORIES.setdefault(document.rules, _Memory(document.rules))
    words: dict[_Word, list[int]] = {}
    others: dict[str, list[int]] = {}
    for part in range(len(document.texts)):
        _read(document, part, memory, words, others)
    places = document.places
    for word, positions in words.items():
        for key in word.keys:
            # lists are shared between keys, so they are replaced and never changed in place
            places[key] = sorted(places[key] + positions) if key in places else positions
    for key, positions in others.items():
        places[key] = sorted({*places[key], *positions}) if key in places else positions
    for label in (("lang", language), *(("source", source) for source in sources)):
        places[label_key(*label)] = []
    memory.forget_much()
    return document


def analyze_text(headline: str, body: str, *, language: str, url: str, source: str) -> Document:
    """Return the analysis of a stored text, the same for live matching, index and history."""
    host = urlsplit(url).hostname or ""
    return analyze(headline, body, language=language, sources=source_names(host, source))


def _read(
    document: Document,
    part: int,
    memory: _Memory,
    words: dict[_Word, list[int]],
    others: dict[str, list[int]],
) -> None:
    """Add the positions of a text's words to ``words``, and to ``others`` those that are not the first of their piece.

    part  0 for the headline, 1 for the body
    """
    (text, position), firsts = document.texts[part], document.firsts[part]
    widths = document.widths
    known, learn = memory.pieces, memory.learn
    # capitals matter only to `=WHO`, for which `Document.cased` reads the text again
    for piece in cut_pieces(join_thousands(text.lower(), document.rules)):
        width, word, more = known.get(piece) or learn(piece)
        firsts.append(position)
        if word in words:
            words[word].append(position)
        else:
            words[word] = [position]
        for number, key, count in more:
            others.setdefault(key, []).append(position + number)
            if count > 1:
                widths.setdefault(key, {})[position + number] = count
        position += width
    firsts.append(position)


def add_sources(document: Document, names: Iterable[str]) -> Document:
    """Return a copy of a document with the labels of further sources, given by their names."""
    labels: dict[str, list[int]] = {label_key("source", name): [] for name in names}
    labelled = copy(document)
    labelled.places = document.places | labels
    return labelled


def source_names(host: str, name: str = "") -> tuple[str, ...]:
    """Return what ``source:`` can name for an article: its host, every domain above it, and its source's name."""
    labels = host.casefold().split(".")
    domains = (".".join(labels[first:]) for first in range(max(1, len(labels) - 1)))
    return tuple(filter(None, (*domains, name)))
