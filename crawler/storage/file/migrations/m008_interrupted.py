"""Pages whose reading was cut off are counted, so that they can be tried again and in the end alone."""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import MIGRATIONS


@MIGRATIONS()
def m008_interrupted(database: Database) -> None:
    """Let an entry say how often reading its page was cut off."""
    database.execute("ALTER TABLE entries ADD COLUMN interrupted_count INTEGER NOT NULL DEFAULT 0")
