"""Raises the alerts of one watch about one text: for readers who may get one now. For others it records what was withheld."""

import sqlite3
from datetime import datetime

from crawler.alerting.policy import MOST_UPDATES, find_limit_end, is_silent, list_recent
from crawler.flows.mail.queueing.already_alerted import AlertHistory
from crawler.flows.mail.queueing.story_state import StoryState
from crawler.model.article import Occasion
from crawler.model.mail.alert import OF_TEXT, AlertKind
from crawler.model.watch import Watch
from crawler.storage.mail.outbox import NewAlert, queue_alert, save_alert
from crawler.storage.mail.withheld import release_muted, settle_withheld, withhold
from crawler.text.web.mail_addresses import recipient_key


class AlertBatch:
    """The alerts of one watch about one text; readers who get the same share an alert."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        watch: Watch,
        state: StoryState,
        *,
        occasion: Occasion = Occasion.NEWS,
        now: datetime,
    ) -> None:
        self.watch = watch
        self.subject = state.subject
        before = state.alerts.get(watch.id, ())
        self.history = AlertHistory(
            connection, state.texts, state.subject, before, watch_id=watch.id
        )
        self.readers = tuple({recipient_key(name): name for name in watch.recipients}.values())
        self._connection = connection
        self._occasion = occasion
        self._now = now
        self._alerts: dict[NewAlert, list[str]] = {}
        self._withholds = watch.id in state.withheld
        muted = state.muted.get(watch.id, frozenset())
        self._muted = {None if name is None else recipient_key(name) for name in muted}

    def is_muted(self, reader: str) -> bool:
        """Return whether the watch, story or source is muted now, for this reader or for everybody."""
        return is_silent(self.watch, now=self._now) or bool(
            self._muted & {None, recipient_key(reader)}
        )

    def queue(self, reader: str, kind: AlertKind, match_id: int) -> None:
        """Add an alert for a reader, or record it as withheld.

        What a mute withholds comes with the next alert about the story; what the daily limit withholds, when that allows it.
        """
        if self.is_muted(reader):
            if kind in OF_TEXT:
                self._withhold(reader, kind, match_id, due_at=None)
            return
        if kind is AlertKind.NEW:
            self._add(reader, NewAlert(match_id=match_id, kind=kind, revision_id=self._revision_id))
            return
        follow_ups = self.history.list_follow_ups(reader)
        due_at = find_limit_end(follow_ups, now=self._now)
        if due_at is not None:
            self._withhold(reader, kind, match_id, due_at=due_at)
            return
        new = NewAlert(
            match_id=match_id,
            kind=kind,
            revision_id=self._revision_id,
            since_revision_id=self.history.find_last_text(reader),
            is_last_today=len(list_recent(follow_ups, now=self._now)) + 1 >= MOST_UPDATES,
        )
        self._add(reader, new)

    def send(self) -> frozenset[tuple[int, str]]:
        """Save and queue the alerts; return who gets one, as pairs of watch and reader. Call inside a transaction."""
        for new, readers in self._alerts.items():
            alert_id = save_alert(self._connection, new, now=self._now)
            # an alert that is queued for nobody counts as one that everybody had
            if self._occasion is not Occasion.TOLD:
                queue_alert(
                    self._connection, alert_id, readers, occasion=self._occasion, now=self._now
                )
            if self._withholds:
                self._release(readers, new.kind)
        return frozenset(
            (self.watch.id, reader) for readers in self._alerts.values() for reader in readers
        )

    def _release(self, readers: list[str], kind: AlertKind) -> None:
        """Settle or release what was withheld from readers who get an alert now."""
        if kind in OF_TEXT:
            settle_withheld(
                self._connection,
                readers,
                watch_id=self.watch.id,
                article_id=self.subject.article_id,
                kinds=OF_TEXT,
            )
        release_muted(
            self._connection,
            readers,
            watch_id=self.watch.id,
            story_id=self.subject.story_id,
            now=self._now,
        )

    @property
    def _revision_id(self) -> int:
        return self.subject.revision_id

    def _add(self, reader: str, new: NewAlert) -> None:
        self._alerts.setdefault(new, []).append(reader)

    def _withhold(
        self, reader: str, kind: AlertKind, match_id: int, *, due_at: datetime | None
    ) -> None:
        withhold(self._connection, match_id, reader, kind=kind, due_at=due_at, now=self._now)
