"""The index of sketches, which finds stored texts that may be near-duplicates; a table, so nothing is loaded at start.

Owner: crawl process.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable

# a number that more texts have is boilerplate, or a story that everybody has: only its newest texts are candidates (decision 014)
MOST_PER_KEY = 50
# comparing one candidate takes half a millisecond (decision 014)
_MOST_CANDIDATES = 32
# one common number may be a common phrase (decision 014)
_FEWEST_SHARED = 2


def find_candidates(
    connection: sqlite3.Connection, keys: tuple[int, ...], *, since_id: int
) -> tuple[int, ...]:
    """Return the articles with at least two common numbers, those with most first, at most 32.

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
    """Remove an article from the index."""
    connection.execute("DELETE FROM shingles WHERE article_id = ?", [article_id])


def save_sketch(
    connection: sqlite3.Connection,
    article_id: int,
    keys: Iterable[int],
) -> None:
    """Index the text of an article, replacing its text before."""
    forget_sketch(connection, article_id)
    connection.executemany(
        "INSERT OR IGNORE INTO shingles (key, article_id) VALUES (?, ?)",
        [(key, article_id) for key in keys],
    )
