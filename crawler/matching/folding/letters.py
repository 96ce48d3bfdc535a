"""Letters: accents, strokes and spelling variants that writers leave out or mix."""

import re
import unicodedata
from functools import lru_cache

# marks of Latin, Greek, Hebrew and Arabic, which many writers leave out; those of Indic scripts are vowels and stay, but for the
# dot (nukta) that Hindi फ़ोन and Bengali বাড়ি are typed with or without
_MARK = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u093c\u09bc\u0a3c\u0abc\u0b3c"
    "\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
# letters that NFD does not take apart and writers type without their stroke or dot; Arabic and Persian spelling variants;
# the Devanagari chandrabindu, for which most newspapers print a bindu
_LETTERS = str.maketrans(
    {
        "\u00df": "ss", "\u1e9e": "ss", "\u0142": "l", "\u00f8": "o", "\u0131": "i", "\u0451": "\u0435", "\u00e6": "ae", "\u0153": "oe", "\u0111": "d",
        "\u00f0": "d", "\u00fe": "th", "\u03c2": "\u03c3",
        "\u0141": "L", "\u00d8": "O", "\u0401": "\u0415", "\u00c6": "AE", "\u0152": "OE", "\u0110": "D",
        "\u0623": "\u0627", "\u0625": "\u0627", "\u0622": "\u0627", "\u0671": "\u0627", "\u0649": "\u064a", "\u06cc": "\u064a", "\u06a9": "\u0643", "\u0629": "\u0647",
        "\u0624": "\u0648", "\u0626": "\u064a", "\u06c0": "\u0647", "\u06c1": "\u0647",
        "\u0901": "\u0902",
    }
)  # fmt: skip
# Vietnamese tones: grave, acute, tilde, hook above, dot below. Where in a syllable one is written is a matter of taste (hoà, hòa)
_TONE = re.compile("[\u0300\u0301\u0303\u0309\u0323]")


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


def mark_tones(word: str) -> str:
    """Return a Vietnamese word in small letters with its marks, the tone behind it: hòa and hoà are the same, hoa is not."""
    parts = unicodedata.normalize("NFD", word)
    return _TONE.sub("", parts) + "".join(_TONE.findall(parts))
