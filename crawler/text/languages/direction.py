"""The direction in which a text is written. Messages state it, because mail programs do not detect it."""

import unicodedata

# bidirectional classes of Unicode (UAX #9): R for Hebrew and similar scripts, AL for Arabic and similar scripts
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
