"""The health of all sources in a few numbers and names, cheap enough for every look at Today. Reads only.

``source_standing`` has the same in full, for status reports: it asks about visits under way and downtimes too.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from crawler.storage.crawl.source_standing import LATE_AFTER
from crawler.storage.file.database import to_instant, to_instant_or_none, to_text
from crawler.storage.process.heartbeats import STALE_SECONDS

# the others are on the page of sources
_MOST_NAMED = 3
# the cases of an active source that needs a look, or was not read yet; the page of sources has them too
STANDING = """WHEN last_success_at IS NULL AND (failure_count > 0 OR next_due_at <= :late) THEN 'never'
    WHEN failure_count > 0 THEN 'failing'
    WHEN last_success_at IS NULL THEN 'new'
    WHEN next_due_at <= :late THEN 'late'"""
_CLASSES = f"""
SELECT name, health_since, last_failure_at, health, CASE {STANDING} ELSE 'on time' END AS standing
FROM sources WHERE is_active = 1
"""  # noqa: S608  # our own text


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A source that needs a look; ``since`` None if it was never read."""

    name: str
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How the sources are doing.

    on_time_count, new_count, late_count   of ``source_count`` active ones; new ones are about to be read for the first time
    failing, never_read   the first few, and their counts
    last_read_at          when a source was last read, None if never
    stopped_at            since when no daemon runs; None while one does
    has_run               whether a daemon ever ran on this database
    """

    source_count: int
    on_time_count: int
    new_count: int
    late_count: int
    failing_count: int
    never_count: int
    failing: tuple[Trouble, ...]
    never_read: tuple[Trouble, ...]
    last_read_at: datetime | None
    stopped_at: datetime | None
    has_run: bool


def find_health(connection: sqlite3.Connection, *, now: datetime) -> Health:
    """Return how the sources are doing now."""
    classes: dict[str, list[sqlite3.Row]] = {}
    for row in connection.execute(_CLASSES, {"late": to_text(now - LATE_AFTER)}):
        classes.setdefault(row["standing"], []).append(row)
    failing = sorted(classes.get("failing", []), key=lambda row: row["last_failure_at"] or "")
    never = sorted(classes.get("never", []), key=lambda row: str(row["name"]))
    last = connection.execute(
        "SELECT max(last_success_at) FROM sources WHERE is_active = 1"
    ).fetchone()[0]
    is_running, last_seen_at = _find_daemon(connection, now)
    return Health(
        source_count=sum(map(len, classes.values())),
        on_time_count=len(classes.get("on time", [])),
        new_count=len(classes.get("new", [])),
        late_count=len(classes.get("late", [])),
        failing_count=len(failing),
        never_count=len(never),
        failing=tuple(
            Trouble(name=row["name"], since=to_instant_or_none(_since(row)))
            for row in failing[:_MOST_NAMED]
        ),
        never_read=tuple(Trouble(name=row["name"], since=None) for row in never[:_MOST_NAMED]),
        last_read_at=to_instant_or_none(last),
        stopped_at=None if is_running else (last_seen_at or now),
        has_run=last_seen_at is not None,
    )


def _since(row: sqlite3.Row) -> str | None:
    """Return since when a source fails: three failures in a row set its health, until then the last failure counts."""
    stated: str | None = row["health_since"] if row["health"] == "failing" else None
    return stated or row["last_failure_at"]


def _find_daemon(connection: sqlite3.Connection, now: datetime) -> tuple[bool, datetime | None]:
    """Return whether a daemon runs, and when one was last seen."""
    beat = connection.execute("SELECT beat_at FROM heartbeats WHERE name = 'daemon'").fetchone()
    seen = connection.execute("SELECT max(last_seen_at) FROM uptimes").fetchone()[0]
    beats = [to_instant(one) for one in (beat and beat["beat_at"], seen) if one]
    if not beats:
        return False, None
    last = max(beats)
    is_fresh = (
        beat is not None and (now - to_instant(beat["beat_at"])).total_seconds() < STALE_SECONDS
    )
    return is_fresh, last
