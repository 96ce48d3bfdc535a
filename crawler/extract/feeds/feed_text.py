"""Turning a feed's bytes into text that a parser accepts: decoded, without what XML forbids, from its root on.

Hand-written feed programs mix charsets, declare one and use another, print a warning before the first element, or put a
page around it. Browsers and feed readers cope with that.
"""

import html
import re

from crawler.extract.documents.charset import decode_page

# characters in which the root must begin, and parts that may precede it; otherwise the text stays as it is
_HEAD_CHARACTERS = 4096
_MOST_PARTS = 200
# characters that XML 1.0 does not allow, not even as references (section 2.2)
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
# numeric references, which may name characters that XML forbids
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,8})|([0-9]{1,9}));?")
# the two halves of a surrogate pair as references (&#xD83D;&#xDE00;), on which feedparser raises an error
_PAIR = re.compile(
    r"&#(?:[xX]([dD][89abAB][0-9a-fA-F]{2})|(5[56]\d{3}));&#(?:[xX]([dD][c-fC-F][0-9a-fA-F]{2})|(5[67]\d{3}));"
)
# the first elements of a page and of a feed
_PAGE = re.compile(r"<(?:html|head|body)\b", re.IGNORECASE)
_ROOT = re.compile(r"<(?:[\w-]{1,20}:)?(?:rss|feed|rdf)[\s>]", re.IGNORECASE)
# elements around a feed: a browser's view of it that was saved, or the answer of an old web service
_WRAPPING = re.compile(r"</?(?:html|head|body|pre|meta|string|title)\b[^<>]{0,500}>", re.IGNORECASE)
# a whole feed escaped within an element: the answer of an old web service
_ESCAPED = re.compile(r"&lt;(?:\?xml|rss|feed|rdf)\b", re.IGNORECASE)


def read_feed_text(body: bytes, content_type: str) -> str:
    """Return a feed as text for the parser; the text of an HTML page is returned as it is.

    content_type  the header as sent, may be empty
    """
    text = decode_page(body, content_type).lstrip("\ufeff")
    text = _NO_XML.sub("", _PAIR.sub(_join_pair, text) if "&#" in text else text)
    text = _REFERENCE.sub(_repair_reference, text) if "&#" in text else text
    start, is_odd = _skip(text)
    if _ESCAPED.match(text, start):
        text = html.unescape(text[start:])
        start, is_odd = _skip(text)
    if is_odd and not _ROOT.match(text, start):
        return text
    if is_odd:
        return text[start:]
    # the declaration states the charset of the bytes, which the text no longer has
    declaration = re.match(r"\s*(?:<\?xml\b[^<>]{0,300}>\s*)+", text)
    return text[declaration.end() :] if declaration else text


def is_page(text: str) -> bool:
    """Return whether a text is an HTML page with no feed in it."""
    at = _skip(text[:_HEAD_CHARACTERS], is_wrapping_skipped=False)[0]
    return _is_doctype(text, at) or _PAGE.match(text, at) is not None


def _skip(text: str, *, is_wrapping_skipped: bool = True) -> tuple[int, bool]:
    """Return the place of a document's own first element, and whether parts of a page precede it."""
    at, is_odd = 0, False
    for _ in range(_MOST_PARTS):
        at += _count_blanks(text, at)
        is_doctype = _is_doctype(text, at)
        wrapping = _WRAPPING.match(text, at)
        if not is_wrapping_skipped and (is_doctype or wrapping):
            break
        is_odd = is_odd or wrapping is not None or is_doctype
        end = wrapping.end() if wrapping else _end_of_part(text, at)
        if end is None:
            break
        at = end
    return at, is_odd


def _count_blanks(text: str, at: int) -> int:
    piece = text[at : at + _HEAD_CHARACTERS]
    return len(piece) - len(piece.lstrip())


def _is_doctype(text: str, at: int) -> bool:
    return text[at : at + 14].lower() == "<!doctype html"


def _end_of_part(text: str, at: int) -> int | None:
    """Return the end of the comment, processing instruction or declaration at a place; None if there is none."""
    if at >= _HEAD_CHARACTERS:
        return None
    for start, sign in (("<!--", "-->"), ("<?", ">"), ("<!", ">")):
        if text.startswith(start, at):
            found = text.find(sign, at + len(start))
            return None if found < 0 else found + len(sign)
    return None


def _join_pair(found: re.Match[str]) -> str:
    """Return the character that two references to its surrogates mean, as programs in JavaScript and Java write it."""
    high = int(found[1], 16) if found[1] else int(found[2])
    low = int(found[3], 16) if found[3] else int(found[4])
    # the pattern for decimal references is wider than the ranges of surrogates
    if not (0xD800 <= high < 0xDC00 <= low < 0xE000):
        return found[0]
    return chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00)


def _repair_reference(found: re.Match[str]) -> str:
    """Return a reference unchanged if XML 1.0 allows its character, else an empty text."""
    number = int(found[1], 16) if found[1] else int(found[2])
    # the range of Char in XML 1.0, section 2.2
    is_letter = number in {9, 10, 13} or 0x20 <= number < 0xD800 or 0xE000 <= number < 0x110000
    return found[0] if is_letter and number not in {0xFFFE, 0xFFFF} else ""
