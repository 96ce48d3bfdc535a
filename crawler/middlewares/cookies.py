"""Cookies within one chain of redirects: sent back to the host that set them, and forgotten at its end.

Newspapers and feeds send a cookie with a redirect to themselves and wait for it to come back (miniflux/v2#1512); without
it the chain never ends. Nothing is kept beyond the chain: not for the next request, not for another source.
"""

import re
from http.cookiejar import Cookie, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import tldextract
from scrapy import Request
from scrapy.http import Response
from scrapy.http.cookies import CookieJar, WrappedRequest

# what browsers keep: 50 cookies a site, each of 4,096 bytes (RFC 6265 6.1), which with its attributes fits into a line of 6,000;
# servers refuse headers much longer than 16 KB
_MOST_LINES = 50
_LONGEST_LINE_BYTES = 6000
_LONGEST_COOKIE = 4096
_MOST_CHARACTERS = 16_384
_CHAIN, _OWN = "chain_cookies", "own_cookie"
# the public suffix list that comes with the package (nothing is downloaded), with the suffixes of hosters such as github.io,
# whose customers are strangers to each other
_split = tldextract.TLDExtract(
    suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True
)


class ChainCookies:
    """Downloader middleware that adds a chain's cookies to a request, and removes them again before a redirect is followed.

    Requests pass it after SiteHeaders, answers before the redirects. So a redirected request carries only the source's own
    cookies, and the rules on where those may go see no others.
    """

    def process_request(self, request: Request) -> None:
        """Add the cookies that the chain got so far and that may go to this address."""
        jar, own = request.meta.get(_CHAIN), request.headers.getlist("Cookie")
        if not isinstance(jar, CookieJar):
            return
        request.headers.pop("Cookie", None)
        # the inner jar, because Scrapy's wrapper does not find cookies that a host such as [::1] has set
        jar.jar.add_cookie_header(WrappedRequest(request))  # type: ignore[arg-type]  # Scrapy's stand-in for a request
        cookies = merge_cookies(own, request.headers.getlist("Cookie"))
        request.headers.pop("Cookie", None)
        if cookies:
            request.headers["Cookie"] = cookies
        request.meta[_OWN] = own

    def process_response(self, request: Request, response: Response) -> Response:
        """Keep the cookies that an answer sets, for the rest of the chain."""
        own = request.meta.pop(_OWN, None)
        if own is not None:
            request.headers.pop("Cookie", None)
            request.headers.setlist("Cookie", own) if own else None
        lines = [
            line
            for line in response.headers.getlist("Set-Cookie")[:_MOST_LINES]
            if len(line) <= _LONGEST_LINE_BYTES
        ]
        if lines:
            jar = request.meta.setdefault(_CHAIN, CookieJar(_AsBrowsers()))
            keep_cookies(jar, lines, request)
        return response


def keep_cookies(jar: CookieJar, lines: list[bytes], request: Request) -> None:
    """Add cookies to a jar, as many as a browser keeps; the rest is dropped.

    lines    values of Set-Cookie headers
    request  the request that they answer
    """
    answer = Response(request.url, headers={"Set-Cookie": lines})
    for cookie in jar.make_cookies(answer, request):
        if len(cookie.name) + len(cookie.value or "") > _LONGEST_COOKIE:
            continue
        jar.set_cookie_if_ok(cookie, request)
        kept = list(jar)
        # 4: "=" and "; " between cookies, rounded up
        size = sum(len(one.name) + len(one.value or "") + 4 for one in kept)
        if (len(kept) > _MOST_LINES or size > _MOST_CHARACTERS) and cookie in kept:
            jar.clear(cookie.domain, cookie.path, cookie.name)


def merge_cookies(own: list[bytes], lent: list[bytes]) -> bytes:
    """Return one Cookie header: the chain's cookies, and those of the source that the site has not set again."""
    taken = {pair.partition(b"=")[0].strip() for pair in _pairs(lent)}
    kept = [pair for pair in _pairs(own) if pair.partition(b"=")[0].strip() not in taken]
    return b"; ".join([*kept, *_pairs(lent)])


def _pairs(headers: list[bytes]) -> list[bytes]:
    return [pair.strip() for header in headers for pair in header.split(b";") if pair.strip()]


class _AsBrowsers(DefaultCookiePolicy):
    """Cookie policy with the rules of RFC 6265bis where the standard library's are older."""

    def __init__(self) -> None:
        super().__init__(strict_ns_domain=DefaultCookiePolicy.DomainStrictNonDomain)

    def set_ok(self, cookie: Cookie, request: Any) -> bool:
        """Return whether an answer may set a cookie."""
        is_secure_request = getattr(request, "type", "") == "https"
        if cookie.secure and not is_secure_request:
            return False
        name = cookie.name.lower()
        # the prefixes state how a cookie was set (RFC 6265bis 4.1.3); unchecked, a neighbouring host could fake them
        if name.startswith("__secure-") and not cookie.secure:
            return False
        if name.startswith("__host-") and not (
            cookie.secure and cookie.path == "/" and not cookie.domain_specified
        ):
            return False
        if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", f"{cookie.name}{cookie.value}"):
            return False
        if cookie.domain_specified and _is_address(cookie.domain, request):
            # RFC 6265 5.3: a Domain that is the host's own IP address makes a cookie for this host alone
            cookie.domain, cookie.domain_specified = cookie.domain.lstrip("."), False
        if cookie.domain_specified and _is_public(cookie.domain):
            return False
        return bool(super().set_ok(cookie, request))


def _is_address(domain: str, request: Any) -> bool:
    """Return whether a cookie's domain is the IP address that was requested."""
    host = urlsplit(getattr(request, "full_url", "")).hostname or ""
    return domain.lstrip(".").strip("[]") == host and (":" in host or not re.search("[a-z]", host))


def _is_public(domain: str) -> bool:
    """Return whether a domain is a public suffix, under which strangers register names, or a part of an IP address."""
    if re.fullmatch(r"[0-9.]+", domain):
        return True
    parts = _split(domain.lstrip("."))
    return bool(parts.suffix) and not parts.domain
