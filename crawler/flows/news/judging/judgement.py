"""Judges an article against what is stored: new, revised, seen or a copy, with the evidence. It only reads."""

import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime

from crawler.dedup.fingerprint import fingerprint_body
from crawler.dedup.near import make_text
from crawler.dedup.verdict import judge
from crawler.flows.news.judging.boilerplate import without_boilerplate
from crawler.flows.news.judging.draft import Draft
from crawler.flows.news.judging.near_duplicates import find_similar
from crawler.flows.process.rules import Rules
from crawler.model.article import Article, KnownArticle, Page, Verdict
from crawler.model.source import Source
from crawler.model.story import SimilarArticle
from crawler.storage.news.article_reading import find_article, find_article_from_feed


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on an article, and what it was judged by.

    known  the article stored under its address, or None
    keys   its sketch
    """

    verdict: Verdict
    known: KnownArticle | None
    keys: tuple[int, ...]
    similar: tuple[SimilarArticle, ...]

    def find_stored_url(self, article: Article) -> str:
        """Return the address the article will be stored at; a known one keeps its own unless this is its first page."""
        if self.known is None or self.verdict.completes:
            return article.url
        return self.known.url


def judge_article(
    connection: sqlite3.Connection,
    page: Page,
    draft: Draft,
    *,
    source: Source,
    rules: Rules,
    now: datetime,
) -> Judgement:
    """Return the judgement on an article; reads only, and is the expensive part of storing it."""
    article, words = draft.article, draft.signature.words
    fingerprint, keys = draft.signature.fingerprint, draft.signature.keys
    known = _find_known(connection, page, article, fingerprint)
    similar = tuple[SimilarArticle, ...]()
    if known is None or known.fingerprint != fingerprint:
        since = now - rules.config.story.window
        text = make_text(words, headline=article.headline, body=article.body, source=source.name)
        similar = find_similar(connection, text, keys, fingerprint, known=known, since=since)
    verdict = judge(article, fingerprint=fingerprint, known=known, similar=similar)
    return Judgement(verdict, known, keys, similar)


def _find_known(
    connection: sqlite3.Connection, page: Page, article: Article, fingerprint: str
) -> KnownArticle | None:
    """Return the article stored under this address, or made of this entry's feed words; None without one.

    A line that became known as boilerplate since then does not count as a change.
    """
    known = find_article(connection, article.url, key=article.key)
    known = known or find_article_from_feed(connection, page.entry_id)
    if known is None or known.fingerprint == fingerprint:
        return known
    bare = without_boilerplate(connection, article.url, known.body)
    is_same = fingerprint_body(bare) == fingerprint
    return replace(known, fingerprint=fingerprint) if is_same else known
