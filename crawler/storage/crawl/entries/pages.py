"""Kept pages: stored as they were fetched, so that a later release can understand them again (decision 013).

Of a page in an archive file (decision 052) the body is empty here, and it has no row in ``page_sizes``.

Owner: crawl process.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from crawler.machine.zstd import zstd
from crawler.model.article import Page, PageEntry
from crawler.storage.file.database import to_instant, to_instant_or_none, to_text, transaction

# 127 real pages of 176 KB: 0.6 ms and 34.7 KB each; zlib at its usual level 3.5 ms and 34.9 KB, level 5 1.3 ms and 32.7 KB
_LEVEL = 3
_SELECT = """
    SELECT pages.*, sources.name AS source, entries.title, entries.stated_at, entries.source_id,
        entries.entry_key, entries.is_shared, entries.language, archived_pages.start, archived_pages.length,
        archive_files.address, archive_files.name, archive_files.compression FROM pages
    JOIN entries ON entries.id = pages.entry_id JOIN sources ON sources.id = entries.source_id
    LEFT JOIN archived_pages ON archived_pages.page_id = pages.id
    LEFT JOIN archive_files ON archive_files.id = archived_pages.file_id
"""
# a page that is in a file as well is about to leave the database by itself
_NOT_ARCHIVED = (
    "NOT EXISTS (SELECT 1 FROM archived_pages WHERE archived_pages.page_id = page_sizes.page_id)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedAt:
    """Where a page is in an archive file; ``size`` is that of the page itself."""

    address: str
    name: str
    compression: str
    start: int
    length: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPage:
    """A kept page; ``article_id`` is None if it was refused. ``page`` lacks its source's settings.

    archived  where its bytes are, if they are not here: see ``archive.reading``
    """

    id: int
    article_id: int | None
    source: str
    page: Page
    archived: ArchivedAt | None = None


def pack_body(page: Page) -> bytes:
    """Return a page's body compressed. Not inside a transaction: 10 MB take long enough to block others."""
    return zstd.compress(page.body, _LEVEL)


def unpack_body(packed: bytes) -> bytes:
    """Return the body that ``pack_body`` packed."""
    return zstd.decompress(packed)


def save_page(
    connection: sqlite3.Connection, page: Page, *, article_id: int | None, packed: bytes
) -> None:
    """Save a page. Call in the transaction that saves what was understood from it.

    packed  its body from ``pack_body``
    """
    if article_id is None:
        # a page that is refused again and again needs its last copy only
        connection.execute(
            "DELETE FROM pages WHERE entry_id = ? AND article_id IS NULL", [page.entry_id]
        )
    cursor = connection.execute(
        """INSERT INTO pages (entry_id, article_id, url, requested_url, fetched_at, content_type, size, body)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            page.entry_id,
            article_id,
            page.url,
            page.requested_url,
            to_text(page.fetched_at),
            page.content_type,
            len(page.body),
            packed,
        ],
    )
    connection.execute(
        "INSERT INTO page_sizes (page_id, source_id, fetched_at, bytes) VALUES (?, ?, ?, ?)",
        [cursor.lastrowid, page.source_id, to_text(page.fetched_at), len(packed)],
    )


def sum_page_bytes(connection: sqlite3.Connection, source_id: int, *, since: datetime) -> int:
    """Return how many bytes the kept pages of a source have that were fetched since an instant."""
    row = connection.execute(
        "SELECT coalesce(sum(bytes), 0) FROM page_sizes WHERE source_id = ? AND fetched_at >= ?",
        [source_id, to_text(since)],
    ).fetchone()
    return int(row[0])


def sum_all_page_bytes(connection: sqlite3.Connection) -> int:
    """Return how many bytes all kept pages in the database have."""
    row = connection.execute("SELECT coalesce(sum(bytes), 0) FROM page_sizes").fetchone()
    return int(row[0])


def drop_oldest_pages(connection: sqlite3.Connection, *, most_bytes: int, limit: int) -> int:
    """Delete the oldest pages while all together have more than ``most_bytes``; return how many, at most ``limit``."""
    surplus, gone = sum_all_page_bytes(connection) - most_bytes, list[int]()
    if surplus <= 0:
        return 0
    rows = connection.execute(
        f"""SELECT page_id AS id, bytes FROM page_sizes WHERE {_NOT_ARCHIVED}
            ORDER BY fetched_at LIMIT ?""",  # noqa: S608  # our own text
        [limit],
    )
    for one in rows:
        gone.append(one["id"])
        surplus -= one["bytes"]
        if surplus <= 0:
            break
    with transaction(connection):
        connection.executemany("DELETE FROM pages WHERE id = ?", [(page_id,) for page_id in gone])
    return len(gone)


def expire_pages(connection: sqlite3.Connection, *, before: datetime, limit: int = 500) -> int:
    """Delete the oldest pages in the database that were fetched before an instant; return how many, at most ``limit``."""
    cursor = connection.execute(
        f"""DELETE FROM pages WHERE id IN (
                SELECT page_id FROM page_sizes WHERE fetched_at < ? AND {_NOT_ARCHIVED} ORDER BY fetched_at LIMIT ?)""",  # noqa: S608  # our own text
        [to_text(before), limit],
    )
    return cursor.rowcount


def count_old_pages(connection: sqlite3.Connection, before: datetime) -> int:
    """Return how many pages in the database were fetched before an instant."""
    row = connection.execute(
        f"SELECT count(*) FROM page_sizes WHERE fetched_at < ? AND {_NOT_ARCHIVED}",  # noqa: S608  # our own text
        [to_text(before)],
    )
    return int(row.fetchone()[0])


def find_page(connection: sqlite3.Connection, id_or_url: str) -> StoredPage | None:
    """Return the last kept page of an article, by the article's id or address or by the page's own address."""
    row = connection.execute(
        f"""{_SELECT} WHERE pages.id = (SELECT max(id) FROM (
                SELECT id FROM pages WHERE article_id = :id
                UNION ALL SELECT pages.id FROM articles JOIN pages ON pages.article_id = articles.id WHERE articles.url = :url
                UNION ALL SELECT id FROM pages WHERE url = :url
                UNION ALL SELECT id FROM pages WHERE requested_url = :url))""",  # noqa: S608  # our own text
        {"id": int(id_or_url) if id_or_url.isdecimal() else -1, "url": id_or_url},
    ).fetchone()
    return None if row is None else _read(row)


def list_last_pages(connection: sqlite3.Connection, *, since: datetime) -> tuple[int, ...]:
    """Return the ids of the last kept page of each article and each refused entry fetched since a moment, oldest first."""
    rows = connection.execute(
        """SELECT max(id) AS id FROM pages WHERE fetched_at >= ?
           GROUP BY coalesce(article_id, -entry_id) ORDER BY 1""",
        [to_text(since)],
    )
    return tuple(row["id"] for row in rows)


def find_stored_page(connection: sqlite3.Connection, page_id: int) -> StoredPage | None:
    """Return a kept page by its own id; None if it has expired."""
    row = connection.execute(f"{_SELECT} WHERE pages.id = ?", [page_id]).fetchone()
    return None if row is None else _read(row)


def walk_pages(connection: sqlite3.Connection, *, since: datetime) -> Iterator[StoredPage]:
    """Yield the last kept page of each article and each refused entry fetched since an instant, oldest first."""
    for page_id in list_last_pages(connection, since=since):
        stored = find_stored_page(connection, page_id)
        if stored is not None:
            yield stored


def _read(row: sqlite3.Row) -> StoredPage:
    page = Page(
        url=row["url"],
        requested_url=row["requested_url"],
        body=zstd.decompress(row["body"]) if row["body"] else b"",
        content_type=row["content_type"],
        fetched_at=to_instant(row["fetched_at"]),
        visit_id=0,
        source_id=row["source_id"],
        entry_id=row["entry_id"],
        entry=PageEntry(
            key=row["entry_key"],
            title=row["title"],
            stated_at=to_instant_or_none(row["stated_at"]),
            language=row["language"],
            is_shared=bool(row["is_shared"]),
        ),
    )
    archived = None
    if not row["body"] and row["address"]:
        names = ("address", "name", "compression", "start", "length", "size")
        archived = ArchivedAt(**{name: row[name] for name in names})
    return StoredPage(
        id=row["id"],
        article_id=row["article_id"],
        source=row["source"],
        page=page,
        archived=archived,
    )
