"""The HTTP answer parser: as lenient as browsers and curl, and bounded.

Uses private parts of Twisted like download_handler.py, for the same versions. Hand-written servers send status lines
without a reason or with two blanks, header names followed by a blank, lengths that contradict each other. None of that
makes their articles unreadable.
"""

import re
from types import MappingProxyType
from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from crawler.middlewares.download.chunks import LenientChunks
from crawler.middlewares.download.failures import HeadersTooLarge, NoHttp
from crawler.middlewares.scrapy_internals import HEADER, STATUS, AnswerParser, is_token

# as many as Chrome reads. Twisted's 16 KB a line (twisted/twisted#8570, scrapy/scrapy#355) made a page with a policy line of
# 24 KB unreadable; without any limit four answers with 400 MB of headers took 899 MB (decision 020)
MAX_HEADER_BYTES = 256 * 1024
# as many as Twisted's own server accepts (HTTPChannel.maxHeaders)
MAX_HEADER_LINES = 500
# version, code and reason, each in any spelling; "ICY 200 OK" is Shoutcast's
_STATUS_LINE = re.compile(
    rb"(?:http(?:/([0-9]{1,3})(?:\.([0-9]{1,3}))?)?|icy)[ \t]+([0-9]{3})(?![0-9])[ \t]*(.*)",
    re.IGNORECASE | re.DOTALL,
)
# 18 digits fit into 64 bits
_LENGTH = re.compile(rb"[0-9]{1,18}")


class BoundedParser(AnswerParser):
    """Scrapy's answer parser, with a limit for headers and the leniency of browsers."""

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
            # abort, since an orderly close over TLS goes on reading until the other side agrees
            connection.abortConnection()
            raise

    def lineReceived(self, line: bytes) -> None:  # noqa: N802  # Twisted's name
        # counted over 1xx answers too, each of which begins the headers again
        self._header_bytes += len(line) + 1
        self._header_lines += 1
        if self._header_bytes > MAX_HEADER_BYTES or self._header_lines > MAX_HEADER_LINES:
            raise HeadersTooLarge
        # skip a blank line before the answer (left over from the one before), and a continuation of no header
        is_left_over = self.state == STATUS and not line.strip()
        is_orphan = (
            self.state == HEADER and self._partialHeader is None and line[:1] in {b" ", b"\t"}
        )
        if not is_left_over and not is_orphan:
            super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: N802  # Twisted's name
        raise HeadersTooLarge

    def statusReceived(self, status: bytes) -> None:  # noqa: N802  # Twisted's name
        """Accept a status line in any spelling; raises NoHttp."""
        # without the byte-order mark that some scripts send first; status codes begin at 100 (RFC 9110, 15)
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
        """Keep at most one header that states the body's length; without one the body ends with the connection.

        RFC 9112 6.3: chunked counts before Content-Length. Lengths that contradict each other count as none.
        """
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
        """Keep the connection for further requests only if the server intends that; HTTP/1.0 must say keep-alive."""
        options = b",".join(self.connHeaders.getRawHeaders(b"connection", ())).lower()
        is_old = self.response.version[1:] < (1, 1) and b"keep-alive" not in options
        if is_old or b"close" in options:
            self.connHeaders.setRawHeaders(b"connection", [b"close"])

    def _finished(self, rest: bytes) -> None:
        # more bytes than announced would be taken for the next answer, so the connection is not used again
        if rest:
            self.connHeaders.addRawHeader(b"connection", b"close")
        super()._finished(rest)  # type: ignore[no-untyped-call]  # Twisted leaves it untyped

    def connectionLost(self, reason: Any = None) -> None:  # noqa: N802  # Twisted's name
        # Twisted passes a Failure, or the bare exception once an answer is complete
        cause = reason.value if isinstance(reason, Failure) else reason
        response = getattr(self, "response", None)
        if response is not None:
            response.was_cut = not isinstance(cause, ConnectionDone)
        elif self.state == STATUS and self._buffer and self._buffer[:4].lower() != b"http":
            reason = Failure(NoHttp())  # type: ignore[no-untyped-call]  # Twisted leaves it untyped
        super().connectionLost(reason)


def is_cut(txresponse: Any) -> bool:
    """Return whether the connection of a Twisted response was cut instead of closed in order."""
    return bool(getattr(txresponse, "was_cut", False))
