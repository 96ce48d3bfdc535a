"""The index of sketches: which stored texts may be near copies of this one. Rows of a table, nothing to load at start.

Owner: crawl process.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable

# a number that stands for so many texts is boilerplate, or a story everybody has: only its newest texts are looked at
MOST_PER_KEY = 50
_MOST_CANDIDATES = 32
_FEWEST_SHARED = 2


def find_candidates(
    connection: sqlite3.Connection, keys: tuple[int, ...], *, since_id: int
) -> tuple[int, ...]:
    """Return the articles that share at least two numbers, those that share most first, at most 32.

    since_id  articles with a smaller id are too old to matter
    """
    shared: Counter[int] = Counter()
    for key in keys:
        rows = connection.execute(
            """SELECT article_id FROM shingles WHERE key = ? AND article_id >= ?
               ORDER BY article_id DESC LIMIT ?""",
            [key, since_id, MOST_PER_KEY],
        )
        shared.update(row[0] for row in rows)
    ranked = sorted(shared.items(), key=lambda item: (-item[1], item[0]))
    return tuple(article_id for article_id, count in ranked if count >= _FEWEST_SHARED)[
        :_MOST_CANDIDATES
    ]


def forget_sketch(connection: sqlite3.Connection, article_id: int) -> None:
    """Take an article out of the index."""
    connection.execute("DELETE FROM shingles WHERE article_id = ?", [article_id])


def save_sketch(
    connection: sqlite3.Connection,
    article_id: int,
    keys: Iterable[int],
) -> None:
    """Index the text of an article, in place of the one it had before."""
    forget_sketch(connection, article_id)
    connection.executemany(
        "INSERT OR IGNORE INTO shingles (key, article_id) VALUES (?, ?)",
        [(key, article_id) for key in keys],
    )
