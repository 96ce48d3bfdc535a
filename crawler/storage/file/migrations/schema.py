"""Brings a database file to the schema of this release."""

import sqlite3

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import MIGRATIONS
from crawler.storage.file.migrations.release import read_schema_version
from crawler.storage.file.migrations.steps import (
    m001_first_schema,
    m002_story_marks,
    m003_one_index,
    m004_page_sizes,
    m005_retention,
    m006_archive,
    m007_bundles,
)
from crawler.storage.file.owners import unrestricted

# importing a module registers its migration, in this order
_KNOWN_MODULES = (
    m001_first_schema,
    m002_story_marks,
    m003_one_index,
    m004_page_sizes,
    m005_retention,
    m006_archive,
    m007_bundles,
)


def migrate(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Apply the pending migrations, each in its own transaction, and return their names.

    raises  DatabaseUnusable if the file is another program's, from before the first release, or of a newer one
    """
    read_schema_version(connection, _name_file(connection))
    database = Database(connection, execute_plugins=False)
    pending = MIGRATIONS.pending(database)
    # sqlite-utils opens transactions itself, and needs a connection in autocommit mode, as ours is
    with unrestricted(connection):
        MIGRATIONS.apply(database)
    return tuple(migration.name for migration in pending)


def _name_file(connection: sqlite3.Connection) -> str:
    return connection.execute("PRAGMA database_list").fetchone()[2] or "the database"
