"""From bytes to letters. What a server or a page states about its encoding is often wrong; what the bytes can be is not."""

import codecs
from collections.abc import Iterator

from charset_normalizer import from_bytes
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom

from crawler.extract.documents.alphabets import find_latin_charset

# so much of a page's beginning and end is looked at when its encoding must be guessed, bytes
_GUESSED_FROM = 20_000
# plain letters in these are valid UTF-8 too, with NUL or escape bytes that no UTF-8 page has
_LOOKS_LIKE_UTF_8 = ("utf-16", "utf-32", "iso2022", "hz")
_WITH_NULS = ("utf-16", "utf-32")
# UTF-16 and UTF-32 have a NUL beside each plain letter of markup; nothing else has any to speak of
_HEAD_BYTES = 1000
_FEWEST_NULS = 0.2
# of the letters beyond ASCII in a text that is UTF-8 but for what somebody pasted into it
_MOST_FAULTS, _MOST_FAULTS_STATED = 0.2, 0.5

_NEARLY_UTF_8 = "nearly utf-8"


def decode_page(body: bytes, content_type: str) -> str:
    """Give a page's text. Never fails: what cannot be read stands as U+FFFD.

    In this order: a byte order mark; UTF-16, if the bytes are; UTF-8, if they are (no other text is by accident), but for
    a few that were pasted in from elsewhere; what header or page state, if the bytes can be that; a guess.
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
    yield from (name for name in sound if name.startswith(_LOOKS_LIKE_UTF_8))
    yield "utf-8"
    if _is_nearly_utf_8(body, is_stated="utf-8" in stated):
        yield _NEARLY_UTF_8
    yield from sound
    yield from _guess(body)


def _find_wide(body: bytes) -> str | None:
    """Return which UTF-16 a text is in, by where its NULs stand; None where it has none to speak of."""
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
    """Return a byte that is no UTF-8 as the letter it is in Western Windows, from where most of them come."""
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
