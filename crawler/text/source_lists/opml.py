"""Reading and writing OPML subscription lists (opml.org, 2.0), including the broken ones that feed readers export."""

import html
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from lxml import etree

from crawler.text.counts import write_number
from crawler.text.lines import clean_line
from crawler.text.source_lists.ampersands import repair_ampersands
from crawler.text.source_lists.pasted import read_pasted
from crawler.text.web.logins import hide_login, split_login

# bounds for hostile files: 50,000 feeds of 160 bytes each are 8 MB; folders below the twentieth level are no tags
_MOST_BYTES = 10_000_000
_MOST_OUTLINES = 50_000
_DEEPEST = 20
# an export may lack its root, so any of these begins the list
_ROOT = re.compile(r"<(?:[\w-]{1,40}:)?(?:opml|body|outline)[\s/>]", re.IGNORECASE)
# the declared encoding; lxml cannot use it, because the text is repaired before it is parsed
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.-]{1,40})", re.IGNORECASE)
# feed addresses in markup that is too broken for the parser's recovery
_ADDRESS = re.compile(
    r"""\bxmlurl\s{0,9}=\s{0,9}(?:"([^"<>]{1,4000})"|'([^'<>]{1,4000})'|([^\s"'<>]{1,4000}))""",
    re.IGNORECASE,
)
# "<" in a title that was never escaped
_LONE_BRACKET = re.compile(r"<(?![!?/A-Za-z_])")
# characters that XML 1.0 forbids; the parser would stop at the first
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# the first is OPML's own; programs of other lists write the others
_FEED_ATTRIBUTES = ("xmlurl", "feedurl", "rssurl", "atomurl")
_PARTS_CATEGORIES = re.compile(r"[,/]")
_ESCAPED = re.compile(r"&(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-f]{1,6});", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One feed of an OPML list.

    url       address of the feed, without the login
    home_url  address of its site, or None
    kind      ``rss`` for feeds; our exports use ``link`` for home pages, sitemaps and pages
    tags      the folders it is in, outermost first, then its categories
    username, password   of the login in the address, empty if it had none
    """

    title: str
    url: str
    home_url: str | None = None
    kind: str = "rss"
    tags: tuple[str, ...] = ()
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An outline that is meant as a subscription but cannot be read as one, with the reason."""

    title: str
    address: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpmlList:
    """What was read from an OPML list: each address once, and the outlines that were left out."""

    subscriptions: tuple[Subscription, ...]
    left_out: tuple[LeftOut, ...] = ()


def read_opml(content: bytes) -> OpmlList:
    """Return the subscriptions of an OPML list; an outline with the address of a feed is never dropped silently.

    raises  ValueError with a sentence for a person, if it is no OPML or larger than 10 MB
    """
    if len(content) > _MOST_BYTES:
        raise ValueError("the file is too large for an OPML list")
    text = _without_comments(_NO_XML.sub("", _decode(content)))
    found: dict[str, Subscription] = {}
    left_out: list[LeftOut] = []
    outlines = chain(_walk(_parse(text)), _find_addresses(text, seen=found))
    for count, (outline, folders) in enumerate(outlines):
        if count >= _MOST_OUTLINES:
            reason = f"the list has more than {write_number(_MOST_OUTLINES)} lines; this one and the rest were not read"
            left_out.append(LeftOut(title="", address="", reason=reason))
            break
        item = _read_outline(outline, folders)
        if isinstance(item, LeftOut):
            left_out.append(item)
        elif item is not None:
            known = found.get(item.url)
            # one feed in two folders has the tags of both
            tags = tuple(dict.fromkeys((*(known.tags if known else ()), *item.tags)))
            found[item.url] = replace(known or item, tags=tags)
    return OpmlList(subscriptions=tuple(found.values()), left_out=tuple(left_out))


def _find_addresses(
    text: str, *, seen: Container[str]
) -> Iterator[tuple[Mapping[str, str], tuple[str, ...]]]:
    """Yield outlines without a title for feed addresses that are in the text but, because of broken markup, not in the tree.

    seen  addresses found so far; it grows while this runs
    """
    for found in _ADDRESS.finditer(text):
        stated = html.unescape(repair_ampersands(found[found.lastindex or 0]))
        address = read_pasted(stated.replace("&amp;", "&"))
        if address is not None and split_login(address)[0] not in seen:
            yield {"xmlurl": stated}, ()


def _without_comments(text: str) -> str:
    """Return a text without its comments; a comment that is never closed is left as text."""
    parts, start = [], 0
    while (begin := text.find("<!--", start)) >= 0 and (end := text.find("-->", begin + 4)) >= 0:
        parts.append(text[start:begin])
        start = end + 3
    return "".join((*parts, text[start:]))


def _parse(text: str) -> etree._Element:
    start = _ROOT.search(text)
    if start is None:
        raise ValueError("the file is not an OPML list: it contains neither <opml> nor <outline>")
    # everything before the root is cut off, because entity declarations are useless here and may be bombs
    whole = _LONE_BRACKET.sub("&lt;", repair_ampersands(text[start.start() :]))
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, recover=True, huge_tree=False,
        remove_comments=True, remove_pis=True, encoding="utf-8",
    )  # fmt: skip
    try:
        root = etree.fromstring(f"<list>{whole}</list>".encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ValueError(f"the file is not XML: {error}") from error
    if root is None:
        raise ValueError("the file is not XML")
    return root


def _decode(content: bytes) -> str:
    """Return the text of a file: UTF-16 if its first bytes show it, else UTF-8, else the declared charset or Windows-1252."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    if b"\x00" in content[:4]:
        return content.decode("utf-16-be" if content[:1] == b"\x00" else "utf-16-le", "replace")
    declared = _DECLARED.search(content[:500])
    names = ("utf-8-sig", declared[1].decode("ascii") if declared else "cp1252")
    for name in names:
        try:
            return content.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("cp1252", "replace")


def _walk(root: etree._Element) -> Iterator[tuple[Mapping[str, str], tuple[str, ...]]]:
    """Yield the attributes of every outline and the folders it is in, in file order; outlines within feeds too."""
    # not recursive: a file may nest outlines deeper than Python's stack
    stack: list[tuple[etree._Element, tuple[str, ...]]] = [(root, ())]
    while stack:
        element, folders = stack.pop()
        inside = folders
        if _name_of(element.tag) == "outline":
            facts = {_name_of(name): str(text) for name, text in element.attrib.items()}
            yield facts, folders
            title = _read_title(facts)
            if title and not _address_of(facts) and len(folders) < _DEEPEST:
                inside = (*folders, title)
        stack.extend((child, inside) for child in reversed(element))


def _name_of(tag: object) -> str:
    """Return a name without its namespace, in lower case: xmlUrl, xmlURL and XMLURL are all in use."""
    return tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(tag, str) else ""


def _address_of(facts: Mapping[str, str]) -> str:
    """Return the address of an outline, of a feed or of a page (``type="link"``, as in our exports); empty if it has none."""
    stated = next((facts[name] for name in _FEED_ATTRIBUTES if facts.get(name)), "")
    if not stated and facts.get("type", "").strip().lower() in {"link", "rss", "atom", "feed"}:
        stated = facts.get("url") or ""
    # escaped twice by some exports; no address has a real &amp;
    return stated.replace("&amp;", "&").strip()


def _read_title(facts: Mapping[str, str]) -> str:
    text = facts.get("title", "").strip() or facts.get("text", "")
    return _clean(html.unescape(text) if _ESCAPED.search(text) else text)


def _clean(text: str) -> str:
    """Return a text as one line that can be a name or a tag: printable, at most 80 characters (Name in config/values.py)."""
    line = clean_line(text, max_characters=80)
    return " ".join("".join(sign if sign.isprintable() else " " for sign in line).split())


def _read_outline(
    facts: Mapping[str, str], folders: tuple[str, ...]
) -> Subscription | LeftOut | None:
    stated, title = _address_of(facts), _read_title(facts)
    kind = _clean(facts.get("type", "")).lower() or "rss"
    if not stated and kind == "include" and facts.get("url"):
        shown = clean_line(hide_login(facts["url"]), max_characters=200)
        return LeftOut(title=title, address=shown, reason="it is another list; import that as well")
    if not stated:
        is_named = "xmlurl" in facts or kind in {"atom", "feed"} or facts.get("type") == "rss"
        reason = "it has no feed address"
        return LeftOut(title=title, address="", reason=reason) if is_named else None
    address = read_pasted(stated)
    if address is None:
        shown = clean_line(hide_login(stated), max_characters=200)
        return LeftOut(title=title, address=shown, reason="this is not a web address")
    url, username, password = split_login(address)
    return Subscription(
        title=title,
        url=url,
        home_url=_read_home(facts.get("htmlurl", "")),
        kind=kind,
        tags=tuple(dict.fromkeys((*folders, *_read_categories(facts.get("category", ""))))),
        username=username,
        password=password,
    )


def _read_home(stated: str) -> str | None:
    home = read_pasted(stated.replace("&amp;", "&")) if stated.strip() else None
    return split_login(home)[0] if home else None


def _read_categories(text: str) -> list[str]:
    parts = (_clean(part) for part in _PARTS_CATEGORIES.split(text))
    return [part for part in parts if part]


def write_opml(subscriptions: Iterable[Subscription], *, title: str) -> bytes:
    """Return an OPML list: a folder for each first tag, further tags as categories, subscriptions without tags outside folders."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = title
    body = etree.SubElement(root, "body")
    folders: dict[tuple[str, ...], etree._Element] = {(): body}
    for item in subscriptions:
        # a category cannot have these signs in it, a folder can
        path = item.tags[:1] + tuple(tag for tag in item.tags[1:] if _PARTS_CATEGORIES.search(tag))
        for depth, name in enumerate(path, start=1):
            if path[:depth] not in folders:
                above = folders[path[: depth - 1]]
                folders[path[:depth]] = etree.SubElement(above, "outline", text=name, title=name)
        _write_outline(
            folders[path], item, categories=[tag for tag in item.tags if tag not in path]
        )
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _write_outline(parent: etree._Element, item: Subscription, *, categories: list[str]) -> None:
    facts = {"text": item.title, "title": item.title, "type": item.kind}
    # any other type is of a feed: "atom", and what was mistyped
    facts["url" if item.kind == "link" else "xmlUrl"] = item.url
    if item.home_url:
        facts["htmlUrl"] = item.home_url
    if categories:
        facts["category"] = ",".join(categories)
    etree.SubElement(parent, "outline", facts)
