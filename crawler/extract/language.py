"""The language of an article: what the page claims if its script agrees, else what the text looks like."""

import unicodedata
from collections import Counter
from collections.abc import Iterable

import py3langid
from lxml.html import HtmlElement

from crawler.text.language_tags import find_code

_SAMPLE = 600
_FEWEST_LETTERS = 20
_MOST_LETTERS = 120
# which scripts a claim must show; languages not named here are written in Latin letters
_SCRIPTS = {
    "ar": "ARABIC", "fa": "ARABIC", "ur": "ARABIC", "he": "HEBREW", "el": "GREEK", "ru": "CYRILLIC", "uk": "CYRILLIC",
    "bg": "CYRILLIC", "be": "CYRILLIC", "mk": "CYRILLIC", "zh": "CJK", "ja": "CJK HIRAGANA KATAKANA", "ko": "HANGUL",
    "th": "THAI", "hi": "DEVANAGARI", "bn": "BENGALI", "ta": "TAMIL", "ka": "GEORGIAN", "hy": "ARMENIAN",
}  # fmt: skip
# words no other language has so many of
_ENGLISH = frozenset({"the", "of", "and", "to", "in", "that", "for", "with", "is", "was"})
_ENGLISH_SHARE = 0.12
_EITHER_SCRIPT = frozenset({"sr", "bs", "uz", "kk", "az"})


def find_language(tree: HtmlElement, text: str, *, stated: str | None) -> str:
    """Give an ISO 639-1 code.

    text    headline and body
    stated  what source or feed claim, or None; the page's own claim counts more
    """
    claim = find_code(tree.get("lang") or tree.get("xml:lang") or "")
    return choose_language((claim or "", stated or ""), text)


def choose_language(claims: Iterable[str], text: str) -> str:
    """Return the ISO 639-1 code of the first claim that a text's script agrees with, else of what it looks like."""
    script = _main_script(text)
    for claim in claims:
        if claim and _fits(claim, script):
            # templates are copied with lang="en" in them: a clear guess in the same script overrules that one
            return _doubt_english(text) if claim == "en" else claim
    return guess_language(text)


def guess_language(text: str) -> str:
    """Give the ISO 639-1 code of the language a text looks like."""
    return str(py3langid.classify(text[:_SAMPLE])[0])


def _doubt_english(text: str) -> str:
    words = text[:_SAMPLE].casefold().split()
    if sum(word in _ENGLISH for word in words) >= _ENGLISH_SHARE * len(words):
        return "en"
    guess = guess_language(text)
    return guess if guess != "en" and _is_clear(text, guess) else "en"


def _main_script(text: str) -> str:
    letters = [sign for sign in text[:_SAMPLE] if sign.isalpha()][:_MOST_LETTERS]
    if len(letters) < _FEWEST_LETTERS:
        return ""
    names = Counter(unicodedata.name(sign, "?").split()[0] for sign in letters)
    return names.most_common(1)[0][0]


def _fits(claim: str, script: str) -> bool:
    return not script or claim in _EITHER_SCRIPT or script in _SCRIPTS.get(claim, "LATIN")


def _is_clear(text: str, guess: str) -> bool:
    """Tell whether two separate parts of the text are guessed alike."""
    return len(text) > 2 * _SAMPLE and py3langid.classify(text[_SAMPLE : 2 * _SAMPLE])[0] == guess
