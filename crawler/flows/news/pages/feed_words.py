"""An entry as an article in its feed's own words, used where its page cannot be read or does not exist (decision 024)."""

import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from crawler.errors import ParseInterrupted, ParsePostponed
from crawler.extract.elsewhere.feed_words import write_from_feed
from crawler.flows.crawl.visit import check_counts
from crawler.flows.news.ingest import Kept, store_words
from crawler.flows.process.notebook import Unread
from crawler.flows.process.parse_pool.understanding import (
    Understood,
    sign_article,
    understand_text,
)
from crawler.flows.process.rules import Rules
from crawler.flows.process.services import Services
from crawler.model.article import Article, Page
from crawler.model.source import EndpointKind, Source
from crawler.model.visit import PageOutcome
from crawler.storage.crawl.entries.trials import Trial, get_trial, hold_entry
from crawler.storage.crawl.visits import count_page
from crawler.storage.file.database import transaction
from crawler.storage.news.article_reading import find_article

# a late page, or a site that restarts, is back within minutes: until then its feed's words wait for it (decision 024)
PATIENCE = timedelta(minutes=5)
# characters: language detection takes shorter texts for Walloon or Luxembourgish as easily as for their own language
_MOST_SHORT = 200


async def understand_article(article: Article, source: Source, services: Services) -> Understood:
    """Return an article, understood, whose text is not that of one page; its dictionaries are built first, if need be.

    If no worker can do it, it is analysed where it is stored: its page was read, or refused, and that is not repeated.
    """
    await services.dictionaries.load_for(article)
    understand = partial(understand_text, source=source.name, scopes=source.scopes)
    try:
        return await services.pool.run(understand, article, source=source.name)
    except (ParseInterrupted, ParsePostponed):
        return sign_article(article)


async def prepare_words(page: Page, source: Source, services: Services, *, why: str) -> Unread:
    """Return an entry with the article made of its own words, ready to be matched."""
    usual = ""
    if not (page.settings.language or page.entry.language) and len(page.entry.text) < _MOST_SHORT:
        usual = await services.notebook.find_usual_language(source.id)
    write = partial(write_from_feed, why=why, usual_language=usual)
    bare = replace(page, body=b"")
    try:
        # in a worker, because guessing a language needs a model of 40 MB that only they have
        words = await services.pool.run(write, bare, source=source.name)
    except (ParseInterrupted, ParsePostponed):
        words = write(bare)
    if words is None:
        return Unread(page=page, source=source)
    understood = await understand_article(words, source, services)
    return Unread(page=page, source=source, words=understood)


def is_waited_for(trial: Trial, *, is_settled: bool, now: datetime) -> bool:
    """Return whether a page that was not read may still come within minutes; ``is_settled``: waiting is useless."""
    since = trial.unread_since
    return not (is_settled or (since is not None and now - since >= PATIENCE))


def may_alert(trial: Trial) -> bool:
    """Return whether a feed's words may alert in place of a page that was not read.

    The words of a section page are those of a link: they say where it leads, not that it is news.
    """
    return trial.kind in {EndpointKind.FEED, EndpointKind.SITEMAP} and not trial.has_page


def keep_words(
    connection: sqlite3.Connection, unread: Unread, *, rules: Rules, now: datetime
) -> Kept | None:
    """Store, match and queue a feed's words; return None if there are none or the article is known by its page.

    Call inside a transaction.
    """
    if unread.words is None:
        return None
    article = unread.words.article
    known = find_article(connection, article.url, key=article.key)
    if known is not None and not known.is_from_feed:
        return None
    page = unread.page
    return store_words(connection, page, unread.words, source=unread.source, rules=rules, now=now)


def store_new_words(
    connection: sqlite3.Connection,
    unread: Unread,
    reason: str,
    *,
    page_due_at: datetime,
    rules: Rules,
    now: datetime,
) -> PageOutcome:
    """Store a feed's new words for an article that has only those; its page is asked for when that is due.

    reason  why the last look at the page failed
    """
    page = unread.page
    with transaction(connection):
        check_counts(connection, page.visit_id)
        is_read = get_trial(connection, page.entry_id).has_page
        kept = None if is_read else keep_words(connection, unread, rules=rules, now=now)
        hold_entry(connection, page.entry_id, reason, until=page_due_at)
        outcome = PageOutcome.SEEN if kept is None else kept.outcome
        count_page(connection, page.visit_id, outcome)
    return outcome
