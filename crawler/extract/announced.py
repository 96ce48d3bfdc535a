"""Comparing a page with its announcement: its headings and text with the entry's title, address and text."""

import re
from enum import Enum
from urllib.parse import unquote, urlsplit

from crawler.extract.metadata.declared import Metadata
from crawler.extract.navigation.shapes import shape_of
from crawler.model.article import Page
from crawler.text.normalize import tokenize
from crawler.text.similarity import distinctive_words, is_name, share_of, shared_words
from crawler.text.web.urls import host_of, is_same_site

# share of the announced words: headlines are rewritten between feed and page, but their names stay
_HALF = 0.5
# share of the feed's words: a summary has more in common with its article (names, numbers, verbs)
_SAME_TEXT = 0.3
# characters of headings and of text that are compared; the beginning of an article names what it is about
_LOOKED_AT = 4000
# two words in an address are just as often the name of a section or a series
_FEWEST_IN_SLUG = 3
# words in the address of a login, consent, subscription or check page
LOGIN_PATH = re.compile(
    r"(?:^|[./_-])(?:log-?in|sign-?in|sign-?up|register|registration|account|auth|oauth2?|sso|idp|consent|subscribe|subscription"
    r"|paywall|members?|captcha|challenge|blocked|unavailable|maintenance)(?:$|[./_-])",
    re.IGNORECASE,
)


class Fit(Enum):
    """How well a page fits its announcement.

    WHOLE    half of the announced headline is in its headings, or its text is the one in the feed
    PART     its headings share some words with headline or address, or its text shares half of them
    LITTLE   its headings share no word, its text less than half
    NOTHING  no word is shared
    UNKNOWN  nothing was announced that could be compared
    """

    WHOLE = "whole"
    PART = "part"
    LITTLE = "little"
    NOTHING = "nothing"
    UNKNOWN = "unknown"


def compare_announced(
    page: Page, headings: tuple[str, ...], metadata: Metadata, *, says_title: bool, text: str
) -> Fit:
    """Return how well a page fits its announcement.

    headings    the page's title, stated headlines and h1 elements
    says_title  the announced headline is on the page as a line of its own
    text        the body that was extracted
    """
    if says_title and is_name(page.entry.title):
        return Fit.WHOLE
    # the words of the site's name are on each of its pages, walls included
    site = [*re.split(r"[\W_]+", host_of(page.url)), *tokenize(" ".join(metadata.houses))]
    title = distinctive_words(page.entry.title, but=site)
    slug = _slug_words(page) - frozenset(site)
    is_named = bool(title) and is_name(page.entry.title)
    if not is_named and not (len(slug) >= _FEWEST_IN_SLUG and _is_latin(headings)):
        return Fit.UNKNOWN
    own = distinctive_words(" ".join(headings)[:_LOOKED_AT])
    if share_of(title or slug, own) >= _HALF:
        return Fit.WHOLE
    seen = distinctive_words(text[:_LOOKED_AT])
    if _is_same_text(page.entry.text, seen):
        return Fit.WHOLE
    in_text = shared_words(title or slug, seen)
    # a single common word may be chance: a wall has a sentence or two as well
    is_confirmed = in_text >= 2 and in_text >= _HALF * len(title or slug)
    if is_confirmed or share_of(title | slug, own) > 0:
        return Fit.PART
    return Fit.LITTLE if share_of(title | slug, seen) > 0 else Fit.NOTHING


def _is_same_text(stated: str, seen: frozenset[str]) -> bool:
    """Return whether a page's text is the one in the feed; False if the feed has fewer than five distinctive words."""
    words = distinctive_words(stated)
    return len(words) >= 5 and share_of(words, seen) >= _SAME_TEXT


def _slug_words(page: Page) -> frozenset[str]:
    """Return the words of the requested address, and of the one an aggregator redirected to if that names an article.

    Numbers are left out: they are dates and ids, which no heading repeats.
    """
    addresses = [page.requested_url]
    path = urlsplit(page.url).path
    # "S" in the shape is a slug: a login on another host has none
    is_elsewhere = not is_same_site(page.url, page.requested_url)
    if is_elsewhere and "S" in shape_of(page.url).split("/") and not LOGIN_PATH.search(path):
        addresses.append(page.url)
    last = [unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2] for url in addresses]
    words = distinctive_words(" ".join(re.sub(r"[\W_]+", " ", part) for part in last))
    return frozenset(word for word in words if not word.isdigit())


def _is_latin(headings: tuple[str, ...]) -> bool:
    """Return whether headings are in Latin letters. Others, such as Russian ones, share no word with an address."""
    # 500 characters are several headings; half of their letters decide, because names may be in another script
    letters = [sign for sign in " ".join(headings)[:500] if sign.isalpha()]
    # Latin with its extensions A and B ends at U+024F
    return 2 * sum(sign < "\u0250" for sign in letters) > len(letters)
