"""What is pending in a database that was put back, and counting it as told: readers had it before the loss.

A backup knows nothing of what was sent after it. Its pending messages have probably left; what sources published since then
is new to it, and a backup of a month ago would mail a month again.

Owner: daemon, or who holds its lock.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from crawler.storage.file.database import to_instant, to_text, transaction
from crawler.storage.mail.outbox import cancel_unsent
from crawler.storage.mail.withheld import cancel_due

# name in marks: milliseconds since 1970 of the moment until which everything counts as told
_TOLD = "told_until_ms"
_PENDING = "state = 'pending' AND kind IN ('alert', 'digest')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """What would be sent.

    message_count   alerts and digests that were pending
    alert_count     alerts that were in no message yet, one for each recipient
    withheld_count  alerts that the daily limit held back
    page_count      pages that were still to be read
    """

    message_count: int
    alert_count: int
    withheld_count: int
    page_count: int


def count_pending(connection: sqlite3.Connection) -> Pending:
    """Return what would be sent from a database."""
    row = connection.execute(
        f"""SELECT (SELECT count(*) FROM deliveries WHERE {_PENDING}),
               (SELECT count(*) FROM outbox WHERE id > (SELECT value FROM marks WHERE name = 'outbox')),
               (SELECT count(*) FROM withheld WHERE due_at IS NOT NULL),
               (SELECT count(*) FROM entries WHERE state = 'waiting')"""  # noqa: S608  # our own text
    ).fetchone()
    return Pending(
        message_count=row[0], alert_count=row[1], withheld_count=row[2], page_count=row[3]
    )


def mark_as_told(connection: sqlite3.Connection, *, now: datetime) -> None:
    """Count as told what is pending, and what each source's first visit from now on finds: it is stored and matched all the same.

    Readers count as alerted to it, so that they hear of later changes only.
    """
    with transaction(connection):
        cancel_unsent(connection)
        connection.execute(
            f"UPDATE deliveries SET state = 'dropped', answer = ? WHERE {_PENDING}",  # noqa: S608  # our own text
            [f"counted as told when a backup was put back at {to_text(now)}"],
        )
        cancel_due(connection)
        connection.execute(
            "INSERT OR REPLACE INTO marks (name, value) VALUES (?, ?)",
            [_TOLD, round(now.timestamp() * 1000)],
        )


def find_told_until(connection: sqlite3.Connection) -> datetime | None:
    """Return until when everything counts as told, None if no backup was ever put back in that way."""
    row = connection.execute(
        """SELECT strftime('%Y-%m-%dT%H:%M:%fZ', value / 1000.0, 'unixepoch') FROM marks WHERE name = ?""",
        [_TOLD],
    ).fetchone()
    return None if row is None else to_instant(row[0])


def was_told(connection: sqlite3.Connection, *, source_id: int, entry_id: int) -> bool:
    """Return whether what a look at an entry finds counts as told: it is the first one since a backup was put back.

    Of an entry that the backup had, the first look; of others, those that the source's first successful visit announced.
    """
    told_until = find_told_until(connection)
    if told_until is None:
        return False
    row = connection.execute(
        """SELECT iif(first_seen_at < :until, coalesce(looked_at, '') < :until, NOT EXISTS (
               SELECT 1 FROM visits WHERE source_id = :source AND started_at >= :until
                   AND finished_at <= entries.first_seen_at AND outcome IN ('ok', 'unchanged')))
           FROM entries WHERE id = :entry""",
        {"until": to_text(told_until), "source": source_id, "entry": entry_id},
    ).fetchone()
    return row is not None and bool(row[0])
