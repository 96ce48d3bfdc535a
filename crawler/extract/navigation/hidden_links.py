"""Making links of what a page lists without any: elements that a script opens, and lists that are stated for search engines."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from lxml import etree
from lxml.html import HtmlElement

from crawler.extract.metadata.declared import list_nodes, types_of

# bounds for hostile pages
_MOST_ELEMENTS = 2000
_MOST_ITEMS = 500
_OPENED = etree.XPath(
    "//*[not(self::a) and (@data-href or @data-url or @data-link or contains(@onclick, 'location') or contains(@onclick, 'open('))]"
)
# location = '/a', location.href = "/a", location.assign('/a'), window.open('/a'); an expression is no address
_ADDRESS = re.compile(
    r"(?:location(?:\.href)?\s{0,9}=|location\.(?:assign|replace)\s{0,9}\(|\bopen\s{0,9}\()\s{0,9}"
    r"(?:'([^'\\]{1,2000})'|\"([^\"\\]{1,2000})\")\s{0,9}(?![\s+.?\w])"
)
# schema.org: what holds the entries of a list or blog
_LISTS = ("itemListElement", "blogPost", "blogPosts", "hasPart")


def reveal_links(tree: HtmlElement) -> bool:
    """Add the links that a page has for scripts and search engines only, in place; return whether there are any."""
    opened = [
        (element, address)
        for element in islice(_OPENED(tree), _MOST_ELEMENTS)
        if (address := _read_address(element)) and element.find(".//a[@href]") is None
    ]
    for element, address in opened:
        element.tag = "a"
        element.set("href", address)
    body = tree.find("body")
    stated = list(islice(_list_stated(tree), _MOST_ITEMS)) if body is not None else []
    for url, name in stated:
        link = etree.SubElement(etree.SubElement(body, "h3"), "a", href=url)
        link.text = name
    return bool(opened or stated)


def _read_address(element: HtmlElement) -> str:
    stated = (element.get(name) for name in ("data-href", "data-url", "data-link"))
    found = _ADDRESS.search((element.get("onclick") or "")[:5000])
    written = (found[1] or found[2]) if found else ""
    return next(filter(None, stated), "") or written


def _list_stated(tree: HtmlElement) -> Iterator[tuple[str, str]]:
    """Yield address and name of each entry of the lists in a page's JSON-LD; breadcrumbs are lists of another type."""
    for node in list_nodes(tree):
        if "BreadcrumbList" in types_of(node):
            continue
        for name in _LISTS:
            items = node.get(name)
            for item in items if isinstance(items, list) else []:
                url, title = _read_item(item)
                if url and title:
                    yield url, title


def _read_item(item: Any) -> tuple[str, str]:
    if not isinstance(item, dict):
        return "", ""
    inner = item.get("item")
    both = [item, inner] if isinstance(inner, dict) else [item]
    url = _first(both, ("url", "@id")) or (inner if isinstance(inner, str) else "")
    return url, _first(both, ("headline", "name"))


def _first(nodes: list[dict[str, Any]], keys: tuple[str, ...]) -> str:
    values = (node.get(key) for node in nodes for key in keys)
    # lxml refuses control characters
    plain = (" ".join(value.split()) for value in values if isinstance(value, str))
    return next((value for value in plain if value and value.isprintable()), "")
