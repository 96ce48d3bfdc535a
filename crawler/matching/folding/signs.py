"""The characters of scripts without spaces, each a word: with what belongs to it, and as it is folded.

A vowel sign, a tone or a long-vowel mark is no word of its own: แม is not found in แม่. A run
of katakana is one word to its readers, so its last character says that it is the last: ハマス is not found in ハマスタ.
"""

import re
import unicodedata

from crawler.matching.folding.chinese import SIMPLIFIED
from crawler.text.languages.scripts import CUT_INTO_SIGNS, SOUTH_EAST_ASIAN

# behind the last character of a run of katakana, twice if a long-vowel mark may be left out there
END = "\u00b6"
# of the run before the mark: サーバー and サーバ are one word, スキー and スキ are two
_FEWEST_BEFORE_LONG = 3
_LONG = "\u30fc"
# what is typed for it: half width, hyphens, dashes, minus sign, lines of tables
_LIKE_LONG = "\u2010-\u2015\u2212\u2500\uff0d"
_ANY_LONG = f"{_LONG}\uff70{_LIKE_LONG}"
# full and half width, without the middle dot, which separates words
_KANA = "\u30a1-\u30fa\u30fd-\u30ff\uff66-\uff6f\uff71-\uff9d"
_VOICING = "\u3099\u309a\uff9e\uff9f"
# ヴァ is one sound, which others write バ
_KATAKANA = rf"(?:(?:\u30f4|[\u30a6\uff73][\u3099\uff9e])[\u30a1\u30a3\u30a5\u30a7\u30a9\uff67-\uff6b]?|[{_KANA}][{_VOICING}]?)[{_ANY_LONG}]*"
_RUN = rf"[{_KANA}][{_KANA}{_VOICING}{_ANY_LONG}]*"


def _list_marks(first: int, last: int) -> str:
    """Return the combining marks between two code points as the inside of a character class."""
    codes = range(first, last + 1)
    marks = {code for code in codes if unicodedata.category(chr(code)) in {"Mn", "Mc"}}
    # as ranges: a class of 1,071 single characters took 20 ms to compile at each start
    firsts = [code for code in codes if code in marks and code - 1 not in marks]
    lasts = [code for code in codes if code in marks and code + 1 not in marks]
    return "".join(f"{one:c}-{other:c}" for one, other in zip(firsts, lasts, strict=True))


MARKS = _list_marks(0x300, 0x1DFF) + "\u20d0-\u20ff\ufe20-\ufe2f"
# Thai and Lao AM, also as the two signs it looks like, with a tone between them or before
_AM = "[\u0e33\u0eb3]|\u0e4d[\u0e48-\u0e4b]*\u0e32|\u0ecd[\u0ec8-\u0ecb]*\u0eb2"
_SYLLABLE = rf"(?:\u0e40\u0e40|[{SOUTH_EAST_ASIAN}])(?:{_AM}|[{_list_marks(0xE00, 0x17FF)}])*"
# the character that is next in a text
SIGN = rf"{_KATAKANA}|{_SYLLABLE}|[{CUT_INTO_SIGNS}\uff66-\uff9f][\u3099\u309a]?"
# a run of katakana is not cut from a longer text in pieces: its end would be lost
SIGNS_TOGETHER = rf"{_RUN}|{SIGN}"

_AT_KATAKANA = re.compile(_RUN)
_LONG_AT_END = re.compile(rf"[{_ANY_LONG}]+$")
_LIKE_LONG_SIGN = re.compile(f"[{_LIKE_LONG}]")
# the sounds that are spelt in two ways: the V row, and letters that stand for others
_SAME_SOUND = str.maketrans("ヴヂヅヵヶヷヸヹヺ", "ブジズカケバビベボ")
_V_ROW = {"ヴァ": "バ", "ヴィ": "ビ", "ヴゥ": "ブ", "ヴェ": "ベ", "ヴォ": "ボ"}
_AM_APART = re.compile("([\u0e4d\u0ecd])([\u0e48-\u0e4b\u0ec8-\u0ecb]*)([\u0e32\u0eb2])")
_AM_AS_ONE = {"\u0e32": "\u0e33", "\u0eb2": "\u0eb3"}
_TWICE_E, _AE = "\u0e40\u0e40", "\u0e41"
_AT_SYLLABLE = re.compile(f"[{SOUTH_EAST_ASIAN}]")
# its writers print characters that are traditional to Chinese readers, and mean other words by some simplified ones
_OWN_CHARACTERS = frozenset({"ja", "ko"})


def find_ends(text: str) -> dict[int, str]:
    """Return what to put behind the last character of each run of katakana, by the offset at which the run ends."""
    ends = {}
    for run in _AT_KATAKANA.finditer(text):
        before = len(_LONG_AT_END.sub("", unicodedata.normalize("NFKC", run[0])))
        ends[run.end()] = END * (2 if before >= _FEWEST_BEFORE_LONG else 1)
    return ends


def sign_keys(word: str, language: str) -> tuple[str, ...]:
    """Return the keys, without ``=``, of a character of a script without spaces in a text of a language; none for other words.

    The first is the one by which a query finds it.
    """
    if word < "\u0e00":
        return ()
    if _AT_KATAKANA.match(word):
        return _katakana_keys(word)
    if len(word) == 1 and "\u3400" <= word <= "\u9fff":
        return (word if language in _OWN_CHARACTERS else word.translate(SIMPLIFIED),)
    if _AT_SYLLABLE.match(word):
        return (_fold_syllable(word),)
    return ()


def _katakana_keys(word: str) -> tuple[str, ...]:
    bare = word.rstrip(END)
    end_count, folded = len(word) - len(bare), fold_katakana(bare)
    without = folded.rstrip(_LONG)
    if end_count:
        ends = (without, folded) if end_count > 1 else (folded,)
        return tuple(dict.fromkeys(end + END for end in ends))
    if _LIKE_LONG_SIGN.search(bare):
        # a hyphen for a long vowel, or a dash between two words: nobody can say
        return folded, folded + END, without + END
    return (folded,)


def fold_katakana(word: str) -> str:
    """Return a sound in full-width katakana, as most writers spell it."""
    plain = unicodedata.normalize("NFKC", _LIKE_LONG_SIGN.sub(_LONG, word))
    return (_V_ROW.get(plain[:2], "") + plain[2:] if plain[:2] in _V_ROW else plain).translate(
        _SAME_SOUND
    )


def _fold_syllable(word: str) -> str:
    if len(word) == 1:
        return word
    plain = word.replace(_TWICE_E, _AE)
    plain = _AM_APART.sub(lambda found: found[2] + _AM_AS_ONE[found[3]], plain)
    return unicodedata.normalize("NFC", plain)
