"""Evaluate a query part by part: which parts hold, where their terms occur, and what proves it.

This is slower than the tests of ``queries/predicates.py``, so it is used only for watches that hold, and to explain.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from crawler.matching.analysis.analyzer import Document
from crawler.matching.finders import find_near, find_places, keep_inside
from crawler.matching.hits import Hit, Span
from crawler.matching.queries.expressions import (
    And,
    Field,
    Inside,
    Label,
    Near,
    Not,
    Or,
    Phrase,
    Query,
    Word,
    list_parts,
    list_terms,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of evaluating a part of a query in a document.

    hits   where it occurs; empty for a part that consists of others, whose findings have the hits
    parts  the findings of its parts, in the order written
    """

    query: Query
    holds: bool
    hits: tuple[Hit, ...] = ()
    parts: tuple["Finding", ...] = ()


def evaluate(query: Query, document: Document, field: Field | None = None) -> Finding:
    """Return the findings of a query and of all its parts; ``field`` limits where it looks, None for everywhere."""
    match query:
        case Word() | Phrase():
            spans = find_places(query, document)
            kept = spans if field is None else keep_inside(spans, field)
            hits = tuple(Hit(first, last, str(query)) for first, last in kept)
            return Finding(query, bool(hits), hits)
        case Label():
            return Finding(query, query.key in document.places)
        case Near():
            hits = _list_near_hits(query, document, field)
            return Finding(query, bool(hits), hits)
        case Inside(inner_field):
            field = inner_field
    parts = tuple(evaluate(part, document, field) for part in list_parts(query))
    match query:
        case Not():
            holds = not parts[0].holds
        case Or():
            holds = any(part.holds for part in parts)
        case _:
            holds = all(part.holds for part in parts)
    return Finding(query, holds, (), parts)


def _list_near_hits(near: Near, document: Document, field: Field | None) -> tuple[Hit, ...]:
    sides = [find_places(side, document) for side in (near.left, near.right)]
    left, right = sides if field is None else [keep_inside(side, field) for side in sides]
    pairs = find_near(left, right, near.distance, is_ordered=near.is_ordered)
    hits = {
        hit
        for side, query in enumerate((near.left, near.right))
        for hit in _hits_within([pair[side] for pair in pairs], query, document)
    }
    return tuple(sorted(hits))


def _hits_within(spans: Sequence[Span], query: Query, document: Document) -> list[Hit]:
    """Return the occurrences of a query's terms that lie within spans."""
    places = {place for first, last in spans for place in range(first, last + 1)}
    return [
        Hit(first, last, str(term))
        for term in list_terms(query)
        for first, last in find_places(term, document)
        if first in places and last in places
    ]


def list_proof(finding: Finding) -> tuple[Hit, ...]:
    """Return the hits that prove that a query holds, in order, without those of excluded terms and of failing branches."""
    return tuple(sorted(set(_gather(finding))))


def _gather(finding: Finding) -> list[Hit]:
    if isinstance(finding.query, Not) or not finding.holds:
        return []
    parts = finding.parts if isinstance(finding.query, And | Or | Inside) else ()
    return [*finding.hits, *(hit for part in parts for hit in _gather(part))]
