"""Whether a match becomes an alert: once a story, whoever reprints it."""

from datetime import datetime

from crawler.model.alert import AlertKind
from crawler.model.article import Revision
from crawler.model.watch import AlertMode, OnRevision, Watch


def choose_alert(
    watch: Watch, revision: Revision, *, was_alerted: bool, now: datetime
) -> AlertKind | None:
    """Decide on a match just stored; None means it stays in the database only.

    was_alerted  this watch has had an alert about this story before
    """
    if watch.alert is AlertMode.NONE or (watch.mute_until and now < watch.mute_until):
        return None
    if revision.is_first:
        return None if was_alerted else AlertKind.NEW
    if watch.on_revision is OnRevision.NEVER:
        return None
    if was_alerted and watch.on_revision is OnRevision.NEW_MATCH:
        return None
    return AlertKind.UPDATE
