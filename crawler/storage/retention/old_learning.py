"""What was learned and no longer matters: numbers of texts outside the window of stories, rare lines, robots.txt, odd answers.

Owner: crawl process.
"""

import sqlite3
from datetime import datetime

from crawler.storage.file.database import to_text, transaction
from crawler.storage.news.stories import first_id_since
from crawler.storage.retention.swept import Swept

# a text has at most sixteen
_KEYS_A_TEXT = 16
_RARE = "ruling IS NULL AND url_count < 3 AND first_seen_at < :before"


def forget_shingles(
    connection: sqlite3.Connection, before: datetime, _after: int, limit: int
) -> Swept:
    """Delete the numbers of texts that were first seen before an instant: no later text is compared with them."""
    cursor = connection.execute(
        """DELETE FROM shingles WHERE (key, article_id) IN
               (SELECT key, article_id FROM shingles WHERE article_id < ? ORDER BY article_id LIMIT ?)""",
        [first_id_since(connection, before), limit * _KEYS_A_TEXT],
    )
    return Swept(cursor.rowcount, 0 if cursor.rowcount else None)


def count_old_shingles(connection: sqlite3.Connection, before: datetime) -> int:
    """Return how many numbers would be deleted."""
    row = connection.execute(
        "SELECT count(*) FROM shingles WHERE article_id < ?", [first_id_since(connection, before)]
    ).fetchone()
    return int(row[0])


def forget_rare_lines(
    connection: sqlite3.Connection, before: datetime, _after: int, limit: int
) -> Swept:
    """Delete lines that too few pages had to be boilerplate, with the pages they were seen at."""
    rows = connection.execute(
        f"SELECT host, key FROM boilerplate WHERE {_RARE} ORDER BY first_seen_at LIMIT :limit",  # noqa: S608  # our own text
        {"before": to_text(before), "limit": limit},
    ).fetchall()
    lines = [(row["host"], row["key"]) for row in rows]
    with transaction(connection):
        for table in ("boilerplate_sightings", "boilerplate"):
            connection.executemany(f"DELETE FROM {table} WHERE host = ? AND key = ?", lines)  # noqa: S608  # our own names
    return Swept(len(rows), 0 if len(rows) == limit else None)


def count_rare_lines(connection: sqlite3.Connection, before: datetime) -> int:
    """Return how many lines would be deleted."""
    row = connection.execute(
        f"SELECT count(*) FROM boilerplate WHERE {_RARE}",  # noqa: S608
        {"before": to_text(before)},  # our own text
    ).fetchone()
    return int(row[0])


def forget_robots(
    connection: sqlite3.Connection, before: datetime, _after: int, _limit: int
) -> Swept:
    """Delete every robots.txt that expired before an instant: its host is not visited any more."""
    cursor = connection.execute("DELETE FROM robots WHERE expires_at < ?", [to_text(before)])
    return Swept(cursor.rowcount, None)


def count_old_robots(connection: sqlite3.Connection, before: datetime) -> int:
    """Return how many of them would be deleted."""
    row = connection.execute("SELECT count(*) FROM robots WHERE expires_at < ?", [to_text(before)])
    return int(row.fetchone()[0])
