"""Variants of a query, each changed in one place, to show how much each clause adds or excludes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from crawler.matching.queries.capitals import keep_capitals, list_capitals
from crawler.matching.queries.expressions import (
    And,
    Inside,
    Near,
    Not,
    Or,
    Query,
    Term,
    Word,
    has_positive,
    list_parts,
    list_terms,
    replace_terms,
)

# each variant is run over all texts of `watch test`, and a query may have 100 terms
_MOST = 30
# each widening is one more run over the same texts
_MOST_WIDENINGS = 10
# shorter prefixes match unrelated words
_FEWEST_LETTERS = 4


@dataclass(frozen=True, slots=True)
class Variant:
    """A query that differs in one clause, which is left out or replaced by one that finds more.

    clause  what was left out, or what was put in
    """

    clause: Query
    query: Query


def list_variants(query: Query) -> tuple[Variant, ...]:
    """Return a query without each of its clauses in turn, in the order written, if the rest is a query; 30 at most."""
    found = (variant for variant in _drop(query) if has_positive(variant.query))
    return tuple(islice(found, _MOST))


def _drop(query: Query) -> Iterator[Variant]:
    if isinstance(query, Inside):
        yield from (
            replace(variant, query=Inside(query.field, variant.query))
            for variant in _drop(query.inner)
        )
    if not isinstance(query, And | Or):
        return
    parts = list_parts(query)
    for place, part in enumerate(parts):
        rest = parts[:place] + parts[place + 1 :]
        yield Variant(part, rest[0] if len(rest) == 1 else type(query)(rest))
        if isinstance(part, Not):
            continue
        for variant in _drop(part):
            yield replace(
                variant,
                query=type(query)((*parts[:place], variant.query, *parts[place + 1 :])),
            )


def list_widenings(query: Query) -> tuple[Variant, ...]:
    """Return a query with each of its terms widened in turn: a word to a prefix, a phrase to inflections; 10 at most."""
    wider = ((term, _widen(term)) for term in dict.fromkeys(list_terms(query)))
    found = (
        Variant(more, _put_in_place(query, term, more)) for term, more in wider if more is not None
    )
    return tuple(islice(found, _MOST_WIDENINGS))


def list_narrowings(query: Query) -> tuple[Variant, ...]:
    """Return a query with each of its abbreviations that are words too in capitals only; 10 at most."""
    found = (
        Variant(replace(word, is_cased=True), keep_capitals(query, word))
        for word in list_capitals(query)
    )
    return tuple(islice(found, _MOST_WIDENINGS))


def _put_in_place(query: Query, term: Term, other: Query) -> Query:
    return replace_terms(query, lambda one: other if one == term else one)


def _widen(term: Term) -> Query | None:
    if isinstance(term, Word):
        is_plain = not (term.is_cased or term.is_prefix) and len(term.text) >= _FEWEST_LETTERS
        return replace(term, is_prefix=True) if is_plain and term.text[-1].isalnum() else None
    words = term.text.split()
    is_plain = term.slack is None and len(words) > 1 and all(word.isalnum() for word in words)
    if not is_plain:
        return None
    row: Query = Word(words[0])
    for word in words[1:]:
        row = Near(row, Word(word), 0, is_ordered=True)
    return row
