"""Where pages are that left the database: archive files, and each page's place in one."""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import migration

_ARCHIVE = """
CREATE TABLE archive_files (                            -- files of pages outside the database ([archive]), a day's in one or more
    id INTEGER PRIMARY KEY,
    day TEXT NOT NULL,                                  -- of its pages, in UTC
    address TEXT NOT NULL,                              -- the folder, or its address
    name TEXT NOT NULL UNIQUE,                          -- stored before it is written: after a crash the same is written again
    compression TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,                   -- that failed
    trouble TEXT NOT NULL DEFAULT '',                   -- why the last try failed
    next_try_at TEXT,
    pages INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    written_at TEXT,                                    -- since when it is whole and was read back
    cleared_at TEXT,                                    -- since when none of its pages is in the database as well
    deleted_at TEXT                                     -- since when it is gone ([archive] retention)
) STRICT;
CREATE TABLE archived_pages (                           -- where a page is in an archive file
    page_id INTEGER PRIMARY KEY REFERENCES pages (id) ON DELETE CASCADE,
    file_id INTEGER NOT NULL REFERENCES archive_files (id),
    start INTEGER NOT NULL,                             -- of its record, which is compressed alone
    length INTEGER NOT NULL
) STRICT;
CREATE INDEX archived_pages_by_file ON archived_pages (file_id);
-- which pages are in the database, oldest first: those in archive files have no row there
CREATE INDEX page_sizes_by_fetched_at ON page_sizes (fetched_at, bytes);
"""


@migration
def m006_archive(database: Database) -> None:
    """Create the tables and the indexes."""
    for statement in _ARCHIVE.split(";\n"):
        if statement.strip():
            database.execute(statement)
