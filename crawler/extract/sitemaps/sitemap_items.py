"""Reading the addresses of a sitemap's text with their fields, also where the markup is not what sitemaps.org asks for.

learned on  crawler-commons/crawler-commons#29, #144, #153, #213: an address without its element, blanks or a warning before
the root, ``<url>`` that is never closed, several addresses in one
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from lxml import etree

from crawler.errors import NotAFeed
from crawler.extract.documents.charset import decode_page
from crawler.text.source_lists.ampersands import repair_ampersands

# far enough for a long comment, a style sheet or a program's warning before it
_HEAD_CHARACTERS = 50_000
_ROOT = re.compile(r"<(?:[\w-]+:)?(?:urlset|sitemapindex)\b", re.IGNORECASE)
_FEED = re.compile(r"<(?:[\w-]+:)?(?:rss|feed|rdf)[\s>]", re.IGNORECASE)
# a text sitemap: an address a line, perhaps after a comment
_LINE = re.compile(r"^[ \t]*(https?://\S+)[ \t\r]*$", re.IGNORECASE | re.MULTILINE)
_LINES_WITHIN = 1000
# characters that XML 1.0 forbids; the parser would stop at the first
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_CDATA = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.DOTALL)
_OPENING, _CLOSING = re.compile(r"<url\s*>", re.IGNORECASE), re.compile(r"</url\s*>", re.IGNORECASE)
_ENTRIES = frozenset({"url", "sitemap"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One address of a sitemap with its fields by local name; ``name`` is ``url`` or ``sitemap``."""

    name: str
    url: str
    fields: dict[str, str]


def read_items(body: bytes) -> Iterator[Found]:
    """Yield what a sitemap lists, in its order; entities are not resolved.

    raises  NotAFeed, saying what came instead
    """
    text = decode_page(body, "").lstrip("\ufeff")
    head = text[:_LINES_WITHIN]
    if "<" not in head and _LINE.search(head):
        yield from (Found(name="url", url=line[1], fields={}) for line in _LINE.finditer(text))
        return
    root = _ROOT.search(text, 0, _HEAD_CHARACTERS)
    if root is None:
        hint = '; it is a feed: set kind = "feed"' if _FEED.search(head) else ""
        raise NotAFeed(f"the answer is not a sitemap{hint}")
    # what stands before the root is cut off: the declaration is about the bytes, and entity declarations may be bombs
    yield from _read_elements(_repair(text[root.start() :]))


def _repair(text: str) -> str:
    """Return a text that the parser reads to its end, with every address in an element of its own."""
    sound = _NO_XML.sub("", text)
    if "<![CDATA[" in sound:
        sound = _CDATA.sub(lambda found: found[1].replace("&", "&amp;").replace("<", "&lt;"), sound)
    if len(_OPENING.findall(sound)) != len(_CLOSING.findall(sound)):
        sound = _OPENING.sub("</url><url>", _CLOSING.sub("", sound))
        sound = sound.replace("</url>", "", 1)
    return repair_ampersands(sound)


def _read_elements(text: str) -> Iterator[Found]:
    reader = etree.iterparse(
        BytesIO(text.encode()),
        events=("end",),
        recover=True,
        resolve_entities=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        for _, element in reader:
            name, parent = _local(element), element.getparent()
            if name == "loc" and parent is not None and parent.getparent() is None:
                # no element around it: the root says what it is
                kind = "sitemap" if _local(parent) == "sitemapindex" else "url"
                yield Found(name=kind, url=_text_of(element), fields={})
            if name in _ENTRIES:
                yield from _read_entry(name, element)
                # read elements are freed, or the tree of fifty thousand would stay in memory
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
    except etree.XMLSyntaxError:
        return  # what stood before the damage has been read


def _read_entry(name: str, element: etree._Element) -> Iterator[Found]:
    """Yield the addresses of an element, one as a rule, each with the fields behind it; the first with those before it too.

    Its own fields and those of its news part count, not those of pictures and videos, which have a ``loc`` too.
    """
    news = [part for child in element if _local(child) == "news" for part in child]
    groups: list[dict[str, str]] = [{}]
    for child in [*element, *news]:
        field, value = _local(child), _text_of(child)
        if field == "loc" and "loc" in groups[-1]:
            groups.append({})
        groups[-1][field] = value
    if "loc" not in groups[0]:
        groups[0]["loc"] = (element.text or "").strip()
    yield from (
        Found(name=name, url=fields["loc"], fields=fields) for fields in groups if fields["loc"]
    )


def _text_of(element: etree._Element) -> str:
    return "".join(map(str, element.itertext())).strip()


def _local(element: etree._Element) -> str:
    # of a prefix that nobody declared, the parser makes a part of the name
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower()
