"""Chunked bodies, in one piece and byte by byte."""

import pytest

from crawler.middlewares.download.chunks import LenientChunks
from crawler.middlewares.scrapy_internals import DataLoss, MalformedChunks


def read(sent: bytes, *, step: int) -> tuple[bytes, list[bytes]]:
    """Return the body, and the bytes behind it."""
    pieces: list[bytes] = []
    behind: list[bytes] = []
    chunks = LenientChunks(pieces.append, behind.append)
    for at in range(0, len(sent), step):
        chunks.dataReceived(sent[at : at + step])
    chunks.noMoreData()
    return b"".join(pieces), behind


@pytest.mark.parametrize("step", [1, 3, 10_000])
@pytest.mark.parametrize(
    "sent",
    [
        b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        b"3\nabc\n2\nde\n0\n\n",
        b"0003 \r\nabc\r\n 2 ;x=y\r\nde\r\n000\r\nX-Sum: 1\r\n\r\n",
        b"3\r\nabc\r\n2\r\nde\r\n0\r\n",
    ],
)
def test_chunks_are_put_together(sent: bytes, step: int) -> None:
    assert read(sent, step=step)[0] == b"abcde"


def test_bytes_behind_the_last_chunk_are_returned() -> None:
    assert read(b"1\r\na\r\n0\r\n\r\nHTTP/1.1", step=100) == (b"a", [b"HTTP/1.1"])


@pytest.mark.parametrize("sent", [b"", b"3\r\nab", b"3\r\nabc\r\n", b"3", b"3\r\nabc\r\n0"])
def test_without_the_last_chunk_the_body_is_incomplete(sent: bytes) -> None:
    with pytest.raises(DataLoss):
        read(sent, step=100)


@pytest.mark.parametrize(
    "sent",
    [
        b"<html>\r\n",
        b"\r\n\r\n",
        b"-1\r\n",
        b"0x3\r\nabc",
        b"f" * 16 + b"\r\n",
        b"3\r\nabcde\r\n",
        b"1;" + b"x" * 2000,
        b"0\r\n" + b"T: y\r\n" * 20_000,
    ],
)
def test_invalid_chunks_are_refused(sent: bytes) -> None:
    with pytest.raises(MalformedChunks):
        read(sent, step=1000)
