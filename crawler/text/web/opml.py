"""OPML subscription lists: the format feed readers exchange (opml.org, 2.0), as their exports are in fact."""

import html
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from lxml import etree

from crawler.text.lines import clean_line
from crawler.text.web.logins import hide_login, split_login
from crawler.text.web.pasted import read_pasted

_MOST_BYTES = 10_000_000
_MOST_OUTLINES = 50_000
_DEEPEST = 20
_ROOT = re.compile(r"<(?:[\w-]{1,40}:)?(?:opml|body|outline)[\s/>]", re.IGNORECASE)
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.-]{1,40})", re.IGNORECASE)
# every reader that writes `?a=1&b=2` means it; a name without its semicolon is no entity
_AMPERSAND = re.compile(r"&(?:(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)?")
_ADDRESS = re.compile(
    r"""\bxmlurl\s{0,9}=\s{0,9}(?:"([^"<>]{1,4000})"|'([^'<>]{1,4000})'|([^\s"'<>]{1,4000}))""",
    re.IGNORECASE,
)
_LONE_BRACKET = re.compile(r"<(?![!?/A-Za-z_])")
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_ESCAPED = re.compile(r"&(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-f]{1,6});", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One feed of a list.

    url       address of the feed; home_url of its site, or None
    kind      ``rss`` for feeds; ours write ``link`` for home pages, sitemaps and pages
    tags      folders it lies in, outermost first, then its categories
    username, password   of a login that stood in its address
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
    """An outline that has an address and is no subscription, and why."""

    title: str
    address: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpmlList:
    """A list as understood: each address once, and what could not be taken."""

    subscriptions: tuple[Subscription, ...]
    left_out: tuple[LeftOut, ...] = ()


def read_opml(content: bytes) -> OpmlList:
    """Read a list: every outline with the address of a feed is a subscription, or is named with why not.

    raises  ValueError for a person, where it is no OPML
    """
    if len(content) > _MOST_BYTES:
        raise ValueError("the file is too large for an OPML list")
    text = _without_comments(_NO_XML.sub("", _decode(content)))
    found: dict[str, Subscription] = {}
    left_out: list[LeftOut] = []
    outlines = chain(_walk(_parse(text)), _find_addresses(text, seen=found))
    for count, (outline, folders) in enumerate(outlines):
        if count >= _MOST_OUTLINES:
            reason = f"the list has more than {_MOST_OUTLINES:,} lines; this one and the rest were not read"
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
    """Yield the addresses of a file that broken markup kept out of the tree, as outlines without a title.

    seen  those that have been found by now
    """
    for found in _ADDRESS.finditer(text):
        stated = html.unescape(_AMPERSAND.sub(_repair, found[found.lastindex or 0]))
        address = read_pasted(stated.replace("&amp;", "&"))
        if address is not None and split_login(address)[0] not in seen:
            yield {"xmlurl": stated}, ()


def _without_comments(text: str) -> str:
    """Return a text without its comments; one that is not closed ends nothing."""
    parts, start = [], 0
    while (begin := text.find("<!--", start)) >= 0 and (end := text.find("-->", begin + 4)) >= 0:
        parts.append(text[start:begin])
        start = end + 3
    return "".join((*parts, text[start:]))


def _parse(text: str) -> etree._Element:
    start = _ROOT.search(text)
    if start is None:
        raise ValueError("the file is no OPML list: there is no <opml> in it, and no <outline>")
    # what stands before the root goes: declarations of entities are of no use here, and may be bombs
    whole = _LONE_BRACKET.sub("&lt;", _AMPERSAND.sub(_repair, text[start.start() :]))
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, recover=True, huge_tree=False,
        remove_comments=True, remove_pis=True, encoding="utf-8",
    )  # fmt: skip
    try:
        root = etree.fromstring(f"<list>{whole}</list>".encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ValueError(f"the file is no XML: {error}") from error
    if root is None:
        raise ValueError("the file is no XML")
    return root


def _decode(content: bytes) -> str:
    """Return the text of a file, by its first bytes, else as UTF-8, else as it says or as Windows writes it."""
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


def _repair(found: re.Match[str]) -> str:
    """Return an entity as XML knows it: HTML's by their sign, anything else as a plain ampersand."""
    name = found[1]
    if name is None:
        return "&amp;"
    if name.startswith("#") or name in _XML_NAMES:
        return found[0]
    sign = html.unescape(found[0])
    return f"&amp;{name};" if sign == found[0] else html.escape(sign)


def _walk(root: etree._Element) -> Iterator[tuple[Mapping[str, str], tuple[str, ...]]]:
    """Yield the attributes of every outline, in the order of the file, with the folders it lies in; within feeds too."""
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
    """Return a name without its namespace, in small letters: xmlUrl, xmlURL and XMLURL are one."""
    return tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(tag, str) else ""


def _address_of(facts: Mapping[str, str]) -> str:
    """Return the address an outline is about; of a feed, or of a page that a list of ours or of podcasts links to."""
    stated = facts.get("xmlurl") or facts.get("feedurl") or ""
    if not stated and facts.get("type", "").strip().lower() in {"link", "rss", "atom", "feed"}:
        stated = facts.get("url") or ""
    # escaped twice by some exports; no address has a real &amp;
    return stated.replace("&amp;", "&").strip()


def _read_title(facts: Mapping[str, str]) -> str:
    text = facts.get("title", "").strip() or facts.get("text", "")
    return _clean(html.unescape(text) if _ESCAPED.search(text) else text)


def _clean(text: str) -> str:
    """Return one line that can be a name or a tag."""
    line = clean_line(text, max_characters=80)
    return " ".join("".join(sign if sign.isprintable() else " " for sign in line).split())


def _read_outline(
    facts: Mapping[str, str], folders: tuple[str, ...]
) -> Subscription | LeftOut | None:
    stated, title = _address_of(facts), _read_title(facts)
    kind = _clean(facts.get("type", "")).lower() or "rss"
    if not stated:
        is_named = "xmlurl" in facts or kind in {"atom", "feed"} or facts.get("type") == "rss"
        reason = "it has no address of a feed"
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
    parts = (_clean(part) for part in re.split(r"[,/]", text))
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
