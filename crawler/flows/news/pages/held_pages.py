"""Records of a page that was not asked for or not read yet: its host is throttled, or its source's pages have to wait."""

import sqlite3
from datetime import datetime

from crawler.errors import HostThrottled, ParsePostponed
from crawler.flows.crawl.visit import check_counts
from crawler.flows.news.pages.feed_words import PATIENCE
from crawler.flows.news.pages.unread_pages import alert_by_words
from crawler.flows.process.notebook import Unread
from crawler.flows.process.rules import Rules
from crawler.model.visit import Visit
from crawler.storage.crawl.entries.entries import plan_revisit
from crawler.storage.crawl.entries.trials import (
    get_trial,
    hold_entry,
    note_unread,
    save_words_article,
)
from crawler.storage.crawl.visits import count_page
from crawler.storage.file.database import transaction


def hold_page(
    connection: sqlite3.Connection,
    visit: Visit,
    unread: Unread,
    wait: HostThrottled | ParsePostponed,
    *,
    rules: Rules,
    now: datetime,
) -> None:
    """Let a page wait until its host may be asked again, or it may be read; a wait that is over already ends now.

    If the page cannot come within five minutes, its feed's words alert now: throttled hosts ask for hours, and
    alerts waited as long.
    """
    until, reason = max(wait.until, now), wait.reason
    entry_id = unread.page.entry_id
    with transaction(connection):
        check_counts(connection, visit.id)
        trial = get_trial(connection, entry_id)
        if trial.is_revisit:
            plan_revisit(connection, entry_id, reason, at=until)
            return
        hold_entry(connection, entry_id, reason, until=until)
        if trial.has_page:
            return
        note_unread(connection, entry_id, now=now)
        is_settled = until - now > PATIENCE
        kept = alert_by_words(
            connection, unread, trial, is_settled=is_settled, rules=rules, now=now
        )
        if kept is None:
            return
        count_page(connection, visit.id, kept.outcome)
        if kept.article_id is not None:
            save_words_article(connection, entry_id, kept.article_id)
