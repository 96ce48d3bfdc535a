"""Links of feeds and sitemaps that were typed by hand: without a scheme, with half of one, or with two.

A browser reads ``www.x.example/a`` as a page of the folder it stands in, which is of no use in a list of addresses.
"""

import re
from urllib.parse import urlsplit

from crawler.text.web.addresses import trim_link
from crawler.text.web.urls import absolute_url, is_same_site

# "http://https://x", "http://http//x"
_SECOND_SCHEME = re.compile(r"https?:/{1,3}(?=https?:?/{1,3}[^/])", re.IGNORECASE)
# "http:/x.example", "https//x.example", "http:x.example": something that can be a host follows
_HALF_SCHEME = re.compile(
    r"(https?)(?::/?|/{2,3})(?=(?:[\w-]{1,63}\.){1,9}[\w-]{1,63}(?::\d{1,5})?(?:[/?#]|$))",
    re.IGNORECASE,
)
_FIRST_PART = re.compile(r"(?:[\w-]{1,63}\.){1,9}[\w-]{1,63}(?::\d{1,5})?(?=[/?#]|$)")


def read_typed_link(link: str, *, base: str) -> str | None:
    """Return the absolute form of a link in a feed or sitemap, as it was meant; None for anything but http(s)."""
    meant = trim_link(link)
    second = _SECOND_SCHEME.match(meant)
    meant = meant[second.end() :] if second else meant
    meant = _HALF_SCHEME.sub(r"\1://", meant, count=1) if _HALF_SCHEME.match(meant) else meant
    host = _FIRST_PART.match(meant)
    if host is not None and _is_host(host[0], base=base):
        meant = f"//{meant}"
    return absolute_url(meant, base=base)


def _is_host(name: str, *, base: str) -> bool:
    """Return whether the first part of a link without a scheme is a host: it says ``www.``, or is of the list's own site."""
    is_named = name.lower().startswith("www.") and name.count(".") > 1
    return is_named or name == urlsplit(base).netloc or is_same_site(f"http://{name}/", base)
