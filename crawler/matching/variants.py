"""A query with one of its clauses left out: what each clause adds or removes is told by the difference."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from crawler.matching.expressions import And, Inside, Not, Or, Query, has_positive, list_parts

_MOST = 30


@dataclass(frozen=True, slots=True)
class Variant:
    """A query without a clause; without one of an OR it can only find less, without one of an AND only more."""

    clause: Query
    query: Query


def list_variants(query: Query) -> tuple[Variant, ...]:
    """List a query without each of its clauses, in the order written, as far as that can stand alone."""
    found = (variant for variant in _drop(query) if has_positive(variant.query))
    return tuple(variant for variant, _ in zip(found, range(_MOST), strict=False))


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
