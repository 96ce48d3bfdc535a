"""A page becomes an article, perhaps a match, perhaps an alert: one call a step, one transaction to keep it.

extract ── judge ── save ── match ── queue
           └────────── one transaction ──────────┘
"""

import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime

from crawler.dedup.comparable import comparable_words
from crawler.errors import NotYet
from crawler.flows.crawl.visit import check_counts
from crawler.flows.mail.queue_alerts import queue_alerts
from crawler.flows.news.announced_again import (
    join_feed_words,
    list_source_names,
    tell_announced,
)
from crawler.flows.news.boilerplate import cut_furniture, learn_furniture
from crawler.flows.news.identity import settle_address
from crawler.flows.news.judgement import Judgement, judge_article
from crawler.flows.news.revisits import next_revisit
from crawler.flows.news.walls import keep_odd_article, take_back_wall
from crawler.flows.news.watched_pages import WatchedReading, settle_watched
from crawler.flows.process.rules import Rules
from crawler.flows.watch.key_index import analyze_text
from crawler.matching.analysis.analyzer import Document, add_sources
from crawler.model.article import Article, KnownArticle, Page, Revision, Verdict, VerdictKind
from crawler.model.source import Source
from crawler.model.visit import PageOutcome
from crawler.model.watch import Match
from crawler.storage.crawl.entries.entries import EntryState, mark_entry, note_look
from crawler.storage.crawl.entries.pages import pack_body, save_page
from crawler.storage.crawl.visits import count_matches, count_page
from crawler.storage.file.database import read_version, transaction
from crawler.storage.news.article_sources import save_announcer
from crawler.storage.news.articles import (
    mark_article_seen,
    save_revision,
)
from crawler.storage.news.sketches import save_sketch
from crawler.storage.news.stories import merge_stories, save_kin
from crawler.storage.watch.keys import save_keys
from crawler.text.word_diff import diff_words


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of an article: the outcome for the visit's counts, and its row."""

    outcome: PageOutcome
    article_id: int | None


def keep_article(
    connection: sqlite3.Connection,
    page: Page,
    article: Article,
    *,
    source: Source,
    rules: Rules,
    now: datetime,
) -> PageOutcome:
    """Keep an article and settle its entry, in one transaction: a crash leaves all of it or none.

    raises  NotYet where the page is a wall that other addresses showed too; what was stored of it is taken back by then
    """
    source = rules.as_named_now(connection, source)
    ready = _make_ready(connection, page, article, now=now)
    thought = _think(connection, page, ready, source=source, rules=rules, now=now)
    with transaction(connection):
        kept = _write(connection, page, thought, source=source, rules=rules, now=now)
        steps = () if page.is_watched else rules.config.story.revisits
        mark_entry(
            connection,
            page.entry_id,
            EntryState.FETCHED,
            article_id=kept.article_id,
            revisit_at=next_revisit(connection, kept.article_id, steps, now=now),
        )
        is_vain, is_page = kept.outcome is PageOutcome.SEEN, not article.from_feed
        note_look(connection, page.entry_id, is_vain=is_vain, is_page=is_page, now=now)
        count_page(connection, page.run_id, kept.outcome)
    return kept.outcome


def store_words(
    connection: sqlite3.Connection,
    page: Page,
    words: Article,
    *,
    source: Source,
    rules: Rules,
    now: datetime,
) -> Kept:
    """Keep an entry's own words, whose page was not read; the entry is the caller's. Call inside a transaction."""
    source = rules.as_named_now(connection, source)
    ready = _make_ready(connection, page, words, now=now)
    thought = _think(connection, page, ready, source=source, rules=rules, now=now)
    return _write(connection, page, thought, source=source, rules=rules, now=now)


@dataclass(frozen=True, slots=True)
class _Ready:
    """An article as it is judged, and what was understood before anything was cut.

    words   its comparable words
    """

    article: Article
    understood: Article
    words: tuple[str, ...]
    reading: WatchedReading


def _make_ready(
    connection: sqlite3.Connection, page: Page, article: Article, *, now: datetime
) -> _Ready:
    if article.from_feed or article.key:
        plain = WatchedReading(article, page.source_id)
        return _Ready(article, article, comparable_words(article.body), plain)
    bare = article if page.is_watched else cut_furniture(connection, article)
    reading = settle_watched(connection, page, bare, now=now)
    words = comparable_words(reading.article.body)
    settled = settle_address(connection, page, reading.article, words)
    wall = take_back_wall(connection, page, settled, words, now=now)
    if wall is not None:
        raise NotYet(wall)
    return _Ready(settled, article, words, reading)


@dataclass(frozen=True, slots=True)
class _Thought:
    """What is dear about keeping an article, thought out before the file is held.

    sources  those that announced it before
    seen    version of the database it was judged by
    packed  the page as it is kept; empty where it is not
    """

    ready: _Ready
    document: Document
    matches: tuple[Match, ...]
    sources: tuple[str, ...]
    judged: Judgement
    seen: int
    packed: bytes


def _think(
    connection: sqlite3.Connection,
    page: Page,
    ready: _Ready,
    *,
    source: Source,
    rules: Rules,
    now: datetime,
) -> _Thought:
    article = ready.article
    document = analyze_text(
        article.headline,
        article.body,
        language=article.language,
        url=article.url,
        source=source.name,
    )
    keeps_page = bool(page.body) and bool(rules.config.store.keep_pages)
    seen = read_version(connection)
    judged = judge_article(
        connection, page, article, words=ready.words, source=source.name, rules=rules, now=now
    )
    sources = list_source_names(connection, judged.verdict.article_id)
    return _Thought(
        ready=ready,
        document=document,
        matches=_find_matches(document, source, sources, rules),
        sources=sources,
        judged=judged,
        seen=seen,
        packed=pack_body(page) if keeps_page else b"",
    )


def _find_matches(
    document: Document, source: Source, others: tuple[str, ...], rules: Rules
) -> tuple[Match, ...]:
    """Find the watches that hold for an article that these sources announced."""
    scopes = frozenset({source.name, *source.tags}) | rules.scopes_of(others)
    return rules.index.find_matches(add_sources(document, others), scopes)


def _write(
    connection: sqlite3.Connection,
    page: Page,
    thought: _Thought,
    *,
    source: Source,
    rules: Rules,
    now: datetime,
) -> Kept:
    """Store, match and queue what was thought out."""
    ready, judged = thought.ready, thought.judged
    article, words, matches = ready.article, ready.words, thought.matches
    with transaction(connection):
        check_counts(connection, page.run_id)
        if read_version(connection) != thought.seen:  # somebody else wrote meanwhile
            judged = judge_article(
                connection, page, article, words=words, source=source.name, rules=rules, now=now
            )
            sources = list_source_names(connection, judged.verdict.article_id)
            if sources != thought.sources:
                matches = _find_matches(thought.document, source, sources, rules)
        verdict = judged.verdict
        revision = _store_judged(connection, page, article, judged, now=now)
        article_id = revision.article_id if revision else verdict.article_id
        is_told = article_id is not None and join_feed_words(connection, page, article_id, now=now)
        if not (page.is_watched or article.from_feed or article.key):
            learn_furniture(connection, ready.understood, now=now)
        if revision is not None:
            save_keys(connection, revision.id, thought.document.places)
            told = replace(revision, completes=True) if is_told else revision
            queue_alerts(connection, page, told, matches, rules=rules, now=now)
            count_matches(connection, page.run_id, len(matches))
            save_announcer(
                connection, revision.article_id, page.source_id, revision_id=revision.id, now=now
            )
        elif article_id is not None:
            tell_announced(
                connection,
                page,
                article_id,
                source=source.name,
                completes=is_told,
                rules=rules,
                now=now,
            )
        ready.reading.save(connection, article_id)
        if not article.from_feed:
            keep_odd_article(connection, page, article, words, article_id=article_id, now=now)
        if revision is not None and thought.packed:
            save_page(connection, page, article_id=article_id, packed=thought.packed)
    return Kept(PageOutcome(verdict.kind.value), article_id)


def _store_judged(
    connection: sqlite3.Connection,
    page: Page,
    article: Article,
    judged: Judgement,
    *,
    now: datetime,
) -> Revision | None:
    """Write an article, its story and its sketch; no revision where it says nothing new."""
    verdict, known = judged.verdict, judged.known
    diff = _diff(known, article) if verdict.kind is VerdictKind.REVISED else None
    revision = _store(connection, page, article, verdict=verdict, diff=diff, now=now)
    if revision is not None:
        save_sketch(connection, revision.article_id, judged.keys)
        save_kin(connection, revision.article_id, judged.kin, now=now)
    return revision


def _diff(known: KnownArticle | None, article: Article) -> str | None:
    """Tell what changed, headline first."""
    if known is None:
        return None
    pairs = ((known.headline, article.headline), (known.body, article.body))
    return "\n".join(filter(None, (diff_words(old, new) for old, new in pairs)))


def _store(
    connection: sqlite3.Connection,
    page: Page,
    article: Article,
    *,
    verdict: Verdict,
    diff: str | None,
    now: datetime,
) -> Revision | None:
    """Write what the verdict asks for; gives the new revision, None where the article says nothing new."""
    if verdict.kind is VerdictKind.SEEN and verdict.article_id is not None:
        mark_article_seen(connection, verdict.article_id, now=now)
        return None
    revision = save_revision(connection, page, article, verdict=verdict, diff=diff, now=now)
    if verdict.joins:
        merge_stories(connection, revision.story_id, verdict.joins, reason=verdict.reason, now=now)
    return revision
