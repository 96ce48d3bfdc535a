"""OPML subscription lists: the format feed readers exchange (opml.org, 2.0)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree

from crawler.text.lines import clean_line
from crawler.text.urls import absolute_url

_MOST_BYTES = 20_000_000
_DEEPEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One feed of a list.

    url       address of the feed; home_url of its site, or None
    kind      ``rss`` for feeds; ours write ``link`` for home pages, sitemaps and pages
    tags      folders it lies in, outermost first, then its categories
    """

    title: str
    url: str
    home_url: str | None = None
    kind: str = "rss"
    tags: tuple[str, ...] = ()


def read_opml(content: bytes) -> tuple[Subscription, ...]:
    """Read a list, each address once.

    raises  ValueError for a person, where it is no OPML
    """
    if len(content) > _MOST_BYTES:
        raise ValueError("the file is too large for an OPML list")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, recover=True, huge_tree=False, remove_comments=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ValueError(f"the file is no XML: {error}") from error
    if root is None or not isinstance(root.tag, str) or root.tag.lower() != "opml":
        raise ValueError("the file is no OPML list: its outermost element is not <opml>")
    found: dict[str, Subscription] = {}
    for body in root.iter("body"):
        for item in _walk(body, ()):
            known = found.get(item.url)
            # one feed in two folders has the tags of both
            tags = tuple(dict.fromkeys((*(known.tags if known else ()), *item.tags)))
            found[item.url] = Subscription(
                title=item.title, url=item.url, home_url=item.home_url, kind=item.kind, tags=tags
            )
    return tuple(found.values())


def _walk(element: etree._Element, folders: tuple[str, ...]) -> Iterable[Subscription]:
    for outline in element.findall("outline"):
        facts = {str(name).lower(): str(value) for name, value in outline.attrib.items()}
        title = clean_line(facts.get("title") or facts.get("text") or "", max_characters=80)
        address = absolute_url(facts.get("xmlurl") or "", base="")
        if address is None and facts.get("type", "").lower() == "link":
            address = absolute_url(facts.get("url") or "", base="")
        if address is not None:
            yield Subscription(
                title=title,
                url=address,
                home_url=absolute_url(facts.get("htmlurl") or "", base=""),
                kind=facts.get("type", "rss").lower() or "rss",
                tags=tuple(dict.fromkeys((*folders, *_read_categories(facts.get("category", ""))))),
            )
        elif len(folders) < _DEEPEST:
            yield from _walk(outline, (*folders, title) if title else folders)


def _read_categories(text: str) -> list[str]:
    parts = (clean_line(part, max_characters=80) for part in re.split(r"[,/]", text))
    return [part for part in parts if part]


def write_opml(subscriptions: Iterable[Subscription], *, title: str) -> bytes:
    """Write a list: a folder for each first tag, further tags as categories; what has none lies outside of folders."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = title
    body = etree.SubElement(root, "body")
    folders: dict[str, etree._Element] = {}
    for item in subscriptions:
        parent = body
        if item.tags:
            name = item.tags[0]
            if name not in folders:
                folders[name] = etree.SubElement(body, "outline", text=name, title=name)
            parent = folders[name]
        _write_outline(parent, item)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _write_outline(parent: etree._Element, item: Subscription) -> None:
    facts = {"text": item.title, "title": item.title, "type": item.kind}
    facts["xmlUrl" if item.kind == "rss" else "url"] = item.url
    if item.home_url:
        facts["htmlUrl"] = item.home_url
    if item.tags[1:]:
        facts["category"] = ",".join(item.tags[1:])
    etree.SubElement(parent, "outline", facts)
