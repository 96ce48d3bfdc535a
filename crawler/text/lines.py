"""One clean line out of whatever the network sent."""

import html
import re

from crawler.text.fitting import find_sign_start
from crawler.text.signs import DIRECTION_CONTROLS, NO_WIDTH

# C0 and C1 controls, line and paragraph separators, lone surrogates (JSON can carry them)
_UNWANTED = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029{DIRECTION_CONTROLS}\ud800-\udfff]+")
# a word that may be hyphenated here is one word
_NO_WIDTH = re.compile(f"[{NO_WIDTH}]+")
_MARKUP = re.compile(
    r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|</?[a-zA-Z][^<>]{0,2000}>", re.DOTALL | re.IGNORECASE
)
_SPACES = re.compile(r"[^\S\u00a0]+")


def clean_line(text: str, *, max_characters: int = 500) -> str:
    """Give a text as one line without control characters or direction overrides, cut at a length between two signs."""
    text = text[: 4 * max_characters]
    if not text.isascii():
        text = _NO_WIDTH.sub("", text)
    line = _SPACES.sub(" ", _UNWANTED.sub(" ", text)).strip()
    if len(line) <= max_characters:
        return line
    return line[: find_sign_start(line, max_characters - 1)].rstrip() + "\u2026"


def strip_markup(text: str, *, max_characters: int = 500) -> str:
    """Give the words of a piece of HTML as one line; scripts and styles go with their content."""
    words = text[: 20 * max_characters]
    words = _MARKUP.sub(" ", words) if "<" in words else words
    return clean_line(
        html.unescape(words) if "&" in words else words, max_characters=max_characters
    )
