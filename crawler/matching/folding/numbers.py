"""Numbers and units: 1,000 and 1000, 5kg and 5 kg, 5bn and 5 billion are one; 100 is not in 1,100."""

import re

from crawler.text.languages.scripts import CUT_INTO_SIGNS

_LETTER = rf"[^\W_{CUT_INTO_SIGNS}]"
# no-break, thin, narrow no-break
_SPACES = "\u00a0\u2009\u202f"
# without a gram after one figure and without k: texts are analysed in small letters, and 5G and 4K are no weights
_UNIT = (
    "(?i:[kmc]?m[\u00b2\u00b3]?|(?<=\\d\\d)g|[km]g|kt|t|[kmgt]wh?|[kmgtp]?b|[kmg]?hz|bn|mn|tn|pp|bps|mph|kph|ft|lbs?|oz|nm|ha|min|h|[ap]m"
    # Cyrillic and Arabic ones: kilogram to hectare, million, milliard
    "|\u043a\u0433|[\u043a\u043c\u0441]?\u043c[\u00b2\u00b3]?|\u0442|[\u043a\u043c\u0433]?\u0432\u0442|\u0433\u0430|\u043c\u043b\u043d|\u043c\u043b\u0440\u0434|\u0643\u0645|\u0643\u0644\u0645|\u0643\u063a)"
)
_GROUPED = r"\d{1,3}(?:,\d\d)*(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d{1,3}(?:['\u2019]\d{3})+(?:[.,]\d+)?"
_OUTSIDE = rf"(?<!{_LETTER})(?<![.,])"
# not inside a date, a version, an address or a word: 2024.11.26, 3.11.4, 192.168.0.1, Web3.0
NUMBER = rf"{_OUTSIDE}(?:{_GROUPED}|\d+[.,]\d+)(?![.,'\u2019]?\d)(?:{_UNIT})?(?!{_LETTER})"
# three numbers and more with points between them: a version, a date, an address
VERSION = rf"{_OUTSIDE}\d+(?:\.\d+){{2,}}(?!{_LETTER})"
_IS_VERSION = re.compile(r"\d+(?:\.\d+){2,}")
_SIGNED = re.compile(rf"{_GROUPED}|\d+[.,]\d+")
_WITH_UNIT = re.compile(rf"(\d+(?:[.,'\u2019]\d+)*)({_UNIT})")
_SIGN = re.compile(r"[.,']")
# a sign of money before a number makes its m or mn a million, b a billion and tn a trillion
_MONEY = re.compile(r"[$\u20ac\u00a3\u00a5\u20b9]$")
_AMOUNTS = {"bn": "billion"}
_AMOUNTS_OF_MONEY = _AMOUNTS | {"b": "billion", "m": "million", "mn": "million", "tn": "trillion"}
# an aircraft of which there are several: F-16s, Su-57s
_SEVERAL = re.compile(r"(\d+)s", re.IGNORECASE)

# where 3,500 is a number of thousands and 3.500 is not; where it is the other way round. Elsewhere three figures are thousands
_COMMA_FOR_THOUSANDS = frozenset({"en", "zh", "ja", "ko", "th", "he", "hi", "bn", "ta"})
_POINT_FOR_THOUSANDS = frozenset(
    {"de", "es", "it", "pt", "tr", "nl", "da", "id", "el", "ro", "hr", "sr", "sl", "mk", "vi"}
)
# where a plain space stands between thousands; elsewhere "in 2024 100 people" and the like are more frequent
_SPACE_FOR_THOUSANDS = frozenset(
    {"fr", "pl", "ru", "uk", "cs", "sv", "no", "nb", "nn", "fi", "hu", "sk", "bg"}
)
# what writes % out, per language; the word of the others is looked for by itself
_PERCENT = {
    "en": "percent", "de": "prozent", "nl": "procent", "da": "procent", "sv": "procent", "no": "prosent", "nb": "prosent",
    "pl": "procent", "cs": "procent", "fi": "prosenttia", "hu": "sz\u00e1zal\u00e9k", "ru": "\u043f\u0440\u043e\u0446\u0435\u043d\u0442", "uk": "\u0432\u0456\u0434\u0441\u043e\u0442\u043e\u043a", "id": "persen",
}  # fmt: skip


def _spaced(spaces: str) -> re.Pattern[str]:
    # the space comes first, so that the search skips to it; a year before a number ("in 2024 100") has four figures
    return re.compile(
        rf"[{spaces}](?<=\d.)(?:(?<![\d.,]\d.)|(?<=(?<![\d.,])\d\d.)|(?<=(?<![\d.,])\d\d\d.)|(?<=[{spaces}]\d\d\d.))"
        # not in a telephone number
        rf"(?=\d{{3}}(?!\d|[.,]\d\d\d|[{spaces}]\d(?!\d\d(?!\d))))"
    )


_SPACED, _LOOSELY_SPACED = _spaced(_SPACES), _spaced(" ")
# replaces a space without moving anything: an apostrophe between figures is one of the signs for thousands
_JOINT = "'"


def join_thousands(text: str, language: str) -> str:
    """Return a text of the same length in which no space is left between the figures of a number: ``1'000`` for ``1 000``."""
    if language in _SPACE_FOR_THOUSANDS:
        # one character is searched for much faster than one of several; they separate words alike
        return _LOOSELY_SPACED.sub(_JOINT, _with_plain_spaces(text))
    # three searches for a character: one for a class of them takes twenty times as long
    if not text.isascii() and ("\u00a0" in text or "\u202f" in text or "\u2009" in text):
        return _SPACED.sub(_JOINT, text)
    return text


def _with_plain_spaces(text: str) -> str:
    if text.isascii():
        return text
    return text.replace("\u00a0", " ").replace("\u2009", " ").replace("\u202f", " ")


def read_number(word: str, language: str, *, is_query: bool = False) -> str | None:
    """Return a number with signs in it as ``1000`` or ``3.5``; None for anything else.

    is_query  a comma before three figures is one for thousands in any language: its author need not write in that of the text
    """
    if word.isalnum() or not word[0].isdecimal():
        return None
    plain = word.replace("\u2019", _JOINT)
    if not _SIGNED.fullmatch(plain):
        return None
    signs = _SIGN.findall(plain)
    head, _, tail = plain.rpartition(signs[-1])
    if len(set(signs)) > 1:
        return f"{_SIGN.sub('', head)}.{tail}"
    is_grouped = (
        len(signs) > 1 or signs[0] == _JOINT or _has_thousands(head, signs[0], tail, language)
    )
    if is_query and signs[0] == "," and len(tail) == 3:
        is_grouped = True
    return head.replace(signs[0], "") + ("" if is_grouped else ".") + tail


def _has_thousands(head: str, sign: str, tail: str, language: str) -> bool:
    if len(tail) != 3 or len(head) > 3 or head[0] == "0":
        return False
    others = _POINT_FOR_THOUSANDS if sign == "," else _COMMA_FOR_THOUSANDS
    return language not in others


def split_unit(word: str, before: str) -> tuple[str, str] | None:
    """Return a number and its unit, ``("5", "billion")`` for ``5bn``; None for any other word.

    before  what stands in front of it, of which the last character may be a sign of money
    """
    found = _WITH_UNIT.fullmatch(word)
    if found is None:
        return None
    is_money = _MONEY.search(before) is not None
    unit = found[2].lower()
    if unit == "b" and not is_money:
        return None
    amounts = _AMOUNTS_OF_MONEY if is_money else _AMOUNTS
    return found[1], amounts.get(unit, found[2])


def write_one_of_several(words: list[str]) -> str | None:
    """Return ``F16`` for the words of ``F-16s``; None for other compounds."""
    found = _SEVERAL.fullmatch(words[-1]) if len(words) == 2 and words[0].isalpha() else None
    return words[0] + found[1] if found else None


def is_version(chunk: str) -> bool:
    """Return whether a chunk is a version, a date or an address: three numbers or more with points between them."""
    return _IS_VERSION.fullmatch(chunk) is not None


def shorten_version(version: str) -> str | None:
    """Return ``3.11`` for ``3.11.4``, which is found by it; None if that could be a number of thousands."""
    first, second, *_ = version.split(".")
    return None if len(second) == 3 else f"{first}.{second}"


def list_percent_words(language: str) -> tuple[str, ...]:
    """Return the words for % in a text of this language, first the one by which all are found."""
    return tuple(dict.fromkeys(("percent", _PERCENT.get(language, "percent"))))
