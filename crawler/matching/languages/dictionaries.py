"""The dictionaries of lemmas in this process: which a text needs, and each loaded once."""

import re
import threading
from collections.abc import Iterable, Mapping

from simplemma import Lemmatizer
from simplemma.strategies import DefaultStrategy, DictionaryLookupStrategy
from simplemma.strategies.dictionaries import DictionaryFactory

from crawler.matching.analysis.word_graph import has_lemmas, load_lemmas
from crawler.matching.languages.rules import DICTIONARIES, language_of_word, rules_language

# one letter shows which dictionaries a text needs besides its own: those of the languages that stand for a script
_LATIN_LETTER = re.compile("[A-Za-z\u00c0-\u024f]")
_OTHER_LETTERS = tuple(
    re.compile(f"[{letters}]")
    for letters in ("\u0370-\u03ff", "\u0400-\u04ff", "\u0590-\u05ff", "\u0600-\u06ff", "\u0900-\u097f", "\u10a0-\u10ff")
)  # fmt: skip
# most texts have none of these, and each search reads a text to its end
_ANY_OTHER_LETTER = re.compile(
    "[\u0370-\u03ff\u0400-\u04ff\u0590-\u06ff\u0900-\u097f\u10a0-\u10ff]"
)


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
LEMMATIZER = Lemmatizer(lemmatization_strategy=DefaultStrategy(dictionary_factory=LOADED))
LOOK_UP = DictionaryLookupStrategy(LOADED)

_prepared: set[str] = set()


def prepare(language: str) -> None:
    """Load what a language needs, because a dictionary takes seconds at its first use ever, and a word would wait for it."""
    rules = rules_language(language)
    if rules in DICTIONARIES:
        LOADED.get_dictionary(DICTIONARIES[rules])
    _prepared.add(rules)


def dictionaries_of(texts: Iterable[str], language: str) -> frozenset[str]:
    """Return the languages to ``prepare`` for texts in this language, those of words in other scripts included.

    A Cyrillic name in an English article once loaded the Russian dictionary (2 s) on the database's thread.
    """
    rules = rules_language(language)
    letters = "".join(map(sample_scripts, texts))
    needed = {language_of_word(letter.lower(), rules) for letter in letters}
    return frozenset(needed & DICTIONARIES.keys() | {rules})


def can_prepare(texts: Iterable[str], language: str) -> bool:
    """Return whether texts in this language can be analysed without building a dictionary, which takes seconds."""
    return all(map(_is_at_hand, dictionaries_of(texts, language)))


def _is_at_hand(language: str) -> bool:
    dictionary = DICTIONARIES.get(language)
    is_loaded = dictionary is None or language in _prepared or LOADED.has(dictionary)
    return is_loaded or has_lemmas(dictionary or "")


def sample_scripts(text: str) -> str:
    """Return a letter of each script in a text that ``dictionaries_of`` looks for; it needs the same dictionaries."""
    others = () if text.isascii() or not _ANY_OTHER_LETTER.search(text) else _OTHER_LETTERS
    return "".join(
        found[0] for letter in (*others, _LATIN_LETTER) if (found := letter.search(text))
    )


def find_lemmas(language: str) -> Mapping[str, str]:
    """Return the lemmas of a language's dictionary, by words exactly as they are in it; none without a dictionary."""
    dictionary = DICTIONARIES.get(language)
    return LOADED.get_dictionary(dictionary) if dictionary else {}
