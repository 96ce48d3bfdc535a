"""Older texts of articles, compressed: half the room, and read by everybody as before (``functions.BODY``).

Owner: crawl process.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import brotli  # type: ignore[import-untyped]  # it has none

from crawler.storage.file.database import to_text, transaction
from crawler.storage.retention.swept import Swept

# of 800 texts of 3.1 kB in 26 languages: brotli, which knows common words, 37 % at level 11 in 8.7 ms each, 44 % at level 5 in
# 0.3 ms; zstd 47 %. The best is for few, as nobody waits for a quarter of a second; a file that lags behind takes the quick one
_BEST, _QUICK, _FEW = 11, 5, 25
# a shorter one would save nothing; the web pages show the end of a very long one, one of ten thousand, in the table of revisions only
_FEWEST_CHARACTERS, _MOST_BYTES = 300, 80_000


def pack_texts(connection: sqlite3.Connection, before: datetime, after: int, limit: int) -> Swept:
    """Compress texts fetched before an instant; very short ones stay as they are. Not inside a transaction."""
    # those before the last one are done
    last = connection.execute("SELECT max(revision_id) FROM packed_texts").fetchone()[0] or 0
    seen = connection.execute(
        """SELECT id, body, fetched_at < ? AS is_old FROM revisions WHERE id > ? ORDER BY id LIMIT ?""",
        [to_text(before), max(after, last), limit],
    ).fetchall()
    rows = [row for row in seen if row["is_old"] and _is_worth_it(row["body"])]
    is_end = len(seen) < limit or not seen[-1]["is_old"]
    quality = _BEST if len(rows) <= _FEW else _QUICK
    # before the transaction, where no other process waits for it
    packed = [
        (row["id"], brotli.compress(row["body"].encode(), mode=brotli.MODE_TEXT, quality=quality))
        for row in rows
    ]
    if packed:
        with _without_references(connection), transaction(connection):
            _store(connection, packed)
    return Swept(len(rows), None if is_end else seen[-1]["id"])


def _is_worth_it(body: str) -> bool:
    return len(body) >= _FEWEST_CHARACTERS and len(body.encode()) <= _MOST_BYTES


@contextmanager
def _without_references(connection: sqlite3.Connection) -> Iterator[None]:
    """Delete rows within a block without what refers to them: they are written again in the same transaction."""
    connection.execute("PRAGMA foreign_keys = OFF")
    try:
        # it cannot be changed inside a transaction, and what refers to the rows would then be deleted with them
        if connection.execute("PRAGMA foreign_keys").fetchone()[0]:
            raise RuntimeError("texts are compressed in a transaction of their own")
        yield
    finally:
        connection.execute("PRAGMA foreign_keys = ON")


def _store(connection: sqlite3.Connection, packed: Sequence[tuple[int, bytes]]) -> None:
    """Save compressed texts, and write their rows anew.

    A row that is only made shorter leaves its page of the file as it was, one short row in 4096 bytes: of 4.4 kB a row 3 were left.
    """
    connection.executemany(
        "INSERT OR REPLACE INTO packed_texts (revision_id, body) VALUES (?, ?)", packed
    )
    ids = {one[0] for one in packed}
    rows = [
        {**dict(row), "body": "" if row["id"] in ids else row["body"]}
        for row in connection.execute(
            "SELECT * FROM revisions WHERE id BETWEEN ? AND ? ORDER BY id", [min(ids), max(ids)]
        )
    ]
    connection.execute("DELETE FROM revisions WHERE id BETWEEN ? AND ?", [min(ids), max(ids)])
    columns, places = ", ".join(rows[0]), ", ".join(f":{name}" for name in rows[0])
    connection.executemany(f"INSERT INTO revisions ({columns}) VALUES ({places})", rows)  # noqa: S608  # our own names


def count_texts_to_pack(connection: sqlite3.Connection, before: datetime) -> int:
    """Return how many texts would be compressed."""
    row = connection.execute(
        """SELECT count(*) FROM revisions WHERE id > coalesce((SELECT max(revision_id) FROM packed_texts), 0)
               AND fetched_at < ? AND length(body) >= ? AND length(CAST(body AS BLOB)) <= ?""",
        [to_text(before), _FEWEST_CHARACTERS, _MOST_BYTES],
    ).fetchone()
    return int(row[0])
