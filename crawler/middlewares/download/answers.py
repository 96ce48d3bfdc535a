"""Middlewares for the body of an answer: unpack it if there is room, refuse it if it is cut off, count it while in memory."""

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.errors import FetchFailed
from crawler.extract.documents.packing import (
    UnpackedTooLarge,
    is_packed,
    looks_plain,
    read_stated,
    unpack,
)
from crawler.extract.documents.whole import has_own_end
from crawler.middlewares.download.byte_budget import Ticket, budget_of
from crawler.middlewares.download.failures import BROKE_OFF, TOO_LARGE
from crawler.text.lines import clean_line
from crawler.text.web.urls import budget_key

_READ = "gzip, deflate, br, zstd"
# a gzipped feed that the server compresses again (field reports); no page is packed more than twice
_MOST_PACKINGS = 2
# content types that name the packing and not what is inside
_PACKED_KINDS = (b"gzip", b"zip", b"zstd", b"compress", b"octet-stream", b"brotli")


class Unpacking:
    """Downloader middleware that unpacks answers by their bytes; it replaces Scrapy's, which believes the header.

    A kilobyte may unpack to ten megabytes, so the largest size is reserved in the byte budget first. An answer that broke off
    is refused here and not earlier, because only the unpacked body shows whether its own end (``</html>``) is there.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._max_size = crawler.settings.getint("DOWNLOAD_MAXSIZE")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Unpacking":
        """Return a middleware for Scrapy."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Set Accept-Encoding to the packings we read."""
        request.headers.setdefault("Accept-Encoding", _READ)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Return an answer unpacked; raises FetchFailed if it is too large, cannot be unpacked or broke off."""
        if request.meta.get("playwright"):  # the browser has done all this
            return response
        stated = read_stated(response.headers.getlist("Content-Encoding"))
        try:
            body, is_whole, last = await self._take_off(request, response.body, stated)
        except UnpackedTooLarge as error:
            raise FetchFailed(TOO_LARGE, url=request.url) from error
        if last is None:
            is_whole = "dataloss" not in response.flags
        if not 200 <= response.status < 300:
            return _replace(response, body)
        if not is_whole and not has_own_end(body):
            raise FetchFailed(BROKE_OFF, url=request.url)
        if last is None and stated and body and not looks_plain(body):
            said = clean_line(", ".join(stated), max_characters=40)
            raise FetchFailed(
                f"the answer is packed in a way that cannot be read (the server says: {said})",
                url=request.url,
            )
        return _replace(response, body)

    async def _take_off(
        self, request: Request, body: bytes, stated: tuple[str, ...]
    ) -> tuple[bytes, bool, str | None]:
        """Unpack a body at most twice; return it, whether every packing was complete, and the name of the last, None if none."""
        ticket = request.meta.get("ticket")
        is_whole, last = True, None
        for _ in range(_MOST_PACKINGS):
            if not is_packed(body, stated):
                break
            if isinstance(ticket, Ticket):
                await ticket.make_room(self._max_size)
            found = unpack(body, stated, max_bytes=self._max_size)
            if found is None:
                break
            body, is_whole, last, stated = (
                found.body,
                is_whole and found.is_whole,
                found.packing,
                stated[:-1],
            )
        return body, is_whole, last


def _replace(response: Response, body: bytes) -> Response:
    """Return the answer as if it had never been packed; the same object if it was not."""
    if body is response.body:
        return response
    headers = response.headers.copy()
    headers.pop("Content-Encoding", None)
    kind = (headers.get("Content-Type") or b"").lower().partition(b";")[0]
    if any(word in kind for word in _PACKED_KINDS):
        del headers["Content-Type"]
    return response.replace(headers=headers, body=body)


class CountedAnswers:
    """Downloader middleware that counts an answer in the byte budget until it is gone from memory."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "CountedAnswers":
        """Return a middleware for Scrapy."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        """Count the bytes that stay; a page rendered by a browser is counted from here on."""
        ticket, size_bytes = request.meta.pop("ticket", None), len(response.body)
        if isinstance(ticket, Ticket):
            ticket.tie(response)
            ticket.finish(size_bytes)
        else:
            budget_of(self._crawler).adopt(budget_key(request.url), response, size_bytes)
        return response
