"""What the home knew of its workers at its last beat: a row of ``heartbeats``.

Owner: daemon.
"""

import json
import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime

from crawler.model.cluster.state import ClusterState
from crawler.storage.file.database import to_instant
from crawler.storage.process.heartbeats import CLUSTER, clear_heartbeat, save_heartbeat


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownState:
    """What was known at ``beat_at``."""

    state: ClusterState
    beat_at: datetime


def save_cluster_state(
    connection: sqlite3.Connection, state: ClusterState, *, now: datetime
) -> None:
    """Save what is known of the workers, with since when there is trouble or none of them. Call inside a transaction."""
    before = find_cluster_state(connection)
    since = None
    if state.needs_look:
        is_same = before is not None and bool(before.state.trouble) == bool(state.trouble)
        since = (before.state.since if before is not None and is_same else None) or now
    known = replace(state, since=since)
    note = json.dumps(known.as_json(), ensure_ascii=False)
    save_heartbeat(connection, CLUSTER, now=now, note=note)


def clear_cluster_state(connection: sqlite3.Connection) -> None:
    """Forget it: this home has no workers any more, or ends."""
    clear_heartbeat(connection, CLUSTER)


def find_cluster_state(connection: sqlite3.Connection) -> KnownState | None:
    """Return what is known of the workers, None if nothing is, or if another release wrote it."""
    row = connection.execute("SELECT * FROM heartbeats WHERE name = ?", [CLUSTER]).fetchone()
    try:
        facts = json.loads(row["note"]) if row is not None else None
        if not isinstance(facts, dict):
            return None
        return KnownState(state=ClusterState.from_json(facts), beat_at=to_instant(row["beat_at"]))
    except ValueError:
        return None
