"""Whether a match becomes an alert, and when that leaves: once a story, never a flood, at once or with others."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.model.alert import FLOOD_PERIOD, HELD, AlertKind
from crawler.model.article import Revision
from crawler.model.watch import AlertMode, OnRevision, Watch

# an article that is edited all day is told again so often and no more
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
    """Decide what a match just stored is to one reader; None: no news.

    was_alerted  the reader had an alert of this watch about this story before: the first one is always ``new``
    is_met_anew  tells whether the watch did not hold for the article before; only asked where it matters
    says_something_new  tells whether the words stand in text that is news to the reader; only asked where it matters
    Whether it may be told now is another question: see ``is_silent`` and ``find_limit_end``.
    """
    is_edit = not (revision.is_first or revision.completes)
    if not was_alerted:
        if not is_edit:
            return AlertKind.NEW
        # what stood there when the watch was made or widened was shown then
        if is_met_anew():
            return AlertKind.NEW
        is_wanted = watch.on_revision is not OnRevision.NEVER
        return AlertKind.NEW if is_wanted and says_something_new() else None
    if revision.completes:  # they were told of it by its feed, minutes ago
        return None
    if watch.on_revision is OnRevision.NEVER:
        return None
    is_wanted = watch.on_revision is OnRevision.ANY and is_edit
    return AlertKind.UPDATE if is_wanted or says_something_new() else None


def find_limit_end(follow_ups: Iterable[datetime], *, now: datetime) -> datetime | None:
    """Return when a reader may be told more about a story, None where that is now.

    follow_ups  when what followed on the story was told to the reader
    """
    recent = list_recent(follow_ups, now=now)
    return recent[MOST_UPDATES - 1] + UPDATE_PERIOD if len(recent) >= MOST_UPDATES else None


def list_recent(follow_ups: Iterable[datetime], *, now: datetime) -> list[datetime]:
    """List what counts for the daily limit, newest first; nothing that a clock set wrong put into the future."""
    return sorted((at for at in follow_ups if now - UPDATE_PERIOD < at <= now), reverse=True)


def is_silent(watch: Watch, *, now: datetime) -> bool:
    """Tell whether a watch alerts nobody at present."""
    return watch.alert is AlertMode.NONE or bool(watch.mute_until and now < watch.mute_until)


@dataclass(frozen=True, slots=True)
class SendTime:
    """When an alert leaves, and the series of the digest it leaves with; empty where it leaves alone."""

    due_at: datetime
    series: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What keeps an inbox from being flooded: single alerts an hour, and how long others are gathered."""

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
    """Decide when an alert of a watch with ``alert = "now"`` leaves for one recipient.

    recent       when its last single alerts within ``FLOOD_PERIOD`` were made, newest first
    is_backfill  the article was found at a first visit or a look back: it is no news of this minute
    """
    if is_backfill:
        return SendTime(now + limits.batch_window, HELD)
    if len(recent) >= limits.per_hour:
        return SendTime(recent[limits.per_hour - 1] + FLOOD_PERIOD, HELD)
    return SendTime(now)
