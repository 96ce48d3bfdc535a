"""Choosing an article's address: the canonical one that its page states, unless it may be another article's.

Templates write the home page or a section into every article, and then all articles have one address (decision 025).
"""

import re
from urllib.parse import urlsplit

from lxml import etree
from lxml.html import HtmlElement

from crawler.extract.navigation.shapes import shape_of
from crawler.model.article import Page
from crawler.text.web.urls import absolute_url, canonical_url, is_same_site

# canonical links that are tried; a correct page has one
_MOST_LINKS = 5
# only in the head, where HTML allows it: one in the body may belong to something embedded
_CANONICAL = etree.XPath("/html/head/link[contains(concat(' ', @rel, ' '), ' canonical ')]/@href")
# what may follow the canonical path: "/2", "/page/2", "/amp", "/print" are parts or views of the same article
_RENDERING = re.compile(r"(?:[a-z]{1,6}/?)?\d{0,3}", re.IGNORECASE)


def find_address(tree: HtmlElement, page: Page) -> str:
    """Return the canonical address that the page states, if it can be its own; else the address it was fetched from.

    Trackers and fragments are removed from both; parameters that may name the article stay (decision 007).
    """
    own = canonical_url(page.url) or page.url
    for href in _CANONICAL(tree)[:_MOST_LINKS]:
        stated = absolute_url(str(href), base=page.url)
        if stated and is_own_address(stated, of=page.url):
            return canonical_url(stated) or own
    return own


def is_own_address(stated: str, *, of: str) -> bool:
    """Return whether ``stated`` can be the canonical address of the page at ``of``, going by the two addresses.

    It cannot be on another site, a home page, or a section above the page. If the page's own address has a slug or a
    number, the stated one must have one as well.
    """
    if not is_same_site(stated, of):
        return False
    named, own = urlsplit(stated), urlsplit(of)
    path, beneath = named.path.rstrip("/"), own.path.rstrip("/")
    if not path and not named.query:
        return False
    is_above = beneath != path and beneath.startswith(f"{path}/") and not named.query
    # /news above /news/7 is a section; /news/7 above /news/7/2 is the article whose second page this is
    if is_above and not (
        _identifies_article(stated) and _RENDERING.fullmatch(beneath[len(path) + 1 :])
    ):
        return False
    return not _identifies_article(of) or _identifies_article(stated)


def _identifies_article(url: str) -> bool:
    """Return whether an address identifies one article, by a slug of several words or by a number."""
    path, _, query = shape_of(url).partition("?")
    return bool({"S", "N"} & set(re.split(r"[/.]", path))) or "=N" in query
