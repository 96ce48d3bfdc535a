"""Reading a page's headings, and telling which h1 is no headline: the end of a breadcrumb trail, or the logo of the site."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from crawler.text.lines import clean_line
from crawler.text.web.urls import absolute_url, is_same_site

# headings of a kind that are looked at; some pages have an h1 for each teaser
_MOST_HEADINGS = 10
# an h1 in a breadcrumb trail repeats the title for search engines; 29 of 172 pages of Fundus have one, on a third of these it
# says something else than the headline over the text, which is an h2
_CRUMB = re.compile(r"bread-?crumb|seo-?title", re.IGNORECASE)
# elements around an h1 that may be the trail
_MOST_AROUND = 3
# paths of a home page; Blogger and old WordPress themes make the blog's name an h1 that links there
_HOMES = frozenset({"", "/", "/index.html", "/index.php"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Headings:
    """The texts of a page's headings, in reading order.

    likely  of the h1 that may be the headline
    crumbs  of the h1 that end a breadcrumb trail
    logos   of the h1 that link to the home page: the name of the site
    below   of the h2, which are read only if there are crumbs
    """

    likely: tuple[str, ...]
    crumbs: tuple[str, ...]
    logos: tuple[str, ...]
    below: tuple[str, ...]


def read_headings(tree: HtmlElement, url: str) -> Headings:
    """Return the headings of a page; url is its address."""
    kinds: dict[str, list[str]] = {"likely": [], "crumbs": [], "logos": []}
    for element in islice(tree.iter("h1"), _MOST_HEADINGS):
        if text := text_of(element):
            kinds[_find_kind(element, url)].append(text)
    below = tuple(_walk_below(tree)) if kinds["crumbs"] else ()
    return Headings(**{kind: tuple(texts) for kind, texts in kinds.items()}, below=below)


def text_of(element: HtmlElement | None) -> str:
    """Return the text of an element; a space is between its parts, except before a colon marked by itself."""
    if element is None:
        return ""
    parts = (part if part[:1] in ":,;?!" else f" {part}" for part in element.itertext())
    return clean_line("".join(parts))


def _find_kind(heading: HtmlElement, url: str) -> str:
    around = (heading, *islice(heading.iterancestors(), _MOST_AROUND))
    if any(_CRUMB.search(" ".join([*each.keys(), *each.values()])) for each in around):
        return "crumbs"
    links = [link.get("href") for link in heading.iter("a") if link.get("href")]
    return "logos" if links and all(_leads_home(link, url) for link in links) else "likely"


def _leads_home(link: str, url: str) -> bool:
    """Return whether a link leads to the home page of the page's own site, and the page is another one."""
    address = absolute_url(link, base=url)
    if address is None or not is_same_site(address, url):
        return False
    parts = urlsplit(address)
    return parts.path in _HOMES and not parts.query and urlsplit(url).path not in _HOMES


def _walk_below(tree: HtmlElement) -> Iterator[str]:
    for element in islice(tree.iter("h2"), _MOST_HEADINGS):
        if text := text_of(element):
            yield text
