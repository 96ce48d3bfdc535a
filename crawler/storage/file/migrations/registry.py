"""The set all migrations are registered in; sqlite-utils keeps in the file which were applied."""

from collections.abc import Callable

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

MIGRATIONS = Migrations("watchword")


def migration(change: Callable[[Database], None]) -> Callable[[Database], None]:
    """Register a function called ``mNNN_what_it_changes``; the file is of schema NNN once it was applied.

    Both happen in one transaction with the note that it was applied: a file is of one schema or of the next.
    """
    name = change.__name__
    number = int(name[1:4])

    def apply(database: Database) -> None:
        change(database)
        database.execute(f"PRAGMA user_version = {number}")

    MIGRATIONS(name=name)(apply)
    return change
