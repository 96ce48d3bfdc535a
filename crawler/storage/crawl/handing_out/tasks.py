"""Tasks: sources to be read and pages to be fetched by workers on other machines. Table ``tasks``.

A task's row is the permission: what a worker says of it counts while its bundle holds the row, and what settles it deletes the
row in the same transaction. So a worker that wakes up after it was given up changes nothing.

Owner: crawl process.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.model.article import Occasion
from crawler.model.visit import Visit, VisitOutcome, WaitingEntry
from crawler.storage.crawl.entries.entries import read_waiting_entry
from crawler.storage.file.database import to_text
from crawler.storage.file.parameters import numbered
from crawler.text.web.urls import budget_key

# as pages stand in line: news first; a source brings news
_RANKS = {Occasion.NEWS: 0, Occasion.BASELINE: 0, Occasion.REVISIT: 1, Occasion.BACKFILL: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A row of ``tasks``; ``entry_id`` is None for a source."""

    id: int
    visit_id: int
    entry_id: int | None
    domain: str
    is_backfill: bool
    is_baseline: bool


def add_source_task(connection: sqlite3.Connection, visit: Visit, *, domain: str) -> None:
    """Have a source read by a worker. Call inside a transaction."""
    connection.execute(
        "INSERT INTO tasks (visit_id, domain, rank, is_wanted) VALUES (?, ?, 0, ?)",
        [visit.id, domain, int(visit.is_wanted)],
    )


def add_page_tasks(
    connection: sqlite3.Connection,
    visit: Visit,
    entries: Iterable[WaitingEntry],
    *,
    home_domain: str,
    outcome: VisitOutcome,
    is_baseline: bool,
) -> None:
    """Have pages of a visit fetched by workers, each in the budget of its own domain. Call inside a transaction.

    home_domain  of the source, for entries without a page
    outcome      how the visit ends once all of them are settled
    """
    connection.executemany(
        """INSERT INTO tasks (visit_id, entry_id, domain, rank, outcome, is_wanted, is_baseline)
           VALUES (?, ?, ?, ?, ?, ?, ?)""",
        [
            (
                visit.id,
                entry.id,
                budget_key(entry.url) if entry.url else home_domain,
                _RANKS[entry.occasion],
                outcome.value,
                int(visit.is_wanted),
                int(is_baseline),
            )
            for entry in entries
        ],
    )


def list_ready_domains(connection: sqlite3.Connection, *, limit: int) -> tuple[str, ...]:
    """Return domains with tasks that wait and none in a bundle, the most urgent first."""
    rows = connection.execute(
        """SELECT domain FROM tasks AS waiting WHERE bundle_id IS NULL
               AND NOT EXISTS (SELECT 1 FROM tasks WHERE tasks.domain = waiting.domain AND tasks.bundle_id IS NOT NULL)
           GROUP BY domain ORDER BY min(rank), min(id) LIMIT ?""",
        [limit],
    )
    return tuple(row["domain"] for row in rows)


def list_ready_tasks(
    connection: sqlite3.Connection, domain: str, *, limit: int
) -> tuple[Task, ...]:
    """Return tasks of a domain that wait, in their order."""
    rows = connection.execute(
        "SELECT * FROM tasks WHERE domain = ? AND bundle_id IS NULL ORDER BY rank, id LIMIT ?",
        [domain, limit],
    )
    return tuple(map(_read, rows))


def list_tasks(connection: sqlite3.Connection, bundle_id: int) -> tuple[Task, ...]:
    """Return the tasks that a bundle holds."""
    rows = connection.execute("SELECT * FROM tasks WHERE bundle_id = ? ORDER BY id", [bundle_id])
    return tuple(map(_read, rows))


def _read(row: sqlite3.Row) -> Task:
    return Task(
        id=row["id"],
        visit_id=row["visit_id"],
        entry_id=row["entry_id"],
        domain=row["domain"],
        is_backfill=row["rank"] == _RANKS[Occasion.BACKFILL],
        is_baseline=bool(row["is_baseline"]),
    )


def assign_tasks(connection: sqlite3.Connection, bundle_id: int, tasks: Sequence[Task]) -> None:
    """Put tasks into a bundle. Call inside a transaction."""
    connection.execute(
        "UPDATE tasks SET bundle_id = ? WHERE id IN (SELECT value FROM json_each(?))",
        [bundle_id, json.dumps([task.id for task in tasks])],
    )


def has_task(
    connection: sqlite3.Connection, bundle_id: int, visit_id: int, entry_id: int | None = None
) -> bool:
    """Return whether a bundle holds the task of a source, or of a page."""
    row = connection.execute(
        "SELECT 1 FROM tasks WHERE bundle_id = ? AND visit_id = ? AND entry_id IS ?",
        [bundle_id, visit_id, entry_id],
    ).fetchone()
    return row is not None


def hold_pages(connection: sqlite3.Connection, bundle_id: int, visit_id: int) -> None:
    """Put the pages of a visit into the bundle that read its source: it has their answers. Call inside a transaction."""
    connection.execute(
        "UPDATE tasks SET bundle_id = ? WHERE visit_id = ? AND entry_id IS NOT NULL",
        [bundle_id, visit_id],
    )


def find_page(connection: sqlite3.Connection, bundle_id: int, visit_id: int) -> int | None:
    """Return the entry of the first page of a visit that a bundle holds, None if there is none."""
    row = connection.execute(
        "SELECT entry_id FROM tasks WHERE bundle_id = ? AND visit_id = ? AND entry_id IS NOT NULL ORDER BY id",
        [bundle_id, visit_id],
    ).fetchone()
    return None if row is None else int(row["entry_id"])


def settle_task(
    connection: sqlite3.Connection, visit_id: int, entry_id: int | None = None
) -> VisitOutcome | None:
    """Delete a task; return how its visit ends if this was the last page of it, else None. Call inside a transaction."""
    row = connection.execute(
        "DELETE FROM tasks WHERE visit_id = ? AND entry_id IS ? RETURNING outcome",
        [visit_id, entry_id],
    ).fetchone()
    if row is None or row["outcome"] is None or has_tasks(connection, visit_id):
        return None
    return VisitOutcome(row["outcome"])


def has_tasks(connection: sqlite3.Connection, visit_id: int) -> bool:
    """Return whether a visit has tasks left."""
    row = connection.execute("SELECT 1 FROM tasks WHERE visit_id = ?", [visit_id]).fetchone()
    return row is not None


def delete_tasks(connection: sqlite3.Connection, visit_id: int) -> None:
    """Delete all tasks of a visit that is over. Call inside a transaction."""
    connection.execute("DELETE FROM tasks WHERE visit_id = ?", [visit_id])


def give_back_tasks(
    connection: sqlite3.Connection, bundle_id: int, *, domain: str | None = None
) -> None:
    """Let the pages of a bundle, or those of one of its domains, wait for another bundle. Call inside a transaction."""
    connection.execute(
        """UPDATE tasks SET bundle_id = NULL
           WHERE bundle_id = ?1 AND entry_id IS NOT NULL AND (?2 IS NULL OR domain = ?2)""",
        numbered(bundle_id, domain),
    )


def count_tasks(connection: sqlite3.Connection) -> tuple[int, int]:
    """Return how many sources and how many pages are handed out or wait for that."""
    row = connection.execute("SELECT count(*) - count(entry_id), count(entry_id) FROM tasks").fetchone()  # fmt: skip
    return int(row[0]), int(row[1])


def list_visits_with_tasks(connection: sqlite3.Connection) -> frozenset[int]:
    """Return the ids of visits that have tasks."""
    return frozenset(row[0] for row in connection.execute("SELECT DISTINCT visit_id FROM tasks"))


def list_late_visits(
    connection: sqlite3.Connection, *, least: timedelta, now: datetime
) -> dict[int, VisitOutcome]:
    """Return visits whose source should be read again by now, and all of whose pages still wait for a bundle, with their outcome.

    least  the shortest time between two visits
    """
    rows = connection.execute(
        """SELECT DISTINCT visit_id, waiting.outcome FROM tasks AS waiting JOIN visits ON visits.id = visit_id
               JOIN sources ON sources.id = visits.source_id
           WHERE bundle_id IS NULL AND entry_id IS NOT NULL
               AND unixepoch(visits.read_at) + max(coalesce(sources.every_seconds, 0), :least) < unixepoch(:now)
               AND NOT EXISTS (SELECT 1 FROM tasks WHERE tasks.visit_id = waiting.visit_id AND tasks.bundle_id IS NOT NULL)""",
        {"least": least.total_seconds(), "now": to_text(now)},
    )
    return {row["visit_id"]: VisitOutcome(row["outcome"]) for row in rows}


def list_task_entries(
    connection: sqlite3.Connection, tasks: Sequence[Task]
) -> dict[int, tuple[WaitingEntry, bool]]:
    """Return the entries of page tasks as they are to be fetched, by id, each with whether it is a known article's."""
    ids = json.dumps([task.entry_id for task in tasks if task.entry_id is not None])
    rows = connection.execute(
        """SELECT entries.*, endpoints.kind AS kind, state <> 'waiting' AS is_again FROM json_each(?)
               JOIN entries ON entries.id = value LEFT JOIN endpoints ON endpoints.id = entries.endpoint_id""",
        [ids],
    )
    return {row["id"]: (read_waiting_entry(row), row["article_id"] is not None) for row in rows}


def find_visit(connection: sqlite3.Connection, visit_id: int) -> Visit | None:
    """Return an open visit that has tasks, None if it is over."""
    row = connection.execute(
        """SELECT visits.id, source_id, sources.name, visits.version,
               (SELECT is_wanted FROM tasks WHERE visit_id = visits.id) AS is_wanted FROM visits JOIN sources ON sources.id = source_id
           WHERE visits.id = ? AND finished_at IS NULL""",
        [visit_id],
    ).fetchone()
    if row is None:
        return None
    return Visit(
        id=row["id"],
        source_id=row["source_id"],
        source_name=row["name"],
        version=row["version"],
        is_wanted=bool(row["is_wanted"]),
    )
