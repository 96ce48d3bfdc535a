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

from crawler.matching.languages.dictionaries import LEMMATIZER, LOOK_UP
from crawler.matching.languages.forms import (
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
from crawler.text.languages.signs import APOSTROPHES, INVISIBLE

# stored with the keys: keys of another version cannot be compared, so the index is then rebuilt (decision 016)
ANALYZER_VERSION = f"4 simplemma-{version('simplemma')} pystemmer-{version('pystemmer')}"

# removed from keys: tatweel, invisible characters, and what compatibility forms (a bracketed digit) decompose into
_NOT_IN_KEYS = re.compile(rf"[\u0640{INVISIBLE}]|[^\w\u0080-\U0010ffff+#']|[\s_]")
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
# marks of Latin, Greek, Hebrew and Arabic, which many writers leave out; those of Indic scripts are vowels and stay
_MARK = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
# C++, C#
_SIGNS = "+#"
# no word is this long, and the dictionary search would try every part of it
_LONGEST_INFLECTED = 100
# letters that NFD does not take apart and writers type without their stroke or dot; Arabic and Persian spelling variants
_LETTERS = str.maketrans(
    {
        "\u00df": "ss", "\u1e9e": "ss", "\u0142": "l", "\u00f8": "o", "\u0131": "i", "\u0451": "\u0435", "\u00e6": "ae", "\u0153": "oe", "\u0111": "d",
        "\u00f0": "d", "\u00fe": "th", "\u03c2": "\u03c3",
        "\u0141": "L", "\u00d8": "O", "\u0401": "\u0415", "\u00c6": "AE", "\u0152": "OE", "\u0110": "D",
        "\u0623": "\u0627", "\u0625": "\u0627", "\u0622": "\u0627", "\u0671": "\u0627", "\u0649": "\u064a", "\u06cc": "\u064a", "\u06a9": "\u0643", "\u0629": "\u0647",
        "\u0624": "\u0648", "\u0626": "\u064a", "\u06c0": "\u0647", "\u06c1": "\u0647",
    }
)  # fmt: skip
# the Arabic article
_AL = "\u0627\u0644"


@lru_cache(maxsize=200_000)
def keys_of(word: str, language: str) -> tuple[str, ...]:
    """Return the exact key (first, with ``=``) and the inflection keys of a word in a text of this language.

    A word with ``+`` or ``#`` behind it (``C++``) is found as written and without.
    """
    bare = word.rstrip(_SIGNS) or word
    lower, rules = _read(bare, language)
    exact = f"={fold(lower)}"
    keys = sorted(_inflection_keys(lower, rules))
    if bare == word:
        return (exact, *keys)
    return (f"={fold(_bare(word, language).lower())}", exact, *keys)


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
    exact, *_ = keys_of(text.lower(), language)
    if form is Form.EXACT:
        return (exact,)
    lower, rules = _read(text, language)
    openings = () if form is Form.ANY else _exact_keys(list_openings(lower, rules))
    if form is Form.OPENING:
        return tuple(dict.fromkeys((exact, *openings)))
    joined = plain_keys(text, language)
    if is_name(text, rules):
        joined = (*map(fold, list_name_lemmas(lower, rules)), exact)
    forms = _exact_keys(list_forms(lower, rules))
    return tuple(dict.fromkeys((*joined, *forms, *openings)))


def plain_keys(text: str, language: str) -> tuple[str, ...]:
    """Return the inflection keys of a word of a text, without the forms that only queries have."""
    exact, *others = keys_of(text.lower(), language)
    return tuple(key for key in others if key[0] != "=") or (exact,)


def _exact_keys(forms: tuple[str, ...]) -> Iterator[str]:
    # folded as one text, because a word has up to a hundred forms and each call takes 6 µs
    return (f"={form}" for form in fold("\n".join(forms)).split("\n") if form)


def cased_form(word: str, language: str) -> str:
    """Return a word with its capitals kept and its accents folded, to be compared with ``=WHO``."""
    return fold(_bare(word, language))


def _bare(word: str, language: str) -> str:
    """Return a word without invisible characters, l' and 's, and in Turkish without what follows an apostrophe."""
    if word.isascii() and word.isalnum():
        return word  # most words: the expressions below find nothing in them, and take a third of the time of a new word
    plain = _NOT_IN_KEYS.sub("", unicodedata.normalize("NFKC", word)) or word
    if language == "tr":
        plain = _SUFFIX.sub("", plain)
    bare = _POSSESSIVE.sub("", _ELISION.sub("", plain)) or plain
    return _APOSTROPHE.sub("'", bare)


def fold(word: str) -> str:
    """Return a word without accents and spelling variants, its case kept; Cyrillic й is a letter of its own."""
    if word.isascii():
        return word.replace("'", "")
    signs = map(_fold_sign, unicodedata.normalize("NFKC", word).translate(_LETTERS))
    folded = unicodedata.normalize("NFC", "".join(signs)).replace("'", "")
    return _MARK.sub("", folded).translate(_LETTERS) or word


# the characters of a few alphabets; those of Chinese and Korean come and go
@lru_cache(maxsize=4096)
def _fold_sign(sign: str) -> str:
    is_cyrillic = "\u0400" <= sign <= "\u04ff"
    return sign if is_cyrillic else _MARK.sub("", unicodedata.normalize("NFD", sign))


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
        keys.add(_stem(fold(bare), language))
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
