"""URLs: the canonical form of an article's address, the key of an article, and the site it belongs to."""

import ipaddress
import re
from collections.abc import Container, Iterable
from contextlib import suppress
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from crawler.text.web.addresses import (
    drop_trackers,
    escape_unsent,
    plain_path,
    plain_query,
    trim_link,
    without_dots,
)
from crawler.text.web.logins import without_login

if TYPE_CHECKING:
    from tldextract import TLDExtract

# characters; longer addresses count as none. Sitemaps may list about as many: sitemaps.org asks for less than 2,048
MAX_LENGTH = 2000
_DEFAULT_PORTS = {"http": 80, "https": 443}
# host labels of other renderings of the same article: www., phone and AMP pages
_RENDERINGS = frozenset({"www", "m", "mobile", "amp", "wap"})
# /amp/news/7, /news/7/amp, /news/7.amp.html
_AMP_PATH = re.compile(r"^/amp(?=/)|(?:/amp|\.amp)(?=/?$|\.html?$)")
# ?amp=1, ?outputType=amp: the AMP form of the same article
_AMP_PARAMETERS = frozenset({"amp", "outputtype", "_amp"})
# what separates the labels of a host in any script (RFC 3490, 3.1)
_FULL_STOPS = ".\u3002\uff0e\uff61"
# signs that other scripts have too, in full width, and that are none of a host's
_NO_HOST = frozenset("[]")
# "http:///host/x", as browsers read it
_SLASHES = re.compile(r"^(https?:)/{3,}", re.IGNORECASE)
# hosts with an owner for each name, like the private suffixes of the public suffix list (*.github.io, *.blogspot.com), but
# missing there: headers and logins for alice.github.io once went to mallory.github.io
_SHARED_HOSTS = (
    "substack.com", "wordpress.com", "medium.com", "tumblr.com", "livejournal.com", "typepad.com", "weebly.com",
    "ghost.io", "squarespace.com", "over-blog.com", "canalblog.com", "hypotheses.org", "dreamwidth.org", "blog.jp",
    "livedoor.blog", "exblog.jp", "cocolog-nifty.com", "fc2.com", "tistory.com", "hashnode.dev", "bearblog.dev",
    "micro.blog", "write.as", "neocities.org", "jimdofree.com", "mystrikingly.com", "ucoz.ru", "narod.ru", "free.fr",
    "blogs.com", "posthaven.com", "libsyn.com", "podbean.com", "beehiiv.com", "buttondown.email", "blogg.se",
)  # fmt: skip


def canonical_url(url: str) -> str | None:
    """Return an address in the form in which an article's is stored; None if it is no http(s) address.

    Fragments, default ports, logins and the parameters of trackers are dropped. The rest is not rewritten, so that the
    site answers as before: it may find its article by a parameter that means nothing to us (decision 007).
    """
    parts = _split_web(url)
    if parts is None:
        return None
    path, query = escape_unsent(parts.path or "/"), escape_unsent(drop_trackers(parts.query))
    plain = urlunsplit((parts.scheme, _plain_netloc(parts), path, query, ""))
    # escapes make it longer, and what is stored must count as an address when it is read again
    return plain if len(plain) <= MAX_LENGTH else None


def _split_web(url: str) -> SplitResult | None:
    """Return the parts of an http(s) address; None for anything else."""
    if len(url) > MAX_LENGTH:
        return None
    try:
        url.encode()  # half a surrogate pair, as JSON can carry, is no address
        parts = urlsplit(trim_link(url))
        # of "https://./" no host is left without its final dot, and no host has blanks, controls or brackets
        host = _plain_host(parts)
        has_host = (
            bool(host.strip(_FULL_STOPS)) and escape_unsent(host) == host and not _NO_HOST & {*host}
        )
        is_web = parts.scheme in _DEFAULT_PORTS and has_host and (parts.port or 1) > 0
    except ValueError:
        return None
    return parts if is_web else None


def _plain_host(parts: SplitResult) -> str:
    """Return a host in normal form: lower case, IDN in ASCII, no final dot."""
    host = (parts.hostname or "").rstrip(_FULL_STOPS)
    if not host.isascii():
        with suppress(UnicodeError):
            host = host.encode("idna").decode("ascii")
    # again, because other scripts have signs with a dot, which are ASCII only now
    return host.rstrip(_FULL_STOPS)


def _plain_netloc(parts: SplitResult) -> str:
    """Return host and port in normal form, without the default port."""
    host = _plain_host(parts)
    host = f"[{host}]" if ":" in host else host
    port = parts.port
    return host if port in {None, _DEFAULT_PORTS[parts.scheme]} else f"{host}:{port}"


# the caches of this file: the same addresses and hosts come back at each visit, and the process lives for months
@lru_cache(maxsize=10_000)
def article_key(url: str, *, keep_doubtful: bool = False) -> str:
    """Return the key that all addresses of one article share: without scheme, ``www.``, AMP form, session or referral.

    The key is for comparing addresses; it need not be an address that works.

    keep_doubtful  also keep parameters that probably, but not certainly, identify nothing
    """
    parts = _split_web(url)
    if parts is None:
        return url
    path = plain_path(_AMP_PATH.sub("", parts.path))
    query = [
        pair
        for pair in plain_query(parts.query, path, keep_doubtful=keep_doubtful)
        if pair.partition("=")[0].lower() not in _AMP_PARAMETERS
    ]
    return f"{_site_of(_plain_netloc(parts))}{path}" + (f"?{'&'.join(query)}" if query else "")


@lru_cache(maxsize=4096)
def _site_of(netloc: str) -> str:
    domain = registrable_domain(f"http://{netloc}/")
    if not netloc.endswith(domain):
        return netloc
    labels = netloc.removesuffix(domain).rstrip(".").split(".")
    return ".".join([*(label for label in labels if label and label not in _RENDERINGS), domain])


def distinguish_addresses(
    urls: Iterable[str], *, seen_keys: Container[bytes] = ()
) -> dict[str, str]:
    """Return the key of each address of one visit; no two share a key only because a doubtful parameter was dropped.

    seen_keys  digests of the keys of the last visit: addresses that had different keys then keep them
    """
    keys = {url: (article_key(url), article_key(url, keep_doubtful=True)) for url in urls}
    spellings: dict[str, set[str]] = {}
    for short, full in keys.values():
        spellings.setdefault(short, set()).add(full)
    return {
        url: full
        if short != full and (len(spellings[short]) > 1 or digest_key(full) in seen_keys)
        else short
        for url, (short, full) in keys.items()
    }


def digest_key(key: str) -> bytes:
    """Return the 8-byte digest by which a key is remembered from one visit to the next."""
    # 8 bytes: of 250,000 keys two are equal by chance once in 600 million lists. JSON feeds can carry half a surrogate pair
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def is_wanted(url: str, *, include: Iterable[str], exclude: Iterable[str]) -> bool:
    """Return whether an address matches any pattern of ``include`` (if there are any) and none of ``exclude``.

    In a pattern ``*`` stands for anything. One that starts with ``/`` is compared with path and query, any other with
    the whole address.
    """
    parts = urlsplit(url)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    wanted = tuple(include)
    if wanted and not any(_fits(pattern, url, path) for pattern in wanted):
        return False
    return not any(_fits(pattern, url, path) for pattern in exclude)


def _fits(pattern: str, url: str, path: str) -> bool:
    # brackets are literal here: nobody expects a character class in an address
    literal = pattern.replace("[", "[[]")
    return fnmatchcase(path if pattern.startswith("/") else url, literal)


def absolute_url(link: str, *, base: str) -> str | None:
    """Return the absolute form of a link on a page, resolved as browsers do; None for anything but http(s)."""
    before, mark, after = trim_link(link).partition("?")
    try:
        # a backslash is a slash before the query (WHATWG, special schemes), and three slashes are two
        url = urljoin(base, _SLASHES.sub(r"\1//", before.replace("\\", "/")) + mark + after)
        url = without_dots(without_login(url))
        url.encode()
        parts = urlsplit(url)
    except ValueError:
        return None
    is_web = parts.scheme in _DEFAULT_PORTS and bool(parts.hostname) and len(url) <= MAX_LENGTH
    # "HTTP://x" is written by hand, and others compare with "http://"
    return f"{parts.scheme}{url[len(parts.scheme) :]}" if is_web else None


@lru_cache(maxsize=10_000)
def registrable_domain(url: str) -> str:
    """Return the domain a site is registered under: ``bbc.co.uk`` for ``https://feeds.bbc.co.uk/x``.

    An IP address or a bare host name is returned as it is; the result is empty for an address that cannot be read.
    """
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return _suffix_list(with_shared_hosts=False)(host).top_domain_under_public_suffix or host


@lru_cache(maxsize=10_000)
def budget_key(url: str) -> str:
    """Return the key of an address's rate budget: the registrable domain; host and port for an IP address or a bare name."""
    domain = registrable_domain(url)
    try:
        ipaddress.ip_address(domain)
    except ValueError:
        return domain if "." in domain else urlsplit(url).netloc.lower()
    return urlsplit(url).netloc.lower()


def source_version(url: str, kind: str) -> str:
    """Return a digest of a source's address and kind; what was read under another digest does not count any more."""
    return blake2b(f"{kind} {url}".encode(), digest_size=8).hexdigest()


@lru_cache(maxsize=10_000)
def origin_of(url: str) -> str:
    """Return the origin (scheme, host, port) of an address: the scope of one robots.txt, and of a secret.

    A default port and a login are left out; an international host is in its ASCII form.
    """
    parts = urlsplit(url)
    return f"{parts.scheme.lower()}://{_host_and_port(parts)}"


@lru_cache(maxsize=10_000)
def host_key(url: str) -> str:
    """Return the key under which an address is throttled (429, 503): the host, with its port unless that is the default."""
    return _host_and_port(urlsplit(url))


def _host_and_port(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    if not host.isascii():
        with suppress(UnicodeError):
            # the same codec as w3lib, which writes the addresses of requests
            host = host.encode("idna").decode()
    host = f"[{host}]" if ":" in host else host
    try:
        port = parts.port
    except ValueError:
        return host
    return host if port in {None, _DEFAULT_PORTS.get(parts.scheme.lower())} else f"{host}:{port}"


def host_of(url: str) -> str:
    """Return the host of an address in lower case; empty if it has none."""
    return urlsplit(url).hostname or ""


@lru_cache(maxsize=10_000)
def site_of(url: str) -> str:
    """Return the domain that belongs to one owner: the registrable one, or the name under a suffix such as ``github.io``."""
    domain = registrable_domain(url)
    if "." not in domain or ":" in domain or domain.replace(".", "").isdecimal():
        return domain
    host = (urlsplit(url).hostname or "").rstrip(".").removeprefix("www.")
    return _suffix_list(with_shared_hosts=True)(host).top_domain_under_public_suffix or host


def is_same_site(one: str, other: str) -> bool:
    """Return whether two addresses are on the same owner's domain, whatever their hosts and ports."""
    first, second = site_of(one), site_of(other)
    return bool(first) and first == second


@cache
def _suffix_list(*, with_shared_hosts: bool) -> "TLDExtract":
    """Return the public suffix list that comes with the package: no network, no cache folder."""
    # imported at first use: it imports requests, which took a fifth of the time that a command needs to start
    from tldextract import TLDExtract  # noqa: PLC0415

    return TLDExtract(
        suffix_list_urls=(),
        cache_dir=None,
        include_psl_private_domains=with_shared_hosts,
        extra_suffixes=_SHARED_HOSTS if with_shared_hosts else (),
    )
