"""Whether a match becomes an alert, and when that leaves: once a story, never a flood, at once or with others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.model.alert import FLOOD_PERIOD, HELD, AlertKind
from crawler.model.article import Revision
from crawler.model.watch import AlertMode, OnRevision, Watch

# an article that is edited all day is told again so often and no more
UPDATE_PERIOD = timedelta(days=1)
_MOST_UPDATES = 3


def choose_alert(
    watch: Watch,
    revision: Revision,
    *,
    was_alerted: bool,
    recent_updates: int,
    now: datetime,
    says_something_new: Callable[[], bool],
) -> AlertKind | None:
    """Decide on a match just stored; None means it stays in the database only.

    was_alerted  this watch has had an alert about this story before
    recent_updates      its later alerts about this story within ``UPDATE_PERIOD``
    says_something_new  tells whether the word stands in text that nobody had before; only asked where it matters
    """
    if is_silent(watch, now=now):
        return None
    if (revision.is_first or revision.completes) and not was_alerted:
        return AlertKind.NEW
    if revision.completes:  # they were told of it by its feed, minutes ago
        return None
    if not may_follow_up(watch, recent_updates=recent_updates, now=now):
        return None
    is_wanted = not was_alerted or (watch.on_revision is OnRevision.ANY and not revision.is_first)
    return AlertKind.UPDATE if is_wanted or says_something_new() else None


def may_follow_up(watch: Watch, *, recent_updates: int, now: datetime) -> bool:
    """Tell whether what became of a story that was told may be told too."""
    is_wanted = watch.on_revision is not OnRevision.NEVER and not is_silent(watch, now=now)
    return is_wanted and recent_updates < _MOST_UPDATES


def is_silent(watch: Watch, *, now: datetime) -> bool:
    """Tell whether a watch alerts nobody at present."""
    return watch.alert is AlertMode.NONE or bool(watch.mute_until and now < watch.mute_until)


@dataclass(frozen=True, slots=True)
class Leaving:
    """When an alert leaves, and the series of the digest it leaves with; empty where it leaves alone."""

    due_at: datetime
    series: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What keeps an inbox from being flooded: single alerts an hour, and how long others are gathered."""

    per_hour: int
    gather: timedelta


def choose_leaving(
    watch: Watch,
    *,
    recent: Sequence[datetime],
    is_backfill: bool,
    limits: Limits,
    now: datetime,
) -> Leaving:
    """Decide when an alert of a watch with ``alert = "now"`` leaves for one recipient.

    recent       when its last single alerts within ``FLOOD_PERIOD`` were made, newest first
    is_backfill  the article was found at a first visit or a look back: it is no news of this minute
    """
    if is_backfill:
        return Leaving(now + limits.gather, HELD)
    if len(recent) >= limits.per_hour:
        return Leaving(recent[limits.per_hour - 1] + FLOOD_PERIOD, HELD)
    return Leaving(now)
