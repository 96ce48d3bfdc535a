"""Renaming a source within queries, ``source:"The Courier"``."""

import re

# the characters that the watch language reads as quotes
_QUOTE = re.compile('["\u201c\u201d\u201e\u00ab\u00bb\u201f\uff02]')


def rename_in_query(query: str, old: str, new: str) -> str:
    """Return a query with a source's new name after ``source:``; unchanged if the name holds a quote itself."""
    if _QUOTE.search(new):
        return query
    quoted = rf"{_QUOTE.pattern}\s*{re.escape(old)}\s*{_QUOTE.pattern}"
    bare = rf"{re.escape(old)}(?=[\s()|]|$)"
    return re.sub(
        rf"\bsource:(?:{quoted}|{bare})",
        lambda _: f'source:"{new}"',
        query,
        flags=re.IGNORECASE,
    )
