"""Old records of what was done: attempts to send, requests, changes of sources' health.

Owner: daemon.
"""

import sqlite3
from datetime import datetime

from crawler.storage.file.database import to_text
from crawler.storage.retention.swept import Swept

# the last word about a message stays in its own row; why one was given up stays whole
# the first that is young enough ends the search: ids are in the order of time
_NUMBERS = {
    "attempts": "(SELECT min(id) FROM attempts WHERE attempted_at >= :before)",
    "requests": "(SELECT min(id) FROM requests WHERE asked_at >= :before)",
    "source_events": "(SELECT min(id) FROM source_events WHERE happened_at >= :before)",
}
_OLD = {
    "attempts": """attempts.attempted_at < :before
        AND EXISTS (SELECT 1 FROM deliveries WHERE deliveries.id = attempts.delivery_id AND deliveries.state = 'sent')""",
    "requests": "requests.done_at < :before",
    # the last change of a source says since when it is as it is
    "source_events": """source_events.happened_at < :before AND EXISTS (SELECT 1 FROM source_events AS later
        WHERE later.source_id = source_events.source_id AND later.id > source_events.id)""",
}


def forget_records(
    connection: sqlite3.Connection, table: str, *, before: datetime, limit: int
) -> Swept:
    """Delete the oldest records of a table, at most ``limit``."""
    cursor = connection.execute(
        f"""DELETE FROM {table} WHERE id IN (SELECT id FROM {table}
                WHERE id < coalesce({_NUMBERS[table]}, 9e18) AND {_OLD[table]} ORDER BY id LIMIT :limit)""",  # noqa: S608  # our own names
        {"before": to_text(before), "limit": limit},
    )
    return Swept(cursor.rowcount, 0 if cursor.rowcount == limit else None)


def count_old_records(connection: sqlite3.Connection, table: str, *, before: datetime) -> int:
    """Return how many records of a table would be deleted."""
    row = connection.execute(
        f"SELECT count(*) FROM {table} WHERE {_OLD[table]}",  # noqa: S608
        {"before": to_text(before)},  # our own names
    ).fetchone()
    return int(row[0])
