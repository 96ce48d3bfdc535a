"""The keys by which a word is found: one for its exact form, others for its inflections in the language of the text.

An exact key begins with ``=`` (``=drones``: case and accents folded). English uses lemmas only, because its stemmer
joins import/important; in other languages a common stem or a common lemma is enough. This joined 84 of 84 pairs of
inflections in sixteen languages; Snowball alone joined 65, simplemma alone 77.
"""

import re
import unicodedata
from collections.abc import Iterator
from enum import Enum
from functools import lru_cache
from importlib.metadata import version

import Stemmer

from crawler.matching.folding.letters import fold, mark_tones
from crawler.matching.folding.numbers import list_percent_words, read_number
from crawler.matching.folding.signs import END, sign_keys
from crawler.matching.languages.dictionaries import LEMMATIZER, LOOK_UP
from crawler.matching.languages.forms import (
    find_lemma,
    is_name,
    list_forms,
    list_name_lemmas,
    list_openings,
)
from crawler.matching.languages.rules import (
    DECIDED_BY_DICTIONARY,
    DICTIONARIES,
    STEMMERS,
    language_of_word,
)
from crawler.matching.languages.serbian import to_latin
from crawler.text.languages.hebrew import GERSHAYIM, GERSHAYIM_SIGNS
from crawler.text.languages.signs import APOSTROPHES, INVISIBLE

# stored with the keys: keys of another version cannot be compared, so the index is then rebuilt (decision 016)
ANALYZER_VERSION = f"6 simplemma-{version('simplemma')} pystemmer-{version('pystemmer')}"

# removed from keys: tatweel, gershayim, invisible characters, and what compatibility forms (a bracketed digit) decompose into
_NOT_IN_KEYS = re.compile(rf"[\u0640{GERSHAYIM_SIGNS}{INVISIBLE}]|[^\w\u0080-\U0010ffff+#']|[\s_]")
# l'Iran, d'Italia, qu'il, nell'aria: articles and prepositions before an apostrophe, French, Italian, Catalan
_ELISION = re.compile(
    rf"^(?:[cdjlmnst]|qu|gl|un|all|dall|dell|nell|sull|coll|quest|quell|jusqu|lorsqu|puisqu)[{APOSTROPHES}](?=.{{2}})",
    re.IGNORECASE,
)
# Iran's, drones'
_POSSESSIVE = re.compile(rf"[{APOSTROPHES}][sS]?$")
# Turkish puts the endings of a name behind an apostrophe: Ankara'da
_SUFFIX = re.compile(rf"(?<=.)[{APOSTROPHES}].*$")
# typed, curly and modifier apostrophes count as one
_APOSTROPHE = re.compile(f"[{APOSTROPHES}]")
# C++, C#
_SIGNS = "+#"
_PERCENT = "%"
_VIETNAMESE = "vi"
# no word is this long, and the dictionary search would try every part of it
_LONGEST_INFLECTED = 100
_ABBREVIATED = re.compile(GERSHAYIM)
# the Arabic article
_AL = "\u0627\u0644"


@lru_cache(maxsize=200_000)
def keys_of(word: str, language: str) -> tuple[str, ...]:
    """Return the exact key (first, with ``=``) and the inflection keys of a word in a text of this language.

    A word with ``+`` or ``#`` behind it (``C++``) is found as written and without. A character of a script without spaces
    has exact keys only.
    """
    if signs := sign_keys(word, language):
        return tuple(f"={sign}" for sign in signs)
    if word == _PERCENT:
        names = list_percent_words(language)
        return (f"={names[0]}", *sorted({key for name in names for key in keys_of(name, language)}))
    if number := read_number(word, language):
        return f"={number}", number
    bare = word.rstrip(_SIGNS) or word
    lower, rules = _read(bare, language)
    exact = f"={fold(lower)}"
    keys = sorted(_inflection_keys(lower, rules))
    if language == _VIETNAMESE and not lower.isascii():
        return _vietnamese_keys(lower)
    if bare == word:
        return (exact, *keys)
    return (f"={fold(_bare(word, language).lower())}", exact, *keys)


def _vietnamese_keys(lower: str) -> tuple[str, ...]:
    """Return the keys of a word with marks: first as written, then without, by which queries without marks find it."""
    others = keys_of(fold(lower), _VIETNAMESE)
    return tuple(dict.fromkeys((f"={mark_tones(lower)}", *others)))


def _read(word: str, language: str) -> tuple[str, str]:
    """Return a word in small letters, and the language by whose rules it is inflected in a text of this language."""
    lower = _bare(word, language).lower()
    rules = language_of_word(lower, language)
    return (to_latin(lower), "hr") if rules == "sr" else (lower, rules)


class Form(Enum):
    """Which forms of a word a place in a query accepts.

    ANY      every inflection in the language of the text
    EXACT    this form
    OPENING  this form, and in Arabic and Hebrew with what is written onto its front: the first word of a phrase
    LEADING  all of these: the first part of a compound
    """

    ANY = 1
    EXACT = 2
    OPENING = 3
    LEADING = 4

    def of_parts(self, count: int) -> "tuple[Form, ...]":
        """Return what the parts of a compound accept, if this is what the compound accepts."""
        if self is Form.ANY:
            return (Form.LEADING if count > 1 else self,) + (self,) * (count - 1)
        return (self,) + (Form.EXACT,) * (count - 1)


# the forms of a word are asked for by the index, by tests and by the search through history, each time for every language
@lru_cache(maxsize=5000)
def search_keys(text: str, language: str, *, form: Form = Form.ANY) -> tuple[str, ...]:
    """Return the keys of a word, any one of which proves that a text contains it in a form that is accepted."""
    lower = text.lower()
    if number := read_number(lower, language, is_query=True):
        return (f"={number}",)
    exact, *others = keys_of(lower, language)
    # of a sign or a word with Vietnamese marks only the first key: the others are for queries that say less
    if form is Form.EXACT or not others or (language == _VIETNAMESE and fold(lower) != lower):
        return (exact,)
    lower, rules = _read(text, language)
    openings = () if form is Form.ANY else _exact_keys(list_openings(lower, rules))
    if form is Form.OPENING:
        return tuple(dict.fromkeys((exact, *openings)))
    if is_name(text, rules):
        joined = (*map(fold, list_name_lemmas(lower, rules)), exact)
    else:
        joined = _lemma_keys(lower, rules, plain_keys(text, language))
    is_abbreviation = _ABBREVIATED.search(text) is not None
    forms = _exact_keys(list_forms(lower, rules, is_abbreviation=is_abbreviation))
    return tuple(dict.fromkeys((*joined, *forms, *openings)))


def _lemma_keys(word: str, language: str, plain: tuple[str, ...]) -> tuple[str, ...]:
    """Return the keys of a query's word in small letters: those it has in a text, and of its lemma.

    A dictionary that has a noun as a form of a verb has the forms of the noun as the noun's.
    """
    lemma = find_lemma(word, language) if language in DECIDED_BY_DICTIONARY else None
    if lemma is None:
        return plain
    own = fold(word)
    is_of_another = lemma == word and own not in plain
    keys = (own, fold(lemma).lower())
    return (*(() if is_of_another else plain), *keys, *(f"={key}" for key in keys))


def prefix_key(text: str, language: str) -> str:
    """Return the beginning of the exact keys of the words that begin with this one."""
    bare = text.rstrip(END)
    if language == _VIETNAMESE and not sign_keys(bare, language):
        bare = fold(bare)
    return search_keys(bare, language, form=Form.EXACT)[0]


def plain_keys(text: str, language: str) -> tuple[str, ...]:
    """Return the inflection keys of a word of a text, without the forms that only queries have."""
    exact, *others = keys_of(text.lower(), language)
    return tuple(key for key in others if key[0] != "=") or (exact,)


def _exact_keys(forms: tuple[str, ...]) -> Iterator[str]:
    # folded as one text, because a word has up to a hundred forms and each call takes 6 µs
    return (f"={form}" for form in fold("\n".join(forms)).split("\n") if form)


def cased_form(word: str, language: str) -> str:
    """Return a word with its capitals kept and its accents folded, to be compared with ``=WHO``."""
    return fold(_bare(word, language)).replace(END + END, END)


def _bare(word: str, language: str) -> str:
    """Return a word without invisible characters, l' and 's, and in Turkish without what follows an apostrophe."""
    if word.isascii() and word.isalnum():
        return word  # most words: the expressions below find nothing in them, and take a third of the time of a new word
    plain = _NOT_IN_KEYS.sub("", unicodedata.normalize("NFKC", word)) or word
    if language == "tr":
        plain = _SUFFIX.sub("", plain)
    bare = _POSSESSIVE.sub("", _ELISION.sub("", plain)) or plain
    return _APOSTROPHE.sub("'", bare)


def _inflection_keys(word: str, language: str) -> set[str]:
    if len(word) > _LONGEST_INFLECTED:
        return {fold(word)}
    if language in DECIDED_BY_DICTIONARY:
        lemma = LOOK_UP.get_lemma(word, DICTIONARIES[language])
        if lemma is not None:
            return {fold(lemma).lower()}
    keys = set()
    if language in DECIDED_BY_DICTIONARY:
        # names are looked for in their base form, and in those that `list_forms` makes of it
        keys.add(fold(word))
    elif language in DICTIONARIES:
        keys.add(fold(_lemma(word, language)).lower())
    if language != "en" and language in STEMMERS:
        # stemmed before folding, too: a folded ta marbuta hides its ending from the Arabic stemmer
        bare = _without_arabic_prefix(word) if language == "ar" else word
        keys.add(fold(_stem(bare, language)))
        if (folded := fold(bare)) != bare:
            keys.add(_stem(folded, language))
    keys.discard("")
    return keys or {fold(word)}


def _lemma(word: str, language: str) -> str:
    lemma = LEMMATIZER.lemmatize(word, lang=DICTIONARIES[language])
    is_unknown_plural = lemma == word and len(word) > 3 and word[-1] == "s" and word[-2] not in "su"
    if language == "en" and is_unknown_plural and LOOK_UP.get_lemma(word, "en") is None:
        return word[:-1]  # UAVs, MANPADs: no dictionary has them
    return lemma


def _stem(word: str, language: str) -> str:
    return str(_stemmer(language).stemWord(word))


@lru_cache(maxsize=64)
def _stemmer(language: str) -> "Stemmer.Stemmer":
    return Stemmer.Stemmer(STEMMERS[language])


def _without_arabic_prefix(word: str) -> str:
    """Return an Arabic word without the one-letter conjunction or preposition before its article (wa-, fa-, bi-, ka-, lil-)."""
    if len(word) > 4 and word[0] in "\u0648\u0641\u0628\u0643" and word[1:3] == _AL:
        return word[1:]
    if len(word) > 4 and word.startswith("\u0644\u0644"):
        return _AL + word[2:]
    return word
