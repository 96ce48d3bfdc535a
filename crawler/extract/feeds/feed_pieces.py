"""Reading the entries of a feed with broken markup one by one, so that one that is not closed hides no others."""

import re
import string
from collections.abc import Iterator, Mapping
from typing import Any

from crawler.extract.feeds.xml_feed import parse_xml_feed

# starts of entries, and the root with its namespaces, which is repeated around each of them
_START = re.compile(r"<((?:[\w-]{1,20}:)?(?:item|entry))[\s>]", re.IGNORECASE)
_ROOT = re.compile(r"<((?:[\w-]{1,20}:)?(?:rss|feed|rdf))\b[^<>]{0,4000}>", re.IGNORECASE)
# ASCII only: lower-casing other letters may change the length of a text, and then places in it would differ
_SMALL = {ord(letter): letter.lower() for letter in string.ascii_uppercase}
# elements that hold text and no other elements; one that closes itself, like atom:link, is left alone
_LEAF = re.compile(
    r"<(title|link|guid|id|pubDate|published|updated)(?:\s[^<>]{0,500}[^<>/])?>[^<]{0,4000}",
    re.IGNORECASE,
)
# characters of one entry; a longer one is dropped, because its end was not found
_MOST_CHARACTERS = 200_000


def read_pieces(
    text: str, *, url: str, known_count: int, max_entries: int
) -> list[Mapping[str, Any]]:
    """Return the entries of a broken feed, read one by one; none if that finds no more than are known.

    known_count  number of entries that were found in the feed as a whole
    max_entries  entries beyond are not read
    """
    pieces = list(_split(text))[:max_entries]
    if len(pieces) <= known_count:
        return []
    found = [entry for piece in pieces for entry in _read(piece, url)]
    return found if len(found) > known_count else []


def _split(text: str) -> Iterator[str]:
    """Yield each entry as a feed of its own."""
    plain = _blank_quoted(text)
    root = _ROOT.search(plain)
    starts = list(_START.finditer(plain))
    if root is None or not starts:
        return
    is_rss = root[1].lower().endswith("rss")
    head, tail = (root[0] + "<channel>", "</channel>") if is_rss else (root[0], "")
    ends = [start.start() for start in starts[1:]] + [len(text)]
    for start, end in zip(starts, ends, strict=True):
        closing = plain.find(f"</{start[1]}", start.end(), end)
        piece = _close(text[start.start() : end if closing < 0 else closing])
        if len(piece) <= _MOST_CHARACTERS:
            yield f"{head}{piece}</{start[1]}>{tail}</{root[1]}>"


def _close(piece: str) -> str:
    """Return an entry with end tags for its text elements that have none and would swallow what follows them."""
    leaves, lowered = list(_LEAF.finditer(piece)), piece.translate(_SMALL)
    parts: list[str] = []
    at = 0
    for place, leaf in enumerate(leaves):
        end = leaves[place + 1].start() if place + 1 < len(leaves) else len(piece)
        if lowered.find(f"</{leaf[1].lower()}", leaf.end(), end) < 0:
            parts += [piece[at : leaf.end()], f"</{leaf[1]}>"]
            at = leaf.end()
    return "".join((*parts, piece[at:]))


def _blank_quoted(text: str) -> str:
    """Return a text with CDATA, which holds no markup, replaced by as many spaces, so that places stay the same."""
    parts: list[str] = []
    at = 0
    while (start := text.find("<![CDATA[", at)) >= 0 and (end := text.find("]]>", start)) >= 0:
        parts += (text[at:start], " " * (end + 3 - start))
        at = end + 3
    return "".join((*parts, text[at:]))


def _read(piece: str, url: str) -> list[Mapping[str, Any]]:
    entries: list[Mapping[str, Any]] = parse_xml_feed(piece.encode(), url=url).entries
    return [entry for entry in entries[:1] if "title" in entry or "link" in entry]
