"""Decides the address an article is stored under, so that two different articles are never revisions of each other.

A canonical address that lacks what names the article (``/essay.php`` for ``/essay.php?eid=7``, or the section page) made
all articles of a site one article with a hundred revisions.
"""

import sqlite3
from dataclasses import replace

from crawler.dedup.comparable import comparable_words
from crawler.dedup.near import compare, make_text
from crawler.flows.watch.key_index import analyze_row
from crawler.model.article import Article, KnownArticle, Page
from crawler.model.story import Relation
from crawler.storage.crawl.entries.addresses import (
    find_own_address,
    is_announced_at,
    list_titles_at,
    move_article,
)
from crawler.storage.file.database import transaction
from crawler.storage.news.article_reading import find_article
from crawler.storage.watch.keys import list_indexed_texts, save_keys
from crawler.text.normalize import tokenize
from crawler.text.similarity import distinctive_words, share_of
from crawler.text.web.urls import article_key, canonical_url

# two headlines are of one article if half of the words of one are in the other: editors shorten and extend them
_HALF = 0.5


def settle_address(
    connection: sqlite3.Connection, page: Page, article: Article, words: tuple[str, ...]
) -> Article:
    """Return an article under its own address.

    words  its comparable words

    The page's canonical address is not believed if the feed announces another headline there, or another text is stored
    there (decision 025). That other article moves to its own address if such a claim brought it here.
    """
    if page.settings.is_watched:
        return article
    own = canonical_url(page.url) or page.url
    _follow(connection, page, own, article, words)
    key = article_key(article.url)
    known = find_article(connection, article.url)
    is_other = known is not None and _are_different(known, article, words)
    if key == article_key(own):
        if (
            known is not None
            and is_other
            and not is_announced_at(connection, known.article_id, key)
        ):
            _send_home(connection, known.article_id, key)
        return article
    if is_other or _is_announced_otherwise(connection, page, key):
        if (
            known is not None
            and is_other
            and not is_announced_at(connection, known.article_id, key)
        ):
            _send_home(connection, known.article_id, key)
        return replace(article, url=own)
    # the article was stored under its own address before the page named a canonical one: it keeps that
    before = find_article(connection, own) if known is None else None
    is_kept = before is not None and not _are_different(before, article, words)
    return replace(article, url=own) if is_kept else article


def _follow(
    connection: sqlite3.Connection, page: Page, own: str, article: Article, words: tuple[str, ...]
) -> None:
    """Move an article to the address its own one redirects to now, if that is free and the text is the same.

    Otherwise each look at a site that moved would make a second article of the same words.
    """
    asked = canonical_url(page.requested_url) or page.requested_url
    if page.entry.is_shared or article_key(asked) == article_key(own):
        return
    known = find_article(connection, asked)
    is_free = find_article(connection, own) is None
    if known is not None and is_free and not _are_different(known, article, words):
        with transaction(connection):
            _move(connection, known.article_id, own)


def _are_different(known: KnownArticle, article: Article, words: tuple[str, ...]) -> bool:
    """Return whether two texts are two articles: another headline, and less than half of the phrases in common."""
    if _may_be_one(known.headline, article.headline):
        return False
    found = compare(make_text(comparable_words(known.body)), make_text(words))
    return found.relation is Relation.OTHER


def _is_announced_otherwise(connection: sqlite3.Connection, page: Page, key: str) -> bool:
    """Return whether the source announces an entry with another headline at an address."""
    own = page.entry.title
    titles = list_titles_at(connection, page.source_id, key, but_entry=page.entry_id)
    return bool(distinctive_words(own)) and any(
        distinctive_words(title) and not _may_be_one(own, title) for title in titles
    )


def _may_be_one(headline: str, other: str) -> bool:
    """Return whether two headlines may be of one article: half of the words are shared, and not each has a number of its own.

    The parts of a series ("Storm diary, day 3") differ in nothing else.
    """
    own, others = (
        {word for word in tokenize(text) if word.isdigit()} for text in (headline, other)
    )
    if own - others and others - own:
        return False
    one, two = distinctive_words(headline), distinctive_words(other)
    return max(share_of(one, two), share_of(two, one)) >= _HALF


def _send_home(connection: sqlite3.Connection, article_id: int, key: str) -> None:
    """Move an article to the address it was announced at, if that is free."""
    home = find_own_address(connection, article_id)
    if home is None or article_key(home) == key or find_article(connection, home) is not None:
        return
    with transaction(connection):
        _move(connection, article_id, home)


def _move(connection: sqlite3.Connection, article_id: int, url: str) -> None:
    """Move an article to another address, with the keys of its texts: ``source:`` names the present host. Call inside a transaction."""
    move_article(connection, article_id, url)
    for row in list_indexed_texts(connection, article_id):
        save_keys(connection, row["id"], analyze_row(row).places)
