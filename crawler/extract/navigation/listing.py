"""Finding the links to articles on a section page, by the shape of their addresses or by a selector.

The article addresses of a site are alike, and unlike those of its menus: a slug of several words, a date, a number. The
shape is learned at the first visit and stored, so that a later page with fewer links is read the same way.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from urllib.parse import urlsplit

from cssselect import HTMLTranslator
from lxml.html import HtmlElement

from crawler.errors import NotAFeed
from crawler.extract.documents.tree import parse_html
from crawler.extract.navigation.hidden_links import reveal_links
from crawler.extract.navigation.links import BOILERPLATE, EDGE, MAIN, Link, collect_links
from crawler.extract.navigation.shapes import is_calendar, is_series, shape_of, weigh_shape
from crawler.model.source import FeedEntry, Listing
from crawler.text.web.urls import article_key

# links of one shape that are a group; one or two may be alike by chance
_FEWEST_LINKS = 3
# files that are not read as articles; PDFs are, see `_place_of`
_NO_PAGE = re.compile(r"\.(?:jpe?g|png|gif|webp|svg|mp[34]|zip|css|js|xml|rss|ics)$", re.IGNORECASE)
# paths that are seldom articles: they count as boilerplate, which is read only if the page has nothing better
_NO_ARTICLE = re.compile(
    r"/(?:tags?|topics?|categor(?:y|ies)|authors?|search|login|signin|register|subscribe|privacy|terms|contact|about"
    r"|page|feeds?|rss|account|share)(?:/|$)",
    re.IGNORECASE,
)
# in a stored pattern, the mark that boilerplate is read as well; no shape has two slashes
_LEVEL = "//"
# median words of the texts of a group, from which they are headlines and not entries of a menu: in general, under
# headings (a heading proves as much as words do), and in boilerplate, where menus of long entries are common
_FEWEST_WORDS = 3.5
_FEWEST_HEADED_WORDS = 1.5
_FEWEST_BOILERPLATE_WORDS = 5.0
# median words below which links at one spot are a menu, although their addresses have the shape of articles
_MENU_WORDS = 2.5
# the weight of a slug (see `weigh_shape`), which one or two links must reach
_DISTINCTIVE = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingHints:
    """What is known of a section before it is read.

    pattern   the pattern that an earlier visit learned; learned again if fewer than three links fit it
    selector  CSS selector of the links, or of elements around them; with it nothing is guessed
    examples  addresses that are known to be articles of the site
    """

    pattern: str | None = None
    selector: str | None = None
    examples: tuple[str, ...] = ()


_NO_HINTS = ListingHints()


def read_listing(
    body: bytes,
    *,
    url: str,
    max_entries: int,
    now: datetime,
    content_type: str = "",
    hints: ListingHints = _NO_HINTS,
) -> Listing:
    """Return the links to articles on a page, and the pattern they were found by.

    max_entries   links beyond are dropped; pages list their newest first
    now           aware UTC instant of the visit: pages of a calendar are dated later
    content_type  the header as sent, may be empty
    returns       entries with the text of their link as title; the pattern is passed in again at the next visit
    raises        NotAFeed if the page has no group of links that look like articles
    """
    tree = parse_list_page(body, content_type=content_type)
    if hints.selector:
        chosen = collect_links(tree, _select(tree, hints.selector), url=url).values()
        entries = _make_entries(chosen, max_entries)
        return Listing(entries=entries, pattern=f"select {hints.selector}")
    fitting, tokens = _find_articles(tree, url=url, now=now, hints=hints)
    # only then: a page's own links are what people follow
    if not fitting and reveal_links(tree):
        fitting, tokens = _find_articles(tree, url=url, now=now, hints=hints)
    if not fitting:
        raise NotAFeed("the page shows no group of links that look like articles")
    return Listing(entries=_make_entries(fitting, max_entries), pattern=" ".join(tokens))


def _find_articles(
    tree: HtmlElement, *, url: str, now: datetime, hints: ListingHints
) -> tuple[list[Link], list[str]]:
    """Return the links of a page that are articles, and the pattern they were found by; none if no group looks like it."""
    links = [
        link
        for link in collect_links(tree, tree.iter("a"), url=url).values()
        if not _NO_PAGE.search(urlsplit(link.url).path)
    ]
    level, shapes = _read_pattern(hints.pattern)
    fitting = _fit(links, shapes, level=level, now=now)
    if len(fitting) < _FEWEST_LINKS or _is_menu(fitting):
        new_level, learned = _learn(links, hints.examples, now=now)
        # on a day with little news one link fits the old shapes and no other group is found: that link stays
        is_stale = bool(learned) and _is_menu(fitting)
        kept = set() if is_stale else {shape_of(link.plain_url) for link in fitting}
        level, shapes = max(level if kept else MAIN, new_level), kept | learned
        fitting = _fit(links, shapes, level=level, now=now)
    return fitting, [*([f"{_LEVEL}{level}"] if level else []), *sorted(shapes)]


def _read_pattern(pattern: str | None) -> tuple[int, set[str]]:
    """Return the level (MAIN, BOILERPLATE or EDGE) down to which a stored pattern reads links, and its shapes."""
    if not pattern or pattern.startswith("select "):
        return MAIN, set()
    tokens = set(pattern.split(" "))
    levels = [place for place in (BOILERPLATE, EDGE) if f"{_LEVEL}{place}" in tokens]
    return max(levels, default=MAIN), {token for token in tokens if not token.startswith(_LEVEL)}


def parse_list_page(body: bytes, *, content_type: str = "") -> HtmlElement:
    """Return the tree of a page of links; raises NotAFeed if it cannot be read."""
    tree = parse_html(body, content_type)
    if tree is None:
        raise NotAFeed("the answer is not HTML that can be read")
    return tree


def _select(tree: HtmlElement, selector: str) -> list[HtmlElement]:
    found = tree.xpath(HTMLTranslator().css_to_xpath(selector))
    return [
        link
        for element in found
        for link in ([element] if element.tag == "a" else element.iter("a"))
    ]


def _place_of(link: Link) -> int:
    path = urlsplit(link.url).path
    # PDFs count only if the page lists nothing else, such as the notices of a council; among news they are downloads
    is_doubtful = path[-4:].lower() == ".pdf" or _NO_ARTICLE.search(path) is not None
    return max(link.place, BOILERPLATE) if is_doubtful else link.place


def _group(links: Iterable[Link], *, level: int) -> dict[str, list[Link]]:
    groups: dict[str, list[Link]] = {}
    for link in links:
        if _place_of(link) <= level:
            groups.setdefault(shape_of(link.plain_url), []).append(link)
    return groups


def _fit(links: list[Link], shapes: set[str], *, level: int, now: datetime) -> list[Link]:
    """Return the links of these shapes, in page order, without calendars and menus."""
    kept = {
        link.key
        for shape, group in _group(links, level=level).items()
        if shape in shapes and not _is_calendar(group, now=now)
        for link in _without_menus(group)
    }
    return [link for link in links if link.key in kept]


def _learn(links: list[Link], examples: tuple[str, ...], *, now: datetime) -> tuple[int, set[str]]:
    """Return the level and the shapes of the groups that look like articles.

    Boilerplate is tried only if nothing outside of it looks like articles, the edges of the page last.
    examples  addresses known to be articles: a shape that three of them have needs no further proof
    """
    known = [shape_of(f"http://{article_key(example)}") for example in examples]
    for level in (MAIN, BOILERPLATE, EDGE):
        groups = {
            shape: group
            for shape, group in _group(links, level=level).items()
            if not _is_calendar(group, now=now)
        }
        shapes = {shape for shape in groups if known.count(shape) >= _FEWEST_LINKS}
        scores = {shape: _score(shape, _without_menus(groups[shape]), level) for shape in groups}
        # "Bulletin 17", "Bulletin 18" may be news, but where there is another group they are the pages of a list
        series = {shape for shape in groups if is_series([link.text for link in groups[shape]])}
        distinctive = {shape: score for shape, score in scores.items() if shape not in series}
        scores = distinctive if any(distinctive.values()) else scores
        best = max(scores.values(), default=0.0)
        # a site may have several shapes of articles; less than a quarter of the best score is a box beside them
        shapes |= {shape for shape, score in scores.items() if score > 0 and score >= best / 4}
        if shapes:
            return level, shapes
    return MAIN, _learn_few(links, now=now)


def _learn_few(links: list[Link], *, now: datetime) -> set[str]:
    """Return the shapes on a page without a group of headlines.

    These are links under headings whose addresses have a slug, or a year and a number; or three short names whose
    addresses have numbers (bulletin-4).
    """
    chosen = set()
    for shape, group in _group(links, level=MAIN).items():
        if _is_calendar(group, now=now):
            continue
        is_headed = all(link.is_headed for link in group) and _median_words(group) >= _FEWEST_WORDS
        is_numbered = (
            len(group) >= _FEWEST_LINKS
            and _has_number(shape)
            and not is_series([link.text for link in group])
            and len({link.text for link in group}) == len(group)
            and _median_words(group) >= _FEWEST_HEADED_WORDS
        )
        if (is_headed and weigh_shape(shape) >= _DISTINCTIVE) or is_numbered:
            chosen.add(shape)
    return chosen


def _has_number(shape: str) -> bool:
    parts = re.split(r"[/.=&?]", shape)
    return bool({"Y", "N", "D"} & set(parts)) or any(part.endswith("#") for part in parts)


def _score(shape: str, group: list[Link], level: int) -> float:
    """Return the score of a group: number of links, times the weight of their shape, times their median words.

    More than ten words do not add to it: they are a summary within the link.
    returns  0.0 if the group cannot be articles
    """
    weight = weigh_shape(shape)
    if not weight or len(group) < _FEWEST_LINKS:
        return 0.0
    length = _median_words(group)
    is_headed = 2 * sum(link.is_headed for link in group) >= len(group)
    fewest = _FEWEST_HEADED_WORDS if is_headed else _FEWEST_WORDS
    if level == EDGE and not _has_number(shape):
        return 0.0
    if level != MAIN and not (_has_number(shape) or is_headed):
        fewest = _FEWEST_BOILERPLATE_WORDS
    return len(group) * weight * min(length, 10.0) if length >= fewest else 0.0


def _is_calendar(group: list[Link], *, now: datetime) -> bool:
    return is_calendar([(link.plain_url, link.text) for link in group], now=now)


def _without_menus(group: list[Link]) -> list[Link]:
    """Return a group without links of a menu that have the shape of articles: short texts at a spot of their own."""
    spots: dict[str, list[Link]] = {}
    for link in group:
        spots.setdefault(link.spot, []).append(link)
    lengths = {spot: _median_words(each) for spot, each in spots.items()}
    if max(lengths.values(), default=0.0) < _FEWEST_WORDS:
        return group
    return [link for link in group if lengths[link.spot] >= _MENU_WORDS]


def _is_menu(links: list[Link]) -> bool:
    """Return whether links that fit a learned shape have become a menu: short texts, and none under a heading."""
    is_headed = any(link.is_headed for link in links)
    return bool(links) and not is_headed and _median_words(links) < _MENU_WORDS


def _median_words(links: list[Link]) -> float:
    return median(_count_words(link.text) for link in links)


def _count_words(text: str) -> float:
    """Return the number of words of a text; in scripts without spaces 2.5 characters count as one."""
    words = len(text.split())
    return max(words, len(text) / 2.5 if words <= 2 and not text.isascii() else 0.0)


def _make_entries(links: Iterable[Link], max_entries: int) -> tuple[FeedEntry, ...]:
    return tuple(FeedEntry(url=link.url, title=link.text) for link in [*links][:max_entries])
