"""What becomes of an answer's bytes on their way in: unpacked only where there is room, counted until it is gone."""

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.errors import FetchFailed
from crawler.middlewares.byte_budget import Ticket, budget_of
from crawler.middlewares.failures import TOO_LARGE
from crawler.text.urls import budget_key


class Unpacking:
    """Scrapy's unpacking of gzip, brotli and the like, in the place of its own.

    A kilobyte unpacks to ten megabytes, so the largest size is set aside in the byte budget first.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._scrapys = HttpCompressionMiddleware.from_crawler(crawler)
        self._max_size = crawler.settings.getint("DOWNLOAD_MAXSIZE")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Unpacking":
        """Make one for Scrapy."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Say which packings we read."""
        self._scrapys.process_request(request)

    async def process_response(self, request: Request, response: Response) -> Response | Request:
        """Unpack an answer; raises FetchFailed where it is larger than allowed."""
        ticket = request.meta.get("ticket")
        if isinstance(ticket, Ticket) and response.headers.get("Content-Encoding"):
            await ticket.make_room(self._max_size)
        try:
            return self._scrapys.process_response(request, response)
        except IgnoreRequest as error:
            raise FetchFailed(TOO_LARGE, url=request.url) from error


class CountedAnswers:
    """Counts an answer as it leaves the middlewares, until nobody holds it any more."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "CountedAnswers":
        """Make one for Scrapy."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        """Count what stays; an answer that a browser rendered is counted only now."""
        ticket, size_bytes = request.meta.pop("ticket", None), len(response.body)
        if isinstance(ticket, Ticket):
            ticket.tie(response)
            ticket.finish(size_bytes)
        else:
            budget_of(self._crawler).adopt(budget_key(request.url), response, size_bytes)
        return response
