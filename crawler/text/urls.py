"""Addresses: one canonical form for each article, and which site it belongs to."""

import ipaddress
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import courlan
import tldextract

MAX_LENGTH = 2000
_DEFAULT_PORTS = {"http": 80, "https": 443}
_TRACKERS = frozenset(
    {
        "fbclid", "gclid", "dclid", "msclkid", "yclid", "igshid", "mc_cid", "mc_eid", "cmpid", "cmp", "ncid", "ocid",
        "at_medium", "at_campaign", "xtor", "wt_mc", "smid", "sref", "_ga", "mkt_tok", "rss", "src", "ref",
    }
)  # fmt: skip
# the list that comes with the package: no network, no cache folder
_extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def canonical_url(url: str) -> str | None:
    """Give the form under which an article is known, or None for what is no http(s) address.

    Fragments, default ports and the parameters of trackers go; everything else may name an article and stays.
    """
    if len(url) > MAX_LENGTH:
        return None
    try:
        # scrub, not clean: cleaning drops parameters such as eid, which some sites name their articles by
        parts = urlsplit(courlan.scrub_url(url))
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return None
    host = parts.hostname.rstrip(".")
    host = f"[{host}]" if ":" in host else host
    netloc = host if port in {None, _DEFAULT_PORTS[parts.scheme]} else f"{host}:{port}"
    return urlunsplit((parts.scheme, netloc, parts.path or "/", _without_trackers(parts.query), ""))


def _without_trackers(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    kept = [
        (name, value)
        for name, value in pairs
        if name.lower() not in _TRACKERS and not name.lower().startswith(("utm_", "pk_", "mtm_"))
    ]
    return query if len(kept) == len(pairs) else urlencode(kept)


def absolute_url(link: str, *, base: str) -> str | None:
    """Resolve a link found on a page; None for anything but http(s)."""
    try:
        url = urljoin(base, link.strip())
        parts = urlsplit(url)
    except ValueError:
        return None
    is_web = parts.scheme in _DEFAULT_PORTS and bool(parts.hostname) and len(url) <= MAX_LENGTH
    return url if is_web else None


@lru_cache(maxsize=10_000)
def registrable_domain(url: str) -> str:
    """Give the domain a site is registered under: ``bbc.co.uk`` for ``https://feeds.bbc.co.uk/x``.

    An IP address or a bare host name stands for itself; an unreadable address gives an empty string.
    """
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return _extract(host).top_domain_under_public_suffix or host


def is_same_site(one: str, other: str) -> bool:
    """Tell whether two addresses belong to one registrable domain, and one port of it."""
    first, second = registrable_domain(one), registrable_domain(other)
    return bool(first) and first == second
