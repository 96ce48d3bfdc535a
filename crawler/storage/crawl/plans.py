"""Plans: which visits have ended and are not planned yet, and when each source is due next.

Owner: daemon. What a visit found out about its source (that it was read, why it failed) is copied here into the source's row,
so that only one process writes that (decision 021).
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from crawler.model.source import Health
from crawler.model.visit import VisitOutcome
from crawler.storage.file.database import to_instant, to_instant_or_none, to_text, to_text_or_none


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedVisit:
    """A visit that ended, with all the daemon needs to plan the next one.

    started_at     aware UTC
    read_at        when its source had been read, None if it was not
    failure_count  failures in a row, this one included
    has_rollover   the feed had rolled over since the visit before
    is_refused     it failed for a reason that trying again soon cannot change
    is_outdated    the source's address or kind was changed meanwhile
    publishing_profile  when the source publishes, as learned so far, in the form that ``scheduler.due.publishing_profile`` wrote it
    next_try_at    when the earliest announced page that is still waiting may be tried again
    throttled_until  its host is left alone until then
    listed_count   entries its feeds listed; found_count entries of all endpoints that counted
    pause_seconds  the pause the source asks for between two visits
    """

    visit_id: int
    source_id: int
    source_name: str
    outcome: VisitOutcome
    started_at: datetime
    announced_count: int
    failure_count: int
    finish_no: int = 0
    finished_at: datetime | None = None
    read_at: datetime | None = None
    searched_at: datetime | None = None
    backfill_from: datetime | None = None
    has_rollover: bool = False
    is_refused: bool = False
    is_outdated: bool = False
    publishing_profile: str | None = None
    next_try_at: datetime | None = None
    throttled_until: datetime | None = None
    pause_seconds: float | None = None
    health: Health = Health.NEW
    page_count: int = 0
    article_count: int = 0
    listed_count: int = 0
    found_count: int = 0
    note: str = ""


_FINISHED = """
SELECT visits.*, visits.id AS visit_id, sources.name, sources.failure_count, sources.publishing_profile, sources.health,
    sources.version <> visits.version AS is_outdated, domains.throttled_until,
    (SELECT min(at) FROM (
        SELECT min(next_try_at) AS at FROM entries WHERE source_id = visits.source_id AND state = 'waiting'
        UNION ALL
        SELECT min(revisit_at) FROM entries
            WHERE source_id = visits.source_id AND revisit_at IS NOT NULL AND state <> 'waiting')) AS next_try_at,
    (SELECT max(pause_seconds) FROM endpoints WHERE source_id = visits.source_id AND is_active = 1 AND due_at IS NULL
        AND endpoints.version = sources.version) AS pause_seconds
FROM visits JOIN sources ON sources.id = visits.source_id LEFT JOIN domains ON domains.domain = host_key(sources.url)
WHERE visits.finish_no > (SELECT value FROM marks WHERE name = 'visits')
ORDER BY visits.finish_no LIMIT ?
"""


def list_finished_visits(
    connection: sqlite3.Connection, *, limit: int = 500
) -> tuple[FinishedVisit, ...]:
    """Return visits that ended and are not planned yet, in the order they ended."""
    return tuple(_read_finished(row) for row in connection.execute(_FINISHED, [limit]))


def _read_finished(row: sqlite3.Row) -> FinishedVisit:
    outcome = VisitOutcome(row["outcome"])
    failures = {
        VisitOutcome.FAILED: row["failure_count"] + 1,
        VisitOutcome.INTERRUPTED: row["failure_count"],
    }
    return FinishedVisit(
        visit_id=row["visit_id"],
        source_id=row["source_id"],
        source_name=row["name"],
        outcome=outcome,
        started_at=to_instant(row["started_at"]),
        finish_no=row["finish_no"],
        finished_at=to_instant(row["finished_at"]),
        read_at=to_instant_or_none(row["read_at"]),
        searched_at=to_instant_or_none(row["searched_at"]),
        backfill_from=to_instant_or_none(row["backfill_from"]),
        announced_count=row["announced_count"],
        failure_count=failures.get(outcome, 0),
        has_rollover=bool(row["is_rollover"]),
        is_refused=bool(row["is_refused"]),
        is_outdated=bool(row["is_outdated"]),
        publishing_profile=row["publishing_profile"],
        next_try_at=to_instant_or_none(row["next_try_at"]),
        throttled_until=to_instant_or_none(row["throttled_until"]),
        pause_seconds=row["pause_seconds"],
        health=Health(row["health"]),
        note=row["note"] or "",
        page_count=row["new_count"] + row["copy_count"] + row["refused_count"],
        article_count=row["new_count"] + row["copy_count"],
        listed_count=row["listed_count"],
        found_count=row["found_count"],
    )


def plan_visit(
    connection: sqlite3.Connection,
    finished: FinishedVisit,
    *,
    next_due_at: datetime,
    every_seconds: float,
    publishing_profile: str,
) -> None:
    """Save when a source is due next, and what the visit found out. Call inside a transaction.

    A request made during the visit stays: the source is still due, and a look back is still to be made.
    """
    connection.execute(
        """UPDATE sources SET next_due_at = iif(wanted_at > :started_at, next_due_at, :next_due_at),
               every_seconds = :every_seconds, publishing_profile = :publishing_profile
           WHERE id = :id""",
        {
            "started_at": to_text(finished.started_at),
            "next_due_at": to_text(next_due_at),
            "every_seconds": every_seconds,
            "publishing_profile": publishing_profile,
            "id": finished.source_id,
        },
    )


def take_over_findings(connection: sqlite3.Connection, finished: FinishedVisit) -> None:
    """Save what a visit found out about its source in the source's row. Call inside a transaction."""
    failed_at = finished.finished_at if finished.outcome is VisitOutcome.FAILED else None
    connection.execute(
        """UPDATE sources SET visited_at = coalesce(visited_at, :read_at),
               last_success_at = coalesce(:read_at, last_success_at), failure_count = :failure_count,
               last_failure = iif(:failed_at IS NULL, last_failure, :note),
               last_failure_at = coalesce(:failed_at, last_failure_at),
               discovered_at = coalesce(:searched_at, discovered_at),
               backfill_from = iif(:read_at IS NOT NULL AND backfill_from IS :backfill_from, NULL, backfill_from),
               article_count = article_count + :article_count
           WHERE id = :id""",
        {
            "read_at": to_text_or_none(finished.read_at),
            "failure_count": finished.failure_count,
            "failed_at": to_text_or_none(failed_at),
            "note": finished.note,
            "searched_at": to_text_or_none(finished.searched_at),
            "backfill_from": to_text_or_none(finished.backfill_from),
            "article_count": finished.article_count,
            "id": finished.source_id,
        },
    )


def mark_planned(connection: sqlite3.Connection, finish_no: int) -> None:
    """Record how far planning has come. Call in the transaction that writes the plans."""
    connection.execute("UPDATE marks SET value = max(value, ?) WHERE name = 'visits'", [finish_no])


def list_due_times(connection: sqlite3.Connection) -> tuple[tuple[int, str, datetime], ...]:
    """Return id, name and due time of every active source that is not being visited, soonest first."""
    rows = connection.execute(
        """SELECT id, name, next_due_at FROM sources
           WHERE is_active = 1 AND next_due_at IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM visits WHERE visits.source_id = sources.id AND finished_at IS NULL)
           ORDER BY next_due_at, id"""
    )
    return tuple((row["id"], row["name"], to_instant(row["next_due_at"])) for row in rows)


def move_due_times(connection: sqlite3.Connection, moves: Iterable[tuple[int, datetime]]) -> None:
    """Save other due times of sources. Call inside a transaction."""
    connection.executemany(
        "UPDATE sources SET next_due_at = ? WHERE id = ?",
        [(to_text(due_at), source_id) for source_id, due_at in moves],
    )
