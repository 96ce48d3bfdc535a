"""The program and release a database file belongs to: its schema's number is in its head, as ``user_version``."""

import sqlite3

from crawler.errors import DatabaseUnusable

# the number of the newest migration; here, because reading a file must not import the migrations
SCHEMA_VERSION = 7
# files from before the first release have migrations but no number: their tables had other names (decision 034)
_UNNUMBERED = (
    "{subject} was written before Watchword's first release, and this release neither reads nor changes it: keep it aside "
    "(move it away together with its -wal and -shm files), and `watchword run` or `watchword crawl` starts a new one. "
    "Sources and watches are in the configuration, so only the history is lost"
)


def read_number(connection: sqlite3.Connection) -> int:
    """Return the number of a file's schema, 0 if it has none."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def read_schema_version(connection: sqlite3.Connection, subject: str) -> int:
    """Return the number of a file's schema, at most ours; 0 if it has no tables yet.

    subject  the file's name in messages
    raises   DatabaseUnusable if it is another program's, from before the first release, or of a newer one
    """
    number = read_number(connection)
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    tables -= {"_sqlite_migrations", "idx__sqlite_migrations_migration_set_name"}
    if not tables:  # a new file, or one whose creation was cut off
        return 0
    if not _is_ours(connection):
        raise DatabaseUnusable(
            f"{subject} is a database of another program: set [store] path to a file of its own; "
            "`watchword run` or `watchword crawl` creates it"
        )
    if not number:
        raise DatabaseUnusable(_UNNUMBERED.format(subject=subject))
    if number > SCHEMA_VERSION:
        raise DatabaseUnusable(
            f"{subject} was written by a newer Watchword (its schema is number {number}, this one knows {SCHEMA_VERSION}); "
            "upgrade this one"
        )
    return number


def _is_ours(connection: sqlite3.Connection) -> bool:
    """Return whether a file has a migration of Watchword; other programs of sqlite-utils use the same table."""
    try:
        found = connection.execute(
            "SELECT 1 FROM _sqlite_migrations WHERE migration_set = 'watchword'"
        )
        return found.fetchone() is not None
    except sqlite3.OperationalError as error:
        if "no such" in str(error):
            return False
        raise
