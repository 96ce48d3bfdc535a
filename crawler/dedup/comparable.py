"""The words of a body that are compared: those of its text, without the lines a page or an agency put around it."""

import re

from crawler.text.boilerplate import is_boilerplate_line
from crawler.text.normalize import tokenize

# bylines in English, German, French, Spanish and Portuguese, Italian, Dutch and Danish
_BYLINE = re.compile(r"(?:by|von|par|por|di|door|af)\s+[\w .,'\u2019&/|-]{2,70}", re.IGNORECASE)
# longer lines are sentences of the text, which may begin with "By" or "Par" as well
_MOST_BYLINE_WORDS = 9
_LONGEST = 90  # characters
# "WASHINGTON (AP) -", "BEIRUT, Dec 13 (Reuters) -", "KYIV, Ukraine —": papers drop or rewrite it in what they take over. A
# hash finds 23 % of the labelled copies without datelines and boilerplate lines, 13 % with them
_DATELINE = re.compile(
    r"""
    [^\W\d_][\w .,'\u2019/-]{1,45}?\s*\((?:[A-Z]{2,6}|Reuters|Xinhua|Bloomberg|Interfax|TASS)\)\s*[-\u2013\u2014:]*\s*
    |[A-Z][A-Z .'\u2019-]{2,30}(?:,\ [A-Z][\w .]{1,25})?\s*[\u2013\u2014]\s+
    """,
    re.VERBOSE,
)


def comparable_words(body: str) -> tuple[str, ...]:
    """Return the normalised words of a body in order; in scripts without spaces, the single characters.

    Dateline, byline, share bars and relative times ("9 hours ago") are left out, and quotes, spaces, entities and
    invisible characters make no difference. A body that consists of such lines alone keeps them.
    """
    lines = [line for line in map(str.strip, body.split("\n")) if line]
    text = [line for line in lines if not _is_around(line)] or lines
    if text:
        text[0] = _DATELINE.sub("", text[0], count=1) if _DATELINE.match(text[0]) else text[0]
    return tokenize("\n".join(text))


def _is_around(line: str) -> bool:
    if len(line) > _LONGEST:
        return False
    return is_boilerplate_line(line) or (
        line.count(" ") < _MOST_BYLINE_WORDS and _BYLINE.fullmatch(line) is not None
    )
