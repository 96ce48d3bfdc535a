"""Another source announces a known article: watches limited to that source are matched with it now.

Sites list an article in several feeds, and a watch on the second one never alerted (QuiteRSS/quiterss#546,
FreshRSS/FreshRSS#948). The text is unchanged, so other watches alert nobody.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from crawler.flows.mail.queueing.queue_alerts import queue_alerts
from crawler.flows.process.rules import Rules
from crawler.flows.watch.key_index import analyze_announced
from crawler.model.article import Page
from crawler.model.watch import Match
from crawler.storage.crawl.visits import count_matches
from crawler.storage.news.article_reading import (
    find_article,
    find_article_from_feed,
    find_current_row,
)
from crawler.storage.news.article_sources import is_announced_by, list_announcers, save_announcer
from crawler.storage.news.stories import merge_stories
from crawler.storage.watch.keys import find_current_text, read_revision
from crawler.storage.watch.matches import list_met
from crawler.text.web.urls import canonical_url


def list_source_names(connection: sqlite3.Connection, article_id: int | None) -> tuple[str, ...]:
    """Return the names of the sources that announced an article, in that order; none for an unknown one."""
    if article_id is None:
        return ()
    return tuple(one.source for one in list_announcers(connection, article_id))


def join_feed_words(
    connection: sqlite3.Connection, page: Page, article_id: int, *, now: datetime
) -> bool:
    """Merge the story of an entry's feed words with the known article that its page turned out to be.

    Return whether there was an article in the feed's words. Call inside a transaction, before the entry is settled.
    """
    words = find_article_from_feed(connection, page.entry_id)
    row = find_current_row(connection, article_id)
    if words is None or row is None or words.article_id == article_id:
        return False
    if words.story_id != row["story_id"]:
        reason = "the page of an article known in its feed's words"
        merge_stories(connection, row["story_id"], [words.story_id], reason=reason, now=now)
    return True


def match_announced(  # noqa: PLR0913  # who announced what, under which rules
    connection: sqlite3.Connection,
    page: Page,
    article_id: int,
    *,
    source: str,
    completes: bool = False,
    rules: Rules,
    now: datetime,
) -> None:
    """Record that a source announced a known article, and queue the alerts this causes. Call inside a transaction.

    completes  its entry was an article in the feed's words before
    """
    if is_announced_by(connection, article_id, page.source_id):
        return
    row = find_current_text(connection, article_id)
    if row is None:
        return
    matches = _find_new_matches(connection, row, source=source, rules=rules)
    save_announcer(connection, article_id, page.source_id, revision_id=row["id"], now=now)
    if not matches:
        return
    revision = replace(
        read_revision(row, is_first=True),  # these watches see the article for the first time
        source_id=page.source_id,
        fetched_at=page.fetched_at,
        completes=completes,
    )
    queue_alerts(connection, page, revision, matches, rules=rules, now=now)
    count_matches(connection, page.visit_id, len(matches))


def match_unread_known(
    connection: sqlite3.Connection, page: Page, *, source: str, rules: Rules, now: datetime
) -> None:
    """Record that a source announced an article known from another source, though its own page cannot be read.

    The alerts this causes are queued. Call inside a transaction.
    """
    url = None if page.entry.is_shared else canonical_url(page.requested_url)
    known = find_article(connection, url) if url else None
    if known is not None:
        match_announced(connection, page, known.article_id, source=source, rules=rules, now=now)


def _find_new_matches(
    connection: sqlite3.Connection, row: sqlite3.Row, *, source: str, rules: Rules
) -> Sequence[Match]:
    """Return the matches of watches that hold for a text only since this source announced it too."""
    if not rules.index.has_source_watches:
        return ()
    names = [row["source"], *list_source_names(connection, row["article_id"])]
    before = analyze_announced(row, names)
    found = rules.index.find_widened(
        analyze_announced(row, [*names, source]),
        rules.scopes_of([*names, source]),
        before=before,
        scopes_before=rules.scopes_of(names),
    )
    met = list_met(connection, row["id"])
    return [match for match in found if match.watch_id not in met]
