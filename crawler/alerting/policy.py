"""Whether a match becomes an alert, and when the alert is sent: once for each story, and never a flood."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.model.article import Revision
from crawler.model.mail.alert import FLOOD_PERIOD, HELD, AlertKind
from crawler.model.watch import AlertMode, OnRevision, Watch

# at most three follow-ups on a story in a day: live blogs are edited all day long
UPDATE_PERIOD = timedelta(days=1)
MOST_UPDATES = 3


def choose_alert(
    watch: Watch,
    revision: Revision,
    *,
    was_alerted: bool,
    is_met_anew: Callable[[], bool],
    says_something_new: Callable[[], bool],
) -> AlertKind | None:
    """Return the kind of alert that a match is for one reader, None if it is not news to them.

    was_alerted  whether the reader had an alert of this watch about this story before; the first one is always ``new``
    is_met_anew  returns whether the watch did not match the article before; called only if it matters
    says_something_new  returns whether the words are in text the reader has not been sent; called only if it matters

    Whether it may be sent now is decided by ``is_silent`` and ``find_limit_end``.
    """
    is_edit = not (revision.is_first or revision.completes)
    if not was_alerted:
        if not is_edit:
            return AlertKind.NEW
        # words that were there when the watch was added or widened were shown by `watch add` or `watch edit`
        if is_met_anew():
            return AlertKind.NEW
        is_wanted = watch.on_revision is not OnRevision.NEVER
        return AlertKind.NEW if is_wanted and says_something_new() else None
    if revision.completes:  # the page of an alert that was sent minutes ago with the feed's text
        return None
    if watch.on_revision is OnRevision.NEVER:
        return None
    is_wanted = watch.on_revision is OnRevision.ANY and is_edit
    return AlertKind.UPDATE if is_wanted or says_something_new() else None


def find_limit_end(follow_ups: Iterable[datetime], *, now: datetime) -> datetime | None:
    """Return when a reader may get the next follow-up on a story, None if now.

    follow_ups  when the reader got follow-ups on the story
    """
    recent = list_recent(follow_ups, now=now)
    return recent[MOST_UPDATES - 1] + UPDATE_PERIOD if len(recent) >= MOST_UPDATES else None


def list_recent(follow_ups: Iterable[datetime], *, now: datetime) -> list[datetime]:
    """Return the follow-ups that count for the daily limit, newest first; without those that a wrong clock dated ahead."""
    return sorted((at for at in follow_ups if now - UPDATE_PERIOD < at <= now), reverse=True)


def is_silent(watch: Watch, *, now: datetime) -> bool:
    """Return whether a watch alerts nobody at present."""
    return watch.alert is AlertMode.NONE or bool(watch.mute_until and now < watch.mute_until)


@dataclass(frozen=True, slots=True)
class SendTime:
    """When an alert is sent, and the series of the digest it is sent in; empty if it is sent alone."""

    due_at: datetime
    series: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits against floods: single alerts an hour, and how long the alerts of a first visit are gathered."""

    per_hour: int
    batch_window: timedelta


def choose_send_time(
    watch: Watch,
    *,
    recent: Sequence[datetime],
    is_backfill: bool,
    limits: Limits,
    now: datetime,
) -> SendTime:
    """Return when an alert of a watch with ``alert = "now"`` is sent to one recipient.

    recent       when the recipient's last single alerts within ``FLOOD_PERIOD`` were made, newest first
    is_backfill  the article was found at a first visit or by a backfill, so it may be older than a minute or two
    """
    if is_backfill:
        return SendTime(now + limits.batch_window, HELD)
    if len(recent) >= limits.per_hour:
        # the moment when the oldest of the counted alerts is an hour old
        return SendTime(recent[limits.per_hour - 1] + FLOOD_PERIOD, HELD)
    return SendTime(now)
