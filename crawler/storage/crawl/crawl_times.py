"""Repairs moments that schedule something in the crawl process's tables, after the clock was set.

Owner: crawl process. A clock set back leaves them too far ahead: a page to be tried in a minute would wait for an hour, or
for sixty days. So each moves by as much as the clock did, and none stays further ahead than its longest possible wait.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.storage.file.database import to_instant, to_text


@dataclass(frozen=True, slots=True)
class _Moment:
    """A column that schedules something in rows that fulfil ``where``; ``longest`` is its longest possible wait."""

    table: str
    column: str
    longest: timedelta
    where: str = "1"


# the waits are those of flows.news.pages, flows.crawl.throttle, flows.crawl.visit and [story] revisits
_MOMENTS = (
    # other entries get a new moment before it counts; so the partial index of the few that wait serves the query
    _Moment("entries", "next_try_at", timedelta(hours=24), "state = 'waiting'"),
    _Moment("entries", "held_until", timedelta(hours=24)),
    _Moment("entries", "revisit_at", timedelta(days=8)),
    _Moment("domains", "throttled_until", timedelta(hours=24)),
    _Moment("endpoints", "due_at", timedelta(hours=12)),
    _Moment("robots", "expires_at", timedelta(hours=24)),
    _Moment("withheld", "due_at", timedelta(hours=24)),
)


def repair_crawl_times(
    connection: sqlite3.Connection, *, now: datetime, jump: timedelta = timedelta(0)
) -> int:
    """Move moments closer that lie too far ahead; return how many moved. Call inside a transaction.

    jump  by how much the clock went further than the time that passed; negative where it was set back
    """
    return sum(_repair(connection, moment, now=now, jump=jump) for moment in _MOMENTS)


def _repair(
    connection: sqlite3.Connection, moment: _Moment, *, now: datetime, jump: timedelta
) -> int:
    rows = connection.execute(
        f"SELECT rowid AS row_id, {moment.column} AS at FROM {moment.table} WHERE {moment.column} > ? AND {moment.where}",  # noqa: S608  # our own names
        [to_text(now)],
    ).fetchall()
    moved = [
        (to_text(mended), row["row_id"])
        for row in rows
        if (mended := repair_moment(to_instant(row["at"]), now, jump, moment.longest))
    ]
    connection.executemany(
        f"UPDATE {moment.table} SET {moment.column} = ? WHERE rowid = ?",  # noqa: S608  # our own names
        moved,
    )
    return len(moved)


def repair_moment(
    at: datetime, now: datetime, jump: timedelta, longest: timedelta
) -> datetime | None:
    """Return the repaired moment, None if it is right."""
    mended = max(now, at + min(jump, timedelta(0)))
    mended = mended if mended - now <= longest else now
    return None if mended == at else mended
