"""What is written down of a page that could not be had: tried again, given up, or gone."""

import sqlite3
from datetime import datetime, timedelta
from enum import StrEnum

from crawler.flows.alerts import queue_gone
from crawler.flows.revisits import put_off_revisit
from crawler.flows.rules import Rules
from crawler.flows.visit import check_counts
from crawler.model.run import PageFailure, PageOutcome, Visit
from crawler.storage.articles import mark_article_gone
from crawler.storage.database import transaction
from crawler.storage.entries import (
    EntryState,
    WaitingEntry,
    find_missing_since,
    hold_entry,
    mark_entry,
    note_missing,
    plan_revisit,
    postpone_entry,
)
from crawler.storage.runs import count_page

_ENTRY_WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
# a page whose reading was cut off: memory and processors may be free again soon
_INTERRUPTED_WAITS = (timedelta(minutes=5), timedelta(minutes=30))
# a site that is rebuilt, or a cache that forgot, answers 404 for minutes; what is missing for this long is gone
_SECOND_LOOK = timedelta(hours=6)
_GONE = 410


class Missing(StrEnum):
    """What it means that a page which was had is not there: look again later, or tell that it is gone."""

    LOOK_AGAIN = "look again"
    GONE = "gone"


def judge_missing(*, http_status: int, missing_since: datetime | None, now: datetime) -> Missing:
    """Decide on a page that was had and now answers 404 or 410.

    missing_since  when a look first found it missing, None where this is the first
    """
    if http_status == _GONE:
        return Missing.GONE
    is_confirmed = missing_since is not None and now - missing_since >= _SECOND_LOOK
    return Missing.GONE if is_confirmed else Missing.LOOK_AGAIN


def fail_page(
    connection: sqlite3.Connection,
    visit: Visit,
    entry: WaitingEntry,
    failure: PageFailure,
    *,
    rules: Rules,
    now: datetime,
) -> None:
    """Record that a page could not be had: it waits for another try, or stands as failed.

    A known article that is looked at again is left as it is until the next look.
    """
    with transaction(connection):
        check_counts(connection, visit.run_id)
        if entry.is_revisit:
            _fail_revisit(connection, entry, failure, rules=rules, now=now)
        elif failure.is_interrupted:
            # not bounded by max_attempts: ingest_page refuses it at the third
            wait = _INTERRUPTED_WAITS[min(entry.interrupted_count, len(_INTERRUPTED_WAITS) - 1)]
            again_at = now + wait
            postpone_entry(
                connection, entry.id, failure.reason, next_try_at=again_at, is_interrupted=True
            )
        elif failure.is_final or entry.attempt_count + 1 >= rules.config.fetch.max_attempts:
            mark_entry(connection, entry.id, EntryState.FAILED, reason=failure.reason)
        else:
            wait = _ENTRY_WAITS[min(entry.attempt_count, len(_ENTRY_WAITS) - 1)]
            postpone_entry(connection, entry.id, failure.reason, next_try_at=now + wait)
        count_page(connection, visit.run_id, PageOutcome.FAILED)


def _fail_revisit(
    connection: sqlite3.Connection,
    entry: WaitingEntry,
    failure: PageFailure,
    *,
    rules: Rules,
    now: datetime,
) -> None:
    put_off_revisit(connection, entry.id, failure.reason, rules=rules, now=now)
    if failure.gone_status is None:
        return
    since = find_missing_since(connection, entry.id)
    found = judge_missing(http_status=failure.gone_status, missing_since=since, now=now)
    if found is Missing.LOOK_AGAIN:
        # the usual looks may lie days away, and the last one has none after it
        at = now + _SECOND_LOOK if since is None else since + _SECOND_LOOK
        note_missing(connection, entry.id, since=since or now, look_at=at)
        return
    gone = mark_article_gone(connection, entry.id, http_status=failure.gone_status, now=now)
    if gone is not None:
        queue_gone(connection, gone, rules=rules, now=now)


def hold_page(
    connection: sqlite3.Connection,
    visit: Visit,
    entry: WaitingEntry,
    reason: str,
    *,
    until: datetime,
    now: datetime,
) -> None:
    """Have a page wait until its domain may be asked again, or it may be read; one that was asked to wait for no time at all is due now."""
    until = max(until, now)
    with transaction(connection):
        check_counts(connection, visit.run_id)
        if entry.is_revisit:
            plan_revisit(connection, entry.id, reason, at=until)
        else:
            hold_entry(connection, entry.id, reason, until=until)
