"""The forgotten_entries table: what entries were known by that were deleted for their age, so that none is news once more.

Owner: crawl process. Rows are added by ``retention.old_entries``.
"""

import sqlite3
from collections.abc import Iterable
from hashlib import blake2b


def is_forgotten(connection: sqlite3.Connection, source_id: int, names: Iterable[str]) -> bool:
    """Return whether an entry of a source was known by one of these, and was deleted for its age."""
    found = (
        connection.execute(
            "SELECT 1 FROM forgotten_entries WHERE source_id = ? AND digest = ?",
            [source_id, digest],
        ).fetchone()
        for digest in digest_names(names)
    )
    return any(row is not None for row in found)


def digest_names(names: Iterable[str]) -> tuple[int, ...]:
    """Return eight bytes for each name as a number of SQLite; empty names have none."""
    return tuple(
        int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)
        for name in dict.fromkeys(names)
        if name
    )
