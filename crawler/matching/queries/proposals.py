"""Propose synonym sets for a query: a word that has one is found in one spelling only without it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from crawler.matching.queries.expressions import Query, Term, Word, list_terms
from crawler.matching.queries.synonyms import list_term_keys, spelling_key

# more would bury the report of `watch test`; who has more such words lists the sets
MOST_PROPOSALS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A set that a query could use. ``word`` is as the query has it; ``others`` are the set's spellings it lacks."""

    set_name: str
    word: str
    others: tuple[str, ...]


def propose_sets(
    query: Query, sets: Mapping[str, Collection[str]], *, used: Iterable[Collection[str]] = ()
) -> tuple[Proposal, ...]:
    """Return at most three sets that add spellings to words of a query, in the order of its words.

    sets  words by name of the set
    used  the words of the sets that the watch has already; whoever wrote one for a word knows its spellings
    """
    terms = tuple(term for term in list_terms(query) if _is_open(term))
    covered = {spelling_key(word) for words in used for word in words}
    had = {key for term in terms for key in list_term_keys(term)}
    having = _index_by_key(sets)
    found: dict[str, Proposal] = {}
    for term in terms:
        keys = list_term_keys(term)
        if not covered.isdisjoint(keys):
            continue
        for name in dict.fromkeys(name for key in keys for name in having.get(key, ())):
            others = tuple(word for word in sets[name] if spelling_key(word) not in had)
            if others:
                found.setdefault(name, Proposal(set_name=name, word=term.text, others=others))
    return tuple(found.values())[:MOST_PROPOSALS]


def _is_open(term: Term) -> bool:
    """Return whether a synonym set changes the term: ``=Word``, ``word*`` and loose phrases mean what they say."""
    if isinstance(term, Word):
        return not term.is_cased and not term.is_prefix
    return term.slack is None


def _index_by_key(sets: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    """Return the names of sets by the key of each of their words: a query may have a hundred words, the sets thousands."""
    having: dict[str, list[str]] = {}
    for name, words in sets.items():
        for word in words:
            having.setdefault(spelling_key(word), []).append(name)
    return having
