"""Compressed bodies: recognised by their bytes, and unpacked only up to a limit."""

import gzip
import random
import zlib

import brotli  # type: ignore[import-untyped]  # it has none
import pytest

from crawler.extract.documents.packing import UnpackedTooLarge, looks_plain, read_stated, unpack

TEXT = b"<html>" + b"The ferry left the quay at noon. " * 5000 + b"</html>"
MOST = 1_000_000


def raw(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize(
    ("body", "stated", "packing"),
    [
        (gzip.compress(TEXT), (), "gzip"),
        (gzip.compress(TEXT), ("br",), "gzip"),
        (gzip.compress(TEXT[:99]) + gzip.compress(TEXT[99:]), (), "gzip"),
        (gzip.compress(TEXT) + b"rubbish", (), "gzip"),
        (zlib.compress(TEXT), (), "zlib"),
        (raw(TEXT), ("deflate",), "deflate"),
        (raw(TEXT) + b"sum!", ("deflate",), "deflate"),
        (raw(TEXT), ("gzip",), "deflate"),
        (brotli.compress(TEXT), ("br",), "br"),
        (brotli.compress(TEXT), ("gzip",), "br"),
    ],
)
def test_a_compressed_body_is_unpacked_whatever_its_header_says(
    body: bytes, stated: tuple[str, ...], packing: str
) -> None:
    found = unpack(body, stated, max_bytes=MOST)

    assert found is not None
    assert (found.body == TEXT, found.packing, found.is_whole) == (True, packing, True)


@pytest.mark.parametrize("stated", [(), ("gzip",), ("br",), ("deflate",), ("zstd",), ("pack200",)])
@pytest.mark.parametrize(
    "body",
    [TEXT, b"x^2 and y^2", b"x\x9c no", b"{}", b"\xef\xbb\xbf<rss>", "größe".encode("latin-1"), b"%PDF-1.7\n%\xe2\xe3\xcf\xd3"],
)  # fmt: skip
def test_an_uncompressed_body_is_left_alone(body: bytes, stated: tuple[str, ...]) -> None:
    assert unpack(body, stated, max_bytes=MOST) is None


def test_random_bytes_are_not_taken_for_compressed() -> None:
    noise = random.Random(0)

    found = [unpack(noise.randbytes(300), ("gzip",), max_bytes=MOST) for _ in range(2000)]

    assert set(found) == {None}


def test_a_truncated_compressed_body_is_unpacked_as_far_as_it_goes() -> None:
    for packed, stated in ((gzip.compress(TEXT), ()), (brotli.compress(TEXT), ("br",))):
        found = unpack(packed[:-9], stated, max_bytes=MOST)

        assert found is not None
        assert not found.is_whole
        assert TEXT.startswith(found.body)


def test_a_wrong_checksum_loses_at_most_the_last_byte() -> None:
    found = unpack(gzip.compress(TEXT)[:-8] + b"12345678", (), max_bytes=MOST)

    assert found is not None
    assert found.body in {TEXT, TEXT[:-1]}
    assert not found.is_whole


@pytest.mark.parametrize(
    ("bomb", "stated"),
    [
        (gzip.compress(b"a" * 50_000_000), ()),
        (zlib.compress(b"a" * 50_000_000), ()),
        (brotli.compress(b"a" * 50_000_000), ("br",)),
        (gzip.compress(b"a" * 20_000) * 90, ()),
    ],
)
def test_a_decompression_bomb_is_stopped(bomb: bytes, stated: tuple[str, ...]) -> None:
    with pytest.raises(UnpackedTooLarge):
        unpack(bomb, stated, max_bytes=MOST)


def test_endless_gzip_members_are_cut() -> None:
    found = unpack(gzip.compress(b"") * 100_000 + gzip.compress(TEXT), (), max_bytes=MOST)

    assert found is not None
    assert found.body == b""


def test_content_encodings_are_read_in_all_their_spellings() -> None:
    assert read_stated([b"gzip"]) == ("gzip",)
    assert read_stated([b"X-GZIP, br ", b"identity"]) == ("gzip", "br")
    assert read_stated([b"none", b""]) == ()
    assert read_stated([b"\xff"]) == ("ÿ",)


def test_text_is_distinguished_from_compressed_bytes() -> None:
    assert looks_plain("新聞".encode("utf-16"))
    assert looks_plain("新聞".encode("iso2022_jp"))
    assert not looks_plain(brotli.compress(TEXT))
