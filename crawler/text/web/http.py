"""HTTP in words, and the parts of its headers that several places read."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

from crawler.text.lines import clean_line

_WANTS_LOGIN = 407
# refused by its rules, or not reached
_OF_A_PROXY = frozenset({403, 500, 502, 503, 504})
_PROXY_SERVERS = re.compile(r"(squid|tinyproxy|privoxy|mitmproxy)\b", re.IGNORECASE)


def explain_status(status: int) -> str:
    """Say what an HTTP status other than success means for us."""
    meanings = {
        204: "the server says it has nothing to show",
        205: "the server says it has nothing to show",
        304: "it answers 304 (not changed) to a first question",
        401: "a login is wanted",
        402: "payment is wanted",
        403: "the server refuses us",
        404: "there is nothing at this address",
        410: "it is gone for good",
        406: "the server has nothing in a form we ask for",
        407: "the proxy wants a login",
        429: "the server says we come too often",
        451: "it is blocked for legal reasons",
        503: "the server is overloaded or in maintenance",
    }
    if status == 304:
        return meanings[304]
    general = "the server failed" if status >= 500 else "the request was refused"
    if 300 <= status < 400:
        general = "it redirects to no address that can be followed"
    return f"HTTP {status}: {meanings.get(status, general)}"


def is_of_proxy(status: int, header: Callable[[str], str]) -> bool:
    """Return whether a proxy that a request went through over plain http answered in its receiver's place.

    407 is nobody else's. Other refusals and failures have statuses that sites use, too: there the proxy must say that it is
    the one who speaks (squid's header, RFC 9209, its name). ``header`` gives a header by its name, empty for none.
    """
    if status == _WANTS_LOGIN:
        return True
    if status not in _OF_A_PROXY:
        return False
    is_named = bool(header("X-Squid-Error")) or "error=" in header("Proxy-Status")
    return is_named or bool(_PROXY_SERVERS.match(header("Server")))


def read_max_age(header: str | None) -> timedelta | None:
    """Give how long a Cache-Control header calls an answer fresh, or None; ``no-cache`` and the like say nothing."""
    text = (header or "").lower()
    found = re.search(r"\bmax-age\s*=\s*\"?(\d{1,9})", text)
    if found is None or re.search(r"\bno-(?:cache|store)\b|\bmust-revalidate\b", text):
        return None
    return timedelta(seconds=int(found[1])) or None


def tell_address(url: str) -> str:
    """Return an address as it may be shown to a person: one bounded line, without a login in it."""
    try:
        parts = urlsplit(url)
        plain = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    except ValueError:
        return "an address that cannot be read"
    return clean_line(plain, max_characters=200)
