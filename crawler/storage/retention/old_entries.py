"""Old entries, deleted: what they were known by stays as digests, so that none is news when its feed lists it again.

Owner: crawl process.
"""

import sqlite3
from datetime import datetime

from crawler.storage.crawl.entries.forgotten import EntryName
from crawler.storage.file.database import to_text, transaction
from crawler.storage.retention.swept import Swept

# those of watched pages are read at each visit; what a watch matched keeps the addresses it was announced at
_NEEDLESS = """entries.state <> 'waiting' AND entries.revisit_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM endpoints WHERE endpoints.id = entries.endpoint_id AND endpoints.kind = 'page')
    AND NOT EXISTS (SELECT 1 FROM matches WHERE matches.article_id = entries.article_id)
    AND NOT EXISTS (SELECT 1 FROM pages WHERE pages.entry_id = entries.id)"""


def forget_entries(
    connection: sqlite3.Connection, before: datetime, after: int, limit: int
) -> Swept:
    """Delete old entries whose pages are not kept any more; not those of watched pages and of matched articles."""
    seen = connection.execute(
        f"""SELECT id, source_id, entry_key, coalesce(guid, '') AS guid, title, is_shared,
                first_seen_at < :before AS is_old, {_NEEDLESS} AS is_needless
            FROM entries WHERE id > :after ORDER BY id LIMIT :limit""",  # noqa: S608  # our own text
        {"before": to_text(before), "after": after, "limit": limit},
    ).fetchall()
    rows = [row for row in seen if row["is_old"] and row["is_needless"]]
    is_end = len(seen) < limit or not seen[-1]["is_old"]
    with transaction(connection):
        connection.executemany(
            "INSERT OR IGNORE INTO forgotten_entries (source_id, digest) VALUES (?, ?)",
            [(row["source_id"], digest) for row in rows for digest in _name(row).kept],
        )
        gone = [(row["id"],) for row in rows]
        connection.executemany("DELETE FROM odd_answers WHERE entry_id = ?", gone)
        connection.executemany("DELETE FROM entries WHERE id = ?", gone)
    return Swept(len(rows), None if is_end else seen[-1]["id"])


def _name(row: sqlite3.Row) -> EntryName:
    return EntryName(
        key=row["entry_key"], guid=row["guid"], title=row["title"], is_shared=bool(row["is_shared"])
    )


def count_old_entries(connection: sqlite3.Connection, before: datetime) -> int:
    """Return how many entries would be deleted."""
    row = connection.execute(
        f"SELECT count(*) FROM entries WHERE first_seen_at < :before AND {_NEEDLESS}",  # noqa: S608  # our own text
        {"before": to_text(before)},
    ).fetchone()
    return int(row[0])
