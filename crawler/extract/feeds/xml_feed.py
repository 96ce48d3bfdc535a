"""Calling feedparser: with bytes that it can read in a time that grows with them, and without the errors it stumbles into."""

import re
from contextlib import suppress

import feedparser

# the text is decoded before, and feedparser must not guess the charset again
_SOUND = "application/xml; charset=utf-8"
# feedparser looks for a charset in the first line, in a time that grows with its cube: 60 KB of opened declarations took
# minutes. A first line of our own has nothing to look for
_FIRST_LINE = b"<?xml version='1.0' encoding='utf-8'?>\n"
# a namespace; a space in its name is a slip of the pen, of which Python's SAX reader makes two names or an error
_NAMESPACE = re.compile(rb"\bxmlns(?::[\w.-]{1,40})?\s{0,9}=\s{0,9}([\"'])[^\"'<>]{1,300}\1")
# characters before the first element, in which feedparser looks for entities: room for the 253 of HTML, and with more its
# time grows with their square
_MOST_HEAD = 20_000
_FIRST_ELEMENT = re.compile(rb"<\w")
# a word that does not end, in which feedparser looks for the address of an author: 55 KB took 7 s
_ENDLESS = re.compile(rb"([\w.+-]{5000})[\w.+-]+")
# places, chapters and media, of which nothing is read: feedparser fails on a gml:pos in no gml:Point
_ASIDE = re.compile(rb"</?(?:gml|georss|geo|psc|media|itunes):[^<>]{1,2000}>", re.IGNORECASE)
# what feedparser raises on documents whose elements are closed where they were not opened, besides the errors it reports
_BROKEN = (
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError, RecursionError,
)  # fmt: skip


def parse_xml_feed(body: bytes, *, url: str) -> feedparser.FeedParserDict:
    """Return what feedparser reads: with ``bozo`` set if the feed is not well-formed, and nothing else if it fails on it.

    body  UTF-8, without an XML declaration
    url   address of the feed, which relative links are resolved against
    """
    headers = {"content-type": _SOUND, "content-location": url}
    sound = _repair(body)
    # not a fault to end a visit for: the entries may be readable without those elements, or one by one
    for text in (sound, _ASIDE.sub(b"", sound)):
        with suppress(*_BROKEN):
            return feedparser.parse(_FIRST_LINE + text, response_headers=headers)
    return feedparser.FeedParserDict(
        bozo=True, version="", entries=[], feed=feedparser.FeedParserDict()
    )


def _repair(body: bytes) -> bytes:
    first = _FIRST_ELEMENT.search(body)
    if first is not None and first.start() > _MOST_HEAD:
        body = body[first.start() :]
    return _ENDLESS.sub(rb"\1", _NAMESPACE.sub(_join_name, body))


def _join_name(found: re.Match[bytes]) -> bytes:
    """Return the declaration of a namespace with no white space in its name."""
    declared, quote, name = found[0].decode("utf-8", "replace").partition(found[1].decode())
    return f"{declared}{quote}{''.join(name.split())}".encode()
