"""The crawl queue: which sources are due, and which visits are under way, as open rows of ``visits`` (decisions 002, 021).

Owner: crawl process. A source is due when its moment has come, no visit to it is under way, and the last one that ended has
been planned, so a crawl process that dies leaves its sources due. Each visit that ends gets the next ``finish_no``, and the
daemon plans them in this order.
"""

import json
import sqlite3
from collections.abc import Container, Iterable
from datetime import datetime

from crawler.model.visit import LEASE, MOST_PER_DOMAIN, Visit, VisitOutcome
from crawler.storage.file.database import to_text, to_text_or_none

# visits of one domain that wait for their pages, for each place they take of those: with 32 none is left, so that a host of a
# hundred blogs does not have all 256 visits that may be open (worker.py)
_WAITING_A_PLACE = 8
# without its name SQLite takes the index of all active sources, and looks at each of them twice a second: 11 ms of 50,000
_DUE = """
WITH busy AS (
    SELECT sources.domain, sum(visits.read_at IS NULL) + count(*) / :share AS count
    FROM visits JOIN sources ON sources.id = visits.source_id
    WHERE visits.finished_at IS NULL GROUP BY sources.domain),
due AS (
    SELECT id, name, domain, version, next_due_at, backfill_from, wanted_at,
        (SELECT started_at FROM visits WHERE visits.source_id = sources.id ORDER BY visits.id DESC LIMIT 1) AS last_start
    FROM sources INDEXED BY sources_by_due
    WHERE is_active = 1 AND next_due_at <= :now
        AND (:names IS NULL OR name IN (SELECT value FROM json_each(:names)))
        AND NOT EXISTS (SELECT 1 FROM domains WHERE domains.domain = host_key(sources.url) AND throttled_until > :now)
        AND NOT EXISTS (SELECT 1 FROM visits WHERE visits.source_id = sources.id AND finished_at IS NULL)
        AND coalesce((SELECT finish_no FROM visits WHERE visits.source_id = sources.id ORDER BY visits.id DESC LIMIT 1), 0)
            <= (SELECT value FROM marks WHERE name = 'visits')
    ORDER BY next_due_at LIMIT :look),
ranked AS (
    SELECT due.*, row_number() OVER (PARTITION BY due.domain ORDER BY next_due_at) + coalesce(busy.count, 0) AS place
    FROM due LEFT JOIN busy ON busy.domain = due.domain)
SELECT *, coalesce(wanted_at > coalesce(last_start, ''), 0) AS is_wanted FROM ranked
WHERE place <= :most ORDER BY next_due_at LIMIT :limit
"""


def claim_due_visits(
    connection: sqlite3.Connection,
    *,
    now: datetime,
    limit: int,
    only: Iterable[str] | None = None,
    most_per_domain: int = MOST_PER_DOMAIN,
) -> tuple[Visit, ...]:
    """Open a visit to each source that is due, the longest due first, and return these visits. Own transaction needed.

    only  names to choose from, None for all
    most_per_domain  sources of one domain that are read at a time
    """
    names = None if only is None else json.dumps(list(only))
    bounds = {"most": most_per_domain, "share": _WAITING_A_PLACE}
    facts = {"now": to_text(now), "names": names, "limit": limit, **bounds}
    rows = connection.execute(_DUE, {**facts, "look": 2000}).fetchall()
    return tuple(_open_visit(connection, row, now=now) for row in rows)


def has_due_visits(
    connection: sqlite3.Connection, *, now: datetime, only: Iterable[str] | None = None
) -> bool:
    """Return whether a source is due, without claiming it; ``only``: names to choose from, None for all."""
    names = None if only is None else json.dumps(list(only))
    bounds = {"most": MOST_PER_DOMAIN, "share": _WAITING_A_PLACE}
    facts = {"now": to_text(now), "names": names, "look": 1, "limit": 1, **bounds}
    return connection.execute(_DUE, facts).fetchone() is not None


def _open_visit(connection: sqlite3.Connection, source: sqlite3.Row, *, now: datetime) -> Visit:
    cursor = connection.execute(
        "INSERT INTO visits (source_id, started_at, version, lease_until, backfill_from) VALUES (?, ?, ?, ?, ?)",
        [
            source["id"],
            to_text(now),
            source["version"],
            to_text(now + LEASE),
            source["backfill_from"],
        ],
    )
    return Visit(
        id=cursor.lastrowid or 0,
        source_id=source["id"],
        source_name=source["name"],
        version=source["version"],
        is_wanted=bool(source["is_wanted"]),
    )


def is_current(connection: sqlite3.Connection, visit_id: int) -> bool:
    """Return whether a visit still counts: it is under way, and its source's address and kind have not changed."""
    row = connection.execute(
        """SELECT 1 FROM visits JOIN sources ON sources.id = visits.source_id
           WHERE visits.id = ? AND visits.finished_at IS NULL AND visits.version = sources.version""",
        [visit_id],
    ).fetchone()
    return row is not None


def extend_lease(connection: sqlite3.Connection, visit_id: int, *, until: datetime) -> None:
    """Save until when a visit may go on. Call inside a transaction."""
    connection.execute("UPDATE visits SET lease_until = ? WHERE id = ?", [to_text(until), visit_id])


def finish_visit(
    connection: sqlite3.Connection,
    visit: Visit,
    *,
    outcome: VisitOutcome,
    now: datetime,
    note: str | None = None,
    is_refused: bool = False,
) -> None:
    """Close a visit, so that the daemon plans the next one; a closed visit stays as it is. Call inside a transaction."""
    cursor = connection.execute(
        """UPDATE visits SET finished_at = :now, outcome = :outcome, note = coalesce(:note, note),
               is_refused = :is_refused, lease_until = NULL,
               finish_no = 1 + max(coalesce((SELECT max(finish_no) FROM visits WHERE finish_no IS NOT NULL), 0),
                   (SELECT value FROM marks WHERE name = 'visits'))
           WHERE id = :id AND finished_at IS NULL""",
        {
            "now": to_text(now),
            "outcome": outcome.value,
            "note": note,
            "is_refused": int(is_refused),
            "id": visit.id,
        },
    )
    if cursor.rowcount:
        _add_up(connection, visit.id)


def _add_up(connection: sqlite3.Connection, visit_id: int) -> None:
    """Add a visit's counts to the sums of its block, from which status reports are made."""
    connection.execute(
        """INSERT INTO visit_sums (block, checked, refused, failed, matches)
           SELECT finish_no / 1000, new_count + copy_count + revised_count + seen_count, refused_count, failed_count,
               match_count
           FROM visits WHERE id = ?
           ON CONFLICT (block) DO UPDATE SET checked = checked + excluded.checked,
               refused = refused + excluded.refused, failed = failed + excluded.failed,
               matches = matches + excluded.matches""",
        [visit_id],
    )


def note_read(
    connection: sqlite3.Connection,
    visit_id: int,
    *,
    read_at: datetime | None = None,
    searched_at: datetime | None = None,
) -> None:
    """Record that the visit's source was read, or that its endpoints were looked for. Call inside a transaction."""
    connection.execute(
        "UPDATE visits SET read_at = coalesce(?, read_at), searched_at = coalesce(?, searched_at) WHERE id = ?",
        [to_text_or_none(read_at), to_text_or_none(searched_at), visit_id],
    )


def interrupt_visits(
    connection: sqlite3.Connection, *, keep: Container[int] = (), now: datetime
) -> int:
    """Close every open visit except those to ``keep``; return how many. Call inside a transaction."""
    found = connection.execute("SELECT id, source_id FROM visits WHERE finished_at IS NULL")
    rows = [row for row in found if row["id"] not in keep]
    for row in rows:
        visit = Visit(id=row["id"], source_id=row["source_id"], source_name="")
        note = "the crawl process ended first; the source stayed due"
        finish_visit(connection, visit, outcome=VisitOutcome.INTERRUPTED, note=note, now=now)
    return len(rows)


def count_open_visits(connection: sqlite3.Connection) -> int:
    """Return the number of visits that are under way, or were left open."""
    row = connection.execute("SELECT count(*) FROM visits WHERE finished_at IS NULL").fetchone()
    return int(row[0])
