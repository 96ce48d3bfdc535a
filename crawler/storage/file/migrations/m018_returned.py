"""Watches that left the configuration for a moment, as they do while a file is written: what came meanwhile is matched."""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import MIGRATIONS

_STATEMENTS = (
    "ALTER TABLE watches ADD COLUMN inactive_since TEXT",  # when it last left the configuration
    "ALTER TABLE watches ADD COLUMN returned_at TEXT",  # when it last came back
)


@MIGRATIONS()
def m018_returned(database: Database) -> None:
    """Remember when a watch left and came back."""
    for statement in _STATEMENTS:
        database.execute(statement)
