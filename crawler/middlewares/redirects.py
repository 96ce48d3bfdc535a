"""Redirects, by HTTP and in pages: followed as browsers do, at most five in all, each through guard and robots.txt."""

from scrapy import Request
from scrapy.downloadermiddlewares.redirect import BaseRedirectMiddleware, RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.errors import FetchFailed
from crawler.extract.navigation.moved import find_moved
from crawler.middlewares.download.failures import TOO_MANY_REDIRECTS, RedirectsTooMany
from crawler.text.web.http import printable_address

_RELOADED = "is_reloaded"


class Redirects(RedirectMiddleware):
    """Scrapy's redirect middleware, with errors that say what the server did."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]  # without the spider, which Scrapy drops
        """Return the request that follows a redirect, or the answer; raises FetchFailed after five or for an invalid target."""
        # an empty Location is no redirect for browsers; Scrapy would request the same address again until its limit
        if not (response.headers.get("Location") or b"").strip():
            return response
        try:
            return super().process_response(request, response)
        except IgnoreRequest as error:
            raise RedirectsTooMany(_explain_too_many(request), url=request.url) from error
        except ValueError as error:
            where = (response.headers["Location"] or b"").decode("utf-8", "replace")
            raise FetchFailed(_explain_unreadable(where), url=request.url) from error


class PageRedirects(BaseRedirectMiddleware):
    """Downloader middleware that follows pages which only lead to another one (extract/navigation/moved.py).

    Comes after unpacking, because it reads the page. Rendered pages are left alone: the browser has followed them.
    """

    enabled_setting = "REDIRECT_ENABLED"

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """Return the request that a page leads to, or the page itself; raises FetchFailed after five."""
        if request.meta.get("is_robots") or request.meta.get("playwright"):
            return response
        if not 200 <= response.status < 300:
            return response
        refresh = (response.headers.get("Refresh") or b"").decode("utf-8", "surrogateescape")
        # a page that sets a cookie and reloads itself is requested with it once more, and only once
        may_reload = "Set-Cookie" in response.headers and not request.meta.get(_RELOADED)
        moved = find_moved(response.body, url=request.url, refresh=refresh, may_reload=may_reload)
        if moved is None or not moved.is_prompt:
            return response
        try:
            onward = self._redirect_request_using_get(request, response, moved.url)
            if moved.url == request.url:
                onward.meta[_RELOADED] = True
            return self._redirect(onward, request, "page")
        except IgnoreRequest as error:
            raise RedirectsTooMany(_explain_too_many(request), url=request.url) from error
        except ValueError as error:
            raise FetchFailed(_explain_unreadable(moved.url), url=request.url) from error


def _explain_too_many(request: Request) -> str:
    return f"{TOO_MANY_REDIRECTS}, at last from {printable_address(request.url)}"


def _explain_unreadable(where: str) -> str:
    return f"it redirects to {printable_address(where)}, which is no address that can be asked"
