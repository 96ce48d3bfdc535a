"""The watched_lines table: how lines of watched pages behave from visit to visit.

Owner: crawl process.
"""

import sqlite3
from collections.abc import Iterable

from crawler.model.watched import LineMemory
from crawler.storage.file.database import to_instant, to_text


def list_watched_lines(connection: sqlite3.Connection, article_id: int) -> tuple[LineMemory, ...]:
    """Return the memory of a watched page's lines."""
    rows = connection.execute(
        "SELECT * FROM watched_lines WHERE article_id = ? ORDER BY key", [article_id]
    )
    return tuple(
        LineMemory(
            key=row["key"],
            value=row["value"],
            line=row["line"],
            read_at=to_instant(row["read_at"]),
            same_count=row["same_count"],
            change_count=row["change_count"],
            is_held=bool(row["is_held"]),
        )
        for row in rows
    )


def save_watched_lines(
    connection: sqlite3.Connection, article_id: int, lines: Iterable[LineMemory]
) -> None:
    """Save the memory of a watched page's lines, replacing the one before. Call in the transaction that saves the page."""
    connection.execute("DELETE FROM watched_lines WHERE article_id = ?", [article_id])
    connection.executemany(
        """INSERT INTO watched_lines (article_id, key, value, line, read_at, same_count, change_count, is_held)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            (
                article_id,
                one.key,
                one.value,
                one.line,
                to_text(one.read_at),
                one.same_count,
                one.change_count,
                int(one.is_held),
            )
            for one in lines
        ],
    )


def forget_answers(connection: sqlite3.Connection, source_id: int) -> None:
    """Forget the ETag of a source's watched page, so that it is read in full at the next visit. Call inside a transaction."""
    connection.execute(
        """UPDATE endpoints SET etag = NULL, last_modified = NULL, body_hash = NULL
           WHERE source_id = ? AND kind = 'page'""",
        [source_id],
    )
