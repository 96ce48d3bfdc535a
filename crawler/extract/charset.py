"""From bytes to letters. What a server or a page states about its encoding is often wrong; what the bytes can be is not."""

from collections.abc import Iterator

from charset_normalizer import from_bytes
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom

# so much of a page's beginning and end is looked at when its encoding must be guessed, bytes
_GUESSED_FROM = 20_000
# plain letters in these are valid UTF-8 too, with NUL or escape bytes that no UTF-8 page has
_LOOKS_LIKE_UTF_8 = ("utf-16", "utf-32", "iso2022", "hz")


def decode_page(body: bytes, content_type: str) -> str:
    """Give a page's text. Never fails: what cannot be read stands as U+FFFD.

    In this order: a byte order mark; UTF-8, if the bytes are (no other text is by accident); what header or page state,
    if the bytes can be that; a guess.
    """
    bom_encoding, bom = read_bom(body)
    if bom_encoding is not None and bom is not None:
        return body[len(bom) :].decode(bom_encoding, "replace")
    stated = [http_content_type_encoding(content_type), html_body_declared_encoding(body)]
    for encoding in _candidates(body, [name for name in stated if name]):
        try:
            return body.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return body.decode("utf-8", "replace")


def _candidates(body: bytes, stated: list[str]) -> Iterator[str]:
    yield from (name for name in stated if name.startswith(_LOOKS_LIKE_UTF_8))
    yield "utf-8"
    yield from stated
    yield from _guess(body)


def _guess(body: bytes) -> list[str]:
    half = _GUESSED_FROM // 2
    sample = body if len(body) <= _GUESSED_FROM else body[:half] + body[-half:]
    best = from_bytes(sample).best()
    return [best.encoding] if best is not None else []
