"""Boilerplate: lines on several pages of a host, which belong to none of its articles; learned, or ruled by a person.

Owner: crawl process.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from crawler.storage.file.database import to_text
from crawler.text.web.urls import host_of

# a line seen at this many addresses of a host is boilerplate: two articles may share a line by chance
FEWEST_URLS = 3
# further ones are not counted: a menu is on every page of a site, and each would be remembered
_MOST_URLS = 50


class Ruling(StrEnum):
    """A person's ruling on a line, which counts more than what was learned."""

    CUT = "cut"
    KEEP = "keep"


def find_boilerplate_keys(
    connection: sqlite3.Connection, host: str, keys: Iterable[str]
) -> frozenset[str]:
    """Return the keys of those lines that are boilerplate of a host."""
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
    """Count lines seen on a page, once for each address. Call inside a transaction.

    lines    pairs of key and line
    url_key  of the article, so that its phone and AMP forms count once
    """
    for key, line in lines:
        if _is_known_enough(connection, host, key):
            continue
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


def _is_known_enough(connection: sqlite3.Connection, host: str, key: str) -> bool:
    row = connection.execute(
        "SELECT 1 FROM boilerplate WHERE host = ? AND key = ? AND url_count >= ?",
        [host, key, _MOST_URLS],
    ).fetchone()
    return row is not None


def rule_line(
    connection: sqlite3.Connection,
    host: str,
    *,
    key: str,
    line: str,
    ruling: Ruling | None,
    now: datetime,
) -> None:
    """Save a person's ruling on a line; None takes it back. Call inside a transaction."""
    connection.execute(
        """INSERT INTO boilerplate (host, key, line, ruling, first_seen_at) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (host, key) DO UPDATE SET ruling = excluded.ruling""",
        [host, key, line, ruling.value if ruling else None, to_text(now)],
    )


def list_boilerplate(connection: sqlite3.Connection, hosts: Iterable[str]) -> Sequence[sqlite3.Row]:
    """Return the lines that are boilerplate of hosts or were ruled by a person, most seen first."""
    names = list(hosts)
    places = ", ".join("?" for _ in names)
    return connection.execute(
        f"""SELECT * FROM boilerplate WHERE host IN ({places}) AND (url_count >= ? OR ruling IS NOT NULL)
            ORDER BY host, url_count DESC, line""",  # noqa: S608  # question marks
        [*names, FEWEST_URLS],
    ).fetchall()


def list_hosts(connection: sqlite3.Connection, source_id: int) -> tuple[str, ...]:
    """Return the hosts of a source's articles, also of those without a line that may be boilerplate."""
    rows = connection.execute(
        # scheme and host, so that not every address is read here; "http://" is one character shorter than "https://"
        "SELECT DISTINCT substr(url, 1, instr(substr(url, 9) || '/', '/') + 7) AS root FROM articles WHERE source_id = ?",
        [source_id],
    )
    return tuple(sorted({host_of(row["root"]) for row in rows}))
