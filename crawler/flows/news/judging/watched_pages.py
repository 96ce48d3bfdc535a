"""A watched page without lines that change without news: see ``dedup.volatile``."""

import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from crawler.dedup.comparable import comparable_words
from crawler.dedup.volatile import MOVES_WITH_THE_DAY, remember_lines, settle_lines
from crawler.errors import NotYet
from crawler.flows.crawl.visit import check_counts
from crawler.model.article import Article, KnownArticle, Page
from crawler.model.watched import LineMemory
from crawler.storage.crawl.entries.trials import find_missing_since, note_missing
from crawler.storage.file.database import transaction
from crawler.storage.news.article_reading import find_article
from crawler.storage.news.watched_lines import (
    forget_answers,
    list_watched_lines,
    save_watched_lines,
)
from crawler.text.normalize import tokenize

# words of the page before: a page of a line or two is entirely different when it changes, and that is the news
_FEWEST_BEFORE = 60
# words: maintenance pages, robot checks and walls are shorter
_MOST_WORDS = 150
# unrelated texts of one language share their small words: with less than this in common it is another page
_OTHER = 0.4
# maintenance pages stay for hours, a redesign for good
_STAYS = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class WatchedResult:
    """The result of one visit to a page: the article that counts, and the memory of its lines, None for other pages."""

    article: Article
    source_id: int
    memory: tuple[LineMemory, ...] | None = None

    def save(self, connection: sqlite3.Connection, article_id: int | None) -> None:
        """Save the memory of the lines. Call in the transaction that stores the page."""
        if self.memory is not None and article_id is not None:
            save_watched_lines(connection, article_id, self.memory)
            if any(one.is_held for one in self.memory):
                # without its ETag the next visit reads the page though it is unchanged: otherwise nobody sees that a price stays
                forget_answers(connection, self.source_id)


def settle_watched(
    connection: sqlite3.Connection, page: Page, article: Article, *, now: datetime
) -> WatchedResult:
    """Return a watched page with only the changes that count; any other page as it is."""
    if not page.settings.is_watched:
        return WatchedResult(article, page.source_id)
    read = [article.headline, *article.body.split("\n\n")]
    known = find_article(connection, article.url)
    if known is None:
        return WatchedResult(article, page.source_id, remember_lines(read, now=now))
    memory = list_watched_lines(connection, known.article_id)
    _wait_for_its_own(connection, page, known, article, now=now)
    alerted = [known.headline, *known.body.split("\n\n")]
    settled = settle_lines(alerted, read, memory, now=now)
    headline, *lines = settled.lines
    return WatchedResult(
        replace(article, headline=headline, body="\n\n".join(lines)),
        page.source_id,
        settled.memory,
    )


def _wait_for_its_own(
    connection: sqlite3.Connection,
    page: Page,
    known: KnownArticle,
    article: Article,
    *,
    now: datetime,
) -> None:
    """Raise NotYet if a long page is now a short one with another headline, unless it has been so for six hours.

    Maintenance pages, robot checks and walls take its place for hours; a redesigned page stays.
    """
    if not _is_another_page(known, article):
        return
    since = find_missing_since(connection, page.entry_id)
    if since is not None and now - since >= _STAYS:
        return
    with transaction(connection):
        check_counts(connection, page.visit_id)
        note_missing(connection, page.entry_id, since=since or now)
        forget_answers(connection, page.source_id)
    raise NotYet("it shows a short page with nothing of what was there before")


def _is_another_page(known: KnownArticle, article: Article) -> bool:
    before, words = comparable_words(known.body), comparable_words(article.body)
    if len(before) < _FEWEST_BEFORE or len(words) >= min(_MOST_WORDS, len(before)):
        return False
    if {*tokenize(known.headline)} & {*tokenize(article.headline)}:
        return False
    shared = {*words} & {*before}
    return len(shared) < _OTHER * len({*words})


def describe_moving_lines(
    connection: sqlite3.Connection, article_id: int | None
) -> tuple[tuple[str, str], ...]:
    """Return the lines of a watched page that are held back, for a person: pairs of a word and a sentence."""
    lines = list_watched_lines(connection, article_id) if article_id is not None else ()
    return tuple(("moves", f"{_explain_hold(one)}: {one.line}") for one in lines if one.is_held)


def _explain_hold(line: LineMemory) -> str:
    if line.change_count >= MOVES_WITH_THE_DAY:
        return "left out, it changes with the date"
    if line.change_count == 1:
        return "held back until another visit shows the same"
    return f"left out, it changed at {line.change_count} visits in a row"
