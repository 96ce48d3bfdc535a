"""Walls that no single page shows: the same answer to several announced addresses. Articles stored from it are taken back.

Three addresses that led to one login page were three articles, mailed under the feed's headlines (pagemon#334). Decision 025.
"""

import logging
import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta

from crawler.dedup.comparable import comparable_words
from crawler.extract.walls import is_led_elsewhere, is_marked
from crawler.flows.crawl.visit import check_counts
from crawler.log import log_event
from crawler.model.article import Article, Page
from crawler.storage.crawl.entries.entries import find_entry_article
from crawler.storage.file.database import transaction
from crawler.storage.news.article_reading import find_article_from_feed, find_current_row
from crawler.storage.news.sketches import forget_sketch
from crawler.storage.news.stories import count_articles
from crawler.storage.news.walls import (
    OddAnswer,
    cancel_alerts,
    count_alerts_of,
    delete_article,
    forget_odd_answer,
    is_vouched_for,
    list_odd_answers,
    mark_withdrawn,
    note_withdrawal,
    release_entries,
    save_odd_answer,
    unlink_article,
)
from crawler.storage.watch.keys import forget_keys
from crawler.text.normalize import tokenize
from crawler.text.web.urls import article_key, host_of

_log = logging.getLogger(__name__)
# maintenance lasts an evening; a template that returns days later is judged anew
_MEMORY = timedelta(days=1)
# two pages may be equal by chance or by a mistake of the feed; if both were redirected to one address, two are enough
_SAME_ANSWERS = 3
_SAME_ADDRESS = 2
# walls name the time, a reference number or the address asked for, so a few words differ
_ALIKE = 0.85
# words compared from the beginning of a page; if no headline was announced, a longer page is no wall
_MOST_WORDS = 300
# unrelated texts of one language share their small words: with less than this in common they are different texts
_OTHER = 0.4
# the entries of an article that was taken back are asked for again, as after a first failed try
_WAIT = timedelta(minutes=30)


def take_back_wall(
    connection: sqlite3.Connection,
    page: Page,
    article: Article,
    words: tuple[str, ...],
    *,
    now: datetime,
) -> str | None:
    """Return why a page is a wall that others showed too, None if it is not; articles stored from those are taken back.

    words  its comparable words
    """
    if not _is_odd(page, article, words):
        return None
    own, since = _read_answer(page, words), now - _MEMORY
    if _replaces_another(connection, own, article):
        # a text that fits its announcement is not replaced by one that does not
        return "the page shares nothing with what was announced, nor with what it showed before"
    others = list_odd_answers(connection, own.host, since=since, but_entry=page.entry_id)
    alike = _choose_alike(own, others)
    reason = _judge(own, alike)
    if reason is None:
        return None
    stored = {one.article_id for one in alike if one.article_id is not None}
    with transaction(connection):
        check_counts(connection, page.visit_id)
        save_odd_answer(connection, own, before=since, now=now)
        for article_id in sorted(stored):
            if not is_vouched_for(connection, article_id):
                withdraw_article(connection, article_id, reason, now=now)
    return reason


def keep_odd_article(
    connection: sqlite3.Connection,
    page: Page,
    article: Article,
    words: tuple[str, ...],
    *,
    article_id: int | None,
    now: datetime,
) -> None:
    """Remember which article an odd answer was stored as, so that it can be taken back. Call inside a transaction."""
    if not _is_odd(page, article, words):
        forget_odd_answer(connection, page.entry_id)
    else:
        answer = replace(_read_answer(page, words), article_id=article_id)
        save_odd_answer(connection, answer, before=now - _MEMORY, now=now)


def _is_odd(page: Page, article: Article, words: tuple[str, ...]) -> bool:
    """Return whether a page may be a wall: it does not fit what was announced.

    If no headline was announced: another address answered, the page is short and does not call itself an article. Being
    short alone is not odd: notices and bulletins have the same words, too.
    """
    if page.settings.is_watched or article.is_foreign is False:
        return False
    is_little = len(words) < _MOST_WORDS and not is_marked(article)
    return bool(article.is_foreign) or (is_little and is_led_elsewhere(page))


def _read_answer(page: Page, words: tuple[str, ...]) -> OddAnswer:
    kept = frozenset(word for word in words[:_MOST_WORDS] if not word.isdigit())
    return OddAnswer(
        entry_id=page.entry_id,
        host=host_of(page.url),
        asked_key=article_key(page.requested_url),
        answered_key=article_key(page.url),
        title=page.entry.title[:300],
        words=kept,
    )


def _replaces_another(connection: sqlite3.Connection, own: OddAnswer, article: Article) -> bool:
    """Return whether an odd page would replace an article that shares few of its words."""
    known = find_entry_article(connection, own.entry_id)
    if known is None or is_marked(article):
        return False
    if find_article_from_feed(connection, own.entry_id) is not None:
        return False
    row = find_current_row(connection, known)
    return row is not None and len(own.words & {*comparable_words(row["body"])}) < (
        _OTHER * len(own.words)
    )


def _are_alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= _ALIKE * max(1, len(one | other))


def _choose_alike(own: OddAnswer, others: tuple[OddAnswer, ...]) -> list[OddAnswer]:
    """Return the answers with the same words to other addresses and headlines."""
    title = tokenize(own.title)
    return [
        one
        for one in others
        if one.asked_key != own.asked_key
        and (not title or tokenize(one.title) != title)
        and _are_alike(one.words, own.words)
    ]


def _judge(own: OddAnswer, alike: list[OddAnswer]) -> str | None:
    asked = {own.asked_key} | {one.asked_key for one in alike}
    titles = {tokenize(own.title)} | {tokenize(one.title) for one in alike}
    count = min(len(asked), len(titles)) if all(titles) else len(asked)
    led = {one.asked_key for one in alike if one.answered_key == own.answered_key}
    is_led = own.answered_key not in asked and len(led) + 1 >= _SAME_ADDRESS
    if count >= _SAME_ANSWERS or (is_led and count >= _SAME_ADDRESS):
        return f"the page is a wall, not the article: {count} announced addresses returned the same text"
    return None


def withdraw_article(
    connection: sqlite3.Connection, article_id: int, reason: str, *, now: datetime
) -> None:
    """Take back an article that was a wall: its alerts are cancelled, and its entries wait again.

    If an alert was sent already, the article stays, marked as withdrawn; otherwise it is deleted.
    """
    row = find_current_row(connection, article_id)
    if row is None:
        return
    with transaction(connection):
        sent, unsent = count_alerts_of(connection, article_id)
        note_withdrawal(connection, article_id, reason, sent=sent, cancelled=unsent, now=now)
        forget_keys(connection, article_id)
        forget_sketch(connection, article_id)
        release_entries(connection, article_id, reason, next_try_at=now + _WAIT)
        unlink_article(connection, article_id)
        cancel_alerts(connection, article_id)
        if sent:
            mark_withdrawn(connection, article_id, now=now)
        else:
            delete_article(connection, article_id)
        count_articles(connection, row["story_id"])
    log_event(_log, logging.WARNING, "article taken back", url=row["url"], sent=sent)
