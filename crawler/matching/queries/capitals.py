"""Words in capitals that are ordinary words in small letters: ``US`` also finds us, and ``=US`` does not."""

from dataclasses import replace

from crawler.matching.queries.expressions import Query, Word, list_terms, replace_terms
from crawler.text.languages.stop_words import is_stop_word

# what is written in capitals in a query in English, or in one that names what has an English abbreviation
_LANGUAGE = "en"
# a longer word is written in capitals for emphasis
_MOST_LETTERS = 5
# abbreviations in the news that are words, besides frequent ones such as it, us, who
_ALSO_WORDS = frozenset(
    """ace act aid aids aim arm art bat bid bit cap cat cats cop cops dad dart dim don eta fad fan far fat fed fig fit gap gas gem has hat hub ice
    ion jet lad lap law led lot mad map mars mat mic mod nap nice nil nut oak oar pact pan par pen pet pit pod pop pot rag ram rap rat rim rip
    rod sad salt sap sat scar ship sim sip sir spa star start sting swat tan tap tar tech ten tip ton top van war wet win wiz zip""".split()  # noqa: SIM905
)


def list_capitals(query: Query) -> tuple[Word, ...]:
    """Return the words of a query that are written in capitals, and are other words in small letters."""
    terms = (term for term in list_terms(query) if isinstance(term, Word))
    return tuple(dict.fromkeys(term for term in terms if _is_two_words(term)))


def _is_two_words(word: Word) -> bool:
    if word.is_cased or word.is_prefix or not 2 <= len(word.text) <= _MOST_LETTERS:
        return False
    lower = word.text.lower()
    is_spelt_so = word.text.isascii() and word.text.isalpha() and word.text.isupper()
    return is_spelt_so and (lower in _ALSO_WORDS or is_stop_word(lower, _LANGUAGE))


def keep_capitals(query: Query, word: Word) -> Query:
    """Return a query in which a word is found in its capitals only."""
    return replace_terms(query, lambda term: replace(word, is_cased=True) if term == word else term)
