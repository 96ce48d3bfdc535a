"""Redirects, by HTTP and by pages: followed as a browser follows them, five in all, each through guard and robots.txt."""

from scrapy import Request
from scrapy.downloadermiddlewares.redirect import BaseRedirectMiddleware, RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.errors import FetchFailed
from crawler.extract.navigation.moved import find_moved
from crawler.middlewares.download.failures import TOO_MANY_REDIRECTS, RedirectsTooMany
from crawler.text.web.http import tell_address

_RELOADED = "is_reloaded"


class Redirects(RedirectMiddleware):
    """Scrapy's redirects, whose failures say what the server did."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]  # without the spider, which Scrapy drops
        """Follow a redirect; raises FetchFailed where it is one too many, or leads nowhere."""
        # an empty one is none, for browsers; Scrapy would ask for the same address until it tires
        if not (response.headers.get("Location") or b"").strip():
            return response
        try:
            return super().process_response(request, response)
        except IgnoreRequest as error:
            raise RedirectsTooMany(_tell_too_many(request), url=request.url) from error
        except ValueError as error:
            where = (response.headers["Location"] or b"").decode("utf-8", "replace")
            raise FetchFailed(_tell_unreadable(where), url=request.url) from error


class PageRedirects(BaseRedirectMiddleware):
    """Follows a page that is nothing but a way to another one (extract/moved.py).

    Comes after unpacking. Rendered pages are left alone: the browser has been there.
    """

    enabled_setting = "REDIRECT_ENABLED"

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """Return the request for where a page leads on to, or the page; raises FetchFailed where that is one too many."""
        if request.meta.get("is_robots") or request.meta.get("playwright"):
            return response
        if not 200 <= response.status < 300:
            return response
        refresh = (response.headers.get("Refresh") or b"").decode("utf-8", "surrogateescape")
        # a page that hands out a cookie and reloads itself is asked once more with it, and no more than once
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
            raise RedirectsTooMany(_tell_too_many(request), url=request.url) from error
        except ValueError as error:
            raise FetchFailed(_tell_unreadable(moved.url), url=request.url) from error


def _tell_too_many(request: Request) -> str:
    return f"{TOO_MANY_REDIRECTS}, at last from {tell_address(request.url)}"


def _tell_unreadable(where: str) -> str:
    return f"it redirects to {tell_address(where)}, which is no address that can be asked"
