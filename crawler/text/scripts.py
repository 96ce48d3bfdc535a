"""The scripts that put no spaces between words: which they are, and what is cut into signs for that.

Each constant is what stands between the brackets of a character class.
"""

# their marks too: Python takes no vowel sign of Khmer or Burmese for part of a word, and would cut a word there
SOUTH_EAST_ASIAN = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
HIRAGANA = "\u3040-\u309f"
KATAKANA = "\u30a0-\u30ff"
HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# written with spaces, but its endings stand on the word: a term is found by its signs
HANGUL = "\u1100-\u11ff\uac00-\ud7af"

# each sign of these is a word by itself, for whoever looks for words and for whoever compares texts
CUT_INTO_SIGNS = SOUTH_EAST_ASIAN + HIRAGANA + KATAKANA + HAN + HANGUL
# all of them come after the alphabets whose words are words
_FIRST = "\u0e00"


def is_sign(word: str) -> bool:
    """Return whether a token is one sign of a script that is cut into signs."""
    return len(word) == 1 and word >= _FIRST
