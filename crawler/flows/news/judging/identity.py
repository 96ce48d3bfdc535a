"""Which address an article is kept under, as far as other articles tell: two different ones are never revisions of each other."""

import sqlite3
from dataclasses import replace

from crawler.dedup.comparable import comparable_words
from crawler.dedup.near import compare, make_text
from crawler.model.article import Article, KnownArticle, Page
from crawler.model.story import Relation
from crawler.storage.crawl.entries.addresses import (
    find_own_address,
    is_announced_at,
    list_titles_at,
    move_article,
)
from crawler.storage.file.database import transaction
from crawler.storage.news.articles import find_article
from crawler.text.similarity import share_of, telling_words
from crawler.text.web.urls import article_key, canonical_url

_HALF = 0.5


def settle_address(
    connection: sqlite3.Connection, page: Page, article: Article, words: tuple[str, ...]
) -> Article:
    """Return an article under the address that is its own.

    words  its comparable words

    What its page calls canonical is not believed where the feed announces another headline there, or another text is kept
    there. That other one goes to its own address, where it came to this one by such a claim.
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
    before = find_article(connection, own) if known is None else None
    is_kept = before is not None and not _are_different(before, article, words)
    return replace(article, url=own) if is_kept else article


def _follow(
    connection: sqlite3.Connection, page: Page, own: str, article: Article, words: tuple[str, ...]
) -> None:
    """Move the article of the address that was asked for to the one it leads to by now, where that is free and has the same text.

    Of a site that moved every look would else make a second article, with the words that stood in the first one before.
    """
    asked = canonical_url(page.requested_url) or page.requested_url
    if page.entry.is_shared or article_key(asked) == article_key(own):
        return
    known = find_article(connection, asked)
    is_free = find_article(connection, own) is None
    if known is not None and is_free and not _are_different(known, article, words):
        with transaction(connection):
            move_article(connection, known.article_id, own)


def _are_different(known: KnownArticle, article: Article, words: tuple[str, ...]) -> bool:
    """Return whether two texts are two articles: another headline, and less than half of the phrases in common."""
    one, other = telling_words(known.headline), telling_words(article.headline)
    if max(share_of(one, other), share_of(other, one)) >= _HALF:
        return False
    found = compare(make_text(comparable_words(known.body)), make_text(words))
    return found.relation is Relation.OTHER


def _is_announced_otherwise(connection: sqlite3.Connection, page: Page, key: str) -> bool:
    """Return whether the source announces something else at an address: another headline, or this one's own beside it."""
    own = telling_words(page.entry.title)
    titles = list_titles_at(connection, page.source_id, key, but_entry=page.entry_id)
    others = [telling_words(title) for title in titles]
    return bool(own) and any(
        other and max(share_of(own, other), share_of(other, own)) < _HALF for other in others
    )


def _send_home(connection: sqlite3.Connection, article_id: int, key: str) -> None:
    """Move an article to the address it was announced at, if that is free."""
    home = find_own_address(connection, article_id)
    if home is None or article_key(home) == key or find_article(connection, home) is not None:
        return
    with transaction(connection):
        move_article(connection, article_id, home)
