"""Making texts comparable: what an editor would call the same words gives the same tokens."""

import html
import re
import unicodedata

from crawler.text.scripts import CUT_INTO_SIGNS
from crawler.text.signs import APOSTROPHES, INVISIBLE

_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_APOSTROPHE = re.compile(f"[{APOSTROPHES}]")
_HAS_SIGNS = re.compile(f"[{CUT_INTO_SIGNS}]")
_TOKEN = re.compile(rf"[{CUT_INTO_SIGNS}]|[^\W_{CUT_INTO_SIGNS}]+")
# the same tokens, found twice as fast where there is no such character
_WORD = re.compile(r"[^\W_]+")


def normalize_text(text: str) -> str:
    """Give the text without entities, invisible characters, and variants of case, width or quote."""
    plain = html.unescape(text)
    if not plain.isascii():
        plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", plain))
    return _APOSTROPHE.sub("'", plain).casefold()


def tokenize(text: str) -> tuple[str, ...]:
    """Cut a text into comparable words; punctuation and spacing leave no trace."""
    plain = normalize_text(text)
    is_spaced = plain.isascii() or _HAS_SIGNS.search(plain) is None
    return tuple((_WORD if is_spaced else _TOKEN).findall(plain))
