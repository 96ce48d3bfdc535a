"""Finding the language of an article: the one the page claims, if the script agrees, else a guess from the text."""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from itertools import islice

import py3langid
from lxml.html import HtmlElement

from crawler.text.languages.language_tags import find_code

# characters for a guess: py3langid guessed 54 of 56 headlines right, which are shorter, and 600 take it 0.25 ms
_SAMPLE = 600
# characters of a body that is judged without its headline
_ENOUGH_BODY = 300
# letters by which the script is found: with fewer than 20 it is unknown, and more than 120 are not needed
_FEWEST_LETTERS = 20
_MOST_LETTERS = 120
# the scripts that a text in the claimed language has; a language not listed must be in Latin letters
_SCRIPTS = {
    "ar": "ARABIC", "fa": "ARABIC", "ur": "ARABIC", "he": "HEBREW", "el": "GREEK", "ru": "CYRILLIC", "uk": "CYRILLIC",
    "bg": "CYRILLIC", "be": "CYRILLIC", "mk": "CYRILLIC", "zh": "CJK", "ja": "CJK HIRAGANA KATAKANA", "ko": "HANGUL",
    "mn": "CYRILLIC", "ky": "CYRILLIC", "tg": "CYRILLIC", "ps": "ARABIC", "sd": "ARABIC", "ug": "ARABIC", "yi": "HEBREW",
    "th": "THAI", "lo": "LAO", "km": "KHMER", "my": "MYANMAR", "hi": "DEVANAGARI", "mr": "DEVANAGARI", "ne": "DEVANAGARI",
    "bn": "BENGALI", "as": "BENGALI", "gu": "GUJARATI", "pa": "GURMUKHI", "ta": "TAMIL", "te": "TELUGU", "kn": "KANNADA",
    "ml": "MALAYALAM", "si": "SINHALA", "ka": "GEORGIAN", "hy": "ARMENIAN", "am": "ETHIOPIC", "ti": "ETHIOPIC", "bo": "TIBETAN",
}  # fmt: skip
# no text in another language has many of these words ("in" and "was" are German, too)
_ENGLISH = frozenset({"the", "of", "and", "to", "in", "that", "for", "with", "is", "was"})
# share of all words from which a claim of English is believed without a guess
_ENGLISH_SHARE = 0.12
# languages written in Latin and in Cyrillic letters: any script fits the claim
_EITHER_SCRIPT = frozenset({"sr", "bs", "uz", "kk", "az"})


def find_language(tree: HtmlElement, headline: str, body: str, *, stated: str | None) -> str:
    """Return the ISO 639-1 code of an article's language.

    stated  ISO 639-1 code that the source states, or None; the page's own claim comes first
    """
    claim = find_code(tree.get("lang") or tree.get("xml:lang") or "")
    # papers in Indian languages have English headlines for search engines: one filled the sample, so a long body speaks alone
    text = body if len(body) >= _ENOUGH_BODY else f"{headline} {body}"
    return choose_language((claim or "", stated or ""), text)


def choose_language(claims: Iterable[str], text: str) -> str:
    """Return the first of these ISO 639-1 codes that fits the script of a text, else a guess; empty ones are skipped."""
    script = _main_script(text)
    for claim in claims:
        if claim and _fits(claim, script):
            # templates are copied with lang="en" in them, so this claim, and no other, yields to a clear guess
            return _doubt_english(text) if claim == "en" else claim
    return guess_language(text)


def guess_language(text: str) -> str:
    """Return the ISO 639-1 code of the language that py3langid finds in the first 600 characters of a text."""
    return str(py3langid.classify(text[:_SAMPLE])[0])


def _doubt_english(text: str) -> str:
    words = text[:_SAMPLE].casefold().split()
    if sum(word in _ENGLISH for word in words) >= _ENGLISH_SHARE * len(words):
        return "en"
    guess = guess_language(text)
    return guess if guess != "en" and _is_clear(text, guess) else "en"


def _main_script(text: str) -> str:
    letters = "".join(islice(filter(str.isalpha, text[:_SAMPLE]), _MOST_LETTERS))
    if len(letters) < _FEWEST_LETTERS:
        return ""
    # the name of each of 120 letters takes as long as a guess of the language
    if letters.isascii():
        return "LATIN"
    names = Counter(unicodedata.name(sign, "?").split()[0] for sign in letters)
    return names.most_common(1)[0][0]


def _fits(claim: str, script: str) -> bool:
    return not script or claim in _EITHER_SCRIPT or script in _SCRIPTS.get(claim, "LATIN")


def _is_clear(text: str, guess: str) -> bool:
    """Return whether a second sample is guessed to be in the same language as the first; False for short texts."""
    return len(text) > 2 * _SAMPLE and py3langid.classify(text[_SAMPLE : 2 * _SAMPLE])[0] == guess
