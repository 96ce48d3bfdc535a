"""Older texts of articles, compressed: half the room, and read by everybody as before (``functions.BODY``).

Owner: crawl process.
"""

import sqlite3
from datetime import datetime

from crawler.machine.zstd import zstd
from crawler.storage.file.database import to_text, transaction
from crawler.storage.retention.swept import Swept

# of 4401 texts of 3.3 kB: 47 % at level 3, 46 % at level 9; a shorter one would save nothing
_LEVEL = 3
_FEWEST_CHARACTERS = 300


def pack_texts(connection: sqlite3.Connection, before: datetime, after: int, limit: int) -> Swept:
    """Compress texts fetched before an instant; very short ones stay as they are."""
    # those before the last one are done
    last = connection.execute("SELECT max(revision_id) FROM packed_texts").fetchone()[0] or 0
    seen = connection.execute(
        """SELECT id, body, fetched_at < ? AS is_old FROM revisions WHERE id > ? ORDER BY id LIMIT ?""",
        [to_text(before), max(after, last), limit],
    ).fetchall()
    rows = [row for row in seen if row["is_old"] and len(row["body"]) >= _FEWEST_CHARACTERS]
    is_end = len(seen) < limit or not seen[-1]["is_old"]
    # outside the transaction, where nobody waits for it
    packed = [(row["id"], zstd.compress(row["body"].encode(), _LEVEL)) for row in rows]
    with transaction(connection):
        connection.executemany(
            "INSERT OR REPLACE INTO packed_texts (revision_id, body) VALUES (?, ?)", packed
        )
        connection.executemany(
            "UPDATE revisions SET body = '' WHERE id = ?", [(row["id"],) for row in rows]
        )
    return Swept(len(rows), None if is_end else seen[-1]["id"])


def count_texts_to_pack(connection: sqlite3.Connection, before: datetime) -> int:
    """Return how many texts would be compressed."""
    row = connection.execute(
        """SELECT count(*) FROM revisions WHERE id > coalesce((SELECT max(revision_id) FROM packed_texts), 0)
               AND fetched_at < ? AND length(body) >= ?""",
        [to_text(before), _FEWEST_CHARACTERS],
    ).fetchone()
    return int(row[0])
