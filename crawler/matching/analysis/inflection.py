"""The keys by which a word is found: one for its exact form, others for its inflections in the language of the text.

An exact key begins with ``=`` (``=drones``: case and accents folded). English uses lemmas only, because its stemmer
joins import/important; in other languages a common stem or a common lemma is enough. This joined 84 of 84 pairs of
inflections in sixteen languages; Snowball alone joined 65, simplemma alone 77.
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
from simplemma.strategies.dictionaries import DictionaryFactory

from crawler.matching.analysis.word_graph import has_lemmas, load_lemmas
from crawler.text.languages.signs import APOSTROPHES, INVISIBLE

# stored with the keys: keys of another version cannot be compared, so the index is then rebuilt (decision 016)
ANALYZER_VERSION = f"3 simplemma-{version('simplemma')} pystemmer-{version('pystemmer')}"

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
# code -> Snowball's name; there is no Ukrainian, Bulgarian, Hebrew or Slovak
_SNOWBALL = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "eo": "esperanto", "es": "spanish",
    "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian",
    "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali", "nl": "dutch", "no": "norwegian",
    "nb": "norwegian", "nn": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
# only languages without a stemmer, or whose stemmer gains most from a dictionary: as dicts they took 6 to 370 MB each
_LEMMAS = frozenset(
    {"bg", "cs", "de", "en", "es", "fa", "fr", "it", "lv", "mk", "nl", "pl", "pt", "ru", "sk", "sl", "sq", "tr", "uk"}
)  # fmt: skip
# a word is inflected in the language of its text if that language uses the word's script; otherwise a Cyrillic word counts
# as Russian, an Arabic one as Arabic and a Latin one as English: foreign names are most of these words
_CYRILLIC = frozenset({"ru", "uk", "bg", "sr", "be", "mk"})
_ARABIC = frozenset({"ar", "fa", "ur"})
_NOT_LATIN = (
    _CYRILLIC | _ARABIC | {"el", "zh", "ja", "ko", "th", "he", "hi", "ta", "ne", "yi", "hy"}
)
# the Arabic article
_AL = "\u0627\u0644"
# one letter shows which of the three default dictionaries a text needs besides its own
_CYRILLIC_LETTER = re.compile("[\u0400-\u04ff]")
_ARABIC_LETTER = re.compile("[\u0600-\u06ff]")
_LATIN_LETTER = re.compile("[A-Za-z\u00c0-\u024f]")


class _LoadedOnce(DictionaryFactory):
    """A dictionary factory that loads each dictionary once, even if several threads ask for it at the same moment.

    load_count  the number of dictionaries loaded so far
    """

    def __init__(self) -> None:
        self.load_count = 0
        self._loaded: dict[str, Mapping[str, str]] = {}
        self._loading = threading.Lock()

    def has(self, lang: str) -> bool:
        """Return whether a dictionary is loaded."""
        return lang in self._loaded

    def get_dictionary(self, lang: str) -> Mapping[str, str]:
        found = self._loaded.get(lang)
        if found is not None:
            return found
        with self._loading:
            found = self._loaded.get(lang)
            if found is None:
                self.load_count += 1
                found = self._loaded[lang] = load_lemmas(lang)
            return found


LOADED = _LoadedOnce()
_LEMMATIZER = Lemmatizer(lemmatization_strategy=DefaultStrategy(dictionary_factory=LOADED))
_LOOK_UP = DictionaryLookupStrategy(LOADED)


_prepared: set[str] = set()


def prepare(language: str) -> None:
    """Load what a language needs, because a dictionary takes seconds at its first use ever, and a word would wait for it."""
    rules = rules_language(language)
    if rules in _LEMMAS:
        _LEMMATIZER.lemmatize("a", lang=rules)
    _prepared.add(rules)


def dictionaries_of(texts: Iterable[str], language: str) -> frozenset[str]:
    """Return the languages to ``prepare`` for texts in this language, those of words in other scripts included.

    A Cyrillic name in an English article once loaded the Russian dictionary (2 s) on the database's thread.
    """
    rules, needed = rules_language(language), set[str]()
    for text in texts:
        for letter in (_CYRILLIC_LETTER, _ARABIC_LETTER, _LATIN_LETTER):
            found = letter.search(text)
            if found is not None:
                needed.add(_language_for(found[0].lower(), rules))
    return frozenset({rules, *needed} & _LEMMAS | {rules})


def can_prepare(texts: Iterable[str], language: str) -> bool:
    """Return whether texts in this language can be analysed without building a dictionary, which takes seconds."""
    return all(
        needed in _prepared or needed not in _LEMMAS or LOADED.has(needed) or has_lemmas(needed)
        for needed in dictionaries_of(texts, language)
    )


def sample_scripts(text: str) -> str:
    """Return a letter of each script in a text that ``dictionaries_of`` looks for; it needs the same dictionaries."""
    letters = (_CYRILLIC_LETTER, _ARABIC_LETTER, _LATIN_LETTER)
    return "".join(found[0] for letter in letters if (found := letter.search(text)))


def rules_language(language: str) -> str:
    """Return the language by whose rules a text's words are inflected; ``""`` if we have no rules for it."""
    code = language.lower()[:2]
    is_known = code in _SNOWBALL or code in _LEMMAS or code in _CYRILLIC | _NOT_LATIN
    return code if is_known else ""


@lru_cache(maxsize=200_000)
def keys_of(word: str, language: str) -> tuple[str, ...]:
    """Return the exact key (first, with ``=``) and the inflection keys of a word in a text of this language.

    A word with ``+`` or ``#`` behind it (``C++``) is found as written and without.
    """
    bare = word.rstrip(_SIGNS) or word
    lower = _bare(bare, language).lower()
    exact = f"={fold(lower)}"
    keys = sorted(_inflection_keys(lower, _language_for(lower, language)))
    if bare == word:
        return (exact, *keys)
    return (f"={fold(_bare(word, language).lower())}", exact, *keys)


def search_keys(text: str, language: str, *, is_exact: bool = False) -> tuple[str, ...]:
    """Return the keys of a word, any one of which proves that a text contains it: in any inflection, or only in this form
    with ``is_exact``.
    """
    exact, *others = keys_of(text.lower(), language)
    return (exact,) if is_exact else tuple(key for key in others if key[0] != "=") or (exact,)


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


def _language_for(word: str, language: str) -> str:
    """Return the language whose rules inflect a word, by its script: a Latin word in an Arabic article is English."""
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
        # stemmed before folding, too: a folded ta marbuta hides its ending from the Arabic stemmer
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
    """Return an Arabic word without the one-letter conjunction or preposition before its article (wa-, fa-, bi-, ka-, lil-)."""
    if len(word) > 4 and word[0] in "\u0648\u0641\u0628\u0643" and word[1:3] == _AL:
        return word[1:]
    if len(word) > 4 and word.startswith("\u0644\u0644"):
        return _AL + word[2:]
    return word
