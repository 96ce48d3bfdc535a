"""From a match to the outbox: what is told, to whom, and when it leaves. Always in the transaction of the article."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from crawler.alerting.policy import (
    UPDATE_PERIOD,
    Leaving,
    Limits,
    choose_alert,
    choose_leaving,
    may_follow_up,
)
from crawler.config.digest import next_digest_at, read_digest_times
from crawler.flows.kinship import Told
from crawler.flows.outbox import put_letter
from crawler.flows.rules import Rules
from crawler.model.alert import HELD, AlertKind, DeliveryKind, name_series
from crawler.model.article import Page, Revision
from crawler.model.watch import AlertMode, Match, Watch
from crawler.storage.articles import find_source_id
from crawler.storage.mutes import list_muted
from crawler.storage.outbox import (
    NewDelivery,
    add_alerts,
    count_alerts,
    find_last_moment,
    find_open_digest,
    list_recent_singles,
    list_told_matches,
    save_alert,
)
from crawler.storage.watches import save_match


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
    outbox = _Outbox(connection, rules, now=now, is_backfill=page.is_backfill)
    for match in matches:
        watch = rules.watch(match.watch_id)
        match_id = save_match(connection, revision, match, now=now)
        kind = _choose_alert(connection, watch, revision, match, told, now=now)
        if kind is None or page.is_baseline:
            continue
        told_now.add(watch.id)
        outbox.tell(watch, kind, match_id, revision.id, (revision.story_id, revision.source_id))
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
    outbox = _Outbox(connection, rules, now=now)
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
            outbox.tell(watch, kind, row["match_id"], row["revision_id"], about)


class _Outbox:
    """Puts alerts into the outbox, one delivery a recipient, or into the digest that is being gathered."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        rules: Rules,
        *,
        now: datetime,
        is_backfill: bool = False,
    ) -> None:
        self._connection = connection
        self._config = rules.config
        self._now = now
        self._is_backfill = is_backfill

    def tell(
        self,
        watch: Watch,
        kind: AlertKind,
        match_id: int,
        revision_id: int,
        about: tuple[int, int],
    ) -> None:
        """Queue an alert for everybody who has not muted it; ``about`` is its story and its source."""
        story_id, source_id = about
        muted = list_muted(
            self._connection,
            watch_id=watch.id,
            story_id=story_id,
            source_id=source_id,
            now=self._now,
        )
        recipients = [one for one in dict.fromkeys(watch.recipients) if one not in muted]
        if None in muted or not recipients:
            return
        alert_id = save_alert(
            self._connection, match_id=match_id, kind=kind, revision_id=revision_id, now=self._now
        )
        for recipient in recipients:
            self._deliver(alert_id, recipient, self._choose_leaving(watch, recipient))

    def _deliver(self, alert_id: int, recipient: str, leaving: Leaving) -> None:
        # what is held leaves with the letter that is being gathered, whenever that is
        due_at = leaving.due_at if leaving.series != HELD else None
        delivery_id = (
            find_open_digest(self._connection, recipient, leaving.series, due_at=due_at)
            if leaving.series
            else None
        )
        if delivery_id is None:
            owed = NewDelivery(
                kind=DeliveryKind.DIGEST if leaving.series else DeliveryKind.ALERT,
                recipient=recipient,
                series=leaving.series,
                due_at=leaving.due_at,
            )
            delivery_id = put_letter(self._connection, self._config, owed, now=self._now)
        add_alerts(self._connection, delivery_id, [alert_id])

    def _choose_leaving(self, watch: Watch, recipient: str) -> Leaving:
        if watch.alert is AlertMode.DIGEST:
            return self._next_digest(watch, recipient)
        limits = Limits(per_hour=self._config.mail.per_hour, gather=self._config.mail.gather)
        recent = list_recent_singles(
            self._connection, recipient, until=self._now, limit=limits.per_hour
        )
        return choose_leaving(
            watch, recent=recent, is_backfill=self._is_backfill, limits=limits, now=self._now
        )

    def _next_digest(self, watch: Watch, recipient: str) -> Leaving:
        """Give the next moment of a watch's digest; one that has left already does not come again after a clock was set back."""
        series = name_series(watch.name, watch.group)
        last = find_last_moment(self._connection, recipient, series)
        after = max(self._now, last) if last else self._now
        times = read_digest_times(watch.digest)
        return Leaving(next_digest_at(times, ZoneInfo(watch.timezone), after=after), series)
