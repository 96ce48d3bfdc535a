"""The visits table: one row a visit, whose counts grow while it is under way.

Owner: crawl process.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from crawler.model.visit import PageOutcome
from crawler.storage.file.database import to_text
from crawler.storage.file.parameters import numbered


def count_page(connection: sqlite3.Connection, visit_id: int, outcome: PageOutcome) -> None:
    """Add one page to a visit's counts. Call in the transaction that stores the page."""
    column = f"{outcome.value}_count"
    connection.execute(f"UPDATE visits SET {column} = {column} + 1 WHERE id = ?", [visit_id])  # noqa: S608  # an enum's value


def note_answer(  # noqa: PLR0913  # one for each column
    connection: sqlite3.Connection,
    visit_id: int,
    *,
    http_status: int | None,
    listed_count: int = 0,
    found_count: int = 0,
    announced_count: int = 0,
    is_rollover: bool = False,
    note: str | None = None,
) -> None:
    """Add one endpoint's answer to a visit; answers of several endpoints add up."""
    connection.execute(
        """UPDATE visits SET http_status = coalesce(http_status, ?1), found_count = found_count + ?2,
               announced_count = announced_count + ?3, is_rollover = max(is_rollover, ?4),
               note = iif(note IS NULL OR ?5 IS NULL, coalesce(note, ?5), note || '; ' || ?5),
               listed_count = listed_count + ?6
           WHERE id = ?7""",
        numbered(
            http_status,
            found_count,
            announced_count,
            int(is_rollover),
            note,
            listed_count,
            visit_id,
        ),
    )


def list_visits(
    connection: sqlite3.Connection, source_id: int, *, limit: int
) -> Sequence[sqlite3.Row]:
    """Return a source's last visits, newest first."""
    return connection.execute(
        "SELECT * FROM visits WHERE source_id = ? ORDER BY id DESC LIMIT ?", [source_id, limit]
    ).fetchall()


def count_cut_short(connection: sqlite3.Connection, *, since: datetime) -> int:
    """Return how many visits were interrupted since a moment, or were left open; call it when no crawl process runs.

    Those that are handed out go on.
    """
    row = connection.execute(
        """SELECT (SELECT count(*) FROM visits WHERE finished_at >= ? AND outcome = 'interrupted')
                + (SELECT count(*) FROM visits WHERE finished_at IS NULL
                    AND NOT EXISTS (SELECT 1 FROM tasks WHERE tasks.visit_id = visits.id))""",
        [to_text(since)],
    ).fetchone()
    return int(row[0])


def count_matches(connection: sqlite3.Connection, visit_id: int, count: int) -> None:
    """Add matches to a visit's count."""
    connection.execute(
        "UPDATE visits SET match_count = match_count + ? WHERE id = ?", [count, visit_id]
    )
