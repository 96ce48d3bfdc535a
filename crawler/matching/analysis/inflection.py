"""The keys a word is found by: one for its exact form, others for its inflections in the language of the text.

An exact key begins with ``=`` (``=drones``: case and accents folded). English uses lemmas alone, because its stemmer
joins import/important; elsewhere a stem or a lemma in common is enough.
"""

import re
import threading
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.metadata import version

import Stemmer
from simplemma import Lemmatizer
from simplemma.strategies import DefaultStrategy, DictionaryLookupStrategy
from simplemma.strategies.dictionaries import DefaultDictionaryFactory

from crawler.text.signs import APOSTROPHES, INVISIBLE

# what keys depend on: another value makes the stored ones worthless
ANALYZER_VERSION = f"3 simplemma-{version('simplemma')} pystemmer-{version('pystemmer')}"

# invisible signs, and what compatibility forms such as a bracketed digit are made of
_NOT_IN_KEYS = re.compile(rf"[\u0640{INVISIBLE}]|[^\w\u0080-\U0010ffff+#']|[\s_]")
_ELISION = re.compile(
    rf"^(?:[cdjlmnst]|qu|gl|un|all|dall|dell|nell|sull|coll|quest|quell|jusqu|lorsqu|puisqu)[{APOSTROPHES}](?=.{{2}})",
    re.IGNORECASE,
)
_POSSESSIVE = re.compile(rf"[{APOSTROPHES}][sS]?$")
_SUFFIX = re.compile(rf"(?<=.)[{APOSTROPHES}].*$")
_APOSTROPHE = re.compile(f"[{APOSTROPHES}]")
# marks of Latin, Greek, Hebrew and Arabic; those of Indic and other scripts are letters of their own
_MARK = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_SIGNS = "+#"
# no word is so long, and dictionaries try every part of one
_LONGEST_INFLECTED = 100
_LETTERS = str.maketrans(
    {
        "\u00df": "ss", "\u1e9e": "ss", "\u0142": "l", "\u00f8": "o", "\u0131": "i", "\u0451": "\u0435", "\u00e6": "ae", "\u0153": "oe", "\u0111": "d",
        "\u00f0": "d", "\u00fe": "th", "\u03c2": "\u03c3",
        "\u0141": "L", "\u00d8": "O", "\u0401": "\u0415", "\u00c6": "AE", "\u0152": "OE", "\u0110": "D",
        "\u0623": "\u0627", "\u0625": "\u0627", "\u0622": "\u0627", "\u0671": "\u0627", "\u0649": "\u064a", "\u06cc": "\u064a", "\u06a9": "\u0643", "\u0629": "\u0647",
        "\u0624": "\u0648", "\u0626": "\u064a", "\u06c0": "\u0647", "\u06c1": "\u0647",
    }
)  # fmt: skip
_SNOWBALL = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "eo": "esperanto", "es": "spanish",
    "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian",
    "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali", "nl": "dutch", "no": "norwegian",
    "nb": "norwegian", "nn": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
# a dictionary costs 12 to 390 MB of memory: these are the languages whose stemmer is missing or helped most by one
_LEMMAS = frozenset(
    {"bg", "cs", "de", "en", "es", "fa", "fr", "it", "lv", "mk", "nl", "pl", "pt", "ru", "sk", "sl", "sq", "tr", "uk"}
)  # fmt: skip
_CYRILLIC = frozenset({"ru", "uk", "bg", "sr", "be", "mk"})
_ARABIC = frozenset({"ar", "fa", "ur"})
_NOT_LATIN = (
    _CYRILLIC | _ARABIC | {"el", "zh", "ja", "ko", "th", "he", "hi", "ta", "ne", "yi", "hy"}
)
_AL = "\u0627\u0644"
_CYRILLIC_LETTER = re.compile("[\u0400-\u04ff]")
_ARABIC_LETTER = re.compile("[\u0600-\u06ff]")
_LATIN_LETTER = re.compile("[A-Za-z\u00c0-\u024f]")


class _LoadedOnce(DefaultDictionaryFactory):
    """Dictionaries that are loaded once, however many threads ask for one at the same moment.

    The library's cache lets all of them load: six German ones at once took 1.1 GB.
    """

    __slots__ = ("_loaded", "_loading")

    def __init__(self) -> None:
        super().__init__(cache_max_size=64)
        self._loaded: dict[str, Mapping[str, str]] = {}
        self._loading = threading.Lock()

    def get_dictionary(self, lang: str) -> Mapping[str, str]:
        found = self._loaded.get(lang)
        if found is not None:
            return found
        with self._loading:
            found = self._loaded[lang] = super().get_dictionary(lang)
            return found

    @property
    def load_count(self) -> int:
        """How many were read from disk."""
        return int(self._get_dictionary.cache_info().misses)


LOADED = _LoadedOnce()
_LEMMATIZER = Lemmatizer(lemmatization_strategy=DefaultStrategy(dictionary_factory=LOADED))
_LOOK_UP = DictionaryLookupStrategy(LOADED)


_prepared: set[str] = set()


def is_prepared(language: str) -> bool:
    """Tell whether words of a language can be analysed at once."""
    return rules_language(language) in _prepared


def prepare(language: str) -> None:
    """Load what a language needs: a large dictionary takes seconds, which the first word would else wait for."""
    rules = rules_language(language)
    if rules in _LEMMAS:
        _LEMMATIZER.lemmatize("a", lang=rules)
    _prepared.add(rules)


def dictionaries_of(texts: Iterable[str], language: str) -> frozenset[str]:
    """Return the languages to ``prepare`` for texts in this language: words in other letters are inflected in others."""
    rules, needed = rules_language(language), set[str]()
    for text in texts:
        for letter in (_CYRILLIC_LETTER, _ARABIC_LETTER, _LATIN_LETTER):
            found = letter.search(text)
            if found is not None:
                needed.add(_language_for(found[0].lower(), rules))
    return frozenset({rules, *needed} & _LEMMAS | {rules})


def rules_language(language: str) -> str:
    """Give the language whose rules a text's words follow; ``""`` where it has none of its own."""
    code = language.lower()[:2]
    is_known = code in _SNOWBALL or code in _LEMMAS or code in _CYRILLIC | _NOT_LATIN
    return code if is_known else ""


@lru_cache(maxsize=200_000)
def keys_of(word: str, language: str) -> tuple[str, ...]:
    """Give the exact key (first, with ``=``) and the inflection keys of a word in a text of this language.

    A word with signs (``C++``) is found as written and without them.
    """
    bare = word.rstrip(_SIGNS) or word
    lower = _bare(bare, language).lower()
    exact = f"={fold(lower)}"
    keys = sorted(_inflection_keys(lower, _language_for(lower, language)))
    if bare == word:
        return (exact, *keys)
    return (f"={fold(_bare(word, language).lower())}", exact, *keys)


def search_keys(text: str, language: str, *, is_exact: bool = False) -> tuple[str, ...]:
    """Give the keys of which a text must have one to say a word: its inflections, or with ``is_exact`` this form."""
    exact, *others = keys_of(text.lower(), language)
    return (exact,) if is_exact else tuple(key for key in others if key[0] != "=") or (exact,)


def cased_form(word: str, language: str) -> str:
    """Give a word with its capitals, accents folded: what ``=WHO`` is compared with."""
    return fold(_bare(word, language))


def _bare(word: str, language: str) -> str:
    """Take off what is no part of a word: invisible signs, l', 's, and in Turkish what follows an apostrophe."""
    plain = _NOT_IN_KEYS.sub("", unicodedata.normalize("NFKC", word)) or word
    if language == "tr":
        plain = _SUFFIX.sub("", plain)
    bare = _POSSESSIVE.sub("", _ELISION.sub("", plain)) or plain
    return _APOSTROPHE.sub("'", bare)


def fold(word: str) -> str:
    """Take accents and spelling variants from a word, not its case; Cyrillic short i stays its own letter."""
    if word.isascii():
        return word.replace("'", "")
    signs = (
        sign if "\u0400" <= sign <= "\u04ff" else _MARK.sub("", unicodedata.normalize("NFD", sign))
        for sign in unicodedata.normalize("NFKC", word).translate(_LETTERS)
    )
    folded = unicodedata.normalize("NFC", "".join(signs)).replace("'", "")
    return _MARK.sub("", folded).translate(_LETTERS) or word


def _language_for(word: str, language: str) -> str:
    """Give the language a word is inflected in: an English word in an Arabic article stays English."""
    first = word[0]
    if "\u0400" <= first <= "\u04ff":
        return language if language in _CYRILLIC else "ru"
    if "\u0600" <= first <= "\u06ff":
        return language if language in _ARABIC else "ar"
    if "\u0370" <= first <= "\u03ff":
        return "el"
    is_latin = first.isascii() or unicodedata.name(first, "").startswith("LATIN")
    return "en" if is_latin and (not language or language in _NOT_LATIN) else language


def _inflection_keys(word: str, language: str) -> set[str]:
    if len(word) > _LONGEST_INFLECTED:
        return {fold(word)}
    keys = set()
    if language in _LEMMAS:
        keys.add(fold(_lemma(word, language)).lower())
    if language != "en" and language in _SNOWBALL:
        bare = _without_arabic_prefix(word) if language == "ar" else word
        keys.add(fold(_stem(bare, language)))
        keys.add(_stem(fold(bare), language))
    keys.discard("")
    return keys or {fold(word)}


def _lemma(word: str, language: str) -> str:
    lemma = _LEMMATIZER.lemmatize(word, lang=language)
    is_unknown_plural = lemma == word and len(word) > 3 and word[-1] == "s" and word[-2] not in "su"
    if language == "en" and is_unknown_plural and _LOOK_UP.get_lemma(word, "en") is None:
        return word[:-1]  # UAVs, MANPADs: no dictionary has them
    return lemma


def _stem(word: str, language: str) -> str:
    return str(_stemmer(language).stemWord(word))


@lru_cache(maxsize=64)
def _stemmer(language: str) -> "Stemmer.Stemmer":
    return Stemmer.Stemmer(_SNOWBALL[language])


def _without_arabic_prefix(word: str) -> str:
    """Take off one-letter conjunctions and prepositions before the article (wa-, fa-, bi-, ka- + al-; lil-)."""
    if len(word) > 4 and word[0] in "\u0648\u0641\u0628\u0643" and word[1:3] == _AL:
        return word[1:]
    if len(word) > 4 and word.startswith("\u0644\u0644"):
        return _AL + word[2:]
    return word
