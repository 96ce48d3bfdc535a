"""How far visits had come when somebody was first named: a first status report counts from there, whatever the clock did."""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import MIGRATIONS


@MIGRATIONS()
def m020_first_named(database: Database) -> None:
    """Remember the last visit that had ended; NULL: to be found by the time."""
    database.execute("ALTER TABLE recipients ADD COLUMN first_finish_no INTEGER")
