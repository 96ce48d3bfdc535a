"""Replays what a visit said of a page, by the transactions of pages that are read at home."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace

from crawler.errors import HostThrottled, ParsePostponed
from crawler.flows.cluster.home.replaying import Replaying
from crawler.flows.cluster.notes import (
    ArticleNote,
    FailureNote,
    HoldNote,
    PageNote,
    RefusalNote,
    WordsNote,
)
from crawler.flows.news import ingest
from crawler.flows.news.pages import feed_words, held_pages, unread_pages
from crawler.flows.process.notebook import Unread
from crawler.model.article import Page
from crawler.model.source import Source
from crawler.model.visit import PageOutcome, Visit
from crawler.storage.crawl.entries.pages import unpack_body


def open_page(note: PageNote) -> Page:
    """Return the page of a note, with its body if it came with it."""
    sent = note.sent
    return replace(sent.page, body=unpack_body(sent.packed)) if sent.packed else sent.page


def replay_page(
    own: Replaying,
    connection: sqlite3.Connection,
    visit: Visit,
    source: Source,
    page: Page,
    note: PageNote,
) -> int | None:
    """Replay what was said of a page whose task the bundle holds; return its entry if it is a watched one, refused.

    raises  VisitOver; NotYet if it is a wall that other addresses showed too. Call inside a transaction.
    """
    if isinstance(note, ArticleNote):
        _keep_article(own, connection, page, source, note)
        return None
    return _keep_unread(own, connection, visit, source, page, note)


def _keep_article(
    own: Replaying, connection: sqlite3.Connection, page: Page, source: Source, note: ArticleNote
) -> None:
    understood = replace(
        own.read_here(note.understood), packed=note.sent.packed if page.body else b""
    )
    now = min(note.at, own.now)
    ingest.keep_article(connection, page, understood, source=source, rules=own.rules, now=now)


def _keep_unread(
    own: Replaying,
    connection: sqlite3.Connection,
    visit: Visit,
    source: Source,
    page: Page,
    note: WordsNote | RefusalNote | FailureNote | HoldNote,
) -> int | None:
    """Replay what was said of a page that was not read; return its entry if that is a watched page, refused."""
    rules, now = own.rules, min(note.at, own.now)
    words = note.words and own.read_here(note.words)
    unread = Unread(page=page, source=source, words=words)
    if isinstance(note, WordsNote):
        due_at = own.bring_closer(note.page_due_at, said_at=note.at)
        feed_words.store_new_words(
            connection, unread, note.reason, page_due_at=due_at, rules=rules, now=now
        )
    elif isinstance(note, RefusalNote):
        outcome = unread_pages.refuse_page(connection, unread, note.refusal, rules=rules, now=now)
        if page.settings.is_watched and outcome is PageOutcome.REFUSED:
            return page.entry_id
    elif isinstance(note, FailureNote):
        unread_pages.fail_page(connection, visit, unread, note.failure, rules=rules, now=now)
    else:
        kind: Callable[..., HostThrottled | ParsePostponed] = (
            HostThrottled if note.is_host else ParsePostponed
        )
        wait = kind(note.reason, until=own.bring_closer(note.until, said_at=note.at))
        held_pages.hold_page(connection, visit, unread, wait, rules=rules, now=now)
    return None
