"""A source's own headers, cookies, credentials and proxy: for the very origin they were given for.

The proxy is chosen anew for the host that is really asked, after redirects too.

Whatever redirects lead to, and whichever of its pages lie elsewhere: another host, port or scheme gets nothing, unless a
person named it in ``headers_for``; but what may go to a host in the clear may go there encrypted. Neighbours under one
domain (``alice.github.io`` and ``mallory.github.io``) are strangers.
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

_UNWELCOME = frozenset({401, 403})
_NO_RULES = ProxyRules()


class PlainAddresses:
    """Takes the login out of any address that is asked for: a stranger's redirect is no way to send one."""

    def process_request(self, request: Request) -> Request | None:
        """Give the same request with the plain address, where it had a login."""
        plain = without_login(request.url)
        return None if plain == request.url else request.replace(url=plain)


class SiteHeaders:
    """Adds what a source is configured with, and takes it away again where a request leaves its origin."""

    def __init__(self, rules: ProxyRules = _NO_RULES) -> None:
        self._rules = rules

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "SiteHeaders":
        """Make one for Scrapy."""
        rules = crawler.settings.get("PROXY_RULES")
        return cls(rules if isinstance(rules, ProxyRules) else _NO_RULES)

    def process_request(self, request: Request) -> None:
        """Set or remove headers and proxy."""
        found = request.meta.get("source")
        source = found if isinstance(found, Source) else None
        if source is not None:
            _set_headers(request, source)
        _set_proxy(request, find_proxy(source, request.url, self._rules))

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


def find_proxy(source: Source | None, url: str, rules: ProxyRules) -> Proxy | None:
    """Return the proxy that an address is asked through: the source's own before the one of all, None for none."""
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
    """Send a request its way; what the hop before it had is gone: a login that went along would reach a site, or another proxy."""
    request.headers.pop("Proxy-Authorization", None)
    request.meta.pop("proxy", None)
    request.meta.pop("via_proxy", None)
    if proxy is None:
        return
    # the former is Scrapy's name
    request.meta["proxy"] = proxy.url
    request.meta["via_proxy"] = proxy
    if proxy.login:
        request.headers["Proxy-Authorization"] = proxy.login


def _is_home(url: str, source: Source) -> bool:
    origin, home = origin_of(url), origin_of(source.url)
    return origin in {home, _encrypted(home)} or origin in source.headers_for


def _encrypted(origin: str) -> str:
    """Return the same host over https, where an origin is http on the usual port: who may read it in the clear may so too."""
    scheme, _, host = origin.partition("://")
    has_port = host.rpartition("]")[2].find(":") >= 0
    return f"https://{host}" if scheme == "http" and not has_port else origin
