"""Archive files, and where in them each page is. A page counts as archived from the transaction that stores its place.

Owner: crawl process.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crawler.config.upkeep.archive import Compression
from crawler.storage.file.database import to_text, transaction

_FILE = "SELECT id, day, address, name, compression, tries FROM archive_files"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveFile:
    """An archive file: its place, and how often it could not be written so far."""

    id: int
    day: str
    address: str
    name: str
    compression: Compression
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPlace:
    """Where the record of a page is in its file, in bytes."""

    page_id: int
    start: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveSums:
    """What the archive holds, and what it waits for.

    trouble  why the last try failed; empty if it did not
    tries    that failed in a row
    """

    files: int
    pages: int
    bytes: int
    newest_day: str
    trouble: str
    tries: int


def find_unwritten_file(connection: sqlite3.Connection) -> ArchiveFile | None:
    """Return the file that was begun and is not whole yet, whenever it may be tried again."""
    row = connection.execute(f"{_FILE} WHERE written_at IS NULL ORDER BY id LIMIT 1").fetchone()
    return None if row is None else _read(row)


def is_resting(connection: sqlite3.Connection, file_id: int, *, now: datetime) -> bool:
    """Return whether a file failed so recently that it is not tried yet."""
    row = connection.execute(
        "SELECT 1 FROM archive_files WHERE id = ? AND next_try_at > ?", [file_id, to_text(now)]
    )
    return row.fetchone() is not None


def has_files_at(connection: sqlite3.Connection, address: str) -> bool:
    """Return whether files were written to a place that should still be there."""
    row = connection.execute(
        "SELECT 1 FROM archive_files WHERE address = ? AND written_at IS NOT NULL AND deleted_at IS NULL LIMIT 1",
        [address],
    )
    return row.fetchone() is not None


def find_oldest_day(connection: sqlite3.Connection, *, before: datetime) -> str | None:
    """Return the oldest day with pages in the database that were fetched before an instant and are in no file."""
    row = connection.execute(
        """SELECT substr(fetched_at, 1, 10) AS day FROM page_sizes WHERE fetched_at < ?
           AND NOT EXISTS (SELECT 1 FROM archived_pages WHERE archived_pages.page_id = page_sizes.page_id)
           ORDER BY fetched_at LIMIT 1""",
        [to_text(before)],
    ).fetchone()
    return None if row is None else str(row["day"])


def begin_file(
    connection: sqlite3.Connection, *, day: str, address: str, name: str, compression: Compression
) -> None:
    """Store the name of a file before it is written, so that after a crash the same is written again."""
    with transaction(connection):
        connection.execute(
            "INSERT INTO archive_files (day, address, name, compression) VALUES (?, ?, ?, ?)",
            [day, address, name, compression.value],
        )


def give_up_file(connection: sqlite3.Connection, file_id: int) -> None:
    """Forget a file that is not whole: its pages are all gone, or the setting names another place."""
    with transaction(connection):
        connection.execute(
            "DELETE FROM archive_files WHERE id = ? AND written_at IS NULL", [file_id]
        )


def list_day_pages(connection: sqlite3.Connection, day: str, *, most_bytes: int) -> tuple[int, ...]:
    """Return the ids of pages of a day that are in no file, oldest first, about ``most_bytes`` of them."""
    rows = connection.execute(
        """SELECT page_id, bytes FROM page_sizes WHERE fetched_at >= :day AND fetched_at < :day || 'U'
           AND NOT EXISTS (SELECT 1 FROM archived_pages WHERE archived_pages.page_id = page_sizes.page_id)
           ORDER BY fetched_at""",
        {"day": day},
    )
    found, total = [], 0
    for row in rows:
        found.append(int(row["page_id"]))
        total += row["bytes"]
        if total >= most_bytes:
            break
    return tuple(found)


def keep_trouble(
    connection: sqlite3.Connection, file_id: int, reason: str, *, next_try_at: datetime
) -> None:
    """Store why a file could not be written, and when it is tried again."""
    with transaction(connection):
        connection.execute(
            "UPDATE archive_files SET trouble = ?, tries = tries + 1, next_try_at = ? WHERE id = ?",
            [reason, to_text(next_try_at), file_id],
        )


def mark_written(
    connection: sqlite3.Connection,
    file_id: int,
    places: Sequence[RecordPlace],
    *,
    size: int,
    now: datetime,
) -> None:
    """Store that a file is whole, and where each page is in it; pages that were deleted meanwhile are left out."""
    with transaction(connection):
        connection.executemany(
            """INSERT INTO archived_pages (page_id, file_id, start, length)
               SELECT id, ?, ?, ? FROM pages WHERE id = ?""",
            [(file_id, one.start, one.length, one.page_id) for one in places],
        )
        connection.execute(
            """UPDATE archive_files SET written_at = ?, pages = ?, bytes = ?, trouble = '', tries = 0, next_try_at = NULL
               WHERE id = ?""",
            [to_text(now), len(places), size, file_id],
        )


def clear_pages(connection: sqlite3.Connection, *, now: datetime, limit: int) -> int:
    """Delete from the database what pages of a whole file have there, a few at a time; return how many pages."""
    row = connection.execute(
        "SELECT id FROM archive_files WHERE written_at IS NOT NULL AND cleared_at IS NULL ORDER BY id LIMIT 1"
    ).fetchone()
    if row is None:
        return 0
    with transaction(connection):
        found = connection.execute(
            """SELECT page_id FROM archived_pages WHERE file_id = ?
               AND EXISTS (SELECT 1 FROM page_sizes WHERE page_sizes.page_id = archived_pages.page_id) LIMIT ?""",
            [row["id"], limit],
        ).fetchall()
        ids = [(one["page_id"],) for one in found]
        connection.executemany("UPDATE pages SET body = x'' WHERE id = ?", ids)
        connection.executemany("DELETE FROM page_sizes WHERE page_id = ?", ids)
        if len(ids) < limit:
            connection.execute(
                "UPDATE archive_files SET cleared_at = ? WHERE id = ?", [to_text(now), row["id"]]
            )
    return len(ids)


def find_old_file(
    connection: sqlite3.Connection, *, before_day: str, now: datetime
) -> ArchiveFile | None:
    """Return the oldest whole file of days before one that is still there and may be tried now."""
    row = connection.execute(
        f"""{_FILE} WHERE cleared_at IS NOT NULL AND deleted_at IS NULL AND day < ?
            AND coalesce(next_try_at, '') <= ? ORDER BY day LIMIT 1""",
        [before_day, to_text(now)],
    ).fetchone()
    return None if row is None else _read(row)


def drop_file_pages(
    connection: sqlite3.Connection, file_id: int, *, now: datetime, limit: int
) -> int:
    """Delete the rows of pages of a file that was deleted, a few at a time; return how many."""
    with transaction(connection):
        cursor = connection.execute(
            "DELETE FROM pages WHERE id IN (SELECT page_id FROM archived_pages WHERE file_id = ? LIMIT ?)",
            [file_id, limit],
        )
        if cursor.rowcount < limit:
            connection.execute(
                "UPDATE archive_files SET deleted_at = ?, trouble = '', tries = 0 WHERE id = ?",
                [to_text(now), file_id],
            )
    return cursor.rowcount


def sum_archive(connection: sqlite3.Connection) -> ArchiveSums:
    """Return what the archive holds, and the trouble it has, if any."""
    row = connection.execute(
        """SELECT count(*) AS files, coalesce(sum(pages), 0) AS pages, coalesce(sum(bytes), 0) AS bytes, coalesce(max(day), '') AS day
           FROM archive_files WHERE written_at IS NOT NULL AND deleted_at IS NULL"""
    ).fetchone()
    found = connection.execute(
        "SELECT trouble, tries FROM archive_files WHERE trouble <> '' ORDER BY id LIMIT 1"
    ).fetchone()
    return ArchiveSums(
        files=row["files"],
        pages=row["pages"],
        bytes=row["bytes"],
        newest_day=row["day"],
        trouble=found["trouble"] if found else "",
        tries=found["tries"] if found else 0,
    )


def _read(row: sqlite3.Row) -> ArchiveFile:
    facts = {name: row[name] for name in ("id", "day", "address", "name", "tries")}
    return ArchiveFile(**facts, compression=Compression(row["compression"]))
