"""Chunked bodies, read as leniently as browsers read them; Twisted's own reader insists on every CR and allows no blank."""

from collections.abc import Callable

from crawler.middlewares.scrapy_internals import DataLoss, MalformedChunks

# a line with a chunk's size and extensions, and the whole trailer: both as in Twisted's reader; 15 digits fit into 64 bits
_MOST_LINE_BYTES = 1024
_MOST_TRAILER_BYTES = 65_536
_MOST_DIGITS = 15


class LenientChunks:
    """Decoder of a chunked body, with the methods that Twisted calls.

    Lines may end with a bare LF, and blanks may surround a chunk's size. The empty last chunk completes a body, even if the
    blank line after it is missing.
    """

    def __init__(self, on_data: Callable[[bytes], None], on_end: Callable[[bytes], None]) -> None:
        self._on_data = on_data
        self._on_end = on_end
        self._buffer = bytearray()
        self._read = self._read_size
        self._left_bytes = 0
        self._trailer_bytes = 0
        self._is_last = False

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        """Decode bytes and pass on what they contain; raises MalformedChunks."""
        self._buffer += data
        while self._buffer and self._read():
            pass

    def noMoreData(self) -> None:  # noqa: N802  # Twisted's name
        """Note the end of the connection; raises DataLoss if the last chunk has not come."""
        if not self._is_last:
            raise DataLoss("the last chunk did not come")

    def _take_line(self) -> bytes | None:
        """Remove a line from the buffer and return it without its end; None if it is not complete."""
        end = self._buffer.find(b"\n", 0, _MOST_LINE_BYTES + 1)
        if end < 0:
            if len(self._buffer) > _MOST_LINE_BYTES:
                self._is_last = False
                raise MalformedChunks("a line between chunks does not end")
            return None
        line = bytes(self._buffer[:end]).strip()
        del self._buffer[: end + 1]
        return line

    def _read_size(self) -> bool:
        line = self._take_line()
        if line is None:
            return False
        digits = line.partition(b";")[0].strip()
        if not digits or len(digits) > _MOST_DIGITS or not _HEX.issuperset(digits):
            raise MalformedChunks("the size of a chunk is not a number")
        self._left_bytes = int(digits, 16)
        self._is_last = self._left_bytes == 0
        self._read = self._read_trailer if self._is_last else self._read_body
        return True

    def _read_body(self) -> bool:
        piece = bytes(self._buffer[: self._left_bytes])
        del self._buffer[: len(piece)]
        self._left_bytes -= len(piece)
        if not self._left_bytes:
            self._read = self._read_end
        self._on_data(piece)
        return True

    def _read_end(self) -> bool:
        """Skip the line end after a chunk."""
        if self._buffer == b"\r":
            return False
        if not self._buffer.startswith((b"\r\n", b"\n")):
            raise MalformedChunks("a chunk is longer than it says")
        del self._buffer[: self._buffer.find(b"\n") + 1]
        self._read = self._read_size
        return True

    def _read_trailer(self) -> bool:
        line = self._take_line()
        if line is None:
            return False
        self._trailer_bytes += len(line) + 2
        if self._trailer_bytes > _MOST_TRAILER_BYTES:
            self._is_last = False
            raise MalformedChunks("the lines after the last chunk do not end")
        if line:
            return True
        rest = bytes(self._buffer)
        self._buffer.clear()
        self._read = self._read_nothing
        self._on_end(rest)
        return False

    def _read_nothing(self) -> bool:
        self._buffer.clear()
        return False


_HEX = frozenset(b"0123456789abcdefABCDEF")
