"""Decoding pages. What a server or a page states about its charset is often wrong; what the bytes can be is not."""

import codecs
from collections.abc import Iterator

from charset_normalizer import from_bytes
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom

from crawler.extract.documents.alphabets import find_latin_charset

# bytes from beginning and end of a page that a guess is made from
_GUESSED_FROM = 20_000
# ASCII in these charsets is valid UTF-8 too, but has NUL or escape bytes that no UTF-8 page has: they are tried before it
_LOOKS_LIKE_UTF_8 = ("utf-16", "utf-32", "iso2022", "hz")
_WITH_NULS = ("utf-16", "utf-32")
# what servers state by default of any page, all its names as w3lib reads them: a page that states another one knows better
_DEFAULT = "cp1252"
# ISO-2022-JP switches its characters by these; it is ASCII otherwise, and so valid UTF-8
_JAPANESE_SHIFT = (b"\x1b$B", b"\x1b$@")
# UTF-16 and UTF-32 have NULs beside each ASCII character of the markup; other pages have hardly any
_HEAD_BYTES = 1000
_FEWEST_NULS = 0.2
# share of faulty characters, of those beyond ASCII, up to which a text is UTF-8 with something pasted in
_MOST_FAULTS, _MOST_FAULTS_STATED = 0.2, 0.5

# how a text is called that is UTF-8 but for a few bytes
_NEARLY_UTF_8 = "nearly utf-8"


def decode_page(body: bytes, content_type: str) -> str:
    """Return a page's text. Never fails: what cannot be decoded becomes U+FFFD.

    Tried in this order: a byte order mark; UTF-16, by its NULs; UTF-8, because no other text is valid UTF-8 by accident,
    also with a few bytes pasted in from elsewhere; the charset that header or page state; a guess.
    """
    bom_encoding, bom = read_bom(body)
    if bom_encoding is not None and bom is not None:
        return body[len(bom) :].decode(bom_encoding, "replace")
    stated = [http_content_type_encoding(content_type), html_body_declared_encoding(body)]
    for encoding in _candidates(body, [name for name in stated if name]):
        try:
            if encoding == _NEARLY_UTF_8:
                return body.decode("utf-8", "watchword-windows")
            return body.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return body.decode("utf-8", "replace")


def _candidates(body: bytes, stated: list[str]) -> Iterator[str]:
    wide = _find_wide(body)
    if wide is not None:
        yield from (name for name in stated if name.startswith("utf-32"))
        yield wide
    sound = [name for name in stated if wide is not None or not name.startswith(_WITH_NULS)]
    sound.sort(key=lambda name: name == _DEFAULT)
    if any(mark in body for mark in _JAPANESE_SHIFT):
        yield "iso2022_jp"
    yield from (name for name in sound if name.startswith(_LOOKS_LIKE_UTF_8))
    yield "utf-8"
    if _is_nearly_utf_8(body, is_stated="utf-8" in stated):
        yield _NEARLY_UTF_8
    yield from sound
    yield from _guess(body)


def _find_wide(body: bytes) -> str | None:
    """Return which UTF-16 a text is in, by the places of its NULs; None if it has too few."""
    head = body[:_HEAD_BYTES]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) < _FEWEST_NULS * len(head):
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def _is_nearly_utf_8(body: bytes, *, is_stated: bool) -> bool:
    text = body.decode("utf-8", "replace")
    fault_count = text.count("\ufffd")
    letter_count = len(text) - len(text.encode("ascii", "ignore"))
    return fault_count <= (_MOST_FAULTS_STATED if is_stated else _MOST_FAULTS) * letter_count


def _read_as_windows(error: UnicodeError) -> tuple[str, int]:
    """Return a byte that is no UTF-8 as its Windows-1252 character, where most of them come from; an error handler of codecs."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("watchword-windows", _read_as_windows)


def _guess(body: bytes) -> list[str]:
    half = _GUESSED_FROM // 2
    sample = body if len(body) <= _GUESSED_FROM else body[:half] + body[-half:]
    latin = find_latin_charset(sample)
    if latin is not None:
        return [latin]
    best = from_bytes(sample).best()
    return [best.encoding] if best is not None else []
