"""Links to articles on a section page, by the shape their addresses share, or by a selector.

Article addresses of one site look alike, and unlike those of its menus: a slug of several words, a date, a number.
The shape is learned at the first reading and kept, so that a later page with fewer links is read the same way.
"""

import re
from collections.abc import Iterable
from statistics import median
from urllib.parse import parse_qsl, unquote, urlsplit

import lxml.html
from cssselect import HTMLTranslator
from lxml import etree
from lxml.html import HtmlElement

from crawler.errors import NotAFeed
from crawler.model.source import FeedEntry, Listing
from crawler.text.lines import clean_line
from crawler.text.urls import absolute_url, article_key, canonical_url, is_same_site

_FEWEST_LINKS = 3
_FURNITURE = frozenset({"nav", "footer", "aside", "form"})
_NO_PAGE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|pdf|mp[34]|zip|css|js|xml|rss|ics)$", re.IGNORECASE
)
_NO_ARTICLE = re.compile(
    r"/(?:tags?|topics?|categor(?:y|ies)|authors?|search|login|signin|register|subscribe|privacy|terms|contact|about"
    r"|page|feeds?|rss|account|share)(?:/|$)",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d$")
_HEX = re.compile(r"(?=[a-z0-9]*\d)[a-f0-9-]{8,}$|(?=[A-Za-z0-9_]*\d)[A-Za-z0-9_]{10,}$")


def read_listing(
    body: bytes,
    *,
    url: str,
    max_entries: int,
    pattern: str | None = None,
    selector: str | None = None,
    examples: tuple[str, ...] = (),
) -> Listing:
    """Find the links to articles on a page.

    pattern   what an earlier reading learned; without links that fit, it is learned anew
    selector  CSS selector of the links, or of what holds them; then nothing is guessed
    examples  addresses known to be articles of the site
    raises    NotAFeed where the page shows no group of links that look like articles
    """
    tree = parse_page(body, url=url)
    if selector:
        links = _collect(_select(tree, selector), url)
        return Listing(entries=_make_entries(links, max_entries), pattern=f"select {selector}")
    links = {
        link: text
        for link, text in _collect(tree.iter("a"), url, skip_furniture=True).items()
        if not _NO_ARTICLE.search(urlsplit(link).path)
    }
    learned = pattern if pattern and not pattern.startswith("select ") else None
    shapes = set(learned.split(" ")) if learned else set()
    if not any(shape_of(link) in shapes for link in links):
        shapes = _learn(links, examples)
    fitting = {link: text for link, text in links.items() if shape_of(link) in shapes}
    if not fitting:
        raise NotAFeed("the page shows no group of links that look like articles")
    return Listing(entries=_make_entries(fitting, max_entries), pattern=" ".join(sorted(shapes)))


def parse_page(body: bytes, *, url: str) -> HtmlElement:
    """Parse HTML bytes; raises NotAFeed where that is impossible."""
    try:
        return lxml.html.fromstring(body.replace(b"\x00", b"") or b" ", base_url=url)
    except (ValueError, etree.LxmlError) as error:
        raise NotAFeed("the answer is no HTML that can be read") from error


def _select(tree: HtmlElement, selector: str) -> list[HtmlElement]:
    found = tree.xpath(HTMLTranslator().css_to_xpath(selector))
    return [
        link
        for element in found
        for link in ([element] if element.tag == "a" else element.iter("a"))
    ]


def _collect(
    anchors: Iterable[HtmlElement], url: str, *, skip_furniture: bool = False
) -> dict[str, str]:
    """Give each address of this site with the longest text that links to it, in page order."""
    links: dict[str, str] = {}
    own, seen = article_key(url), dict[str, str]()
    for anchor in anchors:
        link = absolute_url(anchor.get("href") or "", base=url)
        address = canonical_url(link) if link and is_same_site(link, url) else None
        if address is None or _NO_PAGE.search(urlsplit(address).path):
            continue
        key = article_key(address)
        if key == own or (skip_furniture and _is_furniture(anchor)):
            continue
        text = clean_line(anchor.text_content() or anchor.get("title") or "", max_characters=300)
        first = seen.setdefault(key, address)
        links[first] = max(links.get(first, ""), text, key=len)
    return links


def _is_furniture(anchor: HtmlElement) -> bool:
    return any(
        parent.tag in _FURNITURE or parent.get("role") == "navigation"
        for parent in anchor.iterancestors()
    )


def shape_of(url: str) -> str:
    """Give what an address has in common with others of its kind, such as ``w/Y/D/S.html`` or ``essay.php?eid=N``."""
    parts = urlsplit(url)
    segments = [unquote(segment) for segment in parts.path.split("/") if segment]
    shape = "/".join(
        _shape_segment(segment, is_last=place == len(segments) - 1)
        for place, segment in enumerate(segments)
    )
    query = sorted(
        f"{name}={'N' if value.isdigit() else 'w'}" for name, value in parse_qsl(parts.query)
    )
    return (shape + (f"?{'&'.join(query)}" if query else "")).replace(" ", "_")


def _shape_segment(segment: str, *, is_last: bool) -> str:
    stem, dot, ending = segment.rpartition(".")
    if dot and is_last and len(ending) <= 5:
        return f"{_shape_segment(stem, is_last=False) if _is_telling(stem) else stem}.{ending}"
    if segment.isdigit():
        return "Y" if _YEAR.match(segment) else "D" if len(segment) <= 2 else "N"
    words = [word for word in re.split(r"[-_+ ,]", segment) if word]
    if len(words) >= 3 or (len(words) == 2 and len(segment) > 10):
        return "S"
    if _HEX.match(segment) or any(word.isdigit() and len(word) > 3 for word in words):
        return "N"
    return segment if is_last else "w"


def _is_telling(stem: str) -> bool:
    return _shape_segment(stem, is_last=True) != stem


def _learn(links: dict[str, str], examples: tuple[str, ...]) -> set[str]:
    """Choose the shapes that look like articles: enough links, telling addresses, texts that read as headlines."""
    groups: dict[str, list[str]] = {}
    for link, text in links.items():
        groups.setdefault(shape_of(link), []).append(text)
    known = [shape_of(example) for example in examples]
    shapes = {shape for shape in groups if known.count(shape) >= _FEWEST_LINKS}
    scores = {shape: _score(shape, texts) for shape, texts in groups.items()}
    best = max(scores.values(), default=0.0)
    return shapes | {shape for shape, score in scores.items() if score > 0 and score >= best / 4}


def _score(shape: str, texts: list[str]) -> float:
    path, _, query = shape.partition("?")
    segments = set(re.split(r"[/.]", path))
    weight = 2.0 * ("S" in segments) + 1.5 * ("Y" in segments) + ("N" in segments) + ("=N" in query)
    length = median(_count_words(text) for text in texts)
    if not weight or len(texts) < _FEWEST_LINKS or length < 3.5:
        return 0.0
    return len(texts) * weight * min(length, 10.0)


def _count_words(text: str) -> float:
    """Count words; scripts without spaces count a word for each two or three signs."""
    words = len(text.split())
    return max(words, len(text) / 2.5 if words <= 2 and not text.isascii() else 0.0)


def _make_entries(links: dict[str, str], max_entries: int) -> tuple[FeedEntry, ...]:
    return tuple(
        FeedEntry(url=link, title=text) for link, text in list(links.items())[:max_entries]
    )
