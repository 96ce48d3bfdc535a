"""Moves the rows of a merged watch or source to the one it was merged into.

Owner: crawl process. The daemon decides which rows are one (``storage.process.renames``). What both have stays with each: the
same match, the same alert, the same entry.
"""

import sqlite3

_MOVES = {
    "watches": ("matches.watch_id", "alerts.watch_id"),
    "sources": ("entries.source_id", "articles.source_id", "article_sources.source_id"),
}


def list_merged(connection: sqlite3.Connection) -> tuple[tuple[str, int, int], ...]:
    """Return the merged rows: table, id, and the id of the row it was merged into."""
    found = list[tuple[str, int, int]]()
    for table in _MOVES:
        rows = connection.execute(
            f"SELECT id, merged_into FROM {table} WHERE merged_into IS NOT NULL"  # noqa: S608  # our own names
        )
        found += [(table, row["id"], row["merged_into"]) for row in rows]
    return tuple(found)


def move_history(connection: sqlite3.Connection, table: str, row_id: int, into: int) -> int:
    """Move the history of a merged row to the one it was merged into; return how many rows moved. Call inside a transaction."""
    count = 0
    for place in _MOVES[table]:
        other, _, column = place.partition(".")
        count += connection.execute(
            f"UPDATE OR IGNORE {other} SET {column} = ? WHERE {column} = ?",  # noqa: S608  # our own names
            [into, row_id],
        ).rowcount
    return count
