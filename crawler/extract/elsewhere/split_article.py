"""Finding the further pages of a split article; ``joined_parts.py`` joins their texts.

Such a page has the article's own address with another page number. The next article, the next page of a list and the
pages of comments have another address or headline, or repeat the text (fhamborg/news-please#8).
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from urllib.parse import parse_qsl, urlencode, urlsplit

from lxml.html import HtmlElement

from crawler.text.web.urls import absolute_url

# pages of one article that are fetched, the first one included; further ones are not read
MOST_PARTS = 10
# links and entries of drop-down lists that are looked at; those beyond are ignored
_MOST_ANCHORS = 3000
_MOST_OPTIONS = 200
# the largest page number; a larger one numbers something else, such as pages of an archive
_MOST_NUMBER = 50
# names of query parameters that number pages
_PARAMETERS = frozenset({
    "page", "p", "pg", "pagina", "page_number", "pagenumber", "page_num", "pagenum", "pageno", "paged", "seite", "s", "part",
    "teil", "strana", "strona", "stranica", "sida", "side", "sivu", "sayfa", "pn", "start", "limitstart",
})  # fmt: skip
# values and names of parameters that show all parts on one page: ?page=all, ?view=print
_WHOLE_VALUES = frozenset(
    {"all", "alle", "full", "1", "true", "yes", "single", "one", "show", "komplett", ""}
)
_WHOLE_PARAMETERS = _PARAMETERS | {"singlepage", "single_page", "single", "onepage", "fullpage", "full", "print", "viewall", "view", "all", "showall"}  # fmt: skip
# the same at the end of a path: /news/7/all
_WHOLE_PATH = re.compile(
    r"/(?:all|full|single|singlepage|komplettansicht|onepage|print|viewall)/?$", re.I
)
# texts of a link to the whole article on one page; its address must show the same
_WHOLE_WORDS = re.compile(
    r"(?:on|as) (?:one|a single) page|single[ -]page|(?:view|show|read) (?:all|full|entire|as one)|all pages|full article"
    r"|auf einer seite|alles auf|komplettansicht|gesamten artikel|sur une (?:seule )?page|en una (?:sola )?p\u00e1gina|em uma (?:s\u00f3 )?p\u00e1gina"
    r"|su una (?:sola )?pagina|op (?:\u00e9\u00e9n|een) pagina|p\u00e5 (?:en|\u00e9n|ett) sid[ae]|\u043d\u0430 \u043e\u0434\u043d\u043e\u0439 \u0441\u0442\u0440\u0430\u043d\u0438\u0446\u0435"
    r"|\u5168\u6587|\u5355\u9875|1\u30da\u30fc\u30b8\u3067",
    re.IGNORECASE,
)
# forms of the page number at the end of a path: /page/2, /2, -2.html, _2, ,2.html, -p2
_IN_PATH = (
    re.compile(r"^(?P<head>.+?)/(?:page|seite|pagina|pag|part|teil|p|strana|sida|side|sayfa)[/_-]?(?P<number>\d{1,2})(?P<tail>/?)$", re.I),
    re.compile(r"^(?P<head>.+)/(?P<number>\d{1,2})(?P<tail>/?)$"),
    re.compile(r"^(?P<head>.+?)[-_,.](?:page|seite|pagina|p|s)?[-_]?(?P<number>\d{1,2})(?P<tail>(?:\.[a-z]{3,5})?)$", re.I),
)  # fmt: skip
# /news/index-2.html for /news/index.html
_INDEX = re.compile(r"^(?P<head>.*/index)[-_]?(?P<number>\d{1,2})(?P<tail>\.[a-z]{3,5})$", re.I)
# tried before the expensive expressions: most links of a page do not end in a number
_LOOKS_NUMBERED = re.compile(r"\d{1,2}(?:\.[a-zA-Z]{3,5}|/)?(?:#.*)?$")
# classes and ids of the elements around the links to other parts
_PAGER = re.compile(r"pag(?:e|er|es|inat|ing|ina)|seite|next|multipage|nav-?links", re.IGNORECASE)
# comments have pagers of their own
_COMMENTS = re.compile(r"comment|kommentar|repl(?:y|ies)|respond|disqus", re.IGNORECASE)
# texts of a link to the next part
_NEXT_WORDS = re.compile(
    r"^\W*(?:next|continue|weiter|n\u00e4chste|suivante?|page suivante|siguiente|pr\u00f3xima|seguente|avanti|volgende|n\u00e6ste|n\u00e4sta|neste"
    r"|nast\u0119pna|dal\u0161\u00ed|\u0441\u043b\u0435\u0434\u0443\u044e\u0449\u0430\u044f|\u0434\u0430\u043b\u0435\u0435|sonraki|\u0627\u0644\u062a\u0627\u0644\u064a|\u4e0b\u4e00\u9875|\u4e0b\u4e00\u9801|\u6b21\u306e?\u30da\u30fc\u30b8|\u6b21\u3078|\ub2e4\uc74c)\b|^[\u00bb>\u203a\u2192]+$",
    re.IGNORECASE,
)
# "(2/3)", "- Page 2 of 3" after a headline; not "Part 2", which is an article of a series
NUMBERING = re.compile(
    r"[\W_]*(?:(?:page|seite|pagina|p\u00e1gina|strona|\u0441\u0442\u0440\u0430\u043d\u0438\u0446\u0430)\s{0,3}\d{1,2}(?:\s{0,3}(?:/|of|von|sur|de|di|\u0438\u0437)\s{0,3}\d{1,2})?|\(?\d{1,2}\s?/\s?\d{1,2}\)?)[\W_]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The addresses of further pages of an article.

    whole  address of its one-page view, or None
    urls   addresses of its second and further pages, in order
    """

    whole: str | None = None
    urls: tuple[str, ...] = ()


def find_parts(tree: HtmlElement, *, url: str) -> Parts:
    """Return the further pages of an article that one of its pages links to; at most nine.

    tree  not pruned yet, because pagers are often in menus and forms
    url   the page's own address
    """
    if urlsplit(url).path in {"", "/"} and not urlsplit(url).query:
        return Parts()  # a home page: its numbered links are pages of a list
    numbered: dict[int, str] = {}
    anchors = list(islice(tree.iter("a"), _MOST_ANCHORS))
    # links that are marked as leading to the next page: five are enough for one in the head and one at each end of the text
    marked = (e for e in (*tree.iter("link"), *anchors) if "next" in (e.get("rel") or "").split())
    for element in islice(marked, 5):
        _note(numbered, element, url)
    whole: str | None = None
    slug = urlsplit(url).path.rstrip("/").rpartition("/")[2]
    # of a path from the root: the folder above the article's own, as a part's number may be a folder (/news/7/page/2)
    folder = urlsplit(url).path.rstrip("/").rsplit("/", 2)[0]
    words = _list_words(url)
    for anchor in anchors:
        href = (anchor.get("href") or "").strip()
        is_rooted = href.startswith(("/", "http"))
        # an address with its path from the root has the article's own slug in it: most links need no further look
        if whole is None and href and (slug in href or not is_rooted) and _is_whole(anchor, url):
            whole = absolute_url(href, base=url)
        # in this order: the address alone rules out nearly all links, the elements around them cost most
        elif (
            (not is_rooted or (folder in href and _has_word(href, words)))
            and _LOOKS_NUMBERED.search(href[-60:])
            and _find_number(anchor, url)
            and _is_pager_link(anchor)
        ):
            _note(numbered, anchor, url)
    for option in islice(tree.iter("option"), _MOST_OPTIONS):
        value = (option.get("value") or "").strip()
        if "/" in value or "?" in value:  # a number alone is a quantity
            _note(numbered, option, url)
    urls = [numbered[number] for number in sorted(numbered)]
    return Parts(whole=whole, urls=tuple(urls[: MOST_PARTS - 1]))


def _find_number(element: HtmlElement, url: str) -> tuple[str, int] | None:
    """Return address and page number of a link or an entry of a list that leads to another part; None if it does not."""
    link = absolute_url(element.get("href") or element.get("value") or "", base=url)
    if link is None or "comment" in link.partition("#")[2].lower():
        return None
    number = number_of(link, url=url)
    return None if number is None else (link, number)


def _note(numbered: dict[int, str], element: HtmlElement, url: str) -> None:
    found = _find_number(element, url)
    if found is None:
        return
    link, number = found
    if re.findall(r"\d{1,2}", element.text_content()[:40]) == [str(number + 1)]:
        number += 1  # some systems count from zero: the link "2" leads to ?page=1
    if number > 1:
        numbered.setdefault(number, link.partition("#")[0])


def number_of(link: str, *, url: str) -> int | None:
    """Return the page number in an address that otherwise equals another one; None if it does not.

    link  the address to judge
    url   address of one page of the article, the first or a later one
    """
    keys, own = _own_readings(url)
    readings = _readings(link)
    numbers = [number for key, number in readings if key in keys and number <= _MOST_NUMBER]
    if numbers:
        return numbers[0]
    return next(
        (  # both have a number: ``url`` is a second or later page, unless the number is the id of an article
            number
            for key, number in readings
            for other, here in own
            if key == other and 1 < here < number <= MOST_PARTS and not _is_id(key)
        ),
        None,
    )


def _is_id(key: "_Key") -> bool:
    """Return whether an address names nothing but its number, which is then the id of an article: ``/7``."""
    return key[1] == "" and not key[2]


# host, path and query of an address without its page number
_Key = tuple[str, str, str]


def _split(url: str) -> tuple[_Key, int]:
    parts = urlsplit(url)
    query = urlencode(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    return (parts.netloc.lower(), parts.path.rstrip("/"), query), 1


# eight: a page's own address, for its hundreds of links, and those of a few parts
@lru_cache(maxsize=8)
def _own_readings(url: str) -> tuple[frozenset[_Key], tuple[tuple[_Key, int], ...]]:
    """Return the rests that a link to a further page of this address can have, and the address' own readings."""
    readings = _readings(url)
    firsts = {key for key, number in readings if number == 1}
    return frozenset({_split(url)[0]} | firsts), tuple(readings)


@lru_cache(maxsize=8)
def _list_words(url: str) -> frozenset[str]:
    """Return words, one of which is in the path of each link to a further page of this address; empty if any may be.

    Splitting an address costs fifty times as much as looking for a word in it.
    """
    keys, own = _own_readings(url)
    paths = {key[1] for key in keys} | {key[1] for key, _ in own}
    names = [re.sub(r"\.\w{1,5}$", "", path.rpartition("/")[2]) for path in paths]
    runs = [re.findall("[a-z]+", name) for name in names]
    # letters may be written in two ways, with percent signs or without
    if not url.isascii() or "%" in url or not all(runs):
        return frozenset()
    return frozenset(max(each, key=len) for each in runs)


def _has_word(href: str, words: frozenset[str]) -> bool:
    return not words or any(word in href for word in words)


def _readings(url: str) -> list[tuple[_Key, int]]:
    """Return pairs of the rest of an address and its page number, one for each number that may be the page's."""
    parts = urlsplit(url)
    host, found = parts.netloc.lower(), []
    pairs = sorted(parse_qsl(parts.query, keep_blank_values=True))
    for name, value in pairs:
        if name.lower() in _PARAMETERS and value.isascii() and value.isdigit() and len(value) <= 2:
            rest = urlencode([pair for pair in pairs if pair != (name, value)])
            found.append(((host, parts.path.rstrip("/"), rest), int(value)))
    query = urlencode(pairs)
    for pattern in (*_IN_PATH, _INDEX):
        match = pattern.match(parts.path[:500])
        if match is not None:
            path = f"{match['head']}{match['tail']}".rstrip("/")
            found.append(((host, path, query), int(match["number"])))
    return found


def _is_pager_link(anchor: HtmlElement) -> bool:
    """Return whether a link belongs to the pager of an article, not to that of its comments.

    A class of comments is looked for on the eight elements around the link, one of a pager on the nearest three. Texts
    and classes are cut, so that the expressions cost little on any page.
    """
    around = [anchor, *islice(anchor.iterancestors(), 8)]
    if any(_COMMENTS.search(f"{e.get('class') or ''} {e.get('id') or ''}"[:300]) for e in around if e.tag not in {"body", "html", "main", "article"}):  # fmt: skip
        return False
    text = " ".join(anchor.text_content()[:60].split())
    if text.strip(" .[]()").isdecimal() or _NEXT_WORDS.search(text) or NUMBERING.match(text):
        return True
    return any(
        _PAGER.search(f"{e.get('class') or ''} {e.get('id') or ''}"[:300]) for e in around[:4]
    )


def _is_whole(anchor: HtmlElement, url: str) -> bool:
    """Return whether a link leads to the one-page view of the article: by its text and by its address."""
    href = anchor.get("href") or ""
    if not _WHOLE_WORDS.search(anchor.text_content()[:80]):
        return False
    link = absolute_url(href, base=url)
    if link is None:
        return False
    own, other = urlsplit(url), urlsplit(link)
    if own.netloc.lower() != other.netloc.lower():
        return False
    mine = {pair for pair in parse_qsl(own.query) if pair[0].lower() not in _PARAMETERS}
    pairs = set(parse_qsl(other.query, keep_blank_values=True))
    added = pairs - mine
    is_marked = any(n.lower() in _WHOLE_PARAMETERS and v.lower() in _WHOLE_VALUES for n, v in added)
    path = other.path.rstrip("/")
    if path == own.path.rstrip("/"):
        return mine <= pairs and len(added) == 1 and is_marked
    return mine == pairs and _WHOLE_PATH.sub("", path) == own.path.rstrip("/") != path
