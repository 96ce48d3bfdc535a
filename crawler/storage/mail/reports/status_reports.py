"""Status reports: recipients and plans, what the last ones covered, downtimes, and changes of sources to be reported.

Owner: daemon. What a report counts is in ``report_counts`` and ``source_standing``.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from crawler.model.mail.status_report import SourceEvent, StatusReport
from crawler.storage.file.database import to_instant, to_instant_or_none, to_text, to_text_or_none
from crawler.storage.file.parameters import numbered
from crawler.storage.mail.deliveries import list_spellings
from crawler.storage.process.crawls import find_crawls

# a restart, or an update of the container, is no downtime
_SHORTEST_DOWNTIME = timedelta(minutes=10)


def save_uptime(connection: sqlite3.Connection, *, uptime_id: int | None, now: datetime) -> int:
    """Record that the daemon runs; return the id of the uptime, to be passed next time.

    After a long pause (the machine slept, storage did not answer) another uptime begins: nothing was read meanwhile, so
    that was a downtime. The same after the clock was set back as far: an uptime that ends ahead would hide all downtimes
    until then.
    """
    oldest, latest = to_text(now - _SHORTEST_DOWNTIME), to_text(now + _SHORTEST_DOWNTIME)
    if uptime_id is not None:
        found = connection.execute(
            """UPDATE uptimes SET last_seen_at = max(last_seen_at, ?1)
               WHERE id = ?2 AND last_seen_at > ?3 AND last_seen_at < ?4""",
            numbered(to_text(now), uptime_id, oldest, latest),
        )
        if found.rowcount:
            return uptime_id
    cursor = connection.execute(
        "INSERT INTO uptimes (started_at, last_seen_at) VALUES (?1, ?1)", numbered(to_text(now))
    )
    return cursor.lastrowid or 0


def find_last_uptime(connection: sqlite3.Connection) -> int | None:
    """Return the id of the last uptime, None if nothing ever ran."""
    row = connection.execute("SELECT max(id) FROM uptimes").fetchone()
    return None if row[0] is None else int(row[0])


def list_downtimes(
    connection: sqlite3.Connection, *, since: datetime, until: datetime
) -> tuple[tuple[datetime, datetime], ...]:
    """Return the downtimes within a period; the time before the first start is none, nor is a pause between crawls."""
    crawls = find_crawls(connection)
    shortest = max(_SHORTEST_DOWNTIME, crawls.longest_silence) if crawls else _SHORTEST_DOWNTIME
    rows = connection.execute(
        """SELECT started_at, last_seen_at,
               max(last_seen_at) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
           FROM uptimes ORDER BY id"""
    ).fetchall()
    gaps = [
        (to_instant(row["before"]), to_instant(row["started_at"])) for row in rows if row["before"]
    ]
    if rows:
        gaps.append((max(to_instant(row["last_seen_at"]) for row in rows), until))
    inside = ((max(start, since), min(end, until)) for start, end in gaps)
    long = [(start, end) for start, end in inside if end - start >= shortest]
    if not long:
        return ()
    # a clock that is set ahead jumps over hours; once it is right again, something runs in these hours after all
    up = sorted((to_instant(row["started_at"]), to_instant(row["last_seen_at"])) for row in rows)
    rests = (rest for gap in long for rest in _leave_out(gap, up))
    return tuple((start, end) for start, end in rests if end - start >= shortest)


def _leave_out(
    gap: tuple[datetime, datetime], up: Iterable[tuple[datetime, datetime]]
) -> Iterator[tuple[datetime, datetime]]:
    """Yield what is left of a gap without the times in which something ran; these are sorted by their beginnings."""
    start, end = gap
    for began, ended in up:
        if ended > start and began < end:
            if began > start:
                yield start, began
            start = ended
    if start < end:
        yield start, end


def find_first_named(
    connection: sqlite3.Connection, recipient: str
) -> tuple[datetime, int | None] | None:
    """Return since when a watch names a recipient, and which visit had ended last then; None if no watch does.

    The visit is None for rows of releases that did not record it.
    """
    row = connection.execute(
        """SELECT first_named_at, first_finish_no FROM recipients WHERE recipient_key(recipient) = recipient_key(?)
           ORDER BY first_named_at LIMIT 1""",
        [recipient],
    ).fetchone()
    return None if row is None else (to_instant(row["first_named_at"]), row["first_finish_no"])


def save_report(
    connection: sqlite3.Connection, delivery_id: int, recipient: str, status_report: StatusReport
) -> None:
    """Save what the report of a message covers; once that is sent, the next report goes on from there."""
    connection.execute(
        """INSERT INTO status_reports (delivery_id, written_no, recipient, since, until, finish_no, open_counts)
           SELECT :id, 1 + coalesce(max(written_no), 0), :recipient, :since, :until, :finish_no, :open_counts
           FROM status_reports WHERE true
           ON CONFLICT (delivery_id) DO UPDATE SET written_no = excluded.written_no, since = excluded.since,
               until = excluded.until, finish_no = excluded.finish_no, open_counts = excluded.open_counts""",
        {
            "id": delivery_id,
            "recipient": recipient,
            "since": to_text_or_none(status_report.since),
            "until": to_text(status_report.until),
            "finish_no": status_report.mark.finish_no,
            "open_counts": json.dumps(dict(status_report.mark.open_counts)),
        },
    )


def list_recipients(connection: sqlite3.Connection) -> dict[str, tuple[str, datetime]]:
    """Return every recipient's status report plan and next moment."""
    rows = connection.execute("SELECT * FROM recipients")
    return {
        row["recipient"]: (row["report_plan"], to_instant(row["next_report_at"])) for row in rows
    }


def save_recipient(
    connection: sqlite3.Connection,
    recipient: str,
    *,
    plan: str,
    next_report_at: datetime,
    now: datetime,
) -> None:
    """Save when a recipient gets the next status report."""
    connection.execute(
        """INSERT INTO recipients (recipient, first_named_at, report_plan, next_report_at, first_finish_no)
           VALUES (?, ?, ?, ?, (SELECT coalesce(max(finish_no), 0) FROM visits))
           ON CONFLICT (recipient) DO UPDATE SET report_plan = excluded.report_plan,
               next_report_at = excluded.next_report_at""",
        [recipient, to_text(now), plan, to_text(next_report_at)],
    )


def spell_recipient(connection: sqlite3.Connection, old: str, new: str) -> None:
    """Change the spelling of a recipient to that of the configuration. Call inside a transaction."""
    connection.execute("UPDATE recipients SET recipient = ? WHERE recipient = ?", [new, old])


def remove_recipients(connection: sqlite3.Connection, recipients: Iterable[str]) -> None:
    """Delete recipients that no watch names any more; if they are named again, their reports begin again."""
    connection.executemany(
        "DELETE FROM recipients WHERE recipient = ?", [(name,) for name in recipients]
    )


def list_unreported_events(
    connection: sqlite3.Connection, *, since: datetime
) -> tuple[tuple[int, datetime], ...]:
    """Return changes of sources' health that no notice has reported yet, oldest first, as (id, when)."""
    rows = connection.execute(
        """SELECT id, happened_at FROM source_events
           WHERE delivery_id IS NULL AND happened_at >= ? ORDER BY +id""",  # the plus makes SQLite use the index of unreported ones
        [to_text(since)],
    )
    return tuple((row["id"], to_instant(row["happened_at"])) for row in rows)


def mark_events_reported(
    connection: sqlite3.Connection, event_ids: Sequence[int], delivery_id: int
) -> None:
    """Record which notice reports these changes."""
    connection.executemany(
        "UPDATE source_events SET delivery_id = ? WHERE id = ?",
        [(delivery_id, event_id) for event_id in event_ids],
    )


def list_reported_events(
    connection: sqlite3.Connection, delivery_id: int
) -> tuple[SourceEvent, ...]:
    """Return the changes that a notice reports, in the order they happened."""
    rows = connection.execute(
        """SELECT source_events.*, sources.name, sources.last_success_at FROM source_events
           JOIN sources ON sources.id = source_events.source_id
           WHERE delivery_id = ? ORDER BY source_events.id""",
        [delivery_id],
    )
    return tuple(
        SourceEvent(
            source_name=row["name"],
            health=row["health"],
            health_before=row["health_before"],
            reason=row["reason"],
            happened_at=to_instant(row["happened_at"]),
            read_at=to_instant_or_none(row["last_success_at"]),
        )
        for row in rows
    )


def find_last_notice(connection: sqlite3.Connection, recipient: str) -> datetime | None:
    """Return when the last notice was made for the admin."""
    row = connection.execute(
        """SELECT max(created_at) FROM deliveries
           WHERE recipient IN (SELECT value FROM json_each(?)) AND kind = 'notice'""",
        [list_spellings(connection, recipient)],
    ).fetchone()
    return to_instant_or_none(row[0])
