"""The heartbeats of processes, for ``doctor`` and the container's health check.

Owner: daemon.
"""

import os
import sqlite3
from datetime import datetime

from crawler.storage.file.database import to_instant, to_text

# processes beat every few seconds; without a beat for a minute one counts as hung or dead
STALE_SECONDS = 60.0
# not a process's: there while the daemon's web pages are not, with the reason
NO_WEB_PAGES = "web pages"
# not a process's either: what the home knows of its workers, as JSON
CLUSTER = "cluster"


def save_heartbeat(
    connection: sqlite3.Connection,
    name: str,
    *,
    pid: int | None = None,
    now: datetime,
    note: str = "",
) -> None:
    """Record that a process lives; ``started_at`` changes only with the pid."""
    connection.execute(
        """INSERT INTO heartbeats (name, pid, started_at, beat_at, note)
           VALUES (:name, :pid, :now, :now, :note)
           ON CONFLICT (name) DO UPDATE SET beat_at = excluded.beat_at, note = excluded.note,
               started_at = iif(pid = excluded.pid, started_at, excluded.started_at),
               pid = excluded.pid""",
        {"name": name, "pid": pid or os.getpid(), "now": to_text(now), "note": note},
    )


def clear_heartbeat(connection: sqlite3.Connection, name: str) -> None:
    """Record that a process ended in order."""
    connection.execute("DELETE FROM heartbeats WHERE name = ?", [name])


def list_heartbeats(connection: sqlite3.Connection) -> tuple[sqlite3.Row, ...]:
    """Return all heartbeats: name, pid, start, last beat and note."""
    return tuple(connection.execute("SELECT * FROM heartbeats ORDER BY name"))


def is_alive(connection: sqlite3.Connection, *, now: datetime) -> bool:
    """Return whether daemon and crawl process beat within a minute; a beat that lies ahead (a wrong clock) does not count."""
    fresh = {
        row["name"]
        for row in list_heartbeats(connection)
        if abs((now - to_instant(row["beat_at"])).total_seconds()) < STALE_SECONDS
    }
    return {"daemon", "crawl process"} <= fresh
