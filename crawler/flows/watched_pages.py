"""A watched page without what changes by itself: see ``dedup.volatile``."""

import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime

from crawler.dedup.volatile import remember_lines, settle_lines
from crawler.model.article import Article, Page
from crawler.model.watched import LineMemory
from crawler.storage.articles import find_article
from crawler.storage.watched_lines import list_watched_lines, save_watched_lines


@dataclass(frozen=True, slots=True)
class WatchedReading:
    """One reading of a page: the article that counts, and what is remembered of its lines; nothing of other pages."""

    article: Article
    memory: tuple[LineMemory, ...] | None = None

    def save(self, connection: sqlite3.Connection, article_id: int | None) -> None:
        """Remember the lines. Call in the transaction that keeps the page."""
        if self.memory is not None and article_id is not None:
            save_watched_lines(connection, article_id, self.memory)


def settle_watched(
    connection: sqlite3.Connection, page: Page, article: Article, *, now: datetime
) -> WatchedReading:
    """Return what of a watched page counts; any other page as it is."""
    if not page.is_watched:
        return WatchedReading(article)
    read = [article.headline, *article.body.split("\n\n")]
    known = find_article(connection, article.url)
    if known is None:
        return WatchedReading(article, remember_lines(read, now=now))
    memory = list_watched_lines(connection, known.article_id)
    told = [known.headline, *known.body.split("\n\n")]
    settled = settle_lines(told, read, memory, now=now)
    headline, *lines = settled.lines
    return WatchedReading(
        replace(article, headline=headline, body="\n\n".join(lines)), settled.memory
    )
