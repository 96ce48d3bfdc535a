"""Detecting walls (login, consent, region, maintenance, "not found", robot check) that answer 200, in any language.

A list of words covers only the languages of its author: seven of eight walls in seven languages passed as articles. So
these signs need no words (decision 025). Each has points, and a page with four points is refused for now:

    4  the address that answered carries the requested one in a parameter (``/login?next=/news/7``)
    3  it has another path than requested, and looks like a login, or is the home page or a section above it
    1  it has another path than requested, with no word and no number in common
    3  markup of a known robot check or parking service, on a page with little text
    3  headline, title and text share no word with the announcement, on a page with little text
    2  headline and title share none, and the text less than half
    1  a password field; 2 if the path is another one as well
    1  ``noindex``: a site that puts an article into its feed wants it found
    1  fewer than 80 words
    1  no date, no author and no article metadata; -1 for an author or a date in its markup, -2 for article metadata
   -3  half of the announced headline is in its headings

Of 943 article pages none was refused under its own title; under another page's title five were. A short item under a
rewritten headline, without date and author, reaches 2. A flash of one sentence under a wholly rewritten headline
reaches 4 only if its text shares no word with the announced headline either.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from lxml import etree
from lxml.html import HtmlElement

from crawler.extract.announced import LOGIN_PATH, Fit
from crawler.extract.body.blocks import make_key
from crawler.extract.metadata.declared import Metadata
from crawler.extract.navigation.shapes import shape_of
from crawler.model.article import Article, Page
from crawler.text.normalize import tokenize
from crawler.text.web.urls import is_same_site

# at least two independent signs, except for an address that carries the requested one: see the table above
ENOUGH = 4
# words: most walls have fewer, and so has a short item, which is why this sign has one point only
_SHORT_WORDS = 80
# words: walls that explain at length what a subscription offers have some 120. Longer ones are found when the same text
# answers for several announced addresses
_LITTLE_TEXT = 150
# h1 elements read as headings; those beyond do not count
_MOST_HEADINGS = 10
# bytes of the page searched for markup, and characters of body and query that are read: a wall is small
_LOOKED_AT_BYTES = 300_000
_LOOKED_AT = 4000
# in any case of letters: XPath 1.0 has no lower-case function, only translate
_PASSWORD = etree.XPath("boolean(//input[translate(@type, 'PASWORD', 'pasword') = 'password'])")
# elements searched for the announced headline; on a longer page it counts as absent
_MOST_ELEMENTS = 20_000
# a headline in a link belongs to another page, and in the others it is not shown
_ELSEWHERE = frozenset({"a", "script", "style", "template", "head"})
# markup of the checks themselves, not of the scripts that the same services put on every page they protect
_ROBOT_CHECKS = (
    b"cf-chl-", b"cf_chl_", b"cf-error-details", b"cf-browser-verification", b"challenge-error-text", b"captcha-delivery.com",
    b"px-captcha", b"incapsula incident id", b"sec-if-cpt-container", b"/_sec/cp_challenge", b"errors.edgesuite.net",
    b"sucuri website firewall", b"awswafcaptcha", b"anubis_challenge", b"/.within.website/", b"sgcaptcha", b"ddos-guard/js-challenge",
    b"vercel security checkpoint", b"_kpsdk", b"distil_r_captcha",
)  # fmt: skip
# markup of services that show advertising on abandoned domains
_PARKING = (b"sedoparking", b"parkingcrew", b"bodis.com", b"parking-lander", b"window.park =", b"hugedomains.com", b"afternic.com/forsale")  # fmt: skip
# "none" means "noindex, nofollow"
_NO_INDEX = re.compile(r"\bno(?:index|ne)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class WallSigns:
    """The signs of a wall on a page, read before its scripts and forms are removed.

    headings    its title, stated headlines and h1 elements, each as one line
    says_title  the announced headline is on it as a line of its own, outside of links
    """

    headings: tuple[str, ...]
    has_password: bool
    is_noindex: bool
    says_title: bool


def read_signs(tree: HtmlElement, page: Page, metadata: Metadata) -> WallSigns:
    """Return the signs of a wall in a page's tree.

    tree  not pruned yet, because `prune` removes forms and the head
    """
    stated = [
        metadata.stated("headline"),
        metadata.meta("og:title"),
        metadata.meta("twitter:title"),
    ]
    titles = [str(tree.findtext(".//title") or ""), *stated]
    titles += [" ".join(h.itertext()) for h in list(tree.iter("h1"))[:_MOST_HEADINGS]]
    # a heading of more than 1,000 characters is an h1 that was not closed
    headings = tuple(" ".join(title[:1000].split()) for title in titles if title.strip())
    return WallSigns(
        headings=headings,
        has_password=bool(_PASSWORD(tree)),
        is_noindex=bool(_NO_INDEX.search(metadata.meta("robots", "googlebot"))),
        says_title=_says(tree, page.entry.title, headings),
    )


def _says(tree: HtmlElement, title: str, headings: Sequence[str]) -> bool:
    """Return whether a headline is on a page outside of links. Not every site puts it into a heading."""
    # a text more than twice as long cannot be the headline, nor one so short that no case folding makes it as long (one
    # letter becomes three at most), so no key is made of it
    key, most = make_key(title), 2 * len(title) + 100
    least = len(key) // 3
    if not key or any(make_key(heading) == key for heading in headings):
        return bool(key)
    walk = etree.iterwalk(tree, events=("start",))
    for _, (_, element) in zip(range(_MOST_ELEMENTS), walk, strict=False):
        texts = [element.tail]
        if element.tag in _ELSEWHERE:
            walk.skip_subtree()
        else:
            texts.append(element.text)
        if any(text and least <= len(text) < most and make_key(text) == key for text in texts):
            return True
    return False


def find_wall(
    article: Article, page: Page, signs: WallSigns, metadata: Metadata, *, fit: Fit
) -> str | None:
    """Return the reason, worded for a person, why a page is a wall and not an article; None if it is not a wall.

    fit  the result of ``compare_announced``
    """
    words = len(tokenize(article.body[:_LOOKED_AT]))
    found = [
        _judge_address(page, signs),
        _judge_markup(page, words),
        _judge_headings(fit, page, words),
        _judge_marks(article, metadata),
    ]
    if words < _SHORT_WORDS:
        found.append((1, ""))
    if signs.is_noindex:
        found.append((1, "it asks search engines not to index it"))
    if sum(points for points, _ in found) < ENOUGH:
        return None
    reasons = [reason for points, reason in found if points > 0 and reason]
    return f"the page is a wall, not the article: {'; '.join(reasons) or 'it holds little text'}"


def explain_empty(page: Page, signs: WallSigns) -> str | None:
    """Return the reason, worded for a person, why a page with hardly any text is a wall.

    returns  None if it may be an app, or an article that is not written yet
    """
    points, where = _judge_address(page, signs)
    if points < 3 and not signs.has_password:  # 3 is the address of a login, see the table above
        points, where = _judge_markup(page, 0)
        if not points:
            return None
    return f"the page is a wall, not the article: {where}"


def explain_check(page: Page, body: str) -> str | None:
    """Return the reason, worded for a person, why a page with little text is a robot check or a parked domain.

    For watched pages, which announce nothing that could be compared.
    returns  None if it is neither
    """
    points, what = _judge_markup(page, len(tokenize(body[:_LOOKED_AT])))
    return f"the page is a wall, not the article: {what}" if points else None


def _judge_address(page: Page, signs: WallSigns) -> tuple[int, str]:
    """Return points and reason for the address that answered; see the table at the head of this file."""
    asked, came = urlsplit(page.requested_url), urlsplit(page.url)
    if not is_led_elsewhere(page):
        return (1, "it asks for a password") if signs.has_password else (0, "")
    password = 2 if signs.has_password else 0
    is_login = bool(LOGIN_PATH.search(f"{came.hostname}{came.path}"))
    # an address with a slug ("S") is an article about logins
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
    """Return whether the address that answered shares no word and no number with the requested one."""
    if page.requested_url == page.url:
        return False
    return _is_elsewhere(urlsplit(page.requested_url).path, urlsplit(page.url).path)


def _is_elsewhere(asked: str, came: str) -> bool:
    """Return whether two paths share no word and no number."""
    # the same path in other capitals, or with a slash at its end
    if asked.strip("/").casefold() == came.strip("/").casefold():
        return False
    # a section above the requested page is elsewhere, the first page of an article (/news/7 for /news/7/2) is not
    if asked.startswith(came.rstrip("/") + "/"):
        return not asked.removeprefix(came.rstrip("/")).strip("/").isdigit()
    mine, theirs = (
        {word for word in re.split(r"[\W_]+", unquote(path).casefold()) if _names(word)}
        for path in (asked, came)
    )
    return not mine & theirs


def _names(word: str) -> bool:
    # shorter ones (en, html, a day or month) are in the paths of many pages
    return len(word) >= 4 or (word.isdigit() and len(word) >= 3) or not word.isascii()


def _carries(query: str, asked: str) -> bool:
    """Return whether a parameter holds the requested address, or its path.

    The path "/" does not count: it is in many parameters.
    """
    parts = urlsplit(asked)
    path = unquote(f"{parts.path}?{parts.query}" if parts.query else parts.path)
    if len(path) < 2:
        return False
    # twice, because an address within an address is often escaped twice
    values = [unquote(unquote(value)) for _, value in parse_qsl(query[:4000])]
    return any(value.startswith(path) or path in value.partition("://")[2] for value in values)


def _judge_markup(page: Page, words: int) -> tuple[int, str]:
    # only then are the page's bytes searched, which takes longer than reading its metadata
    if words >= _LITTLE_TEXT:
        return 0, ""
    start = page.body[:_LOOKED_AT_BYTES].lower()
    if any(mark in start for mark in _ROBOT_CHECKS):
        return 3, "it is a known robot check"
    return (3, "the domain is parked") if any(mark in start for mark in _PARKING) else (0, "")


def _judge_headings(fit: Fit, page: Page, words: int) -> tuple[int, str]:
    if fit is Fit.WHOLE:
        return -3, ""
    # a long text is an article whatever its headline, unless another address than the requested one answered
    is_long = words >= _LITTLE_TEXT and page.requested_url == page.url
    if fit not in {Fit.LITTLE, Fit.NOTHING} or is_long:
        return 0, ""
    what = "what was announced" if page.entry.title else "its address"
    if fit is Fit.LITTLE:
        return 2, f"its headings share nothing with {what}"
    return 3, f"it shares no word with {what}"


def _judge_marks(article: Article, metadata: Metadata) -> tuple[int, str]:
    """Return points and reason for whether metadata, author and date show an article."""
    kind = metadata.meta("og:type").casefold()
    dates = metadata.meta("article:published_time", "datepublished", "article:modified_time")
    if metadata.article or kind.startswith("article") or dates:
        return -2, ""
    if is_signed(article):
        return -1, ""
    # no point is taken off: a date in the text may be when a maintenance ends
    if is_marked(article):
        return 0, ""
    return 1, "no date, no author"


def is_signed(article: Article) -> bool:
    """Return whether an article has an author, or a date from its metadata or markup."""
    line = article.publication_date
    stated = {"json-ld", "microdata", "meta", "time"}
    return article.byline is not None or (line is not None and line.origin in stated)


def is_marked(article: Article) -> bool:
    """Return whether an article has an author, or a date from its page: neither the feed's nor a guess."""
    line = article.publication_date
    return article.byline is not None or (line is not None and line.origin not in {"feed", "guess"})
