"""Queries about a trial visit (``source test``), which has a database of its own with one source. Reads only."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from crawler.storage.file.database import to_instant_or_none
from crawler.storage.file.functions import BODY


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointCounts:
    """The number of entries an endpoint announced, those with a date, and the first and last of these dates."""

    entry_count: int
    dated_count: int
    oldest_at: datetime | None
    newest_at: datetime | None


def count_entries_of_endpoint(connection: sqlite3.Connection, endpoint_id: int) -> EndpointCounts:
    """Return the counts of entries that an endpoint announced first."""
    row = connection.execute(
        """SELECT count(*) AS entries, count(stated_at) AS dated, min(stated_at) AS oldest,
               max(stated_at) AS newest FROM entries WHERE endpoint_id = ?""",
        [endpoint_id],
    ).fetchone()
    return EndpointCounts(
        entry_count=row["entries"],
        dated_count=row["dated"],
        oldest_at=to_instant_or_none(row["oldest"]),
        newest_at=to_instant_or_none(row["newest"]),
    )


def find_any_article(connection: sqlite3.Connection) -> sqlite3.Row | None:
    """Return an article with its text, None if no page became one."""
    row: sqlite3.Row | None = connection.execute(
        f"""SELECT articles.*, {BODY} AS body, revisions.word_count FROM articles
           JOIN revisions ON revisions.id = articles.revision_id LIMIT 1"""  # noqa: S608
    ).fetchone()
    return row


def find_any_refusal(connection: sqlite3.Connection) -> sqlite3.Row | None:
    """Return an entry whose page was refused or failed, with the reason; None without one."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT announced_url, title, reason FROM entries WHERE reason IS NOT NULL LIMIT 1"
    ).fetchone()
    return row


def find_first_robots(connection: sqlite3.Connection) -> sqlite3.Row | None:
    """Return the robots.txt that was asked for first: the source's own."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM robots ORDER BY fetched_at LIMIT 1"
    ).fetchone()
    return row
