"""Forms of a query's word that neither the stemmer nor the dictionary of a language finds, each with the dictionary's veto.

Names are the words that watches are made of, and dictionaries have few of them: Plenković, Orpo, לנתניהו. Taking letters off
the words of every article would join words that have nothing to do with each other (a Hebrew word that begins with ב is
seldom "in" something). So the query's word is given more forms instead, which articles are asked for exactly, and a
form that the dictionary knows as another word is left out. Articles are analysed as before, and keep their keys.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache, partial

from crawler.matching.folding.letters import fold
from crawler.matching.languages import arabic, hebrew, indonesian
from crawler.matching.languages.dictionaries import find_lemmas
from crawler.matching.languages.suffixes import RULES, add_endings
from crawler.text.languages.stop_words import is_stop_word

_Maker = Callable[[str], Iterable[str]]
# a longer word is no name, and has no forms that anybody writes
_MOST_LETTERS = 40
_FEWEST_LETTERS = 3
_MAKERS: dict[str, _Maker] = {
    "ar": arabic.list_forms,
    "id": indonesian.list_forms,
    **{code: partial(add_endings, rules=rules) for code, rules in RULES.items()},
}
_CERTAIN: dict[str, _Maker] = {"ar": arabic.list_other_numbers, "he": hebrew.list_definite}
_OPENINGS: dict[str, _Maker] = {"ar": arabic.list_openings, "he": hebrew.list_openings}
# nouns that differ in a last vowel have forms in common, of which a dictionary has one noun only: drony belongs to dron, and is
# "of drona" in the Polish dictionary. So a lemma that looks like a form of the word does not forbid its forms,
# if the dictionary has the word: it lacks Маск, and маски are masks
_SHARED_FORMS = frozenset({"cs", "hr", "pl", "ru", "uk"})
# an adjective made of the word has some of its forms, and news seldom means it: Лаврова is of Lavrov, and is "laurel" in the
# Russian dictionary; wirusowi is to a virus, and is "viral" in the Polish one
_ADJECTIVES = {"pl": ("y", "owy"), "ru": ("ый", "ой"), "uk": ("ий", "овий")}
# scripts without capitals, in which any word may be a name; Arabic has a stemmer for those that are none
_WITHOUT_CAPITALS = frozenset({"he", "ka"})


def list_forms(word: str, language: str, *, is_abbreviation: bool = False) -> tuple[str, ...]:
    """Return further forms of a word of a query in lower case, in the language by whose rules it is inflected.

    is_abbreviation  the query writes it with gershayim, which the word has no longer
    """
    maker = _MAKERS.get(language)
    if not _FEWEST_LETTERS <= len(word) <= _MOST_LETTERS:
        return ()
    if language == "he":
        # "the employees" is no word of the dictionary, so the veto is asked of the plural without its article
        plurals = _allow(word, hebrew.list_plurals(word), language)
        forms = hebrew.list_forms(word, plurals, is_abbreviation=is_abbreviation)
        return _keep_allowed(word, forms, language)
    if maker is None:
        return ()
    return _keep_allowed(word, maker(word), language)


def is_name(text: str, language: str) -> bool:
    """Return whether a word is read as a name because of how a query writes it: by its forms, and by no stem."""
    return language in _WITHOUT_CAPITALS or (language in RULES and text[0].isupper())


@lru_cache(maxsize=5000)
def find_lemma(word: str, language: str) -> str | None:
    """Return the lemma of a word in lower case; a word that is the lemma of its own forms is no form of another word.

    The Polish dictionary has zachowanie as a form of a verb, and zachowania as a form of zachowanie; the Russian one сборная
    and сборной.
    """
    find = find_lemmas(language).get
    lemma, maker = find(word), _MAKERS.get(language)
    if lemma is None or lemma == word or maker is None or len(word) > _MOST_LETTERS:
        return lemma
    return word if any(find(form) == word for form in maker(word)) else lemma


def list_name_lemmas(word: str, language: str) -> tuple[str, ...]:
    """Return the lemmas by which a word that a query writes with a capital letter is found: its own, in lower case.

    The dictionary's names come first: it has Київ, and київ as a form of another word. Of small words only one is taken that
    may be the same word in the singular, because people also write "Drones OR missiles".
    """
    capital = word.capitalize()
    find = find_lemmas(language).get
    lemma = find(capital) if capital != word else None
    if lemma is None:
        small = find(word)
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
    """Return the forms to ask for: those allowed, without those whose texts are found anyway."""
    find = find_lemmas(language).get
    allowed = _allow(word, forms, language)
    return tuple(form for form in allowed if not _is_asked_for(form, word, find))


def _allow(word: str, forms: Iterable[str], language: str) -> tuple[str, ...]:
    """Return the forms that the dictionary does not know as another word, or knows as the word written with a capital."""
    find = find_lemmas(language).get
    lemma, capital = find_lemma(word, language), word.capitalize()
    made = tuple(dict.fromkeys(forms))
    has_name = capital != word and find(capital) == capital
    is_lemma = lemma == word or has_name
    own = {None, word, lemma, *(made if is_lemma and language in _SHARED_FORMS else ())}
    own |= {word + ending for ending in _ADJECTIVES.get(language, ())}
    # what the dictionary has as a noun has these forms for certain: "the missile" looks like "imposed" in Hebrew
    certain = set(_CERTAIN[language](word)) if language in _CERTAIN and lemma == word else set()
    return tuple(
        form
        for form in made
        if find(form) in own or form in certain or (has_name and find(form.capitalize()) == capital)
    )


def _is_asked_for(form: str, word: str, find: Callable[[str], str | None]) -> bool:
    """Return whether texts with a form are found by its lemma, and asking for it exactly would find other words.

    Accents do not count in a key, so that gesty also asks for gęsty (dense), which is no form of gest. With accents it may
    be written without, and then only the form finds it.
    """
    if find(form) != word:
        return False
    bare = fold(form)
    return bare == form or find(bare) not in {None, word}
