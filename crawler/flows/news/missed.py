"""Matches texts with a watch that was missing from the configuration for a moment while they were stored.

A file that is half written, or empty for some seconds, takes watches out (Canop/bacon#310). A story of that moment is read
and stored, and would never be matched.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.flows.mail.queueing.queue_alerts import queue_alerts
from crawler.flows.news.announced_again import list_source_names
from crawler.flows.process.rules import Rules
from crawler.flows.watch.key_index import analyze_announced
from crawler.model.article import Occasion, Page
from crawler.model.source import PageSettings, SourceKind
from crawler.storage.file.database import to_instant, transaction
from crawler.storage.watch.keys import find_text, read_revision
from crawler.storage.watch.matches import is_first_revision, list_met, list_revisions_between
from crawler.storage.watch.watches import list_returned

# a watch that is out for longer was removed on purpose; `watch test` shows what it missed
LONGEST_ABSENCE = timedelta(days=1)
# a watch counts as returned for an hour, so that a process killed meanwhile does this again at its next start
_REMEMBERED = timedelta(hours=1)
# only the newest texts: a configuration comes into force after this
_MOST_TEXTS = 2000


@dataclass(frozen=True, slots=True)
class Missed:
    """A text that was not matched with some watches."""

    revision_id: int
    watch_ids: frozenset[int]


def list_missed(
    connection: sqlite3.Connection, rules: Rules, *, now: datetime
) -> tuple[Missed, ...]:
    """Return the texts stored while watches in force were missing, the oldest first."""
    left = {
        watch_id: left_at
        for watch_id, left_at, returned_at in list_returned(connection, since=now - _REMEMBERED)
        if rules.find_watch(watch_id) and returned_at - left_at <= LONGEST_ABSENCE
    }
    if not left:
        return ()
    # up to now: the configuration is in the database a moment before we work by it
    texts = list_revisions_between(connection, min(left.values()), now, most=_MOST_TEXTS)
    return tuple(
        Missed(revision_id, frozenset(one for one, left_at in left.items() if left_at <= at))
        for revision_id, at in texts
    )


def match_missed(
    connection: sqlite3.Connection, missed: Missed, *, rules: Rules, now: datetime
) -> None:
    """Match a text with the watches that missed it, and queue the alerts; earlier matches are left alone."""
    row = find_text(connection, missed.revision_id)
    if row is None:
        return
    names = [row["source"], *list_source_names(connection, row["article_id"])]
    found = rules.index.find_matches(analyze_announced(row, names), rules.scopes_of(names))
    matches = [match for match in found if match.watch_id in missed.watch_ids]
    if not matches:
        return
    with transaction(connection):
        met = list_met(connection, missed.revision_id)
        is_first = is_first_revision(connection, missed.revision_id)
        settings = rules.config.source_named(row["source"])
        is_watched = settings is not None and settings.kind is SourceKind.PAGE
        page = _make_page(row, is_watched=is_watched, is_first=is_first)
        revision = read_revision(row, is_first=is_first)
        new = [match for match in matches if match.watch_id not in met]
        queue_alerts(connection, page, revision, new, rules=rules, now=now)


def _make_page(row: sqlite3.Row, *, is_watched: bool, is_first: bool) -> Page:
    """Return the page of a stored text, with the fields that decide whom it alerts."""
    return Page(
        url=row["url"],
        requested_url=row["url"],
        body=b"",
        content_type="",
        fetched_at=to_instant(row["fetched_at"]),
        visit_id=0,
        source_id=row["source_id"],
        entry_id=0,
        occasion=Occasion.BASELINE if is_watched and is_first else Occasion.NEWS,
        settings=PageSettings(is_watched=is_watched),
    )
