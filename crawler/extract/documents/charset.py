"""Decoding pages by what their bytes can be: the charset that a server or a page states is often wrong."""

import codecs
from collections.abc import Iterator

from charset_normalizer import from_bytes
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom

from crawler.extract.documents.alphabets import find_latin_charset

# bytes that a guess is made from, half of them from the beginning of a page and half from its end
_GUESSED_FROM = 20_000
# text in these charsets is valid UTF-8 as well, but with NUL or escape bytes that no UTF-8 page has; so they come first
_LOOKS_LIKE_UTF_8 = ("utf-16", "utf-32", "iso2022", "hz")
_WITH_NULS = ("utf-16", "utf-32")
# what servers state by default of any page, all its names as w3lib reads them: a page that states another one knows better
_DEFAULT = "cp1252"
# ISO-2022-JP switches its characters by these; it is ASCII otherwise, and so valid UTF-8
_JAPANESE_SHIFT = (b"\x1b$B", b"\x1b$@")
# UTF-16 and UTF-32 have NULs beside each ASCII character of the markup: at least a fifth of the first bytes, where
# other pages have almost none
_HEAD_BYTES = 1000
_FEWEST_NULS = 0.2
# share of faulty characters among those beyond ASCII, up to which a text is UTF-8 with something pasted in: in general,
# and if UTF-8 is stated
_MOST_FAULTS, _MOST_FAULTS_STATED = 0.2, 0.5

# used among the names of charsets for UTF-8 with a few foreign bytes
_NEARLY_UTF_8 = "nearly utf-8"


def decode_page(body: bytes, content_type: str) -> str:
    """Return a page's text. Never fails: what cannot be decoded becomes U+FFFD.

    Tried in this order: a byte order mark; UTF-16, by its NULs; UTF-8, because no text in another charset is valid UTF-8
    by accident; UTF-8 with a few bytes pasted in from elsewhere; the charset that header or page state; a guess.
    content_type  the header as sent, may be empty
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
    """Return ``utf-16-be`` or ``utf-16-le``, by the places of a text's NULs; None if it has too few of them."""
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
    """Return the Windows-1252 character of a byte that is not UTF-8, and the place after it; an error handler of codecs.

    Most such bytes are pasted in from Windows.
    """
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
