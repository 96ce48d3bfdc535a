"""The parser of answers: as lenient as browsers and curl are, and bounded.

Reaches into the private parts of Twisted like download_handler.py, for the same versions. Servers written by hand send
status lines without a reason or with two blanks, header names with a blank behind them, lengths that contradict each
other. None of that says anything against what they send.
"""

import re
from types import MappingProxyType
from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from crawler.middlewares.download.chunks import LenientChunks
from crawler.middlewares.download.failures import HeadersTooLarge, NoHttp
from crawler.middlewares.scrapy_internals import HEADER, STATUS, AnswerParser, is_token

# what Chrome reads; one Content-Security-Policy line of 20 KB is no rarity
MAX_HEADER_BYTES = 256 * 1024
MAX_HEADER_LINES = 500
_STATUS_LINE = re.compile(
    rb"(?:http(?:/([0-9]{1,3})(?:\.([0-9]{1,3}))?)?|icy)[ \t]+([0-9]{3})(?![0-9])[ \t]*(.*)",
    re.IGNORECASE | re.DOTALL,
)
_LENGTH = re.compile(rb"[0-9]{1,18}")


class BoundedParser(AnswerParser):
    """Scrapy's parser of answers, which stops at headers that do not end, and takes what browsers take."""

    MAX_LENGTH = MAX_HEADER_BYTES
    _transferDecoders: Any = MappingProxyType({b"chunked": LenientChunks})  # noqa: N815  # Twisted's name
    _header_bytes = 0
    _header_lines = 0

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        transport: Any = self.transport
        connection = transport._producer
        try:
            super().dataReceived(data)  # type: ignore[no-untyped-call]  # Twisted leaves it untyped
        except BaseException:
            # to close politely is to go on reading until the other side agrees
            connection.abortConnection()
            raise

    def lineReceived(self, line: bytes) -> None:  # noqa: N802  # Twisted's name
        # answers of the kind 1xx start the headers anew, but not this count
        self._header_bytes += len(line) + 1
        self._header_lines += 1
        if self._header_bytes > MAX_HEADER_BYTES or self._header_lines > MAX_HEADER_LINES:
            raise HeadersTooLarge
        # a blank line before the answer is left over from the one before; a first header cannot go on with another
        is_left_over = self.state == STATUS and not line.strip()
        is_orphan = (
            self.state == HEADER and self._partialHeader is None and line[:1] in {b" ", b"\t"}
        )
        if not is_left_over and not is_orphan:
            super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: N802  # Twisted's name
        raise HeadersTooLarge

    def statusReceived(self, status: bytes) -> None:  # noqa: N802  # Twisted's name
        """Take a status line of any dress; raises NoHttp."""
        found = _STATUS_LINE.fullmatch(status.strip().removeprefix(b"\xef\xbb\xbf"))
        if found is None or found[3] < b"100":
            raise NoHttp
        major, minor, code, phrase = found.groups()
        version = b"HTTP/%d.%d" % (int(major or 1), int(minor or 0))
        super().statusReceived(b" ".join((version, code, phrase)))  # type: ignore[no-untyped-call]  # Twisted leaves it untyped

    def headerReceived(self, name: bytes, value: bytes) -> None:  # noqa: N802  # Twisted's name
        name = name.strip()
        if is_token(name):
            super().headerReceived(name, value)  # type: ignore[no-untyped-call]  # Twisted leaves it untyped

    def allHeadersReceived(self) -> None:  # noqa: N802  # Twisted's name
        self._settle_framing()
        super().allHeadersReceived()  # type: ignore[no-untyped-call]  # Twisted leaves it untyped

    def _settle_framing(self) -> None:
        """Leave those of the headers about a body's length that can be meant; without any it ends with the connection."""
        codings = b",".join(self.connHeaders.getRawHeaders(b"transfer-encoding", ()))
        lengths = b",".join(self.connHeaders.getRawHeaders(b"content-length", ()))
        stated = {int(found) for found in _LENGTH.findall(lengths)}
        is_clear = len(stated) == 1 and _LENGTH.sub(b"", lengths).strip(b", \t") == b""
        self.connHeaders.removeHeader(b"transfer-encoding")
        self.connHeaders.removeHeader(b"content-length")
        if b"chunked" in re.split(rb"[\s,;]+", codings.lower()):
            self.connHeaders.addRawHeader(b"transfer-encoding", b"chunked")
        elif is_clear:
            self.connHeaders.addRawHeader(b"content-length", b"%d" % stated.pop())
        self._settle_keeping()

    def _settle_keeping(self) -> None:
        """Keep the connection for further requests only where the server means to."""
        options = b",".join(self.connHeaders.getRawHeaders(b"connection", ())).lower()
        is_old = self.response.version[1:] < (1, 1) and b"keep-alive" not in options
        if is_old or b"close" in options:
            self.connHeaders.setRawHeaders(b"connection", [b"close"])

    def _finished(self, rest: bytes) -> None:
        # more than was announced: what else comes would be taken for the next answer
        if rest:
            self.connHeaders.addRawHeader(b"connection", b"close")
        super()._finished(rest)  # type: ignore[no-untyped-call]  # Twisted leaves it untyped

    def connectionLost(self, reason: Any = None) -> None:  # noqa: N802  # Twisted's name
        # Twisted hands over a Failure, or where it is done with an answer the bare exception
        cause = reason.value if isinstance(reason, Failure) else reason
        response = getattr(self, "response", None)
        if response is not None:
            response.was_cut = not isinstance(cause, ConnectionDone)
        elif self.state == STATUS and self._buffer and self._buffer[:4].lower() != b"http":
            reason = Failure(NoHttp())  # type: ignore[no-untyped-call]  # Twisted leaves it untyped
        super().connectionLost(reason)


def is_cut(txresponse: Any) -> bool:
    """Tell whether the connection of a Twisted response was cut before it was closed in order."""
    return bool(getattr(txresponse, "was_cut", False))
