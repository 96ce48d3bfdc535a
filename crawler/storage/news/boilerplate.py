"""Lines that stand on several pages of a site and so belong to none of its articles: learned, or ruled by a person.

Owner: crawl process.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from crawler.storage.file.database import to_text

# seen on so many addresses of a host, a line is boilerplate
FEWEST_URLS = 3


class Ruling(StrEnum):
    """What a person says of a line, whatever was learned."""

    CUT = "cut"
    KEEP = "keep"


def find_boilerplate_keys(
    connection: sqlite3.Connection, host: str, keys: Iterable[str]
) -> frozenset[str]:
    """Tell which of these lines are boilerplate of a host."""
    found = set()
    for key in set(keys):
        row = connection.execute(
            "SELECT url_count, ruling FROM boilerplate WHERE host = ? AND key = ?", [host, key]
        ).fetchone()
        if row is None or row["ruling"] == Ruling.KEEP.value:
            continue
        if row["ruling"] == Ruling.CUT.value or row["url_count"] >= FEWEST_URLS:
            found.add(key)
    return frozenset(found)


def note_lines(
    connection: sqlite3.Connection,
    host: str,
    lines: Iterable[tuple[str, str]],
    *,
    url_key: str,
    now: datetime,
) -> None:
    """Count lines seen on a page, each address once. Call inside a transaction.

    lines    pairs of key and line
    url_key  the article's, so that two renderings of it are one sighting
    """
    for key, line in lines:
        cursor = connection.execute(
            "INSERT OR IGNORE INTO boilerplate_sightings (host, key, url_key) VALUES (?, ?, ?)",
            [host, key, url_key],
        )
        if not cursor.rowcount:
            continue
        connection.execute(
            """INSERT INTO boilerplate (host, key, line, url_count, first_seen_at) VALUES (?, ?, ?, 1, ?)
               ON CONFLICT (host, key) DO UPDATE SET url_count = url_count + 1""",
            [host, key, line, to_text(now)],
        )


def rule_line(
    connection: sqlite3.Connection,
    host: str,
    *,
    key: str,
    line: str,
    ruling: Ruling | None,
    now: datetime,
) -> None:
    """Write down what a person says of a line; None takes it back. Call inside a transaction."""
    connection.execute(
        """INSERT INTO boilerplate (host, key, line, ruling, first_seen_at) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (host, key) DO UPDATE SET ruling = excluded.ruling""",
        [host, key, line, ruling.value if ruling else None, to_text(now)],
    )


def list_boilerplate(connection: sqlite3.Connection, hosts: Iterable[str]) -> Sequence[sqlite3.Row]:
    """Return what is boilerplate of hosts or was ruled by a person, most seen first."""
    names = list(hosts)
    places = ", ".join("?" for _ in names)
    return connection.execute(
        f"""SELECT * FROM boilerplate WHERE host IN ({places}) AND (url_count >= ? OR ruling IS NOT NULL)
            ORDER BY host, url_count DESC, line""",  # noqa: S608  # question marks
        [*names, FEWEST_URLS],
    ).fetchall()


def list_hosts(connection: sqlite3.Connection, source_id: int) -> tuple[str, ...]:
    """Return the hosts a source's articles lie on."""
    rows = connection.execute(
        "SELECT DISTINCT boilerplate_sightings.host FROM boilerplate_sightings JOIN articles"
        " ON articles.url_key = boilerplate_sightings.url_key WHERE articles.source_id = ?",
        [source_id],
    )
    return tuple(row["host"] for row in rows)
