"""Stores a judged article: its revision, its story, and what later pages are judged by."""

import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime

from crawler.flows.news.announced_again import join_feed_words
from crawler.flows.news.judging.boilerplate import learn_boilerplate
from crawler.flows.news.judging.draft import Draft
from crawler.flows.news.judging.judgement import Judgement
from crawler.flows.news.judging.walls import keep_odd_article
from crawler.model.article import Article, KnownArticle, Page, Revision, VerdictKind
from crawler.storage.crawl.entries.pages import save_page
from crawler.storage.news.articles import mark_article_seen, save_revision
from crawler.storage.news.sketches import save_sketch
from crawler.storage.news.stories import merge_stories, save_similarities
from crawler.text.word_diff import diff_words


@dataclass(frozen=True, slots=True)
class Stored:
    """The rows written for an article.

    revision   its new text, None if it says nothing new
    completes  its entry was an article in the feed's words before
    """

    article_id: int
    revision: Revision | None
    completes: bool


def store_judged(
    connection: sqlite3.Connection,
    page: Page,
    draft: Draft,
    judged: Judgement,
    *,
    packed: bytes,
    now: datetime,
) -> Stored:
    """Store an article and what is remembered of its page. Call inside a transaction.

    packed  the page to be kept with a new text; empty if it is not kept
    """
    article, seen_id = draft.article, judged.verdict.repeats
    if seen_id is not None:
        mark_article_seen(connection, seen_id, now=now)
        stored = _join(connection, page, seen_id, None, now=now)
    else:
        revision = _save_new(connection, page, article, judged, now=now)
        stored = _join(connection, page, revision.article_id, revision, now=now)
        if packed:
            save_page(connection, page, article_id=stored.article_id, packed=packed)
    # from the article before anything was cut: otherwise a line that is cut would never be counted again
    learn_boilerplate(connection, page, draft.understood, now=now)
    draft.result.save(connection, stored.article_id)
    keep_odd_article(
        connection, page, article, draft.signature.words, article_id=stored.article_id, now=now
    )
    return stored


def _save_new(
    connection: sqlite3.Connection,
    page: Page,
    article: Article,
    judged: Judgement,
    *,
    now: datetime,
) -> Revision:
    """Store a text that says something new, with its story, sketch and near-duplicates."""
    verdict = judged.verdict
    diff = _diff(judged.known, article) if verdict.kind is VerdictKind.REVISED else None
    revision = save_revision(connection, page, article, verdict=verdict, diff=diff, now=now)
    if verdict.joins:
        merge_stories(connection, revision.story_id, verdict.joins, reason=verdict.reason, now=now)
    save_sketch(connection, revision.article_id, judged.keys)
    save_similarities(connection, revision.article_id, judged.similar, now=now)
    return revision


def _join(
    connection: sqlite3.Connection,
    page: Page,
    article_id: int,
    revision: Revision | None,
    *,
    now: datetime,
) -> Stored:
    """Merge the entry's article in feed words with the article its page turned out to be."""
    if not join_feed_words(connection, page, article_id, now=now):
        return Stored(article_id, revision, completes=False)
    shown = replace(revision, completes=True) if revision else None
    return Stored(article_id, shown, completes=True)


def _diff(known: KnownArticle | None, article: Article) -> str | None:
    """Return the changes as marked words, headline first; None for a new article."""
    if known is None:
        return None
    pairs = ((known.headline, article.headline), (known.body, article.body))
    return "\n".join(filter(None, (diff_words(old, new) for old, new in pairs)))
