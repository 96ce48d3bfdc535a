"""Cutting a site's boilerplate out of its articles: lines that are on several of its pages."""

import re
import sqlite3
from dataclasses import replace
from datetime import datetime

from crawler.extract.body.blocks import make_key
from crawler.model.article import Article, Page
from crawler.storage.news.boilerplate import find_boilerplate_keys, note_lines
from crawler.text.web.urls import article_key, host_of

# a sentence may appear in two articles and belong to both; boilerplate is short and seldom ends like a sentence
_PROSE_WORDS = 12
# a line this long is prose even without a full stop
_SURELY_PROSE_WORDS = 25
_SENTENCE_END = re.compile(
    r"[.!?\u2026\u3002\uff01\uff1f\u061f\u06d4][\"'\u201d\u2019\u00bb\u300d)]*$"
)
# a script without spaces has no words to count
_PROSE_SIGNS = 60


def cut_boilerplate(connection: sqlite3.Connection, page: Page, article: Article) -> Article:
    """Return the article without lines known as boilerplate of its host; a body that has no other lines stays whole."""
    if not _has_boilerplate(page, article):
        return article
    kept = without_boilerplate(connection, article.url, article.body)
    if kept == article.body:
        return article
    cut = [
        (line, "boilerplate of the site: it is on several of its pages")
        for line in article.body.split("\n\n")
        if line not in kept.split("\n\n")
    ]
    return replace(article, body=kept, cut=(*article.cut, *cut))


def without_boilerplate(connection: sqlite3.Connection, url: str, body: str) -> str:
    """Return a body without the lines known as boilerplate of its address's host."""
    lines = body.split("\n\n")
    keys = {make_key(line): line for line in lines if not reads_as_prose(line)}
    known = find_boilerplate_keys(connection, host_of(url), keys)
    kept = [line for line in lines if reads_as_prose(line) or make_key(line) not in known]
    return "\n\n".join(kept) if kept else body


def learn_boilerplate(
    connection: sqlite3.Connection, page: Page, article: Article, *, now: datetime
) -> None:
    """Count the lines of an article that may be boilerplate: all except its headline and prose."""
    if not _has_boilerplate(page, article):
        return
    title = make_key(article.headline)
    lines = {
        key: line
        for line in article.body.split("\n\n")
        if not reads_as_prose(line) and (key := make_key(line)) and key != title
    }
    note_lines(
        connection, host_of(article.url), lines.items(), url_key=article_key(article.url), now=now
    )


def _has_boilerplate(page: Page, article: Article) -> bool:
    """Return whether a page may show lines that are not the article.

    Every line of a watched page counts. A feed's words and one of several pieces on a page hold no boilerplate.
    """
    return not (page.settings.is_watched or article.from_feed or article.key)


def reads_as_prose(line: str) -> bool:
    """Return whether a line is a sentence or more, and so no boilerplate even if it is in several articles."""
    words = len(line.split(maxsplit=_SURELY_PROSE_WORDS))
    if words >= _SURELY_PROSE_WORDS or (words <= 2 and len(line) >= _PROSE_SIGNS):
        return True
    return words >= _PROSE_WORDS and bool(_SENTENCE_END.search(line))
