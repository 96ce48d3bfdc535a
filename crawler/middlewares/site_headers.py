"""A source's own headers, cookies, credentials and proxy: for the very origin they were given for.

Whatever redirects lead to, and whichever of its pages lie elsewhere: another host, port or scheme gets nothing, unless a
person named it in ``headers_for``; but what may go to a host in the clear may go there encrypted. Neighbours under one
domain (``alice.github.io`` and ``mallory.github.io``) are strangers.
"""

from scrapy import Request
from scrapy.http import Response

from crawler.errors import FetchFailed
from crawler.model.source import Source
from crawler.text.http import explain_status
from crawler.text.logins import without_login
from crawler.text.urls import origin_of

_UNWELCOME = frozenset({401, 403})


class PlainAddresses:
    """Takes the login out of any address that is asked for: a stranger's redirect is no way to send one."""

    def process_request(self, request: Request) -> Request | None:
        """Give the same request with the plain address, where it had a login."""
        plain = without_login(request.url)
        return None if plain == request.url else request.replace(url=plain)


class SiteHeaders:
    """Adds what a source is configured with, and takes it away again where a request leaves its origin."""

    def process_request(self, request: Request) -> None:
        """Set or remove headers and proxy."""
        source = request.meta.get("source")
        if not isinstance(source, Source):
            return
        is_home = _is_home(request.url, source)
        for name, value in source.headers.items():
            if is_home:
                request.headers[name] = value
            else:
                request.headers.pop(name, None)
        if source.proxy:
            request.meta["proxy"] = source.proxy
        # never without the proxy: it would go to the site
        if source.proxy and source.proxy_login:
            request.headers["Proxy-Authorization"] = source.proxy_login

    def process_response(self, request: Request, response: Response) -> Response:
        """Let an answer through; raises FetchFailed, saying what was held back, where that may be why it is a refusal."""
        source = request.meta.get("source")
        if not isinstance(source, Source) or response.status not in _UNWELCOME:
            return response
        if not source.headers or _is_home(request.url, source):
            return response
        origin = origin_of(request.url)
        raise FetchFailed(
            f"{explain_status(response.status)}; the source's headers, cookies and login were not sent to {origin}, for "
            f'they are for {origin_of(source.url)} alone; if it is to have them: headers_for = ["{origin}"]',
            url=request.url,
            http_status=response.status,
        )


def _is_home(url: str, source: Source) -> bool:
    origin, home = origin_of(url), origin_of(source.url)
    return origin in {home, _encrypted(home)} or origin in source.headers_for


def _encrypted(origin: str) -> str:
    """Return the same host over https, where an origin is http on the usual port: who may read it in the clear may so too."""
    scheme, _, host = origin.partition("://")
    has_port = host.rpartition("]")[2].find(":") >= 0
    return f"https://{host}" if scheme == "http" and not has_port else origin
