"""Fetching one address for a source, and judging the answer."""

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.errors import FetchFailed
from crawler.model.source import Endpoint, EndpointKind, Source
from crawler.text.web.http import explain_status

_PAST_CACHES = {"Cache-Control": "no-cache", "Pragma": "no-cache"}
# answers to If-None-Match and If-Modified-Since from servers that cannot read their own ETag or date (400, 501), or take
# the condition for another kind: one for writing, for ranges, for Expect (412, 416, 417)
_REFUSED_CONDITIONS = frozenset({400, 412, 416, 417, 501})
# 204 and 205: success without a body to read
_EMPTY = frozenset({204, 205})


class Fetcher:
    """Fetches addresses for a source through all downloader middlewares: budget, robots.txt, guard."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    async def get(
        self, url: str, source: Source, *, endpoint: Endpoint | None = None, is_page: bool = False
    ) -> Response:
        """Return a 2xx answer with a body, or a 304 to a conditional request.

        endpoint  makes the request conditional, with ETag and date of its last visit
        is_page   the address is made for people, and a browser may be needed to read it
        raises    FetchFailed, HostThrottled or SetAside with the true reason
        """
        is_page = is_page or (
            endpoint is not None and endpoint.kind in {EndpointKind.SECTION, EndpointKind.PAGE}
        )
        meta = make_meta(source, is_page=is_page, endpoint=endpoint)
        request = Request(url, dont_filter=True, meta=meta)
        response = await self._crawler.engine.download_async(request)
        if _is_no_answer(response.status, is_conditional=is_conditional(request)):
            # a cache that answers 304 to everybody, or a server that fails on conditions: ask once more, past the cache, as
            # browsers do. A feed that began with 304 was once "unchanged" and healthy without ever having been read
            meta = make_meta(source, is_page=is_page)
            again = Request(url, dont_filter=True, meta=meta, headers=_PAST_CACHES)
            response, request = await self._crawler.engine.download_async(again), again
        reason = explain_refusal(response, is_conditional=is_conditional(request))
        if reason is not None:
            raise FetchFailed(reason, url=url, http_status=response.status)
        return response


def _is_no_answer(status: int, *, is_conditional: bool) -> bool:
    """Return whether a status is about the condition of the request and not about what was requested."""
    return status in _REFUSED_CONDITIONS if is_conditional else status == 304


def make_meta(
    source: Source, *, is_page: bool, endpoint: Endpoint | None = None
) -> dict[str, object]:
    """Return what the middlewares need to know of a request.

    is_page  the address is made for people, and a browser may be needed to read it
    """
    return {"source": source, "endpoint": endpoint, "is_rendered": source.render and is_page}


def is_conditional(request: Request) -> bool:
    """Return whether a request asked "has it changed?", so that 304 answers it."""
    return "If-None-Match" in request.headers or "If-Modified-Since" in request.headers


def explain_refusal(response: Response, *, is_conditional: bool) -> str | None:
    """Return why an answer cannot be read, in one line for a person; None if it can."""
    status = response.status
    if status == 304 and is_conditional:
        return None
    if not 200 <= status < 300 or status in _EMPTY:
        return explain_status(status)
    return None if response.body else "the answer is empty"


def header_of(response: Response, name: str) -> str | None:
    """Return a response header as text; None if it is missing, unprintable, or too long to be stored (1,000 characters)."""
    value = response.headers.get(name)
    text = value.decode("latin-1").strip() if value else ""
    return text if 0 < len(text) <= 1000 and text.isprintable() else None
