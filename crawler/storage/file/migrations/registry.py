"""The registry of all migrations; sqlite-utils records in the file which were applied."""

from collections.abc import Callable

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

MIGRATIONS = Migrations("watchword")


def migration(change: Callable[[Database], None]) -> Callable[[Database], None]:
    """Register a function ``mNNN_what_it_changes`` and return it; after it a file has schema number NNN.

    Change, number and record of the migration are one transaction: a file has one schema or the next.
    """
    name = change.__name__
    number = int(name[1:4])

    def apply(database: Database) -> None:
        change(database)
        database.execute(f"PRAGMA user_version = {number}")

    MIGRATIONS(name=name)(apply)
    return change
