"""One request, one answer: what reading an endpoint and looking for endpoints are made of."""

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.errors import FetchFailed
from crawler.model.source import Endpoint, EndpointKind, Source
from crawler.text.web.http import explain_status

_PAST_CACHES = {"Cache-Control": "no-cache", "Pragma": "no-cache"}
# 400 and 501: a date or an ETag of their own that they cannot read; 412 is meant for writing
_REFUSED_CONDITIONS = frozenset({400, 412, 416, 417, 501})
# 204 and 205: a success without anything to read
_EMPTY = frozenset({204, 205})


class Fetcher:
    """Fetches addresses for a source through all downloader middlewares: budget, robots.txt, guard."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    async def get(
        self, url: str, source: Source, *, endpoint: Endpoint | None = None, is_page: bool = False
    ) -> Response:
        """Give a 2xx or 304 answer.

        endpoint  asks conditionally, with what its last visit left behind
        is_page it is made for people, and a browser may be needed to read it
        raises  FetchFailed, HostThrottled or SetAside with the true reason
        """
        is_page = is_page or (
            endpoint is not None and endpoint.kind in {EndpointKind.SECTION, EndpointKind.PAGE}
        )
        meta = make_meta(source, is_page=is_page, endpoint=endpoint)
        request = Request(url, dont_filter=True, meta=meta)
        response = await self._crawler.engine.download_async(request)
        if _is_no_answer(response.status, is_conditional=is_conditional(request)):
            # a cache that answers so to everybody, a server that cannot take a condition: browsers ask past it, too
            meta = make_meta(source, is_page=is_page)
            again = Request(url, dont_filter=True, meta=meta, headers=_PAST_CACHES)
            response, request = await self._crawler.engine.download_async(again), again
        reason = explain_refusal(response, is_conditional=is_conditional(request))
        if reason is not None:
            raise FetchFailed(reason, url=url, http_status=response.status)
        return response


def _is_no_answer(status: int, *, is_conditional: bool) -> bool:
    """Tell whether an answer speaks of the condition of a question and not of what was asked for."""
    return status in _REFUSED_CONDITIONS if is_conditional else status == 304


def make_meta(
    source: Source, *, is_page: bool, endpoint: Endpoint | None = None
) -> dict[str, object]:
    """Give what the middlewares want to know of a request.

    is_page  what is asked for is made for people: a browser may be needed to read it
    """
    return {"source": source, "endpoint": endpoint, "is_rendered": source.render and is_page}


def is_conditional(request: Request) -> bool:
    """Tell whether a request asked "has it changed?", so that 304 is an answer to it."""
    return "If-None-Match" in request.headers or "If-Modified-Since" in request.headers


def explain_refusal(response: Response, *, is_conditional: bool) -> str | None:
    """Say why an answer is none, in one line for a person; None for one that can be read."""
    status = response.status
    if status == 304 and is_conditional:
        return None
    if not 200 <= status < 300 or status in _EMPTY:
        return explain_status(status)
    return None if response.body else "the answer is empty"


def header_of(response: Response, name: str) -> str | None:
    """Give a response header as text, or None; a header of absurd length is not kept."""
    value = response.headers.get(name)
    text = value.decode("latin-1").strip() if value else ""
    return text if 0 < len(text) <= 1000 and text.isprintable() else None
