"""The numbers of ``/metrics`` and ``/healthz``. Each is a look-up or a count by an index: they are asked for every few seconds."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from crawler.storage.file.database import to_instant, to_text
from crawler.storage.process.last_moment import find_first_start


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """Numbers of a database at one moment.

    sources          health -> number of sources that are visited
    last_success_at  the last visit of any source that succeeded, None if none ever did
    oldest_due_at    when the oldest message that was not sent was first due, None if none is waiting
    totals           articles, matches, alerts, visits -> number ever, but for what was deleted
    first_start_at   when a daemon or crawl first worked on the database, None if none ever did
    """

    sources: Mapping[str, int]
    last_success_at: datetime | None
    pending_count: int
    dead_count: int
    oldest_due_at: datetime | None
    waiting_page_count: int
    totals: Mapping[str, int]
    first_start_at: datetime | None


def read_gauges(connection: sqlite3.Connection, *, now: datetime) -> Gauges:
    """Return the numbers as they are now."""
    health = connection.execute(
        "SELECT health, count(*) FROM sources WHERE is_active = 1 GROUP BY health"
    )
    row = connection.execute(
        """SELECT (SELECT max(last_success_at) FROM sources WHERE is_active = 1) AS last_success_at,
               (SELECT count(*) FROM deliveries WHERE state = 'pending') AS pending_count,
               (SELECT count(*) FROM deliveries WHERE state = 'dead' AND state <> 'sent') AS dead_count,
               (SELECT min(due_at) FROM deliveries WHERE state = 'pending' AND state <> 'sent' AND due_at <= ?) AS oldest_due_at,
               (SELECT count(*) FROM entries WHERE state = 'waiting') AS waiting_page_count,
               (SELECT max(id) FROM articles) AS articles, (SELECT max(id) FROM matches) AS matches,
               (SELECT max(id) FROM alerts) AS alerts, (SELECT max(finish_no) FROM visits) AS visits""",
        [to_text(now)],
    ).fetchone()
    return Gauges(
        sources={one[0]: one[1] for one in health},
        last_success_at=to_instant(row["last_success_at"]) if row["last_success_at"] else None,
        pending_count=row["pending_count"],
        dead_count=row["dead_count"],
        oldest_due_at=to_instant(row["oldest_due_at"]) if row["oldest_due_at"] else None,
        waiting_page_count=row["waiting_page_count"],
        totals={name: row[name] or 0 for name in ("articles", "matches", "alerts", "visits")},
        first_start_at=find_first_start(connection),
    )
