"""Unpacking compressed answers and files by their bytes, whatever the headers state.

Servers compress twice, send a compressed file without stating it, or state it and send plain text; browsers and curl
read most of these. So the first bytes decide. Headers count only for the two packings without a signature: brotli and
raw deflate.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import brotli  # type: ignore[import-untyped]  # it has none

from crawler.machine.zstd import zstd

# packings; "deflate" is raw deflate: HTTP means zlib by that name, but zlib is found by its signature
GZIP, ZLIB, ZSTD, BROTLI, DEFLATE = "gzip", "zlib", "zstd", "br", "deflate"
# names in Content-Encoding -> packing
_SAID = {
    "gzip": GZIP,
    "x-gzip": GZIP,
    "deflate": DEFLATE,
    "br": BROTLI,
    "zstd": ZSTD,
}
# unpacked in pieces of this size, so that a gzip bomb ends at the limit and is never whole in memory
_CHUNK_BYTES = 65_536
# a gzip file may be several joined together, and each costs a new decompressor; those beyond are ignored
_MOST_MEMBERS = 100
# RFC 9659 limits windows on the web to 8 MB (2**23); the library's 2**27 would take 128 MB for a few bytes
_ZSTD_WINDOW_LOG = 23
# zlib's wbits for the gzip and zlib envelopes, and for raw deflate
_GZIP_BITS, _ZLIB_BITS, _RAW_BITS = 31, 15, -15
# raw deflate has no signature, so it is believed only if it ends with the answer, or a checksum (8 bytes in gzip) before
_MOST_BEHIND_BYTES = 8
# second byte of a zlib stream for each compression level (RFC 1950)
_ZLIB_LEVELS = frozenset(b"\x01\x5e\x9c\xda")
# bytes that are looked at for control characters: one byte in ten of packed data is one, so 512 are enough
_LOOKED_AT_BYTES = 512
# control characters that no text has; \b and ESC are in the output of terminals and in ISO-2022
_NO_TEXT = frozenset(range(32)) - frozenset(b"\t\n\r\f\b\x1b")
# signatures of files that are read elsewhere or not at all, and so need no unpacking here
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
    """The unpacked content is larger than ``max_bytes``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """An answer with one packing removed.

    packing   name of that packing, see the constants above
    body      unpacked; up to the fault if the packing is broken
    is_whole  whether the packing's own end was reached
    """

    packing: str
    body: bytes = field(repr=False)
    is_whole: bool


def read_stated(headers: list[bytes]) -> tuple[str, ...]:
    """Return the packings that Content-Encoding headers state, in the order applied: the last one is removed first.

    Unknown names are kept as they are; of all headers together 500 bytes are read.
    """
    words = b",".join(headers)[:500].decode("latin-1").lower().split(",")
    names = [word.strip() for word in words if word.strip()]
    return tuple(_SAID.get(name, name) for name in names if name not in {"identity", "none"})


def is_packed(body: bytes, stated: tuple[str, ...]) -> bool:
    """Return whether a body has the signature of a packing, or the headers state one."""
    return bool(body) and (_find_magic(body) is not None or bool(stated))


def unpack(body: bytes, stated: tuple[str, ...], *, max_bytes: int) -> Unpacked | None:
    """Return an answer with one packing removed; None if it has none of those above.

    stated     the packings that the headers state, see ``read_stated``
    max_bytes  limit of the unpacked bytes
    raises     UnpackedTooLarge
    """
    magic, is_text = _find_magic(body), looks_plain(body)
    if magic is not None:
        found = _try(magic, body, max_bytes)
        if found is not None and (
            found.is_whole or not is_text
        ):  # the text "x^2 is ..." begins like zlib
            return found
    for packing in _worth_trying(stated, is_text=is_text):
        found = _try(packing, body, max_bytes)
        # the beginning of a plain text can pass for brotli by accident, a whole text cannot
        if found is not None and (found.is_whole or (packing in stated and not is_text)):
            return found
    return None


def looks_plain(body: bytes) -> bool:
    """Return whether bytes are text, or a file with one of the signatures above."""
    if body.startswith((*_OTHER_FILES, *_UTF_16)):
        return True
    return not _NO_TEXT & set(body[:_LOOKED_AT_BYTES].lstrip(b"\x00"))


def _worth_trying(stated: tuple[str, ...], *, is_text: bool) -> tuple[str, ...]:
    """Return the packings without a signature to try: those stated, then the others if anything is stated."""
    unmarked = tuple(name for name in (BROTLI, DEFLATE) if name in stated)
    if not stated or is_text:
        return unmarked
    return (*unmarked, *(name for name in (BROTLI, DEFLATE) if name not in stated))


def _find_magic(body: bytes) -> str | None:
    # signatures of RFC 1952 (gzip, with deflate as its method), RFC 8878 (zstd) and RFC 1950 (zlib)
    if body.startswith(b"\x1f\x8b\x08"):
        return GZIP
    if body.startswith(b"\x28\xb5\x2f\xfd"):
        return ZSTD
    if len(body) > 2 and body[0] == 0x78 and body[1] in _ZLIB_LEVELS:
        return ZLIB
    return None


def _try(packing: str, body: bytes, max_bytes: int) -> Unpacked | None:
    """Return a body unpacked by one packing; None if not a byte could be unpacked and its end was not reached."""
    pieces: list[bytes] = []
    is_whole = _STREAMS[packing](body, _Pieces(pieces, max_bytes))
    unpacked = b"".join(pieces)
    if not unpacked and not is_whole:
        return None
    return Unpacked(packing=packing, body=unpacked, is_whole=is_whole)


class _Pieces:
    """Collects unpacked pieces up to a number of bytes."""

    def __init__(self, pieces: list[bytes], max_bytes: int) -> None:
        self._pieces = pieces
        self._left_bytes = max_bytes

    def add(self, piece: bytes) -> None:
        """Add a piece; raises UnpackedTooLarge if it exceeds the limit."""
        self._left_bytes -= len(piece)
        if self._left_bytes < 0:
            raise UnpackedTooLarge
        self._pieces.append(piece)


def _read_zlib(body: bytes, out: _Pieces, *, wbits: int) -> bool:
    """Unpack the members of a gzip file, or a zlib or deflate stream; return whether the last one has its end."""
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
        # padding and other bytes after the end are ignored
        if wbits != _GZIP_BITS or not more.startswith(b"\x1f\x8b") or members == _MOST_MEMBERS:
            return True
        stream, members = zlib.decompressobj(wbits), members + 1
    return False


def _rescue(stream: Any, rest: bytes, out: _Pieces) -> None:
    """Unpack all bytes before a fault, which may be nothing but a wrong checksum at the very end."""
    # in steps of 256 bytes up to the one with the fault, and through that one byte by byte
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
    """Unpack with a decompressor of the standard library's interface; return whether its end was reached."""
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
