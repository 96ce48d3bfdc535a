"""The scripts that put no spaces between words, and which characters are therefore words of their own.

Each constant is the inside of a character class. Watches, comparing and cutting share this one table: when there were two,
near-duplicates in Burmese, Khmer and Lao were never found.
"""

# Thai, Lao, Burmese and Khmer with their marks: for Python's \w many of their vowel signs are not part of a word
SOUTH_EAST_ASIAN = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
HIRAGANA = "\u3040-\u309f"
KATAKANA = "\u30a0-\u30ff"
HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# written with spaces, but particles are attached to the word, so a term is found as a row of syllables
HANGUL = "\u1100-\u11ff\uac00-\ud7af"

# each of these characters counts as a word, both for finding terms and for comparing texts
CUT_INTO_SIGNS = SOUTH_EAST_ASIAN + HIRAGANA + KATAKANA + HAN + HANGUL
# the first code point of all these ranges: one comparison settles Latin, Cyrillic, Greek, Hebrew, Arabic and Indic words
_FIRST = "\u0e00"


def is_sign(word: str) -> bool:
    """Return whether a token is a single character of a script without spaces."""
    return len(word) == 1 and word >= _FIRST
