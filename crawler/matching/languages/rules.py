"""Which language's rules a word follows, and what there is for it: a stemmer, a dictionary of lemmas, forms of names."""

import unicodedata

# code -> Snowball's name; there is no Ukrainian, Bulgarian, Hebrew or Slovak
STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "eo": "esperanto", "es": "spanish",
    "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish", "hr": "serbian", "hu": "hungarian",
    "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali", "nl": "dutch", "no": "norwegian",
    "nb": "norwegian", "nn": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
# code -> simplemma's dictionary: languages without a stemmer, or whose stemmer gains most from one
DICTIONARIES = {
    code: code
    for code in ("ar", "bg", "cs", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi", "hu", "it", "ka", "lv", "mk", "nl",
                 "pl", "pt", "ro", "ru", "sk", "sl", "sq", "tr", "uk")
} | {"hr": "hbs", "sr": "hbs"}  # fmt: skip
# a dictionary decides, and only words it lacks are stemmed: a stem as well joined three to eight times as many other words, and
# the library's guesses at unknown words some more (docs/internals/benchmarks.md)
DECIDED_BY_DICTIONARY = frozenset(
    {"ar", "cs", "el", "et", "fa", "fi", "he", "hi", "hr", "hu", "ka", "pl", "ro", "ru", "uk"}
)
# one language in our rules, or a code that is no longer used
_SAME = {"bs": "hr", "sh": "hr", "iw": "he", "in": "id"}

# a word is inflected in the language of its text if that language uses the word's script, else in the first of these: a
# foreign name in an Arabic or English article follows its script
_SCRIPTS = (
    ("\u0370", "\u03ff", ("el",)),
    ("\u0400", "\u04ff", ("ru", "uk", "bg", "sr", "be", "mk")),
    ("\u0530", "\u058f", ("hy",)),
    ("\u0590", "\u05ff", ("he", "yi")),
    ("\u0600", "\u06ff", ("ar", "fa", "ur")),
    ("\u0900", "\u097f", ("hi", "ne", "mr")),
    ("\u0980", "\u09ff", ("bn",)),
    ("\u0b80", "\u0bff", ("ta",)),
    ("\u10a0", "\u10ff", ("ka",)),
)
# Vietnamese is, but inflects nothing: what is inflected there is English
_NOT_LATIN = frozenset(code for *_, codes in _SCRIPTS for code in codes) | {
    "ja",
    "ko",
    "th",
    "zh",
    "vi",
}
# written in two scripts: the language of a text, the script's default, and what is meant
_TWO_SCRIPTS = {("hr", "ru"): "sr", ("sr", "en"): "hr"}


def rules_language(language: str) -> str:
    """Return the language by whose rules a text's words are inflected; ``""`` if we have no rules for it."""
    code = language.lower()[:2]
    code = _SAME.get(code, code)
    is_known = code in STEMMERS or code in DICTIONARIES or code in _NOT_LATIN
    return code if is_known else ""


def language_of_word(word: str, language: str) -> str:
    """Return the language whose rules inflect a word in a text, by its script: a Latin word in an Arabic article is English."""
    first = word[0]
    if first.isascii():
        return _choose("en", language) if not language or language in _NOT_LATIN else language
    for start, end, codes in _SCRIPTS:
        if start <= first <= end:
            return language if language in codes else _choose(codes[0], language)
    is_latin = unicodedata.name(first, "").startswith("LATIN")
    return (
        _choose("en", language)
        if is_latin and (not language or language in _NOT_LATIN)
        else language
    )


def _choose(default: str, language: str) -> str:
    return _TWO_SCRIPTS.get((language, default), default)
