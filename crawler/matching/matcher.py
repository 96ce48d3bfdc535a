"""Compiled watches: whether one holds for a document, and the match it makes."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

from crawler.matching.analysis.analyzer import BODY_STARTS_AT, Document
from crawler.matching.evaluation import evaluate, list_proof
from crawler.matching.hits import Hit
from crawler.matching.queries.expressions import Field, Inside, Query, list_terms, names_source
from crawler.matching.queries.predicates import make_test
from crawler.matching.queries.query import parse_query
from crawler.matching.queries.synonyms import expand_synonyms
from crawler.matching.score import score_match
from crawler.matching.snippet import (
    Span,
    list_headline_marks,
    list_marks,
    list_passages,
    make_snippet,
)
from crawler.model.watch import Match, Watch


@dataclass(frozen=True)
class CompiledWatch:
    """A watch with its query parsed, synonyms put in, and ``title_only`` made a field around the query."""

    watch: Watch
    query: Query

    @cached_property
    def term_count(self) -> int:
        """The number of different words and phrases it looks for."""
        return len(set(list_terms(self.query)))


def compile_watch(watch: Watch) -> CompiledWatch:
    """Return a watch ready to be tested; raises QuerySyntaxError."""
    query = expand_synonyms(parse_query(watch.query), watch.synonyms)
    return CompiledWatch(watch, Inside(Field.TITLE, query) if watch.title_only else query)


def holds(
    compiled: CompiledWatch, document: Document, scopes: frozenset[str] = frozenset()
) -> bool:
    """Return whether a watch holds for a document.

    scopes  names and tags of the sources that announced it
    """
    test = _remembered_test(compiled.query, document.rules)
    return test(document) and holds_apart_from_query(compiled, document, scopes)


# history tests the same few queries on thousands of texts (``watch test`` reads up to 3,000)
_remembered_test = lru_cache(maxsize=1000)(make_test)


def is_limited(compiled: CompiledWatch) -> bool:
    """Return whether a watch has limits besides its query: languages, sources, or a number of mentions."""
    watch = compiled.watch
    return bool(watch.languages or watch.sources) or watch.min_mentions > 1


def looks_at_sources(compiled: CompiledWatch) -> bool:
    """Return whether the sources of an article decide whether a watch holds for it."""
    return bool(compiled.watch.sources) or names_source(compiled.query)


def holds_apart_from_query(
    compiled: CompiledWatch, document: Document, scopes: frozenset[str]
) -> bool:
    """Return whether a watch includes the document's language and one of its sources, and has enough mentions."""
    watch = compiled.watch
    if watch.languages and document.language not in watch.languages:
        return False
    if watch.sources and scopes.isdisjoint(watch.sources):
        return False
    return watch.min_mentions <= 1 or count_mentions(compiled, document) >= watch.min_mentions


def count_mentions(compiled: CompiledWatch, document: Document) -> int:
    """Return the number of places at which a term of the query stands."""
    return _count_places(document, list_proof(evaluate(compiled.query, document)))


def _count_places(document: Document, hits: tuple[Hit, ...]) -> int:
    """Return the number of places with a hit; where body and headline are one text, those of one of them.

    A feed may state a title alone, which is then the body too: its words must not count as two mentions.
    """
    places = {hit.first for hit in hits}
    if document.body != document.headline:
        return len(places)
    in_headline = sum(place < BODY_STARTS_AT for place in places)
    return max(in_headline, len(places) - in_headline)


def make_match(compiled: CompiledWatch, document: Document) -> Match:
    """Return the match of a watch with a document, with the terms and sentences that prove it; the watch must hold."""
    hits = list_proof(evaluate(compiled.query, document))
    terms = tuple(dict.fromkeys(hit.term for hit in _in_query_order(hits, compiled.query)))
    return Match(
        watch_id=compiled.watch.id,
        # a query of labels alone (source:bbc.co.uk) has no terms, so the query stands for them
        terms=terms or (str(compiled.query),),
        hit_count=_count_places(document, hits),
        in_headline=bool(hits) and hits[0].first < BODY_STARTS_AT,
        snippet=make_snippet(document, hits),
        passages=list_passages(document, hits),
        score=score_match(document, hits, term_count=compiled.term_count),
    )


def list_spans(compiled: CompiledWatch, document: Document) -> list[Span]:
    """Return the places in a document's body that prove a match, as (start, end); none if the watch does not hold for it."""
    return list_marks(document, list_proof(evaluate(compiled.query, document)))


def list_headline_spans(compiled: CompiledWatch, document: Document) -> list[Span]:
    """Return the places in a document's headline that prove a match, as (start, end)."""
    return list_headline_marks(document, list_proof(evaluate(compiled.query, document)))


def _in_query_order(hits: tuple[Hit, ...], query: Query) -> list[Hit]:
    order = {str(term): place for place, term in enumerate(list_terms(query))}
    return sorted(hits, key=lambda hit: order.get(hit.term, len(order)))
