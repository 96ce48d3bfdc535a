"""Forms of a query's word that neither the stemmer nor the dictionary of a language finds, each with the dictionary's veto.

Names are the words that watches are made of, and dictionaries have few of them: Plenković, Orpo, לנתניהו. Taking letters off
the words of every article would join words that have nothing to do with each other (a Hebrew word that begins with ב is
seldom "in" something). So the query's word is given more forms instead, which articles are asked for exactly, and a
form that the dictionary knows as another word is left out. Articles are analysed as before, and keep their keys.
"""

from collections.abc import Callable, Iterable
from functools import partial

from crawler.matching.languages import arabic, hebrew, indonesian
from crawler.matching.languages.dictionaries import find_lemma
from crawler.matching.languages.suffixes import RULES, add_endings
from crawler.text.languages.stop_words import is_stop_word

_Maker = Callable[[str], Iterable[str]]
# a longer word is no name, and has no forms that anybody writes
_MOST_LETTERS = 40
_FEWEST_LETTERS = 3
# any noun has these forms
_ALWAYS: dict[str, _Maker] = {
    "ar": arabic.list_forms,
    "he": hebrew.list_forms,
    "id": indonesian.list_forms,
    "bn": partial(add_endings, rules=RULES["bn"]),
    "ur": partial(add_endings, rules=RULES["ur"]),
}
# written with a capital letter in the query, or missing in the dictionary, whose lemmas find all others
_NAMES: dict[str, _Maker] = {
    code: partial(add_endings, rules=rules) for code, rules in RULES.items() if code not in _ALWAYS
}
_OPENINGS: dict[str, _Maker] = {"ar": arabic.list_openings, "he": hebrew.list_openings}


def list_forms(word: str, language: str, *, is_name: bool) -> tuple[str, ...]:
    """Return further forms of a word of a query in lower case, in the language by whose rules it is inflected.

    is_name  whether the query writes it with a capital letter
    """
    if not _FEWEST_LETTERS <= len(word) <= _MOST_LETTERS:
        return ()
    maker = _ALWAYS.get(language)
    if maker is None and (is_name or find_lemma(word, language) is None):
        maker = _NAMES.get(language)
    return _keep_allowed(word, maker(word), language) if maker else ()


def has_names(language: str) -> bool:
    """Return whether names of a language have forms of their own, so that no stem is needed to find them."""
    return language in _NAMES


def list_name_lemmas(word: str, language: str) -> tuple[str, ...]:
    """Return the lemmas by which a word that a query writes with a capital letter is found: its own, in lower case.

    The dictionary's names come first: it has Київ, and київ as a form of another word. Of small words only one is taken that
    may be the same word in the singular, because people also write "Drones OR missiles".
    """
    lemma = find_lemma(word.capitalize(), language)
    if lemma is None:
        small = find_lemma(word, language)
        lemma = small if small and _may_be_singular(small, word, language) else word
    return tuple(dict.fromkeys((word, lemma.lower())))


def _may_be_singular(lemma: str, word: str, language: str) -> bool:
    # маск is a form of маска, and bih one of biti: nobody means these by Маск and BiH
    is_alike = len(lemma) <= len(word) and lemma[: len(word) - 2] == word[: len(word) - 2]
    return is_alike and not is_stop_word(lemma, language)


def list_openings(word: str, language: str) -> tuple[str, ...]:
    """Return a word with what can be written onto its front at the beginning of a phrase."""
    maker = _OPENINGS.get(language)
    return tuple(maker(word)) if maker and len(word) <= _MOST_LETTERS else ()


def _keep_allowed(word: str, forms: Iterable[str], language: str) -> tuple[str, ...]:
    """Return the forms that the dictionary does not know as another word, or knows as the word written with a capital."""
    own = {None, word, find_lemma(word, language)}
    name = {word.capitalize()} & {find_lemma(word.capitalize(), language)}
    return tuple(
        form
        for form in dict.fromkeys(forms)
        if find_lemma(form, language) in own
        or (name and find_lemma(form.capitalize(), language) in name)
    )
