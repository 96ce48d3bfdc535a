"""Words that stand for each other in a watch: Kyiv, Kiev, Київ."""

from collections.abc import Iterable

from crawler.matching.analysis.inflection import fold
from crawler.matching.queries.expressions import Or, Phrase, Query, Term, Word, replace_terms


def expand_synonyms(query: Query, sets: Iterable[Iterable[str]]) -> Query:
    """Put in the place of a word that a set holds an OR of all words of the set; several words are a phrase."""
    members: dict[str, list[Term]] = {}
    for words in sets:
        terms = tuple(map(_as_term, words))
        for word in words:
            members.setdefault(_plain(word), []).extend(terms)
    if not members:
        return query

    def change(term: Term) -> Query:
        others = members.get(_plain(term.text), ())
        if isinstance(term, Word) and (term.is_cased or term.is_prefix):
            return term
        parts = tuple(
            dict.fromkeys((term, *(other for other in others if other.text != term.text)))
        )
        return Or(parts) if len(parts) > 1 else term

    return replace_terms(query, change)


def _as_term(text: str) -> Term:
    # in quotes signs such as those of C++ are looked for too
    return Word(text) if text[-1].isalnum() and " " not in text else Phrase(text)


def _plain(text: str) -> str:
    return fold(" ".join(text.lower().split()))
