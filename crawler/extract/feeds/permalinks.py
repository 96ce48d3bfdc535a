"""Finding the guids of a feed that are not addresses, although some of them look like one."""

import re
from html import unescape
from urllib.parse import urljoin

# all repetitions are bounded, so that broken markup costs little
_GUID = re.compile(
    rb"<guid\b([^<>]{0,300})>\s{0,100}(?:<!\[CDATA\[)?\s{0,100}([^<>\s]{1,2000})", re.IGNORECASE
)
# Atom: an identifier, which need not be an address (RFC 4287, 4.2.6)
_ID = re.compile(
    rb"<(?:\w{1,20}:)?id>\s{0,100}(?:<!\[CDATA\[)?\s{0,100}([^<>\s]{1,2000})", re.IGNORECASE
)
# with spellings that programs use besides "false" and "true"
_IS_NONE = re.compile(rb"ispermalink\s{0,10}=\s{0,10}[\"']?\s{0,10}(?:false|0|no)\b", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_IS_ONE = re.compile(rb"ispermalink\s{0,10}=\s{0,10}[\"']?\s{0,10}(?:true|1|yes)\b", re.IGNORECASE)


def find_mere_names(body: bytes, *, url: str, encoding: str) -> frozenset[str]:
    """Return the guids of a feed that are not addresses, both as stated and as feedparser resolves them.

    These are guids that say so, those with neither a scheme nor ``isPermaLink="true"``, and ids of Atom without a scheme:
    "post-1". They are read from the bytes, because
    feedparser only keeps whether isPermaLink is exactly "true", and treats an empty link as a link: with either, an entry
    lost the guid that is its only address.
    encoding  charset of a body in UTF-16 or UTF-32; not used for any other
    """
    if b"\0" in body[:200]:  # UTF-16 and UTF-32: two or four bytes a character
        body = body.decode(encoding or "utf-16", "replace").encode("utf-8", "replace")
    names = set[str]()
    for found in _GUID.finditer(body):
        guid = unescape(found[2].decode("utf-8", "replace")).removesuffix("]]")
        has_scheme = guid.startswith(("http://", "https://"))
        if _IS_NONE.search(found[1]) or not (has_scheme or _IS_ONE.search(found[1])):
            names |= {guid, _resolve(guid, url)}
    ids = (unescape(found[1].decode("utf-8", "replace")) for found in _ID.finditer(body))
    bare = [name.removesuffix("]]") for name in ids if not _SCHEME.match(name)]
    return frozenset(names.union(bare, (_resolve(name, url) for name in bare)))


def _resolve(guid: str, url: str) -> str:
    try:
        return urljoin(url, guid)
    except ValueError:  # urljoin takes a "[" for an IPv6 address
        return guid
