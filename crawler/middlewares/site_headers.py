"""A source's own headers, cookies and login, sent only to the origin of its address; and the choice of the proxy.

Scheme, host and port must be the source's, after redirects and for pages elsewhere too, unless a person named another
origin in ``headers_for``. One exception: what may go to a host over http may go to the same host over https.
Neighbours under one domain (``alice.github.io`` and ``mallory.github.io``) are strangers: a redirect once sent one
owner's header to the other.

The proxy is chosen for each address that is requested, after redirects too.
"""

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.errors import FetchFailed
from crawler.model.proxy import Proxy
from crawler.model.source import Source
from crawler.text.web.http import explain_status
from crawler.text.web.logins import without_login
from crawler.text.web.proxies import ProxyRules
from crawler.text.web.urls import origin_of

_UNWELCOME = frozenset({401, 403})  # refusals that a missing login or header may explain
_NO_RULES = ProxyRules()


class PlainAddresses:
    """Downloader middleware that removes logins from addresses: a stranger's redirect must not make us send one."""

    def process_request(self, request: Request) -> Request | None:
        """Return the request with the plain address if it had a login, else None."""
        plain = without_login(request.url)
        return None if plain == request.url else request.replace(url=plain)


class SiteHeaders:
    """Downloader middleware that adds a source's own headers and proxy, and removes them if a request leaves its origin."""

    def __init__(self, rules: ProxyRules = _NO_RULES) -> None:
        self._rules = rules

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "SiteHeaders":
        """Return a middleware for Scrapy."""
        rules = crawler.settings.get("PROXY_RULES")
        return cls(rules if isinstance(rules, ProxyRules) else _NO_RULES)

    def process_request(self, request: Request) -> None:
        """Set or remove the headers, and set the proxy."""
        found = request.meta.get("source")
        source = found if isinstance(found, Source) else None
        if source is not None:
            _set_headers(request, source)
        _set_proxy(request, find_proxy(source, request.url, self._rules))

    def process_response(self, request: Request, response: Response) -> Response:
        """Return the answer; raises FetchFailed for 401 and 403 if the headers were not sent, which may be the reason."""
        source = request.meta.get("source")
        if not isinstance(source, Source) or response.status not in _UNWELCOME:
            return response
        if not source.headers or _is_home(request.url, source):
            return response
        origin = origin_of(request.url)
        raise FetchFailed(
            f"{explain_status(response.status)}; the source's headers, cookies and login were not sent to {origin}, because "
            f'they are only for {origin_of(source.url)}; to send them there too, set headers_for = ["{origin}"]',
            url=request.url,
            http_status=response.status,
        )


def find_proxy(source: Source | None, url: str, rules: ProxyRules) -> Proxy | None:
    """Return the proxy for an address: the source's own, else the one of the configuration; None for none."""
    if source is not None and source.is_direct:
        return None
    return source.proxy if source is not None and source.proxy else rules.find(url)


def _set_headers(request: Request, source: Source) -> None:
    is_home = _is_home(request.url, source)
    for name, value in source.headers.items():
        if is_home:
            request.headers[name] = value
        else:
            request.headers.pop(name, None)


def _set_proxy(request: Request, proxy: Proxy | None) -> None:
    """Set a request's proxy, and remove the previous hop's, whose login would otherwise reach a site or another proxy."""
    request.headers.pop("Proxy-Authorization", None)
    request.meta.pop("proxy", None)
    request.meta.pop("via_proxy", None)
    if proxy is None:
        return
    # "proxy" is read by Scrapy, "via_proxy" by proxy_route.py
    request.meta["proxy"] = proxy.url
    request.meta["via_proxy"] = proxy
    if proxy.login:
        request.headers["Proxy-Authorization"] = proxy.login


def _is_home(url: str, source: Source) -> bool:
    origin, home = origin_of(url), origin_of(source.url)
    return origin in {home, _encrypted(home)} or origin in source.headers_for


def _encrypted(origin: str) -> str:
    """Return the origin with https if it is http on the usual port, else as it is."""
    scheme, _, host = origin.partition("://")
    # after the bracket: an IPv6 host has colons of its own
    has_port = host.rpartition("]")[2].find(":") >= 0
    return f"https://{host}" if scheme == "http" and not has_port else origin
