"""Analysing a text once, so that every watch can be tested against it cheaply.

Each word gives an exact key (``=drones``: case and accents folded) and inflection keys (``drone``). English uses
lemmas alone, because its stemmer joins import/important; elsewhere a stem or a lemma in common is enough.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import simplemma
import Stemmer

# headline and body stand this many positions apart, so that no phrase can cross
_BODY_STARTS_AT = 100_000
_MOST_CHARACTERS = 400_000
_APOSTROPHES = "'\u2019\u02bc\u2018\uff07"
_DASHES = "-\u2010\u2011"
_SPACELESS = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_WORD = re.compile(
    rf"[{_SPACELESS}]|[^\W_{_SPACELESS}](?:[^\W_{_SPACELESS}]|[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0640\u200c]"
    rf"|[{_APOSTROPHES}](?=[^\W_{_SPACELESS}]))*(?:\+\+|#)?"
)
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+")
_INVISIBLE = re.compile("[\u00ad\u200b\u200d-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_ELISION = re.compile(rf"^(?:[cdjlmnst]|qu)[{_APOSTROPHES}](?=.{{2}})")
_POSSESSIVE = re.compile(rf"[{_APOSTROPHES}]s?$")
_LETTERS = str.maketrans(
    {
        "\u00df": "ss", "\u0142": "l", "\u00f8": "o", "\u0131": "i", "\u0451": "\u0435", "\u00e6": "ae", "\u0153": "oe", "\u0111": "d",
        "\u0640": None, "\u200c": None,
        "\u0623": "\u0627", "\u0625": "\u0627", "\u0622": "\u0627", "\u0671": "\u0627", "\u0649": "\u064a", "\u06cc": "\u064a", "\u06a9": "\u0643", "\u0629": "\u0647",
    }
)  # fmt: skip
_SNOWBALL = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "es": "spanish", "fi": "finnish",
    "fr": "french", "ga": "irish", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian",
    "lt": "lithuanian", "nl": "dutch", "no": "norwegian", "nb": "norwegian", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
_LEMMAS = frozenset(
    {"bg", "cs", "de", "en", "es", "fr", "it", "nl", "pl", "pt", "ru", "sk", "sl", "tr", "uk"}
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word at a place: ``start`` and ``end`` count characters in its text (headline or body)."""

    word: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """An analysed text.

    places    key -> positions; headline positions come before ``body_starts_at``
    tokens    position -> the word that stands there
    """

    headline: str
    body: str
    language: str
    places: dict[str, list[int]]
    tokens: dict[int, Token]
    body_starts_at: int = _BODY_STARTS_AT


def analyze(headline: str, body: str, *, language: str) -> Document:
    """Analyse an article's text; words inside web and mail addresses do not count.

    language  ISO 639-1 code of the text; words in another script are treated by that script's default
    """
    places: dict[str, list[int]] = {}
    tokens: dict[int, Token] = {}
    for text, first in ((headline[:10_000], 0), (body[:_MOST_CHARACTERS], _BODY_STARTS_AT)):
        for position, token in enumerate(cut_words(text), start=first):
            tokens[position] = token
            for key in keys_of(token.word, language):
                places.setdefault(key, []).append(position)
    return Document(headline=headline, body=body, language=language, places=places, tokens=tokens)


def cut_words(text: str) -> Iterator[Token]:
    """Cut a text into words; a hyphen separates (``anti-drone`` holds ``drone``)."""
    blanked = _ADDRESS.sub(lambda found: " " * len(found[0]), text)
    for found in _WORD.finditer(blanked):
        yield Token(found[0], found.start(), found.end())


@lru_cache(maxsize=200_000)
def keys_of(word: str, language: str) -> tuple[str, ...]:
    """Give the exact key (first, with ``=``) and the inflection keys of a word in a text of this language."""
    lower = _lower(word)
    return (f"={fold(lower)}", *sorted(_inflection_keys(lower, _language_for(lower, language))))


def _lower(word: str) -> str:
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", word)).lower()
    return _POSSESSIVE.sub("", _ELISION.sub("", plain)) or plain


def fold(word: str) -> str:
    """Take case, accents and spelling variants from a word; Cyrillic short i stays its own letter."""
    decomposed = unicodedata.normalize("NFD", word.lower().replace("\u0439", "\ue000"))
    bare = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return bare.replace("\ue000", "\u0439").translate(_LETTERS)


def _language_for(word: str, language: str) -> str:
    """Give the language a word is inflected in: an English word in an Arabic article stays English."""
    first = word[0]
    if "\u0400" <= first <= "\u04ff":
        return language if language in {"ru", "uk", "bg", "sr", "be", "mk"} else "ru"
    if "\u0600" <= first <= "\u06ff":
        return language if language in {"ar", "fa", "ur"} else "ar"
    if "\u0370" <= first <= "\u03ff":
        return "el"
    is_latin = unicodedata.name(first, "").startswith("LATIN")
    other_script = {
        "ru",
        "uk",
        "bg",
        "be",
        "mk",
        "ar",
        "fa",
        "ur",
        "el",
        "zh",
        "ja",
        "ko",
        "th",
        "he",
        "hi",
    }
    return "en" if is_latin and language in other_script else language


def _inflection_keys(word: str, language: str) -> set[str]:
    keys = set()
    if language in _LEMMAS:
        keys.add(fold(_lemma(word, language)))
    if language != "en" and language in _SNOWBALL:
        bare = _without_arabic_prefix(word) if language == "ar" else word
        keys.add(fold(_stem(bare, language)))
        keys.add(_stem(fold(bare), language))
    if not keys:
        keys.add(fold(word))
    return keys


def _lemma(word: str, language: str) -> str:
    lemma = str(simplemma.lemmatize(word, lang=language))
    is_unknown_plural = lemma == word and len(word) > 3 and word[-1] == "s" and word[-2] not in "su"
    if language == "en" and is_unknown_plural and not simplemma.is_known(word, lang="en"):
        return word[:-1]  # UAVs, MANPADs: no dictionary has them
    return lemma


def _stem(word: str, language: str) -> str:
    return str(_stemmer(language).stemWord(word))


@lru_cache(maxsize=32)
def _stemmer(language: str) -> "Stemmer.Stemmer":
    return Stemmer.Stemmer(_SNOWBALL[language])


def _without_arabic_prefix(word: str) -> str:
    """Take off one-letter conjunctions and prepositions before the article (wa-, fa-, bi-, ka- + al-)."""
    if len(word) > 4 and word[0] in "\u0648\u0641\u0628\u0643" and word[1:3] == "\u0627\u0644":
        return word[1:]
    return word
