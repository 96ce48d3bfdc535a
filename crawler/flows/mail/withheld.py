"""Raises alerts that the daily limit withheld, once it allows them, even if nothing more is written about the story.

The fifth post of a live blog never alerted, nor the next day (dgtlmoon/changedetection.io#239). One alert stands for all
withheld texts of an article and shows the newest; changes are counted from the text its reader was last alerted to. Runs in
the crawl process, each alert in a transaction of its own.
"""

import logging
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.alerting.policy import UPDATE_PERIOD, find_limit_end
from crawler.backoff import Backoff
from crawler.flows.mail.queueing.alert_batch import AlertBatch
from crawler.flows.mail.queueing.already_alerted import Subject
from crawler.flows.mail.queueing.queue_alerts import is_news
from crawler.flows.mail.queueing.story_state import StoryState
from crawler.flows.mail.requests import is_of_storage
from crawler.flows.process.rules import Rules
from crawler.flows.watch.key_index import analyze_announced
from crawler.log import log_event
from crawler.matching.matcher import CompiledWatch, holds, make_match
from crawler.model.mail.alert import OF_TEXT, AlertKind
from crawler.model.watch import AlertMode, OnRevision
from crawler.storage.file.database import transaction
from crawler.storage.mail.withheld import (
    Reason,
    Withheld,
    drop_withheld,
    find_newest,
    forget_withheld,
    is_there,
    list_due,
    postpone_withheld,
)
from crawler.storage.news.article_sources import list_announcers
from crawler.storage.watch.keys import find_text
from crawler.text.web.mail_addresses import recipient_key

# a fault may pass within an hour, or need the next release
_BACKOFF = Backoff(timedelta(hours=1), timedelta(days=1))
# alerts a sweep, each some milliseconds; sweeps come once a minute
_AT_ONCE = 20
# what a mute withheld longer ago is no news any more
_KEPT = timedelta(days=30)
# rows a transaction, so that deleting many does not block pages
_FORGOTTEN_AT_ONCE = 500
# by the waits above two days of tries: after that only a later release may raise it
_MOST_FAULTS = 5
_log = logging.getLogger(__name__)


def raise_withheld(
    connection: sqlite3.Connection, *, rules: Rules, now: datetime, limit: int = _AT_ONCE
) -> int:
    """Raise withheld alerts that the daily limit allows by now; return how many rows were looked at."""
    due = list_due(connection, now=now, limit=limit)
    for row in due:
        try:
            with transaction(connection):
                if is_there(connection, row.id):
                    _raise(connection, row, rules=rules, now=now)
        except Exception as error:
            if is_of_storage(error):
                raise
            log_event(
                _log,
                logging.ERROR,
                "withheld alert not raised",
                exc_info=True,
                withheld=row.id,
            )
            _put_off(connection, row, now=now)
    with transaction(connection):
        forget_withheld(connection, before=now - _KEPT, limit=_FORGOTTEN_AT_ONCE)
    return len(due)


def _put_off(connection: sqlite3.Connection, row: Withheld, *, now: datetime) -> None:
    """Postpone a withheld alert after a fault; after five it is not tried again, and its row has the reason."""
    is_over = row.tries + 1 >= _MOST_FAULTS
    with transaction(connection):
        postpone_withheld(
            connection,
            row.id,
            due_at=None if is_over else now + _BACKOFF.wait_after(row.tries + 1),
            reason=Reason.FAULT if is_over else Reason.LIMIT,
            is_fault=True,
        )


def _raise(connection: sqlite3.Connection, row: Withheld, *, rules: Rules, now: datetime) -> None:
    compiled = rules.index.get(row.watch_id)
    if compiled is None or row.is_withdrawn or not _is_wanted(compiled, row.recipient):
        drop_withheld(connection, row.id)
        return
    held = _Held.read(connection, row, compiled, now=now)
    limit_end = find_limit_end(held.batch.history.list_follow_ups(row.recipient), now=now)
    if held.batch.is_muted(row.recipient):
        postpone_withheld(connection, row.id, due_at=None, reason=Reason.MUTE)
    elif limit_end is not None:
        due_at = min(limit_end, now + UPDATE_PERIOD)
        postpone_withheld(connection, row.id, due_at=due_at)
    else:
        kind = held.choose_kind(connection, rules)
        if kind is not None:
            held.batch.queue(row.recipient, kind, held.match_id)
            held.batch.send()
        drop_withheld(connection, row.id)


def _is_wanted(compiled: CompiledWatch, recipient: str) -> bool:
    watch = compiled.watch
    names = map(recipient_key, watch.recipients)
    is_alerted = recipient_key(recipient) in names and watch.alert is not AlertMode.NONE
    return is_alerted and watch.on_revision is not OnRevision.NEVER


@dataclass(frozen=True, slots=True)
class _Held:
    """A withheld alert as it would be raised now: with the newest withheld text, or as a headline or gone alert."""

    row: Withheld
    compiled: CompiledWatch
    match_id: int
    batch: AlertBatch

    @classmethod
    def read(
        cls,
        connection: sqlite3.Connection,
        row: Withheld,
        compiled: CompiledWatch,
        *,
        now: datetime,
    ) -> "_Held":
        match_id, revision_id = row.match_id, row.current_revision_id
        if row.kind in OF_TEXT:
            match_id, revision_id = find_newest(connection, row)
        subject = Subject(
            story_id=row.story_id,
            article_id=row.article_id,
            revision_id=revision_id,
            source_id=row.source_id,
            is_watched=row.is_watched,
        )
        state = StoryState.read(connection, subject, [compiled.watch.id], now=now)
        batch = AlertBatch(connection, compiled.watch, state, now=now)
        return cls(row, compiled, match_id, batch)

    def choose_kind(self, connection: sqlite3.Connection, rules: Rules) -> AlertKind | None:
        """Return the kind of alert to raise, None if the reader got it meanwhile or it is no longer true."""
        row, history = self.row, self.batch.history
        if row.kind is AlertKind.GONE and not row.is_gone:
            return None
        if row.kind in {AlertKind.GONE, AlertKind.HEADLINE}:
            is_still = is_news(self.batch, row.recipient, row.kind, headline=row.headline)
            return row.kind if is_still else None
        if not self._has_news(connection, rules):
            return None
        return AlertKind.UPDATE if history.was_alerted(row.recipient) else AlertKind.NEW

    def _has_news(self, connection: sqlite3.Connection, rules: Rules) -> bool:
        text = find_text(connection, self.batch.subject.revision_id)
        if text is None:
            return False
        if self.compiled.watch.on_revision is OnRevision.ANY:
            return True
        names = [one.source for one in list_announcers(connection, self.row.article_id)]
        document = analyze_announced(text, names)
        if not holds(self.compiled, document, rules.scopes_of([text["source"], *names])):
            return False  # the watch has another query by now
        passages = make_match(self.compiled, document).passages
        news = self.batch.history.find_news(self.row.recipient, passages, is_met_anew=lambda: False)
        return news is not None
