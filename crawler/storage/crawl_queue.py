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
from crawler.model.source import Health
from crawler.storage.database import to_instant, to_instant_or_none, to_text

LEASE = timedelta(minutes=2)
# visits to one domain share one budget, so more of them at a time would only keep other domains waiting
MOST_PER_DOMAIN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedVisit:
    """What the scheduler needs to plan a source's next visit.

    started_at     aware UTC
    has_gap        the feed's window had rolled over since the visit before
    is_refused     it failed in a way that trying again soon cannot change
    rhythm         what is known of when the source publishes, as ``scheduler.rhythm`` wrote it
    next_try_at    when the earliest announced page that is still waiting may be tried again
    quiet_until    its domain is left alone until then
    pause_seconds  how long the source asks to be left alone between two visits
    """

    run_id: int
    source_id: int
    source_name: str
    outcome: RunOutcome
    started_at: datetime
    announced_count: int
    failure_count: int
    has_gap: bool = False
    is_refused: bool = False
    rhythm: str | None = None
    next_try_at: datetime | None = None
    quiet_until: datetime | None = None
    pause_seconds: float | None = None
    health: Health = Health.NEW
    page_count: int = 0
    note: str = ""


def claim_due_visits(
    connection: sqlite3.Connection, *, now: datetime, limit: int, only: Iterable[str] | None = None
) -> tuple[Visit, ...]:
    """Take sources whose moment has come, oldest first, and open a run for each. Own transaction needed.

    only  names to choose from, None for all
    """
    names = None if only is None else json.dumps(list(only))
    rows = connection.execute(
        """WITH due AS (
               SELECT id, name, domain, next_due_at FROM sources
               WHERE is_active = 1 AND next_due_at <= :now
                   AND (lease_until IS NULL OR lease_until <= :now)
                   AND (:names IS NULL OR name IN (SELECT value FROM json_each(:names)))
                   AND NOT EXISTS (SELECT 1 FROM domains
                       WHERE domains.domain = sources.domain AND quiet_until > :now)
               ORDER BY next_due_at LIMIT :look),
           ranked AS (
               SELECT *, row_number() OVER (PARTITION BY domain ORDER BY next_due_at) +
                   (SELECT count(*) FROM sources AS busy
                        WHERE busy.domain = due.domain AND busy.lease_until > :now) AS place
               FROM due)
           SELECT id, name FROM ranked WHERE place <= :most ORDER BY next_due_at LIMIT :limit""",
        {
            "now": to_text(now),
            "names": names,
            "limit": limit,
            "look": 2000,
            "most": MOST_PER_DOMAIN,
        },
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
    now: datetime,
    note: str | None = None,
    is_refused: bool = False,
) -> None:
    """Close the run and give the source back to the scheduler. Call inside a transaction."""
    connection.execute(
        """UPDATE runs SET finished_at = ?, outcome = ?, note = coalesce(?, note), is_refused = ?
           WHERE id = ?""",
        [to_text(now), outcome.value, note, int(is_refused), visit.run_id],
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
        """SELECT runs.*, runs.id AS run_id, sources.name, sources.failure_count, sources.rhythm,
               sources.health, domains.quiet_until,
               (SELECT min(at) FROM (
                    SELECT min(next_try_at) AS at FROM entries
                        WHERE source_id = runs.source_id AND state = 'waiting'
                    UNION ALL
                    SELECT min(revisit_at) FROM entries
                        WHERE source_id = runs.source_id AND revisit_at IS NOT NULL
                            AND state <> 'waiting')) AS next_try_at,
               (SELECT max(pause_seconds) FROM ways WHERE source_id = runs.source_id
                    AND is_active = 1 AND due_at IS NULL) AS pause_seconds
           FROM runs JOIN sources ON sources.id = runs.source_id
           LEFT JOIN domains ON domains.domain = sources.domain
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
            started_at=to_instant(row["started_at"]),
            announced_count=row["announced_count"],
            failure_count=row["failure_count"],
            has_gap=bool(row["is_gap"]),
            is_refused=bool(row["is_refused"]),
            rhythm=row["rhythm"],
            next_try_at=to_instant_or_none(row["next_try_at"]),
            quiet_until=to_instant_or_none(row["quiet_until"]),
            pause_seconds=row["pause_seconds"],
            health=Health(row["health"]),
            note=row["note"] or "",
            page_count=row["new_count"] + row["copy_count"] + row["refused_count"],
        )
        for row in rows
    )


def plan_visit(
    connection: sqlite3.Connection,
    finished: FinishedVisit,
    *,
    next_due_at: datetime,
    every_seconds: float,
    rhythm: str,
) -> None:
    """Set a source's next moment. Call inside a transaction."""
    connection.execute(
        """UPDATE sources SET next_due_at = coalesce(next_due_at, ?), every_seconds = ?, rhythm = ?
           WHERE id = ?""",
        [to_text(next_due_at), every_seconds, rhythm, finished.source_id],
    )
    connection.execute("UPDATE runs SET is_planned = 1 WHERE id = ?", [finished.run_id])


def list_due_times(connection: sqlite3.Connection) -> tuple[tuple[int, str, datetime], ...]:
    """List id, name and due time of every active source that is not being visited, soonest first."""
    rows = connection.execute(
        """SELECT id, name, next_due_at FROM sources
           WHERE is_active = 1 AND next_due_at IS NOT NULL AND lease_until IS NULL
           ORDER BY next_due_at, id"""
    )
    return tuple((row["id"], row["name"], to_instant(row["next_due_at"])) for row in rows)


def move_due_times(connection: sqlite3.Connection, moves: Iterable[tuple[int, datetime]]) -> None:
    """Give sources other due times. Call inside a transaction."""
    connection.executemany(
        "UPDATE sources SET next_due_at = ? WHERE id = ?",
        [(to_text(due_at), source_id) for source_id, due_at in moves],
    )
