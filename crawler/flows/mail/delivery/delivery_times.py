"""Repairs moments of deliveries that lie too far ahead after the clock was set back.

An alert queued while the clock was a day ahead waited that day, silently.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from crawler.alerting.channels.retries import LONGEST_DIGEST_WAIT, longest_wait
from crawler.config.schema import Config
from crawler.config.sections.digest import next_digest_of
from crawler.model.mail.alert import name_series
from crawler.model.watch import AlertMode
from crawler.storage.file.database import transaction
from crawler.storage.mail.delivery_times import (
    OpenDigest,
    draw_near,
    draw_near_leases,
    draw_near_past_digests,
    forget_report_plans,
    list_digests_made_after,
    list_planned,
    plan_digest,
)
from crawler.storage.watch.watches import make_watch
from crawler.text.web.mail_addresses import recipient_key

# longer than any attempt with a sensible `[mail] timeout`; within one process attempts are kept apart without leases
_LONGEST_LEASE = timedelta(hours=1)
# time servers set a clock by less, and a digest that left within such a step must not come again
_LEAST_AHEAD = timedelta(minutes=5)


def repair_delivery_times(connection: sqlite3.Connection, config: Config, *, now: datetime) -> int:
    """Move moments closer that lie too far ahead after the clock was set back; return how many moved.

    These are next attempts, leases, moments of digests that are open or have left, and status reports. Call at the start
    and whenever the clock has jumped; sound moments stay as they are.
    """
    batch_window = config.mail.batch_window  # what is held back waits no longer
    off = [
        planned.id
        for planned in list_planned(connection, now=now)
        if planned.next_try_at - now
        > longest_wait(
            planned.kind,
            planned.series,
            attempt_count=planned.attempt_count,
            batch_window=batch_window,
        )
    ]
    ahead = list_digests_made_after(connection, now + _LEAST_AHEAD)
    moments = tuple(_plan_anew(config, ahead, now=now))
    with transaction(connection):
        draw_near(connection, off, now=now)
        for one, due_at in moments:
            plan_digest(connection, one.id, due_at=due_at, now=now)
        count = draw_near_leases(connection, latest=now + _LONGEST_LEASE, now=now)
        count += draw_near_past_digests(connection, latest=now + _LEAST_AHEAD, now=now)
        count += forget_report_plans(connection, latest=now + LONGEST_DIGEST_WAIT)
    return len({*off, *(one.id for one, _ in moments)}) + count


def _plan_anew(
    config: Config, digests: Sequence[OpenDigest], *, now: datetime
) -> Iterator[tuple[OpenDigest, datetime]]:
    """Yield the next moment of each digest by its watch; now for one without a watch, such as HELD.

    Otherwise a daily digest that was opened by a clock two hours ahead would leave tomorrow.
    """
    # at a start the configuration may not be in force yet, so the database is not asked
    watches = [make_watch(settings, config) for settings in config.watches] if digests else []
    for one in digests:
        moments = [
            next_digest_of(watch, after=now)
            for watch in watches
            if watch.alert is AlertMode.DIGEST
            and name_series(watch.name, watch.group) == one.series
            and recipient_key(one.recipient) in map(recipient_key, watch.recipients)
        ]
        yield one, min(moments, default=now)
