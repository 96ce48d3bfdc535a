"""Bytes packed for the way, and packed files: unpacked by what they are, whatever was said of them.

Servers compress what is compressed already, send a packed file without saying so, or say so and send plain text; browsers
and curl read most of these. So the first bytes decide, and what a header says counts only for the two packings that
cannot be told by their first bytes: brotli and deflate without its envelope.
"""

import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import brotli  # type: ignore[import-untyped]  # it has none

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP, ZLIB, ZSTD, BROTLI, DEFLATE = "gzip", "zlib", "zstd", "br", "deflate"
# what Content-Encoding may say, and what that can turn out to be
_SAID = {
    "gzip": GZIP,
    "x-gzip": GZIP,
    "deflate": DEFLATE,
    "br": BROTLI,
    "zstd": ZSTD,
}
_CHUNK_BYTES = 65_536
# a gzip file may be many put together; each costs a fresh start
_MOST_MEMBERS = 100
# RFC 9659: on the web a window of 8 MB is enough, and 2**27 would be 128 MB for a few bytes
_ZSTD_WINDOW_LOG = 23
# wbits, as zlib names the envelopes
_GZIP_BITS, _ZLIB_BITS, _RAW_BITS = 31, 15, -15
# deflate without an envelope begins like any bytes: it is believed where it is as long as the answer, but for a checksum
_MOST_BEHIND_BYTES = 8
# second bytes of a zlib stream, for every level
_ZLIB_LEVELS = frozenset(b"\x01\x5e\x9c\xda")
# so much of the beginning tells text from packed bytes
_LOOKED_AT_BYTES = 512
_NO_TEXT = frozenset(range(32)) - frozenset(b"\t\n\r\f\b\x1b")
# read elsewhere, or by nobody; not packed in any case
_OTHER_FILES = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"PK\x03\x04",
    b"RIFF",
    b"\x00\x00\x00",
)
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class UnpackedTooLarge(Exception):
    """What is packed is larger than may be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """One packing taken off.

    packing   which one it was
    is_whole  the packing's own end was there; else the body is what could be had
    """

    packing: str
    body: bytes = field(repr=False)
    is_whole: bool


def read_stated(headers: list[bytes]) -> tuple[str, ...]:
    """Return the packings that Content-Encoding headers state, the one to take off first at the end; what we do not know stays as it is."""
    words = b",".join(headers)[:500].decode("latin-1").lower().split(",")
    names = [word.strip() for word in words if word.strip()]
    return tuple(_SAID.get(name, name) for name in names if name not in {"identity", "none"})


def is_packed(body: bytes, stated: tuple[str, ...]) -> bool:
    """Tell whether unpacking may find something to do."""
    return bool(body) and (_find_magic(body) is not None or bool(stated))


def unpack(body: bytes, stated: tuple[str, ...], *, max_bytes: int) -> Unpacked | None:
    """Take one packing off.

    stated     what the headers state of it, see read_stated
    max_bytes  most bytes that may come out
    returns    None for what is not packed in any way we know
    raises     UnpackedTooLarge
    """
    magic, is_text = _find_magic(body), looks_plain(body)
    if magic is not None:
        found = _try(magic, body, max_bytes)
        if found is not None and (
            found.is_whole or not is_text
        ):  # "x^2 is ..." begins as zlib does
            return found
    for packing in _worth_trying(stated, is_text=is_text):
        found = _try(packing, body, max_bytes)
        # the beginning of a plain text can be taken for brotli by accident, a whole one cannot
        if found is not None and (found.is_whole or (packing in stated and not is_text)):
            return found
    return None


def looks_plain(body: bytes) -> bool:
    """Tell whether bytes are a text, or a file of a kind that is told by its first bytes."""
    if body.startswith((*_OTHER_FILES, *_UTF_16)):
        return True
    return not _NO_TEXT & set(body[:_LOOKED_AT_BYTES].lstrip(b"\x00"))


def _worth_trying(stated: tuple[str, ...], *, is_text: bool) -> tuple[str, ...]:
    """Return the packings without a mark of their own that a body may be in: those stated, then any where something was."""
    unmarked = tuple(name for name in (BROTLI, DEFLATE) if name in stated)
    if not stated or is_text:
        return unmarked
    return (*unmarked, *(name for name in (BROTLI, DEFLATE) if name not in stated))


def _find_magic(body: bytes) -> str | None:
    if body.startswith(b"\x1f\x8b\x08"):
        return GZIP
    if body.startswith(b"\x28\xb5\x2f\xfd"):
        return ZSTD
    if len(body) > 2 and body[0] == 0x78 and body[1] in _ZLIB_LEVELS:
        return ZLIB
    return None


def _try(packing: str, body: bytes, max_bytes: int) -> Unpacked | None:
    """Unpack as a certain packing; None where nothing came out, and the bytes are no empty file packed so."""
    pieces: list[bytes] = []
    is_whole = _STREAMS[packing](body, _Pieces(pieces, max_bytes))
    unpacked = b"".join(pieces)
    if not unpacked and not is_whole:
        return None
    return Unpacked(packing=packing, body=unpacked, is_whole=is_whole)


class _Pieces:
    """Gathers what comes out, up to a size."""

    def __init__(self, pieces: list[bytes], max_bytes: int) -> None:
        self._pieces = pieces
        self._left_bytes = max_bytes

    def add(self, piece: bytes) -> None:
        """Keep a piece; raises UnpackedTooLarge."""
        self._left_bytes -= len(piece)
        if self._left_bytes < 0:
            raise UnpackedTooLarge
        self._pieces.append(piece)


def _read_zlib(body: bytes, out: _Pieces, *, wbits: int) -> bool:
    """Unpack the members of a zlib or gzip file; returns whether the last one ended."""
    stream, members, at, rest = zlib.decompressobj(wbits), 1, 0, b""
    while at < len(body) or rest:
        if not rest:
            rest, at = body[at : at + _CHUNK_BYTES], at + _CHUNK_BYTES
        before = stream.copy()
        try:
            out.add(stream.decompress(rest, _CHUNK_BYTES))
        except zlib.error:
            _rescue(before, rest, out)
            return False
        rest = stream.unconsumed_tail
        if not stream.eof:
            continue
        rest = stream.unused_data
        if wbits == _RAW_BITS:
            return len(rest) + max(0, len(body) - at) <= _MOST_BEHIND_BYTES
        more = rest if len(rest) > 2 else rest + body[at : at + 3]
        # padding and rubbish behind the end are nobody's loss
        if wbits != _GZIP_BITS or not more.startswith(b"\x1f\x8b") or members == _MOST_MEMBERS:
            return True
        stream, members = zlib.decompressobj(wbits), members + 1
    return False


def _rescue(stream: Any, rest: bytes, out: _Pieces) -> None:
    """Take out what stands before a fault, to a byte; it may be nothing but a wrong checksum at the very end."""
    for size in (256, 1):
        while rest:
            before = stream.copy()
            try:
                out.add(stream.decompress(rest, size))
            except zlib.error:
                stream = before
                break
            rest = stream.unconsumed_tail


def _read_stream(body: bytes, out: _Pieces, stream: Any) -> bool:
    """Unpack with a decompressor of the standard library's kind; returns whether it came to its end."""
    at = 0
    while not stream.eof:
        piece = body[at : at + _CHUNK_BYTES] if stream.needs_input else b""
        if stream.needs_input and not piece:
            return False
        at += len(piece)
        out.add(stream.decompress(piece, _CHUNK_BYTES))
    return True


def _read_zstd(body: bytes, out: _Pieces) -> bool:
    options = {int(zstd.DecompressionParameter.window_log_max): _ZSTD_WINDOW_LOG}
    try:
        return _read_stream(body, out, zstd.ZstdDecompressor(options=options))
    except zstd.ZstdError:
        return False


def _read_brotli(body: bytes, out: _Pieces) -> bool:
    stream = brotli.Decompressor()
    try:
        piece = stream.process(body, output_buffer_limit=_CHUNK_BYTES)
        while piece:
            out.add(piece)
            if stream.is_finished():
                break
            piece = stream.process(b"", output_buffer_limit=_CHUNK_BYTES)
    except brotli.error:
        return False
    return bool(stream.is_finished())


_STREAMS: dict[str, Callable[[bytes, _Pieces], bool]] = {
    GZIP: lambda body, out: _read_zlib(body, out, wbits=_GZIP_BITS),
    ZLIB: lambda body, out: _read_zlib(body, out, wbits=_ZLIB_BITS),
    DEFLATE: lambda body, out: _read_zlib(body, out, wbits=_RAW_BITS),
    ZSTD: _read_zstd,
    BROTLI: _read_brotli,
}
