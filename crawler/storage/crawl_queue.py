"""The crawl queue, embedded: due times and leases as rows of the sources table.

Four words: claim, extend, finish, plan. ``next_due_at`` stays in the past while a visit is under way, so a crawl
process that dies leaves its visits due; finishing empties it, and the scheduler plans the next moment.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.model.run import RunOutcome, Visit
from crawler.storage.database import to_instant_or_none, to_text

LEASE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedVisit:
    """What the scheduler needs to plan a source's next visit.

    every_seconds  the rhythm so far, None before the first plan
    next_try_at    when the earliest announced page that is still waiting may be tried again
    """

    run_id: int
    source_id: int
    source_name: str
    outcome: RunOutcome
    announced_count: int
    failure_count: int
    every_seconds: float | None
    next_try_at: datetime | None


def claim_due_visits(
    connection: sqlite3.Connection, *, now: datetime, limit: int, only: Iterable[str] | None = None
) -> tuple[Visit, ...]:
    """Take sources whose moment has come, oldest first, and open a run for each. Own transaction needed.

    only  names to choose from, None for all
    """
    names = None if only is None else json.dumps(list(only))
    rows = connection.execute(
        """SELECT id, name FROM sources
           WHERE is_active = 1 AND next_due_at <= :now
               AND (lease_until IS NULL OR lease_until <= :now)
               AND (:names IS NULL OR name IN (SELECT value FROM json_each(:names)))
           ORDER BY next_due_at LIMIT :limit""",
        {"now": to_text(now), "names": names, "limit": limit},
    ).fetchall()
    return tuple(_open_run(connection, row, now=now) for row in rows)


def _open_run(connection: sqlite3.Connection, source: sqlite3.Row, *, now: datetime) -> Visit:
    connection.execute(
        "UPDATE sources SET lease_until = ? WHERE id = ?", [to_text(now + LEASE), source["id"]]
    )
    cursor = connection.execute(
        "INSERT INTO runs (source_id, started_at) VALUES (?, ?)", [source["id"], to_text(now)]
    )
    run_id = cursor.lastrowid or 0
    return Visit(run_id=run_id, source_id=source["id"], source_name=source["name"])


def extend_leases(
    connection: sqlite3.Connection, source_ids: Iterable[int], *, now: datetime
) -> None:
    """Keep visits that are under way ours."""
    connection.executemany(
        "UPDATE sources SET lease_until = ? WHERE id = ? AND lease_until IS NOT NULL",
        [(to_text(now + LEASE), source_id) for source_id in source_ids],
    )


def finish_visit(
    connection: sqlite3.Connection,
    visit: Visit,
    *,
    outcome: RunOutcome,
    note: str | None,
    now: datetime,
) -> None:
    """Close the run and give the source back to the scheduler. Call inside a transaction."""
    connection.execute(
        "UPDATE runs SET finished_at = ?, outcome = ?, note = coalesce(?, note) WHERE id = ?",
        [to_text(now), outcome.value, note, visit.run_id],
    )
    connection.execute(
        "UPDATE sources SET next_due_at = NULL, lease_until = NULL WHERE id = ?", [visit.source_id]
    )


def release_visits(connection: sqlite3.Connection, *, now: datetime) -> int:
    """Give back every visit of a crawl process that is gone; gives how many runs it left open."""
    connection.execute("UPDATE sources SET lease_until = NULL WHERE lease_until IS NOT NULL")
    cursor = connection.execute(
        """UPDATE runs SET finished_at = ?, outcome = 'interrupted', is_planned = 1,
               note = 'the crawl process ended first; the source stayed due'
           WHERE finished_at IS NULL""",
        [to_text(now)],
    )
    return cursor.rowcount


def list_finished_visits(
    connection: sqlite3.Connection, *, limit: int = 500
) -> tuple[FinishedVisit, ...]:
    """List visits that ended and whose source has no next moment yet."""
    rows = connection.execute(
        """SELECT runs.id AS run_id, runs.source_id, sources.name, runs.outcome,
               runs.announced_count, sources.failure_count, sources.every_seconds,
               (SELECT min(next_try_at) FROM entries
                    WHERE source_id = runs.source_id AND state = 'waiting') AS next_try_at
           FROM runs JOIN sources ON sources.id = runs.source_id
           WHERE runs.is_planned = 0 AND runs.finished_at IS NOT NULL
           ORDER BY runs.id LIMIT ?""",
        [limit],
    )
    return tuple(
        FinishedVisit(
            run_id=row["run_id"],
            source_id=row["source_id"],
            source_name=row["name"],
            outcome=RunOutcome(row["outcome"]),
            announced_count=row["announced_count"],
            failure_count=row["failure_count"],
            every_seconds=row["every_seconds"],
            next_try_at=to_instant_or_none(row["next_try_at"]),
        )
        for row in rows
    )


def plan_visit(
    connection: sqlite3.Connection,
    finished: FinishedVisit,
    *,
    next_due_at: datetime,
    every_seconds: float,
) -> None:
    """Set a source's next moment. Call inside a transaction."""
    connection.execute(
        "UPDATE sources SET next_due_at = coalesce(next_due_at, ?), every_seconds = ? WHERE id = ?",
        [to_text(next_due_at), every_seconds, finished.source_id],
    )
    connection.execute("UPDATE runs SET is_planned = 1 WHERE id = ?", [finished.run_id])
