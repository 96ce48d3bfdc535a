"""Whether a match becomes an alert: once a story, whoever reprints it, unless a later copy says what nobody had said."""

from collections.abc import Callable
from datetime import datetime, timedelta

from crawler.model.alert import AlertKind
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
    recent_updates      its updates about this story within ``UPDATE_PERIOD``
    says_something_new  tells whether the word stands in text that nobody had before; only asked where it matters
    """
    if watch.alert is AlertMode.NONE or (watch.mute_until and now < watch.mute_until):
        return None
    if revision.is_first and not was_alerted:
        return AlertKind.NEW
    if watch.on_revision is OnRevision.NEVER or recent_updates >= _MOST_UPDATES:
        return None
    is_wanted = not was_alerted or (watch.on_revision is OnRevision.ANY and not revision.is_first)
    return AlertKind.UPDATE if is_wanted or says_something_new() else None
