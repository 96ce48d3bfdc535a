"""Bringing a database file to the schema this program knows."""

import sqlite3

from sqlite_utils import Database

from crawler.errors import DatabaseUnusable
from crawler.storage.file.migrations import (
    m001_first_schema,
    m002_ways_in,
    m003_pages,
    m004_stories,
    m005_watches,
    m006_deliveries,
    m007_owners,
    m008_interrupted,
    m009_deliveries,
    m010_requests,
    m011_entries,
    m012_walls,
    m013_keys,
    m014_logins,
    m015_told,
    m016_edits,
    m017_status_reports,
    m018_returned,
    m019_refused_edits,
    m020_first_named,
)
from crawler.storage.file.migrations.registry import MIGRATIONS
from crawler.storage.file.owners import unrestricted

_KNOWN_MODULES = (
    m001_first_schema,
    m002_ways_in,
    m003_pages,
    m004_stories,
    m005_watches,
    m006_deliveries,
    m007_owners,
    m008_interrupted,
    m009_deliveries,
    m010_requests,
    m011_entries,
    m012_walls,
    m013_keys,
    m014_logins,
    m015_told,
    m016_edits,
    m017_status_reports,
    m018_returned,
    m019_refused_edits,
    m020_first_named,
)  # importing a module registers its migrations, in this order


def migrate(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Apply the pending migrations, each in its own transaction, and give their names.

    raises  DatabaseUnusable if the file was written by a newer Watchword or is somebody else's
    """
    database = Database(connection, execute_plugins=False)
    applied = {migration.name for migration in MIGRATIONS.applied(database)}
    pending = MIGRATIONS.pending(database)
    known = applied | {migration.name for migration in pending}
    unknown = sorted(applied - _registered())
    if unknown:
        raise DatabaseUnusable(
            f"the database was written by a newer Watchword (it has {', '.join(unknown)}); upgrade this one"
        )
    if not applied and known and database.table_names():
        raise DatabaseUnusable(
            "the database file holds tables of another program; set [store] path to a file of its own"
        )
    # sqlite-utils opens its own transactions; ours is the autocommit connection it needs for that
    with unrestricted(connection):
        MIGRATIONS.apply(database)
    return tuple(migration.name for migration in pending)


def _registered() -> frozenset[str]:
    return frozenset(
        name for module in _KNOWN_MODULES for name in vars(module) if name.startswith("m0")
    )
