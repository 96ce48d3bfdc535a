"""From a match to the outbox: what is told, and to whom. Always in the transaction of the article.

When it leaves is the daemon's affair: see ``flows.outbox``.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from crawler.alerting.policy import UPDATE_PERIOD, choose_alert, may_follow_up
from crawler.flows.kinship import Told
from crawler.flows.rules import Rules
from crawler.model.alert import AlertKind
from crawler.model.article import Page, Revision
from crawler.model.watch import Match, Watch
from crawler.storage.articles import find_source_id
from crawler.storage.matches import save_match
from crawler.storage.mutes import list_muted
from crawler.storage.outbox import count_alerts, list_told_matches, queue_alert, save_alert


def queue_alerts(
    connection: sqlite3.Connection,
    page: Page,
    revision: Revision,
    matches: Sequence[Match],
    *,
    rules: Rules,
    now: datetime,
) -> None:
    """Store the matches of a revision and, for those that are to be told, put alerts into the outbox."""
    told = Told(connection, revision)
    told_now = set[int]()
    for match in matches:
        watch = rules.watch(match.watch_id)
        match_id = save_match(connection, revision, match, now=now)
        kind = _choose_alert(connection, watch, revision, match, told, now=now)
        if kind is None or page.is_baseline:
            continue
        told_now.add(watch.id)
        _tell(
            connection,
            watch,
            kind,
            match_id,
            revision.id,
            about=(revision.story_id, revision.source_id),
            is_backfill=page.is_backfill,
            now=now,
        )
    if revision.changes_headline:
        _follow_up(
            connection,
            revision.article_id,
            AlertKind.HEADLINE,
            rules=rules,
            besides=told_now,
            now=now,
        )


def queue_gone(
    connection: sqlite3.Connection, article_id: int, *, rules: Rules, now: datetime
) -> None:
    """Tell those who were told of an article that its page is gone; once, should it come back and go again."""
    _follow_up(connection, article_id, AlertKind.GONE, rules=rules, besides=set(), now=now)


def _choose_alert(
    connection: sqlite3.Connection,
    watch: Watch,
    revision: Revision,
    match: Match,
    told: Told,
    *,
    now: datetime,
) -> AlertKind | None:
    alerts, updates = count_alerts(
        connection, watch_id=watch.id, story_id=revision.story_id, since=now - UPDATE_PERIOD
    )
    return choose_alert(
        watch,
        revision,
        was_alerted=bool(alerts),
        recent_updates=updates,
        now=now,
        says_something_new=lambda: told.lacks_one_of(match.passages),
    )


def _follow_up(
    connection: sqlite3.Connection,
    article_id: int,
    kind: AlertKind,
    *,
    rules: Rules,
    besides: set[int],
    now: datetime,
) -> None:
    """Tell every watch that was told of this very article what became of it; ``besides`` are told already."""
    source_id = find_source_id(connection, article_id)
    for row in list_told_matches(connection, article_id):
        watch = rules.find_watch(row["watch_id"])
        is_told = kind is AlertKind.GONE and row["is_gone_told"]
        if watch is None or watch.id in besides or is_told:
            continue
        since = now - UPDATE_PERIOD
        _, updates = count_alerts(
            connection, watch_id=watch.id, story_id=row["story_id"], since=since
        )
        if may_follow_up(watch, recent_updates=updates, now=now):
            about = (row["story_id"], source_id)
            _tell(
                connection, watch, kind, row["match_id"], row["revision_id"], about=about, now=now
            )


def _tell(  # noqa: PLR0913  # what is told, of what, to whom
    connection: sqlite3.Connection,
    watch: Watch,
    kind: AlertKind,
    match_id: int,
    revision_id: int,
    *,
    about: tuple[int, int],
    is_backfill: bool = False,
    now: datetime,
) -> None:
    """Raise an alert and queue it for everybody who has not muted it; ``about`` is its story and its source."""
    story_id, source_id = about
    muted = list_muted(
        connection, watch_id=watch.id, story_id=story_id, source_id=source_id, now=now
    )
    recipients = [one for one in dict.fromkeys(watch.recipients) if one not in muted]
    if None in muted or not recipients:
        return
    alert_id = save_alert(
        connection, match_id=match_id, kind=kind, revision_id=revision_id, now=now
    )
    queue_alert(connection, alert_id, recipients, is_backfill=is_backfill, now=now)
