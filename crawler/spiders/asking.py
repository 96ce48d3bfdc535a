"""One request, one answer: what reading a way in and looking for ways in are made of."""

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.errors import FetchFailed
from crawler.model.source import Source, Way, WayKind
from crawler.text.http import explain_status


class Asker:
    """Fetches addresses for a source through all downloader middlewares: budget, robots.txt, guard."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    async def get(
        self, url: str, source: Source, *, way: Way | None = None, is_page: bool = False
    ) -> Response:
        """Give a 2xx or 304 answer.

        way     asks conditionally, with what its last reading left behind
        is_page it is made for people, and a browser may be needed to read it
        raises  FetchFailed, DomainQuiet or SetAside with the true reason
        """
        is_page = is_page or (way is not None and way.kind in {WayKind.SECTION, WayKind.PAGE})
        meta = make_meta(source, is_page=is_page, way=way)
        request = Request(url, dont_filter=True, meta=meta)
        try:
            response = await self._crawler.engine.download_async(request)
        except IgnoreRequest as error:
            raise FetchFailed(f"it redirects too often ({error})", url=url) from error
        if response.status != 304 and not 200 <= response.status < 300:
            reason = explain_status(response.status)
            raise FetchFailed(reason, url=url, http_status=response.status)
        if is_cut_off(response):
            raise FetchFailed("the answer broke off before its end", url=url)
        return response


def make_meta(source: Source, *, is_page: bool, way: Way | None = None) -> dict[str, object]:
    """Give what the middlewares want to know of a request.

    is_page  what is asked for is made for people: a browser may be needed to read it
    """
    return {"source": source, "way": way, "is_rendered": source.render and is_page}


def is_cut_off(response: Response) -> bool:
    """Tell whether an answer ended before its end."""
    return "partial" in response.flags or "dataloss" in response.flags


def header_of(response: Response, name: str) -> str | None:
    """Give a response header as text, or None; a header of absurd length is not kept."""
    value = response.headers.get(name)
    text = value.decode("latin-1").strip() if value else ""
    return text if 0 < len(text) <= 1000 and text.isprintable() else None
