"""Crawls without a daemon: when the last ones came, and from when on the next one is late.

Owner: daemon. They are one heartbeat, ``crawl``, whose note lists when the last crawls began. A daemon removes it.
"""

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from crawler.storage.file.database import to_instant, to_text
from crawler.storage.process.heartbeats import clear_heartbeat, save_heartbeat

CRAWL = "crawl"
# the last starts, whose median pause is the interval: one late crawl does not change it
_MOST_STARTS = 9
# two pauses are the fewest that show an interval
_FEWEST_STARTS = 3
# until the interval is known, the longest silence that counts as in time
_FIRST_SILENCE = timedelta(hours=1)
# crawls are late when two in a row did not come; each may take some minutes
_MISSED_COUNT = 2
_LONGEST_CRAWL = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crawls:
    """When crawls started by cron or by hand come.

    last_seen_at  the last sign of life of the last one
    every         the usual interval, None if there were too few crawls to know
    """

    last_seen_at: datetime
    every: timedelta | None

    @property
    def longest_silence(self) -> timedelta:
        """The time after which the next crawl counts as missed."""
        if self.every is None:
            return _FIRST_SILENCE
        return self.every * _MISSED_COUNT + _LONGEST_CRAWL

    def is_late(self, now: datetime) -> bool:
        """Return whether the next crawl should have come by now."""
        return now - self.last_seen_at > self.longest_silence


def begin_crawl(connection: sqlite3.Connection, *, now: datetime) -> None:
    """Record that a crawl begins. Call inside a transaction, as the holder of the instance lock."""
    row = _find(connection)
    # starts that lie ahead were written by a clock that was wrong
    starts = [one for one in _read_starts(row["note"] if row else "") if one < now]
    note = json.dumps([to_text(one) for one in [*starts, now][-_MOST_STARTS:]])
    save_heartbeat(connection, CRAWL, now=now, note=note)
    # crawls replace a daemon that died, so its missing sign of life is no fault any more
    for name in ("daemon", "crawl process"):
        clear_heartbeat(connection, name)


def keep_crawl(connection: sqlite3.Connection, *, now: datetime) -> None:
    """Record that the crawl goes on, or ends."""
    row = _find(connection)
    if row is not None:
        save_heartbeat(connection, CRAWL, now=now, note=row["note"])


def find_crawls(connection: sqlite3.Connection) -> Crawls | None:
    """Return when crawls come, None if none came since a daemon ran."""
    row = _find(connection)
    if row is None:
        return None
    starts = _read_starts(row["note"])
    pauses = [(after - before).total_seconds() for before, after in pairwise(starts)]
    is_known = len(starts) >= _FEWEST_STARTS
    every = timedelta(seconds=median(pauses)) if is_known else None
    return Crawls(last_seen_at=to_instant(row["beat_at"]), every=every)


def _find(connection: sqlite3.Connection) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM heartbeats WHERE name = ?", [CRAWL]
    ).fetchone()
    return row


def _read_starts(note: str) -> list[datetime]:
    try:
        return [to_instant(one) for one in json.loads(note)]
    except (ValueError, TypeError):
        return []
