"""Walls: login, consent, region, maintenance, "not found" and robot checks that answer 200. Told without any language's words.

No sign decides alone. Each has points, and a page with enough of them is refused for now:

    4  the address that answered carries the one asked for in a parameter (``/login?next=/news/7``)
    3  it is another path than asked for, with a login's shape, or the home page or a section above it
    1  it is another path than asked for, and shares no word and no number with it
    3  markup of a known robot check or parking service, on a page with little text
    3  headline, title and text share no word with what was announced, on a page with little text
    2  headline and title share none, and the text less than half
    1  a password field; 2 where the path is another one as well
    1  ``noindex``: who sends an article to a feed wants it found
    1  fewer than 80 words
    1  no date, no author, nothing that calls it an article; a point off for an author or a date in its markup, two where
       it says to machines that it is one
   -3  its headings hold half of what was announced

A small site's short item under a rewritten headline, without date and author, reaches 2; a flash of one sentence whose
headline was rewritten wholly has points enough only where its text has no word of the announced headline either.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from lxml import etree
from lxml.html import HtmlElement

from crawler.extract.announced import LOGIN_PATH, Fit
from crawler.extract.body.blocks import make_key
from crawler.extract.metadata import Metadata
from crawler.extract.navigation.shapes import shape_of
from crawler.model.article import Article, Page
from crawler.text.normalize import tokenize
from crawler.text.web.urls import is_same_site

ENOUGH = 4
_SHORT_WORDS = 80
# walls with a text of their own about what readers pay for run to some 120 words; what is longer is compared by others
_LITTLE_TEXT = 150
_MOST_HEADINGS = 10
_LOOKED_AT_BYTES = 300_000
_LOOKED_AT = 4000
_PASSWORD = etree.XPath("boolean(//input[translate(@type, 'PASWORD', 'pasword') = 'password'])")
_MOST_ELEMENTS = 20_000
_ELSEWHERE = frozenset({"a", "script", "style", "template", "head"})
# what stands on the check itself; the scripts these services put on every page are not here
_ROBOT_CHECKS = (
    b"cf-chl-", b"cf_chl_", b"cf-error-details", b"cf-browser-verification", b"challenge-error-text", b"captcha-delivery.com",
    b"px-captcha", b"incapsula incident id", b"sec-if-cpt-container", b"/_sec/cp_challenge", b"errors.edgesuite.net",
    b"sucuri website firewall", b"awswafcaptcha", b"anubis_challenge", b"/.within.website/", b"sgcaptcha", b"ddos-guard/js-challenge",
    b"vercel security checkpoint", b"_kpsdk", b"distil_r_captcha",
)  # fmt: skip
_PARKING = (b"sedoparking", b"parkingcrew", b"bodis.com", b"parking-lander", b"window.park =", b"hugedomains.com", b"afternic.com/forsale")  # fmt: skip
_NO_INDEX = re.compile(r"\bno(?:index|ne)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class WallSigns:
    """What a page showed before its scripts and forms were taken out.

    headings   what it calls itself, without what the feed calls it
    says_title  the announced headline stands on it as a line of its own, and not as a link to somewhere else
    """

    headings: tuple[str, ...]
    has_password: bool
    is_robot_check: bool
    is_parked: bool
    is_noindex: bool
    says_title: bool


def read_signs(tree: HtmlElement, page: Page, metadata: Metadata) -> WallSigns:
    """Read the signs of a wall off a page's tree and bytes."""
    start = page.body[:_LOOKED_AT_BYTES].lower()
    stated = [
        metadata.stated("headline"),
        metadata.meta("og:title"),
        metadata.meta("twitter:title"),
    ]
    titles = [str(tree.findtext(".//title") or ""), *stated]
    titles += [" ".join(h.itertext()) for h in list(tree.iter("h1"))[:_MOST_HEADINGS]]
    headings = tuple(" ".join(title[:1000].split()) for title in titles if title.strip())
    return WallSigns(
        headings=headings,
        has_password=bool(_PASSWORD(tree)),
        is_robot_check=any(mark in start for mark in _ROBOT_CHECKS),
        is_parked=any(mark in start for mark in _PARKING),
        is_noindex=bool(_NO_INDEX.search(metadata.meta("robots", "googlebot"))),
        says_title=_says(tree, page.entry.title, headings),
    )


def _says(tree: HtmlElement, title: str, headings: Sequence[str]) -> bool:
    """Tell whether a page holds a headline outside of links: not every site puts it into a heading."""
    key, most = make_key(title), 2 * len(title) + 100
    if not key or any(make_key(heading) == key for heading in headings):
        return bool(key)
    walk = etree.iterwalk(tree, events=("start",))
    for _, (_, element) in zip(range(_MOST_ELEMENTS), walk, strict=False):
        texts = [element.tail]
        if element.tag in _ELSEWHERE:
            walk.skip_subtree()
        else:
            texts.append(element.text)
        if any(text and len(text) < most and make_key(text) == key for text in texts):
            return True
    return False


def find_wall(
    article: Article, page: Page, signs: WallSigns, metadata: Metadata, *, fit: Fit
) -> str | None:
    """Return why a page is a wall and no article, for a person; None where it is none.

    fit  what ``compare_announced`` said of it
    """
    words = len(tokenize(article.body[:_LOOKED_AT]))
    found = [
        _judge_address(page, signs),
        _judge_markup(signs, words),
        _judge_headings(fit, page, words),
        _judge_marks(article, metadata),
    ]
    if words < _SHORT_WORDS:
        found.append((1, ""))
    if signs.is_noindex:
        found.append((1, "search engines are not to keep it"))
    if sum(points for points, _ in found) < ENOUGH:
        return None
    reasons = [reason for points, reason in found if points > 0 and reason]
    return f"the page is a wall, not the article: {'; '.join(reasons) or 'it holds little text'}"


def explain_empty(page: Page, signs: WallSigns) -> str | None:
    """Return why a page with hardly any text is a wall, and no app or stub; None where it may be one of these."""
    points, where = _judge_address(page, signs)
    if points < 3 and not signs.has_password:  # as the table above
        points, where = _judge_markup(signs, 0)
        if not points:
            return None
    return f"the page is a wall, not the article: {where}"


def explain_check(signs: WallSigns, body: str) -> str | None:
    """Return why a page with little text is a robot check or parked, whatever it should hold; None where it is not."""
    points, what = _judge_markup(signs, len(tokenize(body[:_LOOKED_AT])))
    return f"the page is a wall, not the article: {what}" if points else None


def _judge_address(page: Page, signs: WallSigns) -> tuple[int, str]:
    """Judge which address answered."""
    asked, came = urlsplit(page.requested_url), urlsplit(page.url)
    if not is_led_elsewhere(page):
        return (1, "it asks for a password") if signs.has_password else (0, "")
    password = 2 if signs.has_password else 0
    is_login = bool(LOGIN_PATH.search(f"{came.hostname}{came.path}"))
    is_login = is_login and "S" not in shape_of(page.url).split("/")
    where = f"{came.path or '/'} answered in place of {asked.path or '/'}"[:200]
    if _carries(came.query, page.requested_url) and (
        is_login or is_same_site(page.url, page.requested_url)
    ):
        return 4 + password, where
    is_above = asked.path.startswith(came.path.rstrip("/") + "/") or came.path in {"", "/"}
    if is_login or (is_above and is_same_site(page.url, page.requested_url)):
        return 3 + password, where
    return 1 + password, where


def is_led_elsewhere(page: Page) -> bool:
    """Return whether an address answered that has nothing that names an article in common with the one asked for."""
    if page.requested_url == page.url:
        return False
    return _is_elsewhere(urlsplit(page.requested_url).path, urlsplit(page.url).path)


def _is_elsewhere(asked: str, came: str) -> bool:
    """Tell whether two paths share no word and no number."""
    if asked.strip("/").casefold() == came.strip("/").casefold():
        return False
    if asked.startswith(came.rstrip("/") + "/"):
        return not asked.removeprefix(came.rstrip("/")).strip("/").isdigit()
    mine, theirs = (
        {word for word in re.split(r"[\W_]+", unquote(path).casefold()) if _names(word)}
        for path in (asked, came)
    )
    return not mine & theirs


def _names(word: str) -> bool:
    return len(word) >= 4 or (word.isdigit() and len(word) >= 3) or not word.isascii()


def _carries(query: str, asked: str) -> bool:
    """Tell whether a parameter holds the address that was asked for, or its path."""
    parts = urlsplit(asked)
    path = unquote(f"{parts.path}?{parts.query}" if parts.query else parts.path)
    if len(path) < 2:
        return False
    values = [unquote(unquote(value)) for _, value in parse_qsl(query[:4000])]
    return any(value.startswith(path) or path in value.partition("://")[2] for value in values)


def _judge_markup(signs: WallSigns, words: int) -> tuple[int, str]:
    if words >= _LITTLE_TEXT:
        return 0, ""
    if signs.is_robot_check:
        return 3, "it is a known robot check"
    return (3, "the domain is parked") if signs.is_parked else (0, "")


def _judge_headings(fit: Fit, page: Page, words: int) -> tuple[int, str]:
    if fit is Fit.WHOLE:
        return -3, ""
    # a long text is an article, whatever it is called, unless it came from elsewhere
    is_long = words >= _LITTLE_TEXT and page.requested_url == page.url
    if fit not in {Fit.LITTLE, Fit.NOTHING} or is_long:
        return 0, ""
    what = "what was announced" if page.entry.title else "its address"
    if fit is Fit.LITTLE:
        return 2, f"its headings share nothing with {what}"
    return 3, f"it shares no word with {what}"


def _judge_marks(article: Article, metadata: Metadata) -> tuple[int, str]:
    """Judge whether a page says that it is an article: to machines, or to its readers."""
    kind = metadata.meta("og:type").casefold()
    dates = metadata.meta("article:published_time", "datepublished", "article:modified_time")
    if metadata.article or kind.startswith("article") or dates:
        return -2, ""
    if is_signed(article):
        return -1, ""
    if is_marked(article):  # a date alone may be the end of a maintenance
        return 0, ""
    return 1, "no date, no author"


def is_signed(article: Article) -> bool:
    """Tell whether an article has an author, or a date that its markup states."""
    line = article.publication_date
    stated = {"json-ld", "microdata", "meta", "time"}
    return article.byline is not None or (line is not None and line.origin in stated)


def is_marked(article: Article) -> bool:
    """Tell whether an article has an author, or a date of its own."""
    line = article.publication_date
    return article.byline is not None or (line is not None and line.origin not in {"feed", "guess"})
