"""HTTP statuses in words, and readers of headers that several places need."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

from crawler.text.lines import clean_line

# Proxy Authentication Required (RFC 9110, 15.5.8)
_WANTS_LOGIN = 407
# statuses of a proxy whose rules refuse the request (403), or that did not reach the site
_OF_A_PROXY = frozenset({403, 500, 502, 503, 504})
# tested with a real squid: over plain http its own 403, 500, 502 and 503 carry X-Squid-Error; others only state their name
_PROXY_SERVERS = re.compile(r"(squid|tinyproxy|privoxy|mitmproxy)\b", re.IGNORECASE)


def explain_status(status: int) -> str:
    """Return what an HTTP status other than success means for us, as words for a person."""
    meanings = {
        204: "the server sent no content",
        205: "the server sent no content",
        304: "it answers 304 (not modified) to an unconditional request",
        401: "a login is required",
        402: "payment is required",
        403: "the server refuses access",
        404: "there is nothing at this address",
        410: "it was removed permanently",
        406: "the server has no version in a format we accept",
        407: "the proxy wants a login",
        429: "the server says we send too many requests",
        451: "it is blocked for legal reasons",
        503: "the server is overloaded or in maintenance",
    }
    if status == 304:
        return meanings[304]
    general = "the server failed" if status >= 500 else "the request was refused"
    if 300 <= status < 400:
        general = "it redirects to an address that cannot be followed"
    return f"HTTP {status}: {meanings.get(status, general)}"


def is_of_proxy(status: int, header: Callable[[str], str]) -> bool:
    """Return whether an answer over plain http comes from the proxy and not from the site.

    Only proxies send 407. Sites use the other statuses too, so for these the proxy must identify itself, by squid's header,
    ``Proxy-Status`` (RFC 9209) or its name in ``Server``.
    header  returns a header by its name, empty if it is missing
    """
    if status == _WANTS_LOGIN:
        return True
    if status not in _OF_A_PROXY:
        return False
    is_named = bool(header("X-Squid-Error")) or "error=" in header("Proxy-Status")
    return is_named or bool(_PROXY_SERVERS.match(header("Server")))


def read_max_age(header: str | None) -> timedelta | None:
    """Return how long an answer is fresh by Cache-Control; None if it does not say, or says ``no-cache`` or the like."""
    text = (header or "").lower()
    # nine digits are thirty years; timedelta overflows for many more
    found = re.search(r"\bmax-age\s*=\s*\"?(\d{1,9})", text)
    if found is None or re.search(r"\bno-(?:cache|store)\b|\bmust-revalidate\b", text):
        return None
    return timedelta(seconds=int(found[1])) or None


def printable_address(url: str) -> str:
    """Return an address fit to be shown: one line of at most 200 characters, without a login."""
    try:
        parts = urlsplit(url)
        plain = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    except ValueError:
        return "an address that cannot be read"
    return clean_line(plain, max_characters=200)
