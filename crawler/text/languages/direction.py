"""The direction in which a text is written. Messages state it, because mail programs do not detect it."""

import unicodedata

# bidirectional classes of Unicode (UAX #9): R for Hebrew and similar scripts, AL for Arabic and similar scripts
# what is between them is laid out by itself, in the direction of its first letter
_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"
_RIGHT_TO_LEFT = frozenset({"R", "AL"})


def find_direction(text: str) -> str:
    """Return ``rtl`` if the first letter with a direction is written right to left, else ``ltr`` (UAX #9, rule P2)."""
    for sign in text:
        kind = unicodedata.bidirectional(sign)
        if kind in _RIGHT_TO_LEFT:
            return "rtl"
        if kind == "L":
            return "ltr"
    return "ltr"


def isolate(text: str, *, around: str) -> str:
    """Return a text to be put into a sentence written ``ltr`` or ``rtl``; in the other direction it is isolated (UAX #9).

    Without that, punctuation and numbers after an Arabic word stand on its wrong side.
    """
    return text if find_direction(text) == around else f"{_ISOLATE}{text}{_END_OF_ISOLATE}"
