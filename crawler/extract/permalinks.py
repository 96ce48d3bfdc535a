"""Which of a feed's guids are no addresses, although they look like some."""

import re
from html import unescape

_GUID = re.compile(
    rb"<guid\b([^<>]{0,300})>\s{0,100}(?:<!\[CDATA\[)?\s{0,100}([^<>\s]{1,2000})", re.IGNORECASE
)
_IS_NONE = re.compile(rb"ispermalink\s{0,10}=\s{0,10}[\"']?\s{0,10}(?:false|0|no)\b", re.IGNORECASE)


def find_mere_names(body: bytes, *, encoding: str) -> frozenset[str]:
    """Return the guids of a feed that call themselves no address.

    Read off the bytes, because feedparser keeps of isPermaLink only whether it is "true" to the letter, and takes an
    empty link for one: an entry whose guid is its only address lost it by either.

    encoding  as feedparser found it
    """
    if b"\0" in body[:200]:  # UTF-16 and UTF-32: two or four bytes a sign
        body = body.decode(encoding or "utf-16", "replace").encode("utf-8", "replace")
    return frozenset(
        unescape(found[2].decode("utf-8", "replace"))
        for found in _GUID.finditer(body)
        if _IS_NONE.search(found[1])
    )
