"""Old visits, added up: of a source's visits of one day and outcome the last stays, with the counts of all.

Owner: crawl process. Sums for status reports (``visit_sums``) stay as they are. A report that begins within such a day, as after
months of standing still, counts the whole day.
"""

import json
import sqlite3
from datetime import datetime

from crawler.storage.file.database import to_text, transaction
from crawler.storage.retention.swept import Swept

# a source's old visits are some hundred rows: of 20,000 sources all have been looked at within seven hours
_SOURCES_AT_ONCE = 50
# the last of each day and outcome is kept
_PLACED = """SELECT id, last_value(id) OVER days AS kept_id FROM visits
    WHERE source_id = :source AND started_at < :before AND finished_at IS NOT NULL
    WINDOW days AS (PARTITION BY outcome, substr(started_at, 1, 10) ORDER BY id
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"""
_GONE = "WITH gone AS MATERIALIZED (SELECT * FROM visits WHERE id IN (SELECT value FROM json_each(:ids)))"
_COUNTS = (
    "visit_count", "listed_count", "found_count", "announced_count", "new_count", "copy_count", "revised_count", "seen_count",
    "refused_count", "failed_count", "match_count",
)  # fmt: skip
_SUMS = ", ".join(f"{name} = {name} + (SELECT sum({name}) FROM gone)" for name in _COUNTS)  # noqa: S608


def add_up_visits(
    connection: sqlite3.Connection, before: datetime, after: int, limit: int
) -> Swept:
    """Add up the old visits of the next sources; the number to go on after is that of the last one."""
    sources = connection.execute(
        "SELECT id FROM sources WHERE id > ? ORDER BY id LIMIT ?", [after, _SOURCES_AT_ONCE]
    ).fetchall()
    count = 0
    for row in sources:
        # one with more of them is taken again
        if count >= limit:
            return Swept(count, row["id"] - 1)
        found = _add_up_source(connection, row["id"], before, limit)
        count += found
        if found == limit:
            return Swept(count, row["id"] - 1)
    return Swept(count, sources[-1]["id"] if sources else None)


def _add_up_source(
    connection: sqlite3.Connection, source_id: int, before: datetime, limit: int
) -> int:
    due = connection.execute(
        f"SELECT id, kept_id FROM ({_PLACED}) WHERE id <> kept_id ORDER BY id LIMIT :limit",  # noqa: S608  # our own text
        {"source": source_id, "before": to_text(before), "limit": limit},
    ).fetchall()
    by_kept: dict[int, list[int]] = {}
    for one in due:
        by_kept.setdefault(one["kept_id"], []).append(one["id"])
    if not due:  # as most times: nobody is kept waiting
        return 0
    with transaction(connection):
        for kept_id, ids in by_kept.items():
            _add_up(connection, kept_id, ids)
    return len(due)


def _add_up(connection: sqlite3.Connection, kept_id: int, ids: list[int]) -> None:
    values = {"kept": kept_id, "ids": json.dumps(ids)}
    connection.execute(
        f"""{_GONE} UPDATE visits SET {_SUMS},
                started_at = (SELECT min(started_at) FROM gone),
                is_rollover = max(is_rollover, (SELECT max(is_rollover) FROM gone)),
                note = coalesce(note, (SELECT note FROM gone WHERE note IS NOT NULL ORDER BY id DESC LIMIT 1))
            WHERE id = :kept""",  # noqa: S608  # our own names
        values,
    )
    connection.execute(
        """UPDATE revisions SET visit_id = :kept WHERE visit_id IN (SELECT value FROM json_each(:ids))""",
        values,
    )
    connection.execute(
        "DELETE FROM visits WHERE id IN (SELECT value FROM json_each(:ids))", {"ids": values["ids"]}
    )


def count_visits_to_add_up(connection: sqlite3.Connection, before: datetime) -> int:
    """Return how many rows adding up would free."""
    row = connection.execute(
        """SELECT coalesce(sum(count - 1), 0) FROM (SELECT count(*) AS count FROM visits
               WHERE started_at < ? AND finished_at IS NOT NULL GROUP BY source_id, outcome, substr(started_at, 1, 10))""",
        [to_text(before)],
    ).fetchone()
    return int(row[0])
