"""Making texts comparable: texts that an editor would call the same words have the same tokens."""

import html
import re
import unicodedata

from crawler.text.languages.scripts import CUT_INTO_SIGNS
from crawler.text.languages.signs import APOSTROPHES, INVISIBLE

_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_APOSTROPHE = re.compile(f"[{APOSTROPHES}]")
_HAS_SIGNS = re.compile(f"[{CUT_INTO_SIGNS}]")
# a character of a script without spaces, or a run of letters and digits
_TOKEN = re.compile(rf"[{CUT_INTO_SIGNS}]|[^\W_{CUT_INTO_SIGNS}]+")
# finds the same tokens twice as fast in a text without such characters
_WORD = re.compile(r"[^\W_]+")


def normalize_text(text: str) -> str:
    """Return a text with entities decoded, invisible characters removed, and one form of case, width and apostrophe."""
    plain = html.unescape(text)
    if not plain.isascii():
        plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", plain))
    return _APOSTROPHE.sub("'", plain).casefold()


def tokenize(text: str) -> tuple[str, ...]:
    """Return the comparable words of a text; punctuation and spacing are ignored."""
    plain = normalize_text(text)
    is_spaced = plain.isascii() or _HAS_SIGNS.search(plain) is None
    return tuple((_WORD if is_spaced else _TOKEN).findall(plain))
