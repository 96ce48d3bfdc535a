"""How much room kept pages take, so that a limit can be held: adding up the pages themselves would read through all of them."""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import migration


@migration
def m004_page_sizes(database: Database) -> None:
    """Add a narrow row for each kept page, which goes when its page goes."""
    database.execute(
        """CREATE TABLE page_sizes (                            -- how much room kept pages take
    page_id INTEGER PRIMARY KEY REFERENCES pages (id) ON DELETE CASCADE,
    source_id INTEGER NOT NULL REFERENCES sources (id), -- that it was fetched for
    fetched_at TEXT NOT NULL,
    bytes INTEGER NOT NULL                              -- as compressed
) STRICT"""
    )
    database.execute(
        """INSERT INTO page_sizes SELECT pages.id, entries.source_id, pages.fetched_at, length(pages.body)
           FROM pages JOIN entries ON entries.id = pages.entry_id"""
    )
    # what a source had kept within a day is added up for each of its pages
    database.execute(
        "CREATE INDEX page_sizes_by_source ON page_sizes (source_id, fetched_at, bytes)"
    )
