"""Pages as WARC records (ISO 28500, version 1.1), each compressed alone so that one can be read without the others."""

import zlib
from io import BytesIO
from typing import Any

from crawler.config.upkeep.archive import Compression
from crawler.errors import ArchiveFailed
from crawler.machine.zstd import zstd
from crawler.model.article import Page

ENDINGS = {Compression.GZIP: "warc.gz", Compression.ZSTD: "warc.zst"}
# zlib's level 6, as of most archives: 3.5 ms a page of 176 KB
_GZIP_LEVEL, _ZSTD_LEVEL = 6, 3
# of gzip with its own head and checksum, which zlib makes
_GZIP_BITS = 31
# heads of a record besides the page's own bytes: addresses have at most some kilobytes
_MOST_HEADS = 1 << 16
_VERSION = "WARC/1.1"


def encode_info(name: str, compression: Compression) -> bytes:
    """Return the first record of a file, which says what wrote it."""
    from warcio.warcwriter import WARCWriter  # noqa: PLC0415  # an extra

    info = {"software": "Watchword", "format": "WARC File Format 1.1"}
    writer = WARCWriter(BytesIO(), gzip=False, warc_version=_VERSION)
    return _pack(writer.create_warcinfo_record(name, info), compression)


def encode_page(page: Page, compression: Compression) -> bytes:
    """Return a page as a compressed response record."""
    return _pack(make_record(page), compression)


def make_record(page: Page) -> Any:
    """Return a page as a response record. Of the headers only the content type is written, as no others are kept."""
    from warcio.statusandheaders import StatusAndHeaders  # noqa: PLC0415  # an extra
    from warcio.warcwriter import WARCWriter  # noqa: PLC0415

    # a header of WARC is ASCII; no kind that a server may state needs more
    kind = _one_line(page.content_type).encode("ascii", "replace").decode() or "text/html"
    headers = StatusAndHeaders("200 OK", [("Content-Type", kind)], protocol="HTTP/1.1")
    return WARCWriter(BytesIO(), gzip=False, warc_version=_VERSION).create_warc_record(
        _one_line(page.url),
        "response",
        payload=BytesIO(page.body),
        length=len(page.body),  # else it is copied into a temporary file that nobody closes
        http_headers=headers,
        warc_headers_dict={"WARC-Date": f"{page.fetched_at:%Y-%m-%dT%H:%M:%S.%fZ}"},
    )


def decode_page(packed: bytes, compression: Compression, *, size: int) -> bytes:
    """Return the bytes of a page from its record; raises ArchiveFailed if they are not what was written.

    size  how many bytes the page has: a file that was replaced must not fill the memory
    """
    from warcio.archiveiterator import ArchiveIterator  # noqa: PLC0415  # an extra

    try:
        plain = _unpack(packed, compression, size + _MOST_HEADS)
        record = next(ArchiveIterator(BytesIO(plain), check_digests="raise"))
        body: bytes = record.raw_stream.read()
    # every error: these bytes may be anything, and the library has errors of its own
    except Exception as error:
        raise ArchiveFailed("the record is damaged") from error
    if record.rec_type != "response" or len(body) != size:
        raise ArchiveFailed("the record is damaged")
    return body


def _pack(record: Any, compression: Compression) -> bytes:
    from warcio.warcwriter import WARCWriter  # noqa: PLC0415  # an extra

    out = BytesIO()
    WARCWriter(out, gzip=False, warc_version=_VERSION).write_record(record)
    if compression is Compression.ZSTD:
        return zstd.compress(out.getvalue(), _ZSTD_LEVEL)
    packer = zlib.compressobj(_GZIP_LEVEL, wbits=_GZIP_BITS)
    return packer.compress(out.getvalue()) + packer.flush()


def _unpack(packed: bytes, compression: Compression, most: int) -> bytes:
    if compression is Compression.ZSTD:
        return zstd.ZstdDecompressor().decompress(packed, max_length=most)
    return zlib.decompressobj(_GZIP_BITS).decompress(packed, most)


def _one_line(text: str) -> str:
    """Return a text of a stranger without what would begin another header."""
    return "".join(one for one in text if one.isprintable())
