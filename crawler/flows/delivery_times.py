"""What a moved clock did to the moments of deliveries, put right."""

import sqlite3
from datetime import datetime, timedelta

from crawler.alerting.retries import LONGEST_DIGEST_WAIT, longest_wait
from crawler.model.alert import FLOOD_PERIOD
from crawler.storage.database import transaction
from crawler.storage.delivery_times import (
    draw_near,
    draw_near_leases,
    draw_near_past_digests,
    forget_receipt_plans,
    list_planned,
)

# longer than any attempt of a sensible `[mail] timeout`; in one process a lease is not what keeps attempts apart
_LONGEST_LEASE = timedelta(hours=1)


def mend_delivery_times(
    connection: sqlite3.Connection, *, now: datetime, gather: timedelta = FLOOD_PERIOD
) -> int:
    """Draw near what a clock set back left further off than its own longest wait; return how many moments moved.

    gather  ``[mail] gather``; what is held back waits no longer

    Next attempts, leases, the moments of digests that have left already, and those of receipts. To be called at the
    start and whenever the clock has jumped; it leaves sound moments alone, however often.
    """
    off = [
        planned.id
        for planned in list_planned(connection, now=now)
        if planned.next_try_at - now
        > longest_wait(
            planned.kind, planned.series, attempt_count=planned.attempt_count, gather=gather
        )
    ]
    latest = now + LONGEST_DIGEST_WAIT
    with transaction(connection):
        draw_near(connection, off, now=now)
        count = draw_near_leases(connection, latest=now + _LONGEST_LEASE, now=now)
        count += draw_near_past_digests(connection, latest=latest, now=now)
        count += forget_receipt_plans(connection, latest=latest)
    return len(off) + count
