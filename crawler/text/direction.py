"""Which way a text is written: mail programs do not find out by themselves."""

import unicodedata

_RIGHT_TO_LEFT = frozenset({"R", "AL"})


def find_direction(text: str) -> str:
    """Return ``rtl`` where the first letter that has a direction runs from right to left, else ``ltr``."""
    for sign in text:
        kind = unicodedata.bidirectional(sign)
        if kind in _RIGHT_TO_LEFT:
            return "rtl"
        if kind == "L":
            return "ltr"
    return "ltr"
