"""Turns a page into an article and queues its alerts: a call for each step, one transaction for all that is stored.

extract ── judge ── match ── store ── queue
                             └── one transaction

Store, match and outbox share the transaction, so that a crash leaves all of them or none (decision 004). Expensive steps come
before it, as nobody else can write meanwhile. If another process wrote in between, the article is judged again inside, and
matched again if that changed what it is matched by.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from crawler.flows.crawl.visit import check_counts
from crawler.flows.news.announced_again import match_announced
from crawler.flows.news.judging.draft import Draft, make_draft
from crawler.flows.news.judging.judgement import Judgement, judge_article
from crawler.flows.news.judging.kept_pages import keep_body
from crawler.flows.news.live_matches import LiveMatches, find_live_matches, store_matches
from crawler.flows.news.revisits import next_revisit
from crawler.flows.news.stored import store_judged
from crawler.flows.process.parse_pool.understanding import Understood
from crawler.flows.process.rules import Rules
from crawler.model.article import Article, Page
from crawler.model.source import Source
from crawler.model.visit import PageOutcome
from crawler.storage.crawl.entries.entries import EntryState, mark_entry, note_look
from crawler.storage.crawl.visits import count_page
from crawler.storage.file.database import read_version, transaction


@dataclass(frozen=True, slots=True)
class Kept:
    """The result of storing an article: the outcome for the visit's counts, and its row."""

    outcome: PageOutcome
    article_id: int


def keep_article(
    connection: sqlite3.Connection,
    page: Page,
    understood: Understood,
    *,
    source: Source,
    rules: Rules,
    now: datetime,
) -> PageOutcome:
    """Store an article and settle its entry, in one transaction: a crash leaves all of it or nothing.

    raises  NotYet if the page is a wall that other addresses showed too; articles stored from it are taken back first
    """
    source = rules.as_named_now(connection, source)
    thought = _think(connection, page, understood, source=source, rules=rules, now=now)
    with transaction(connection):
        kept = _keep(connection, page, thought, source=source, rules=rules, now=now)
        _settle(connection, page, understood.article, kept, rules=rules, now=now)
    return kept.outcome


def store_words(
    connection: sqlite3.Connection,
    page: Page,
    words: Understood,
    *,
    source: Source,
    rules: Rules,
    now: datetime,
) -> Kept:
    """Store an entry's own words as an article; the caller settles the entry. Call inside a transaction."""
    source = rules.as_named_now(connection, source)
    thought = _think(connection, page, words, source=source, rules=rules, now=now)
    return _keep(connection, page, thought, source=source, rules=rules, now=now)


@dataclass(frozen=True, slots=True)
class _Thought:
    """The expensive part of storing an article, done before the transaction.

    version  of the database it was judged by
    packed   the page as it is kept; empty if it is not kept
    """

    draft: Draft
    version: int
    judged: Judgement
    found: LiveMatches
    packed: bytes


def _think(
    connection: sqlite3.Connection,
    page: Page,
    understood: Understood,
    *,
    source: Source,
    rules: Rules,
    now: datetime,
) -> _Thought:
    draft = make_draft(connection, page, understood, now=now)
    version = read_version(connection)
    judged = judge_article(connection, page, draft, source=source, rules=rules, now=now)
    found = find_live_matches(
        connection,
        draft.article,
        judged,
        source=source,
        rules=rules,
        before=LiveMatches.of(understood.reading),
    )
    packed = _pack(connection, page, judged, rules, understood.packed)
    return _Thought(draft, version, judged, found, packed)


def _keep(
    connection: sqlite3.Connection,
    page: Page,
    thought: _Thought,
    *,
    source: Source,
    rules: Rules,
    now: datetime,
) -> Kept:
    draft, judged, found, packed = thought.draft, thought.judged, thought.found, thought.packed
    with transaction(connection):
        check_counts(connection, page.visit_id)
        # another process wrote since: stories may have been merged or split
        if read_version(connection) != thought.version:
            judged = judge_article(connection, page, draft, source=source, rules=rules, now=now)
            found = find_live_matches(
                connection, draft.article, judged, source=source, rules=rules, before=found
            )
            packed = _pack(connection, page, judged, rules, packed)
        stored = store_judged(connection, page, draft, judged, packed=packed, now=now)
        if stored.revision is not None:
            store_matches(connection, page, stored.revision, found, rules=rules, now=now)
        else:
            match_announced(
                connection,
                page,
                stored.article_id,
                source=source.name,
                completes=stored.completes,
                rules=rules,
                now=now,
            )
    return Kept(PageOutcome(judged.verdict.kind.value), stored.article_id)


def _pack(
    connection: sqlite3.Connection, page: Page, judged: Judgement, rules: Rules, packed: bytes
) -> bytes:
    """Return the page as it is kept; empty if it says nothing new or pages are not kept.

    packed  the same, if it was made already
    """
    if judged.verdict.repeats is not None:
        return b""
    return keep_body(connection, page, rules.config, packed=packed)


def _settle(
    connection: sqlite3.Connection,
    page: Page,
    article: Article,
    kept: Kept,
    *,
    rules: Rules,
    now: datetime,
) -> None:
    """Settle the entry of an article that was stored, and count its page."""
    steps = () if page.settings.is_watched else rules.config.story.revisits
    mark_entry(
        connection,
        page.entry_id,
        EntryState.FETCHED,
        article_id=kept.article_id,
        revisit_at=next_revisit(connection, kept.article_id, steps, now=now),
    )
    is_vain, is_page = kept.outcome is PageOutcome.SEEN, not article.from_feed
    note_look(connection, page.entry_id, is_vain=is_vain, is_page=is_page, now=now)
    count_page(connection, page.visit_id, kept.outcome)
