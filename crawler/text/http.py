"""HTTP in words, and the parts of its headers that several places read."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

from crawler.text.lines import clean_line


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
