"""A page becomes an article, perhaps a match, perhaps an alert: one call a step, one transaction to keep it.

extract ── judge ── save ── match ── queue
           └────────── one transaction ──────────┘
"""

import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime

from crawler.dedup.comparable import comparable_words
from crawler.dedup.fingerprint import fingerprint_body, fingerprint_words
from crawler.dedup.sketch import sketch
from crawler.dedup.verdict import judge
from crawler.errors import NotYet, ParseInterrupted, SetAside
from crawler.flows.alerts import queue_alerts
from crawler.flows.desk import Desk
from crawler.flows.furniture import cut_furniture, learn_furniture, without_furniture
from crawler.flows.identity import settle_address
from crawler.flows.key_index import analyze_text
from crawler.flows.kinship import find_kin
from crawler.flows.revisits import next_revisit, put_off_revisit
from crawler.flows.rules import Rules
from crawler.flows.visit import check_counts
from crawler.flows.walls import keep_odd_article, take_back_wall
from crawler.flows.watched_pages import settle_watched
from crawler.model.article import Article, KnownArticle, Page, Revision, Verdict, VerdictKind
from crawler.model.run import PageOutcome
from crawler.model.source import Source
from crawler.model.story import Kin
from crawler.storage.articles import (
    find_article,
    mark_article_seen,
    save_revision,
)
from crawler.storage.database import read_version, transaction
from crawler.storage.entries import EntryState, find_entry_article, mark_entry
from crawler.storage.keys import save_keys
from crawler.storage.pages import pack_body, save_page
from crawler.storage.runs import count_matches, count_page
from crawler.storage.sketches import save_sketch
from crawler.storage.stories import merge_stories, save_kin
from crawler.text.word_diff import diff_words

# a reading that was cut off may be another page's fault; the last one is made alone, and what happens then is its own
_MOST_INTERRUPTIONS = 3


async def ingest_page(page: Page, source: Source, desk: Desk) -> PageOutcome:
    """Take a fetched page through the whole walk; a page that can never work is recorded as refused.

    raises  ParseInterrupted where it is to be tried again, ParsePostponed where it is to wait
    """
    is_last = page.interrupted_count + 1 >= _MOST_INTERRUPTIONS
    try:
        article = await desk.pool.extract_article(page, source=source.name, alone=is_last)
    except SetAside as refusal:
        reason = refusal.reason
    except ParseInterrupted as cut:
        if not is_last:
            raise
        reason = f"{cut.reason} ({_MOST_INTERRUPTIONS} tries, the last one alone)"
    else:
        await desk.dictionaries.load_for(article)
        try:
            return await desk.writer.run(
                keep_article, page, article, source=source, rules=desk.rules, now=desk.clock()
            )
        except NotYet as wall:
            reason = wall.reason
    await desk.writer.run(refuse_page, page, reason, rules=desk.rules, now=desk.clock())
    return PageOutcome.REFUSED


def keep_article(
    connection: sqlite3.Connection,
    page: Page,
    article: Article,
    *,
    source: Source,
    rules: Rules,
    now: datetime,
) -> PageOutcome:
    """Judge, store, match and queue in one transaction: a crash leaves all of it or none.

    raises  NotYet where the page is a wall that other addresses showed too; what was stored of it is taken back by then
    """
    bare = article if page.is_watched else cut_furniture(connection, article)
    reading = settle_watched(connection, page, bare, now=now)
    words = comparable_words(reading.article.body)
    bare = settle_address(connection, page, reading.article, words)
    wall = take_back_wall(connection, page, bare, words, now=now)
    if wall is not None:
        raise NotYet(wall)
    learned_from, article = article, bare
    document = analyze_text(
        article.headline,
        article.body,
        language=article.language,
        url=article.url,
        source=source.name,
    )
    scopes = frozenset({source.name, *source.tags})
    matches = rules.index.find_matches(document, scopes)
    packed = pack_body(page) if rules.config.store.keep_pages else b""
    seen = read_version(connection)
    judged = _judge(connection, article, words=words, rules=rules, now=now)
    with transaction(connection):
        check_counts(connection, page.run_id)
        if read_version(connection) != seen:  # somebody else wrote meanwhile
            judged = _judge(connection, article, words=words, rules=rules, now=now)
        verdict = judged.verdict
        revision = _store_judged(connection, page, article, judged, now=now)
        if not page.is_watched:
            learn_furniture(connection, learned_from, now=now)
        if revision is not None:
            save_keys(connection, revision.id, document.places)
            queue_alerts(connection, page, revision, matches, rules=rules, now=now)
            count_matches(connection, page.run_id, len(matches))
        article_id = revision.article_id if revision else verdict.article_id
        reading.save(connection, article_id)
        keep_odd_article(connection, page, article, words, article_id=article_id, now=now)
        if revision is not None and rules.config.store.keep_pages:
            save_page(connection, page, article_id=article_id, packed=packed)
        steps = () if page.is_watched else rules.config.story.revisits
        mark_entry(
            connection,
            page.entry_id,
            EntryState.FETCHED,
            article_id=article_id,
            revisit_at=next_revisit(connection, article_id, steps, now=now),
        )
        count_page(connection, page.run_id, PageOutcome(verdict.kind.value))
    return PageOutcome(verdict.kind.value)


@dataclass(frozen=True, slots=True)
class _Judgement:
    """What an article is, and what that was judged by.

    known  the article stored under its address, or None
    keys   its sketch
    """

    verdict: Verdict
    known: KnownArticle | None
    keys: tuple[int, ...]
    kin: tuple[Kin, ...]


def _judge(
    connection: sqlite3.Connection,
    article: Article,
    *,
    words: tuple[str, ...],
    rules: Rules,
    now: datetime,
) -> _Judgement:
    """Decide what an article is: the dear part of keeping it, and only reading."""
    fingerprint = fingerprint_words(words)
    known = _find_known(connection, article, fingerprint)
    keys, kin = sketch(words), tuple[Kin, ...]()
    if known is None or known.fingerprint != fingerprint:
        since = now - rules.config.story.window
        kin = find_kin(connection, words, keys, fingerprint, known=known, since=since)
    verdict = judge(article, fingerprint=fingerprint, known=known, kin=kin)
    return _Judgement(verdict, known, keys, kin)


def _store_judged(
    connection: sqlite3.Connection,
    page: Page,
    article: Article,
    judged: _Judgement,
    *,
    now: datetime,
) -> Revision | None:
    """Write an article, its story and its sketch; no revision where it says nothing new."""
    verdict, known = judged.verdict, judged.known
    diff = _diff(known, article) if verdict.kind is VerdictKind.REVISED else None
    revision = _store(connection, page, article, verdict=verdict, diff=diff, now=now)
    if revision is not None:
        old = sketch(comparable_words(known.body)) if known else ()
        save_sketch(connection, revision.article_id, judged.keys, instead_of=old)
        save_kin(connection, revision.article_id, judged.kin, now=now)
    return revision


def _find_known(
    connection: sqlite3.Connection, article: Article, fingerprint: str
) -> KnownArticle | None:
    """Find the article stored under this address; a line that became furniture since then is no change of it."""
    known = find_article(connection, article.url)
    if known is None or known.fingerprint == fingerprint:
        return known
    bare = without_furniture(connection, article.url, known.body)
    is_same = fingerprint_body(bare) == fingerprint
    return replace(known, fingerprint=fingerprint) if is_same else known


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


def refuse_page(
    connection: sqlite3.Connection, page: Page, reason: str, *, rules: Rules, now: datetime
) -> None:
    """Record that a page holds no article, with the reason a person reads.

    The page itself is kept too, to be understood again by a later release. A known article stays what it is, whatever
    its page shows today.
    """
    packed = pack_body(page) if rules.config.store.keep_pages else b""
    with transaction(connection):
        check_counts(connection, page.run_id)
        count_page(connection, page.run_id, PageOutcome.REFUSED)
        known = find_entry_article(connection, page.entry_id)
        if known is not None:
            put_off_revisit(connection, page.entry_id, reason, rules=rules, now=now)
            return
        if rules.config.store.keep_pages:
            save_page(connection, page, article_id=None, packed=packed)
        mark_entry(connection, page.entry_id, EntryState.REFUSED, reason=reason)
