"""Choosing the address of an article: the page's canonical one, unless it may be another article's (decision 025)."""

import re
from urllib.parse import urlsplit

from lxml import etree
from lxml.html import HtmlElement

from crawler.extract.navigation.shapes import shape_of
from crawler.model.article import Page
from crawler.text.web.urls import absolute_url, canonical_url, is_same_site

_MOST_LINKS = 5
# only in the head, as HTML wants it: one in the body may belong to something embedded
_CANONICAL = etree.XPath("/html/head/link[contains(concat(' ', @rel, ' '), ' canonical ')]/@href")
# "/2", "/page/2", "/amp", "/print": another rendering or part of the same article
_RENDERING = re.compile(r"(?:[a-z]{1,6}/?)?\d{0,3}", re.IGNORECASE)


def find_address(tree: HtmlElement, page: Page) -> str:
    """Return the article's address: the page's canonical one if that can be its own, else the one it was fetched from."""
    own = canonical_url(page.url) or page.url
    for href in _CANONICAL(tree)[:_MOST_LINKS]:
        stated = absolute_url(str(href), base=page.url)
        if stated and is_own_address(stated, of=page.url):
            return canonical_url(stated) or own
    return own


def is_own_address(stated: str, *, of: str) -> bool:
    """Return whether, judging by the addresses, ``stated`` can be the canonical address of the page at ``of``.

    It cannot be a home page, or a section above the page: some templates write these into every article. If the
    page's own address has a slug or a number, the stated one must have one as well.
    """
    if not is_same_site(stated, of):
        return False
    named, own = urlsplit(stated), urlsplit(of)
    path, beneath = named.path.rstrip("/"), own.path.rstrip("/")
    if not path and not named.query:
        return False
    is_above = beneath != path and beneath.startswith(f"{path}/") and not named.query
    if is_above and not (
        _identifies_article(stated) and _RENDERING.fullmatch(beneath[len(path) + 1 :])
    ):
        return False
    return not _identifies_article(of) or _identifies_article(stated)


def _identifies_article(url: str) -> bool:
    """Return whether an address identifies one article, by a slug of several words or by a number."""
    path, _, query = shape_of(url).partition("?")
    return bool({"S", "N"} & set(re.split(r"[/.]", path))) or "=N" in query
