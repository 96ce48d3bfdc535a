"""Addresses of articles, compared with what is announced at them.

Owner: crawl process.
"""

import sqlite3

from crawler.text.web.urls import article_key

# a live blog has hundreds of entries at one address: some of them show whether it announces something else
_MOST_TITLES = 20


def list_titles_at(
    connection: sqlite3.Connection, source_id: int, url_key: str, *, but_entry: int
) -> tuple[str, ...]:
    """Return the headlines that a source announces at an address, without that of one entry."""
    rows = connection.execute(
        "SELECT title FROM entries WHERE source_id = ? AND url_key = ? AND id <> ? LIMIT ?",
        [source_id, url_key, but_entry, _MOST_TITLES],
    )
    return tuple(row["title"] for row in rows)


def is_announced_at(connection: sqlite3.Connection, article_id: int, url_key: str) -> bool:
    """Return whether an entry announced the article at this very address."""
    row = connection.execute(
        "SELECT 1 FROM entries WHERE article_id = ? AND url_key = ?", [article_id, url_key]
    ).fetchone()
    return row is not None


def find_own_address(connection: sqlite3.Connection, article_id: int) -> str | None:
    """Return the address an article was first announced at."""
    row = connection.execute(
        "SELECT url FROM entries WHERE article_id = ? ORDER BY id LIMIT 1", [article_id]
    ).fetchone()
    return None if row is None else str(row["url"])


def move_article(connection: sqlite3.Connection, article_id: int, url: str) -> None:
    """Move an article to another address. Call inside a transaction."""
    connection.execute(
        "UPDATE articles SET url = ?, url_key = ? WHERE id = ?", [url, article_key(url), article_id]
    )
