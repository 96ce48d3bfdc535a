"""Whose a database file is and of which release: the number of its schema stands in its head, as ``user_version``."""

import sqlite3

from crawler.errors import DatabaseUnusable

# number of the newest migration; it is here because reading a file must not load what changes one
SCHEMA_VERSION = 1
# all files from before the first release have migrations noted and no number: their tables had other names and meanings
_UNNUMBERED = (
    "{subject} is of a Watchword from before its first release, which this one neither reads nor changes: keep it aside "
    "(move it away together with its -wal and -shm files), and `watchword run` or `watchword crawl` starts a new one. "
    "Sources and watches are in the configuration, so only the history is lost"
)


def read_schema_version(connection: sqlite3.Connection, subject: str) -> int:
    """Return the number of a file's schema, at most ours; 0 where it has no tables yet.

    subject  what the file is called in what is said of it
    raises   DatabaseUnusable where it is another program's, from before the first release, or of a newer one
    """
    number = int(connection.execute("PRAGMA user_version").fetchone()[0])
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    tables -= {"_sqlite_migrations", "idx__sqlite_migrations_migration_set_name"}
    if not tables:  # made this moment, or by whom it was is cut off
        return 0
    if not _is_ours(connection):
        raise DatabaseUnusable(
            f"{subject} is a database of another program: set [store] path to a file of its own; "
            "`watchword run` or `watchword crawl` makes it"
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
    """Return whether Watchword noted a migration in a file; other programs use the same table for their own."""
    try:
        found = connection.execute(
            "SELECT 1 FROM _sqlite_migrations WHERE migration_set = 'watchword'"
        )
        return found.fetchone() is not None
    except sqlite3.OperationalError as error:
        if "no such" in str(error):
            return False
        raise
