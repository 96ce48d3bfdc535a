"""Expand the synonyms of a query: Kyiv, Kiev, Київ."""

from collections.abc import Iterable

from crawler.matching.folding.letters import fold
from crawler.matching.queries.expressions import Or, Phrase, Query, Term, Word, replace_terms


def expand_synonyms(query: Query, sets: Iterable[Iterable[str]]) -> Query:
    """Return a query with each word that is in a set replaced by an OR of the whole set; several words are a phrase.

    ``=Word`` and ``word*`` stay as they are: their author means exactly this form. ``=WHO`` in a set is searched for in
    these capitals, and only ``WHO`` in the query, not ``who``, stands for the set.
    """
    members: dict[str, list[Term]] = {}
    for words in sets:
        terms = tuple(map(_as_term, words))
        for word in words:
            members.setdefault(spelling_key(word), []).extend(terms)
    if not members:
        return query

    def change(term: Term) -> Query:
        if isinstance(term, Word) and (term.is_cased or term.is_prefix):
            return term
        others = [other for key in list_term_keys(term) for other in members.get(key, ())]
        parts = tuple(
            dict.fromkeys((term, *(other for other in others if other.text != term.text)))
        )
        return Or(parts) if len(parts) > 1 else term

    return replace_terms(query, change)


def spelling_key(word: str) -> str:
    """Return what is equal for spellings of a set that differ only in case, accents or spaces; ``=WHO`` stays as it is."""
    return word if word.startswith("=") else fold(" ".join(word.lower().split()))


def list_term_keys(term: Term) -> tuple[str, ...]:
    """Return the keys under which a term of a query is looked up in sets."""
    return spelling_key(term.text), f"={term.text}"


def _as_term(text: str) -> Term:
    if text.startswith("="):
        return Word(text[1:], is_cased=True)
    # characters such as those of C++ are searched for only in a phrase
    return Word(text) if text[-1].isalnum() and " " not in text else Phrase(text)
