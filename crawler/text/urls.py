"""Addresses: one canonical form for each article, and which site it belongs to."""

import ipaddress
import re
from collections.abc import Iterable
from contextlib import suppress
from fnmatch import fnmatchcase
from functools import lru_cache
from hashlib import blake2b
from urllib.parse import SplitResult, parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import courlan
import tldextract

from crawler.text.logins import without_login

MAX_LENGTH = 2000
_DEFAULT_PORTS = {"http": 80, "https": 443}
_TRACKERS = frozenset(
    {
        "fbclid", "gclid", "dclid", "msclkid", "yclid", "igshid", "mc_cid", "mc_eid", "cmpid", "cmp", "ncid", "ocid",
        "at_medium", "at_campaign", "xtor", "wt_mc", "smid", "sref", "_ga", "mkt_tok", "rss", "src", "ref",
    }
)  # fmt: skip
# host labels and path ends that name another rendering of the same article: www., phone and AMP pages
_RENDERINGS = frozenset({"www", "m", "mobile", "amp", "wap"})
_AMP_PATH = re.compile(r"^/amp(?=/)|(?:/amp|\.amp)(?=/?$|\.html?$)")
_AMP_PARAMETERS = frozenset({"amp", "outputtype", "_amp"})
# the list that comes with the package: no network, no cache folder
_extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
# one owner a name, as under the private suffixes of the list (*.github.io, *.blogspot.com), but not in it yet
_SHARED_HOSTS = (
    "substack.com", "wordpress.com", "medium.com", "tumblr.com", "livejournal.com", "typepad.com", "weebly.com",
    "ghost.io", "squarespace.com", "over-blog.com", "canalblog.com", "hypotheses.org", "dreamwidth.org", "blog.jp",
    "livedoor.blog", "exblog.jp", "cocolog-nifty.com", "fc2.com", "tistory.com", "hashnode.dev", "bearblog.dev",
    "micro.blog", "write.as", "neocities.org", "jimdofree.com", "mystrikingly.com", "ucoz.ru", "narod.ru", "free.fr",
    "blogs.com", "posthaven.com", "libsyn.com", "podbean.com", "beehiiv.com", "buttondown.email", "blogg.se",
)  # fmt: skip
_extract_site = tldextract.TLDExtract(
    suffix_list_urls=(),
    cache_dir=None,
    include_psl_private_domains=True,
    extra_suffixes=_SHARED_HOSTS,
)


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


@lru_cache(maxsize=10_000)
def article_key(url: str) -> str:
    """Give what all addresses of one article share: no scheme, no ``www.``, no phone or AMP form.

    It tells whether two addresses mean one article; it is not always an address that works.
    """
    parts = urlsplit(canonical_url(url) or url)
    host, domain = (parts.netloc or "").lower(), registrable_domain(url)
    labels = host.removesuffix(domain).rstrip(".").split(".") if host.endswith(domain) else []
    kept = [label for label in labels if label and label not in _RENDERINGS]
    site = ".".join([*kept, domain]) if host.endswith(domain) else host
    query = sorted(
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name.lower() not in _AMP_PARAMETERS
    )
    path = _AMP_PATH.sub("", parts.path).rstrip("/")
    return f"{site}{path}" + (f"?{urlencode(query)}" if query else "")


def is_wanted(url: str, *, include: Iterable[str], exclude: Iterable[str]) -> bool:
    """Tell whether patterns let an address in: any of ``include`` if there are some, none of ``exclude``.

    In a pattern ``*`` stands for anything; one that starts with ``/`` is held against path and query, any other
    against the whole address.
    """
    parts = urlsplit(url)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    wanted = tuple(include)
    if wanted and not any(_fits(pattern, url, path) for pattern in wanted):
        return False
    return not any(_fits(pattern, url, path) for pattern in exclude)


def _fits(pattern: str, url: str, path: str) -> bool:
    # brackets are plain signs here: nobody expects a character class in an address
    literal = pattern.replace("[", "[[]")
    return fnmatchcase(path if pattern.startswith("/") else url, literal)


def absolute_url(link: str, *, base: str) -> str | None:
    """Resolve a link found on a page; None for anything but http(s)."""
    try:
        url = without_login(urljoin(base, link.strip()))
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


@lru_cache(maxsize=10_000)
def budget_key(url: str) -> str:
    """Give what shares one rate budget: the registrable domain, or host and port where there is none."""
    domain = registrable_domain(url)
    try:
        ipaddress.ip_address(domain)
    except ValueError:
        return domain if "." in domain else urlsplit(url).netloc.lower()
    return urlsplit(url).netloc.lower()


def source_version(url: str, kind: str) -> str:
    """Return what tells a source's present address and kind from earlier ones: what was read there does not count here."""
    return blake2b(f"{kind} {url}".encode(), digest_size=8).hexdigest()


@lru_cache(maxsize=10_000)
def origin_of(url: str) -> str:
    """Return scheme, host and port: what one robots.txt speaks for, and what a secret is given to.

    A default port is left out, a login too; a host in other letters is written as the network asks for it.
    """
    parts = urlsplit(url)
    return f"{parts.scheme.lower()}://{_host_and_port(parts)}"


@lru_cache(maxsize=10_000)
def host_key(url: str) -> str:
    """Return what says "not so often" for itself alone: the host, with its port where that is an unusual one."""
    return _host_and_port(urlsplit(url))


def _host_and_port(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    if not host.isascii():
        with suppress(UnicodeError):
            # as w3lib writes the addresses of requests
            host = host.encode("idna").decode()
    host = f"[{host}]" if ":" in host else host
    try:
        port = parts.port
    except ValueError:
        return host
    return host if port in {None, _DEFAULT_PORTS.get(parts.scheme.lower())} else f"{host}:{port}"


def host_of(url: str) -> str:
    """Give the host alone, in small letters; empty for what has none."""
    return urlsplit(url).hostname or ""


@lru_cache(maxsize=10_000)
def site_of(url: str) -> str:
    """Return the domain that has one owner: the registrable one, or the name below a suffix such as ``github.io``."""
    domain = registrable_domain(url)
    if "." not in domain or ":" in domain or domain.replace(".", "").isdecimal():
        return domain
    host = (urlsplit(url).hostname or "").rstrip(".").removeprefix("www.")
    return _extract_site(host).top_domain_under_public_suffix or host


def is_same_site(one: str, other: str) -> bool:
    """Tell whether two addresses belong to one owner's domain, whatever their hosts and ports."""
    first, second = site_of(one), site_of(other)
    return bool(first) and first == second
