"""Requirements: the keys that a document must have before a query can hold for it.

A requirement is a tree of keys. It leaves out what keys alone cannot decide (order, nearness, fields, capitals,
exclusions): a document that does not meet it never matches, one that does may. The same requirement chooses the
anchors of the live index and makes the search through history, so that the two cannot differ (decision 016).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from crawler.matching.analysis.inflection import Form, prefix_key, search_keys
from crawler.matching.analysis.words import cut_pieces, is_one_piece, take_apart
from crawler.matching.folding.numbers import join_thousands
from crawler.matching.queries.expressions import (
    And,
    Inside,
    Label,
    Near,
    Not,
    Or,
    Phrase,
    Query,
    Word,
    label_key,
    list_parts,
)

# documents assumed to have a word with a prefix of 2, 3 or 4 letters, so that a word is preferred as anchor. Guessed: prefixes
# are not counted, and a wrong guess costs time but changes no result
_PREFIX_COSTS = {2: 3000.0, 3: 1000.0, 4: 300.0}


@dataclass(frozen=True, slots=True)
class Key:
    """A key that a text must have; with ``is_prefix`` any exact key that begins with it."""

    key: str
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class AllOf:
    """Requirements that must all be met."""

    parts: tuple["Requirement", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Requirements of which at least one must be met."""

    parts: tuple["Requirement", ...]


Requirement = Key | AllOf | AnyOf


def has_one_part(word: Word) -> bool:
    """Return whether a word of a query is one word in a text too, and no compound."""
    return is_one_piece(word.text) or len(_list_parts_of(word)) == 1


def _list_parts_of(word: Word) -> list[str]:
    return [part.word for piece in cut_pieces(word.text) for part in take_apart(piece).parts]


def list_word_keys(word: Word, language: str, *, form: Form = Form.ANY) -> tuple[str, ...]:
    """Return the keys, any one of which proves that a plain word occurs; none if keys alone cannot prove it."""
    if word.is_cased or word.is_prefix or not has_one_part(word):
        return ()
    text = word.text if is_one_piece(word.text) else _list_parts_of(word)[0]
    return search_keys(text, language, form=form)


_SOURCE = label_key("source", "")


def list_source_keys(requirement: Requirement | None) -> frozenset[str]:
    """Return the keys of sources in a requirement."""
    match requirement:
        case None:
            return frozenset()
        case Key(key):
            return frozenset({key} if key.startswith(_SOURCE) else ())
        case AllOf(parts) | AnyOf(parts):
            return frozenset().union(*map(list_source_keys, parts))


def without_sources(requirement: Requirement | None) -> Requirement | None:
    """Return a requirement without its sources, None if nothing else is required."""
    match requirement:
        case None:
            return None
        case Key(key):
            return None if key.startswith(_SOURCE) else requirement
        case AllOf(parts):
            kept = [one for one in map(without_sources, parts) if one is not None]
            return AllOf(tuple(kept)) if kept else None
        case AnyOf(parts):
            each = [one for one in map(without_sources, parts) if one is not None]
            return AnyOf(tuple(each)) if len(each) == len(parts) else None


def require(query: Query, language: str) -> Requirement | None:
    """Return what documents in this language must have for a query to hold; None if it requires nothing."""
    match query:
        case Word():
            return _require_word(query, language)
        case Phrase():
            return _require_phrase(query, language)
        case Label():
            return Key(query.key)
        case Not():
            return None
        case Or(parts):
            required = [require(part, language) for part in parts]
            found = tuple(part for part in required if part is not None)
            return AnyOf(found) if len(found) == len(required) else None
        case And() | Near() | Inside():
            return _all(require(part, language) for part in list_parts(query))


def _require_phrase(phrase: Phrase, language: str) -> Requirement | None:
    words = [
        word for word in join_thousands(phrase.text, language).split() if take_apart(word).parts
    ]
    return _all(
        _require_word(
            Word(word.rstrip("*"), is_prefix=word.endswith("*")),
            language,
            form=form_in_phrase(phrase, number, len(words)),
        )
        for number, word in enumerate(words)
    )


def form_in_phrase(phrase: Phrase, number: int, count: int) -> Form:
    """Return which forms of a word a phrase accepts, by the word's number among those of the phrase."""
    return Form.OPENING if number == 0 and count > 1 and phrase.slack is None else Form.EXACT


def _all(parts: Iterator[Requirement | None]) -> Requirement | None:
    found = tuple(part for part in parts if part is not None)
    return found[0] if len(found) == 1 else AllOf(found) if found else None


def _require_word(word: Word, language: str, *, form: Form = Form.ANY) -> Requirement | None:
    """Return what a word requires: the exact key of a form in capitals or quotes, else one of the inflection keys."""
    if is_one_piece(word.text):
        return _require_form(word.text, word, language, form)
    compounds = [
        compound for piece in cut_pieces(word.text) for compound in take_apart(piece).compounds
    ]
    required: list[Requirement | None] = []
    others = replace(word, is_prefix=False) if word.is_prefix else word
    for number, (parts, joined) in enumerate(compounds, start=1):
        last = word if number == len(compounds) else others
        words = [others] * (len(parts) - 1) + [last]
        forms = form.of_parts(len(parts))
        apart = _all(
            _require_form(part, one, language, accepted)
            for part, one, accepted in zip(parts, words, forms, strict=True)
        )
        # anti-drone, anti drone and antidrone are one
        if joined and apart is not None:
            apart = AnyOf((apart, _require_form(joined, last, language, form)))
        required.append(apart)
    return _all(iter(required))


def _require_form(text: str, word: Word, language: str, form: Form) -> Requirement:
    if word.is_prefix:
        return Key(prefix_key(text, language), is_prefix=True)
    found = search_keys(text, language, form=Form.EXACT if word.is_cased else form)
    keys = tuple(map(Key, found))
    return keys[0] if len(keys) == 1 else AnyOf(keys)


def list_keys(requirement: Requirement) -> Iterator[str]:
    """Yield the keys among which ``choose_anchors`` must choose and whose counts it needs; none if there is no choice."""
    match requirement:
        case AnyOf(parts):
            for part in parts:
                yield from list_keys(part)
        case AllOf(parts):
            for part in parts:
                yield from _list_all_keys(part)


def _list_all_keys(requirement: Requirement) -> Iterator[str]:
    match requirement:
        case Key(key, is_prefix):
            if not is_prefix:
                yield key
        case AnyOf(parts) | AllOf(parts):
            for part in parts:
                yield from _list_all_keys(part)


def choose_anchors(requirement: Requirement, counts: Mapping[str, int]) -> tuple[Key, ...]:
    """Return the rarest keys such that every matching document has at least one of them.

    Of parts that must all hold, the rarest is taken (as Elasticsearch's percolator does); of alternatives, all.

    counts  in how many documents each key occurs, as far as known
    """
    match requirement:
        case Key():
            return (requirement,)
        case AnyOf(parts):
            return tuple(key for part in parts for key in choose_anchors(part, counts))
        case AllOf(parts):
            choices = [choose_anchors(part, counts) for part in parts]
            return min(choices, key=lambda keys: sum(_weigh(key, counts) for key in keys))


def _weigh(key: Key, counts: Mapping[str, int]) -> float:
    """Return the number of documents with a key, as far as known; a guess for prefixes."""
    if key.is_prefix:
        return _PREFIX_COSTS.get(len(key.key) - 1, 100.0)
    # of two words never seen, the longer one is probably rarer
    return counts.get(key.key, 0) + 1 / len(key.key)
