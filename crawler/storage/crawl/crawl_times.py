"""Moments of the crawl process's tables that schedule something, put right after the clock was set.

Owner: crawl process. A clock set back leaves them too far ahead: a page that was to be tried in a minute would wait for an
hour, or for sixty days. So each is moved by as much as the clock was, and none stays further off than the longest wait
that is ever given.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.storage.file.database import to_instant, to_text


@dataclass(frozen=True, slots=True)
class _Moment:
    """A column that schedules something in rows where ``where`` holds; ``longest`` is the longest wait it is ever given."""

    table: str
    column: str
    longest: timedelta
    where: str = "1"


# the waits are those of flows.pages, flows.crawl.throttle, flows.visit and [story] revisits
_MOMENTS = (
    # of an entry that does not wait it is set anew before it is asked for; this way an index has the few that do
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
    """Draw near what lies too far ahead; return how many moments moved. Call inside a transaction.

    jump  by how much the clock went ahead of the time that passed; negative where it was set back
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
    """Return where a moment that lies ahead belongs, None if it is right as it is."""
    mended = max(now, at + min(jump, timedelta(0)))
    mended = mended if mended - now <= longest else now
    return None if mended == at else mended
