"""Expand the synonyms of a query: Kyiv, Kiev, Київ."""

from collections.abc import Iterable

from crawler.matching.analysis.inflection import fold
from crawler.matching.queries.expressions import Or, Phrase, Query, Term, Word, replace_terms


def expand_synonyms(query: Query, sets: Iterable[Iterable[str]]) -> Query:
    """Return a query with each word that is in a set replaced by an OR of the whole set; several words are a phrase.

    ``=Word`` and ``word*`` stay as they are: their author means exactly this form.
    """
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
    # characters such as those of C++ are searched for only in a phrase
    return Word(text) if text[-1].isalnum() and " " not in text else Phrase(text)


def _plain(text: str) -> str:
    return fold(" ".join(text.lower().split()))
