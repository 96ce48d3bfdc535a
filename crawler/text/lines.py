"""Making one clean line of a text from the network."""

import html
import re

from crawler.text.fitting import find_sign_start
from crawler.text.languages.signs import DIRECTION_CONTROLS, NO_WIDTH

# C0 and C1 controls, line and paragraph separators, lone surrogates (JSON can carry them)
_UNWANTED = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029{DIRECTION_CONTROLS}\ud800-\udfff]+")
# removed, not replaced by a space: "dro\u00adne" (soft hyphen) stored as "dro ne" was found by no watch
_NO_WIDTH = re.compile(f"[{NO_WIDTH}]+")
# a tag may have 2,000 characters; the limit keeps a "<" in plain text from being searched for a ">" to the end
_MARKUP = re.compile(
    r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|</?[a-zA-Z][^<>]{0,2000}>", re.DOTALL | re.IGNORECASE
)
# a no-break space is intended (French before "?", numbers with units) and stays
_SPACES = re.compile(r"[^\S\u00a0]+")


def plain(text: str) -> str:
    """Return a text without characters that control a terminal or reverse words; line ends become spaces, other spaces stay."""
    if not text.isascii():
        text = _NO_WIDTH.sub("", text)
    return _UNWANTED.sub(" ", text)


def clean_line(text: str, *, max_characters: int = 500) -> str:
    """Return a text as one line of at most ``max_characters``, without control characters or direction overrides."""
    # bound the work first; four times leaves room for the spaces and control characters that are removed
    text = text[: 4 * max_characters]
    line = _SPACES.sub(" ", plain(text)).strip()
    if len(line) <= max_characters:
        return line
    return line[: find_sign_start(line, max_characters - 1)].rstrip() + "\u2026"


def strip_markup(text: str, *, max_characters: int = 500) -> str:
    """Return the words of a piece of HTML as one line, without the content of scripts and styles."""
    # most of the input may be markup
    words = text[: 20 * max_characters]
    words = _MARKUP.sub(" ", words) if "<" in words else words
    return clean_line(
        html.unescape(words) if "&" in words else words, max_characters=max_characters
    )
