"""Cookies within one chain of redirects: sent back to who set them, and forgotten at its end.

Papers and feeds hand out a cookie with a redirect to themselves and wait for it to come back (miniflux/v2#1512). Nothing
is kept beyond the chain: not for the next request, not for another source.
"""

import re
from http.cookiejar import Cookie, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import tldextract
from scrapy import Request
from scrapy.http import Response
from scrapy.http.cookies import CookieJar, WrappedRequest

# what browsers keep: 4096 bytes a cookie, some dozens a site; a server refuses much more than 16 KB in one header
_MOST_LINES = 50
_LONGEST_LINE_BYTES = 6000
_LONGEST_COOKIE = 4096
_MOST_CHARACTERS = 16_384
_CHAIN, _OWN = "chain_cookies", "own_cookie"
# the list that comes with the package, with the suffixes of hosters whose customers are strangers to each other
_split = tldextract.TLDExtract(
    suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True
)


class ChainCookies:
    """Lends a request the cookies of its chain, beside those its source is configured with, and takes them back.

    Comes after SiteHeaders for a request, and before the redirects for its answer: what is redirected carries the source's
    own cookies alone, so the rules on where these may go see nothing else.
    """

    def process_request(self, request: Request) -> None:
        """Add what the chain was given so far, where it may go."""
        jar, own = request.meta.get(_CHAIN), request.headers.getlist("Cookie")
        if not isinstance(jar, CookieJar):
            return
        request.headers.pop("Cookie", None)
        # the jar itself: Scrapy's short cut through it does not find what a host such as [::1] has set
        jar.jar.add_cookie_header(WrappedRequest(request))  # type: ignore[arg-type]  # Scrapy's stand-in for a request
        cookies = merge_cookies(own, request.headers.getlist("Cookie"))
        request.headers.pop("Cookie", None)
        if cookies:
            request.headers["Cookie"] = cookies
        request.meta[_OWN] = own

    def process_response(self, request: Request, response: Response) -> Response:
        """Keep what an answer sets."""
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
    """Take cookies into a jar, up to what a browser keeps."""
    answer = Response(request.url, headers={"Set-Cookie": lines})
    for cookie in jar.make_cookies(answer, request):
        if len(cookie.name) + len(cookie.value or "") > _LONGEST_COOKIE:
            continue
        jar.set_cookie_if_ok(cookie, request)
        kept = list(jar)
        size = sum(len(one.name) + len(one.value or "") + 4 for one in kept)
        if (len(kept) > _MOST_LINES or size > _MOST_CHARACTERS) and cookie in kept:
            jar.clear(cookie.domain, cookie.path, cookie.name)


def merge_cookies(own: list[bytes], lent: list[bytes]) -> bytes:
    """Return one Cookie header: what was lent, and of a source's own cookies those the site did not set anew."""
    taken = {pair.partition(b"=")[0].strip() for pair in _pairs(lent)}
    kept = [pair for pair in _pairs(own) if pair.partition(b"=")[0].strip() not in taken]
    return b"; ".join([*kept, *_pairs(lent)])


def _pairs(headers: list[bytes]) -> list[bytes]:
    return [pair.strip() for header in headers for pair in header.split(b";") if pair.strip()]


class _AsBrowsers(DefaultCookiePolicy):
    """The rules of RFC 6265bis where the standard library's are older."""

    def __init__(self) -> None:
        super().__init__(strict_ns_domain=DefaultCookiePolicy.DomainStrictNonDomain)

    def set_ok(self, cookie: Cookie, request: Any) -> bool:
        """Tell whether a cookie may be set by an answer."""
        is_secure_request = getattr(request, "type", "") == "https"
        if cookie.secure and not is_secure_request:
            return False
        name = cookie.name.lower()
        if name.startswith("__secure-") and not cookie.secure:
            return False
        if name.startswith("__host-") and not (
            cookie.secure and cookie.path == "/" and not cookie.domain_specified
        ):
            return False
        if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", f"{cookie.name}{cookie.value}"):
            return False
        if cookie.domain_specified and _is_address(cookie.domain, request):
            # RFC 6265 5.3: a domain that is the host itself, and no name, makes a cookie of this host alone
            cookie.domain, cookie.domain_specified = cookie.domain.lstrip("."), False
        if cookie.domain_specified and _is_public(cookie.domain):
            return False
        return bool(super().set_ok(cookie, request))


def _is_address(domain: str, request: Any) -> bool:
    """Tell whether a cookie's domain is the IP address that was asked."""
    host = urlsplit(getattr(request, "full_url", "")).hostname or ""
    return domain.lstrip(".").strip("[]") == host and (":" in host or not re.search("[a-z]", host))


def _is_public(domain: str) -> bool:
    """Tell whether a domain is one under which strangers register names, or a part of an IP address."""
    if re.fullmatch(r"[0-9.]+", domain):
        return True
    parts = _split(domain.lstrip("."))
    return bool(parts.suffix) and not parts.domain
