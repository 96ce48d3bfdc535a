"""Recognising flashes: news of one sentence, the most urgent kind there is, which looks too short for an article.

So short a text proves nothing, so the page must: its metadata must call it an article with a date, and its metadata or
its feed must hold the same sentence. That is true of the beginning of a paid article as well; therefore a page with any
sign of a wall, a video or a live story is not a flash.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from crawler.extract.body.visible import Visible
from crawler.extract.metadata.declared import Metadata, is_article_type, types_of
from crawler.extract.navigation.shapes import shape_of, weigh_shape
from crawler.extract.refusals import asks_reader, is_locked
from crawler.model.article import Page
from crawler.text.languages.scripts import is_sign
from crawler.text.normalize import tokenize
from crawler.text.similarity import distinctive_words, is_name, shared_words

# words: two are a label, not a sentence
_FEWEST = 3
# characters of a word in scripts without spaces: about two in Chinese and Japanese, four in Thai
_SIGNS_OF_A_WORD = 3
# words of a flash at most; a longer text is more than a sentence
_MOST = 60
# share of the words of one text that must be in the other: feed and page may differ in a dateline
_SAME = 0.8
# characters of the visible text in which the stated sentence is looked for
_MOST_SHOWN = 100_000
# types of pages that hold a sentence and are not articles: videos, live blogs, lists, profiles
_OTHER_TYPES = (
    "VideoObject", "LiveBlogPosting", "CollectionPage", "SearchResultsPage", "ProfilePage", "ImageGallery", "FAQPage",
)  # fmt: skip
# classes and ids of paywalls and their services
_WALL = re.compile(
    r"pay-?wall|reg(?:istration)?-?wall|login-?wall|(?:subscri\w+|premium|plus|abo|member\w*)-?(?:wall|offer|prompt|only|teaser|gate|barrier)"
    r"|piano-|tp-(?:modal|container)|poool|metered|isLocked|is-locked",
    re.IGNORECASE,
)
# players of videos: the sentence beside one is its caption
_FILMS = re.compile(
    r"youtube|youtu\.be|vimeo|dailymotion|jwplayer|brightcove|/embed/|player", re.IGNORECASE
)
# a live story begins with one sentence as well, and goes on
_RUNNING = re.compile(
    r"^\W*live\b|\blive\s*[:|\u2013\u2014-]|\blive(?:blog|ticker|stream| updates?| coverage)|\W(?:live)$|newsblog|en direct|en vivo|minuto a minuto|in diretta"
    r"|ao vivo|na \u017cywo|\u043f\u0440\u044f\u043c\u0430\u044f \u0442\u0440\u0430\u043d\u0441\u043b\u044f\u0446\u0438\u044f|\u043e\u043d\u043b\u0430\u0439\u043d|\u76f4\u64ad|\u30e9\u30a4\u30d6|\u0645\u0628\u0627\u0634\u0631",
    re.IGNORECASE,
)
# a sentence that ends in an ellipsis is the beginning of a text
_CUT_OFF = re.compile(r"(?:\u2026|\.\.\.|\[\u2026\]|\[\.\.\.\])\W*$")


@dataclass(frozen=True, slots=True)
class Statement:
    """The metadata of a page, as far as a flash depends on it.

    is_article  it calls the page an article, and nothing rules out a flash
    texts       the article's text or summary as feed and metadata state it, the feed's first
    """

    is_article: bool
    texts: tuple[str, ...] = field(default=(), repr=False)


def read_statement(tree: HtmlElement, page: Page, metadata: Metadata) -> Statement:
    """Return whether the metadata calls a page an article that can be a flash, and the texts that it states.

    tree  not pruned yet, because `prune` removes forms, frames and the head
    """
    is_stated = (
        bool(metadata.article)
        or metadata.meta("og:type").casefold().startswith("article")
        or any(is_article_type(kind) for kind in _list_item_types(tree))
    )
    if not is_stated or not _may_name_article(page) or _is_something_else(tree, metadata):
        return Statement(is_article=False)
    texts = [page.entry.text, metadata.stated("articleBody"), metadata.stated("description")]
    texts += [
        metadata.meta(name) for name in ("og:description", "description", "twitter:description")
    ]
    parts = tree.xpath("//*[@itemprop='articleBody' or @itemprop='description']")
    # ten parts, and 5,000 characters of each text: a flash has 60 words at most
    texts += [" ".join(part.itertext()) for part in parts[:10]]
    return Statement(
        is_article=True, texts=tuple(" ".join(text[:5000].split()) for text in texts if text)
    )


def find_flash(
    statement: Statement, headline: str, paragraphs: Iterable[str], *, visible: Visible
) -> str | None:
    """Return the sentence that is a page's whole article; None if the page is not a flash.

    paragraphs  the body that was found on the page, however short
    visible     the page's visible text, in which the stated sentence must be, unless it is the body
    """
    if (
        not statement.is_article
        or _RUNNING.search(headline)
        or any(map(asks_reader, visible.texts))
    ):
        return None
    text = " ".join(paragraphs)
    shown = f" {' '.join(tokenize(' '.join(visible.texts)[:_MOST_SHOWN]))} "
    for stated in statement.texts:
        if not _may_be_flash(stated, headline):
            continue
        if f" {' '.join(tokenize(stated))} " not in shown and not _is_same(stated, text):
            continue
        return text if _is_same(text, stated) else stated
    return None


def _may_name_article(page: Page) -> bool:
    """Return whether an address may be an article's: it was announced with a headline, or has a slug or a number."""
    if not urlsplit(page.url).path.strip("/"):
        return False
    return is_name(page.entry.title) or weigh_shape(shape_of(page.url)) > 0


def count_words(text: str) -> int:
    """Return the number of words of a text; in scripts without spaces three characters count as one."""
    words = tokenize(text)
    signs = sum(map(is_sign, words))
    return len(words) - signs + signs // _SIGNS_OF_A_WORD


def _may_be_flash(stated: str, headline: str) -> bool:
    """Return whether a text has the length of a flash, is whole, and shares a word with the headline but is not it."""
    words = tokenize(stated)
    if not _FEWEST <= count_words(stated) <= _MOST or _CUT_OFF.search(stated):
        return False
    if words == tokenize(headline):
        return False
    return shared_words(distinctive_words(headline), distinctive_words(stated)) > 0


def _is_same(one: str, other: str) -> bool:
    """Return whether at least 80 % of the words of a text are in another."""
    words, others = {*tokenize(one)}, {*tokenize(other)}
    return bool(words) and len(words & others) >= _SAME * max(len(words), 1)


def _list_item_types(tree: HtmlElement) -> list[str]:
    """Return the types of a page's microdata, without the address of their vocabulary."""
    found = tree.xpath("//*[@itemscope]/@itemtype")
    # bounded to the first hundred elements
    return [
        kind.rstrip("/").rpartition("/")[2] for stated in found[:100] for kind in stated.split()
    ]


def _is_something_else(tree: HtmlElement, metadata: Metadata) -> bool:
    """Return whether a page has any sign of a wall, a video, a live story or a list."""
    kinds = [*_list_item_types(tree), *(kind for node in metadata.nodes for kind in types_of(node))]
    if any(kind.endswith(_OTHER_TYPES) for kind in kinds) or is_locked(metadata):
        return True
    # the page states a longer text than it shows
    stated = str(metadata.article.get("wordCount", ""))
    if stated.isascii() and stated.isdecimal() and int(stated[:9]) > _MOST:
        return True
    if any(
        _is_false(node.get("isAccessibleForFree")) or "coverageStartTime" in node
        for node in metadata.nodes
    ):
        return True
    if _shows_film(tree, metadata):
        return True
    # bounds: 200 buttons and forms, 20,000 classes and ids; a wall is near the top of its page
    asking = [" ".join(one.itertext()) for one in list(tree.iter("button", "form", "dialog"))[:200]]
    marks = tree.xpath("//@class | //@id")
    return any(map(asks_reader, asking)) or any(_WALL.search(mark) for mark in marks[:20_000])


def _shows_film(tree: HtmlElement, metadata: Metadata) -> bool:
    is_stated = any(name.startswith(("og:video", "twitter:player")) for name in metadata.metas)
    if is_stated or metadata.meta("twitter:card") == "player":
        return True
    frames = (frame.get("src") or "" for frame in tree.iter("iframe"))
    return next(tree.iter("video"), None) is not None or any(map(_FILMS.search, frames))


def _is_false(stated: object) -> bool:
    return str(stated).casefold().rpartition("/")[2] == "false"
