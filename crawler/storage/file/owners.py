"""The owner of each table: the process that alone writes it. A connection refuses writes to other tables (decision 021).

Two processes that write the same rows overwrite each other's decisions, each of them correct: a look back asked for during a
visit was lost at the end of that visit. So the crawl process writes the results of visits and pages, the daemon everything else,
and commands and web pages put a row into ``requests``.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum


class Owner(StrEnum):
    """The owners of tables, on whose behalf a connection writes.

    ALL     both: the holder of the instance lock, while no other process of ours is there
    PERSON  a command or a web page beside a running daemon: it may only ask
    """

    CRAWL = "crawl process"
    DAEMON = "daemon"
    ALL = "holder of the instance lock"
    PERSON = "person"


_CRAWL_TABLES = """visits endpoints entries pages page_sizes domains robots articles revisions stories similarities shingles story_rulings
    boilerplate boilerplate_sightings matches alerts outbox odd_answers withdrawals watched_lines visit_sums key_index indexed_texts
    revision_keys article_sources withheld forgotten_entries packed_texts archive_files archived_pages bundles
    tasks domain_paces handing_out"""
_DAEMON_TABLES = """sources watches deliveries delivery_alerts attempts recipients mutes rejections source_events heartbeats
    uptimes marks requests status_reports refused_edits
    story_marks file_sizes"""
TABLES: dict[str, Owner] = {
    **dict.fromkeys(_CRAWL_TABLES.split(), Owner.CRAWL),
    **dict.fromkeys(_DAEMON_TABLES.split(), Owner.DAEMON),
}
# a full-text index keeps its rows in tables of its own
_INDEXES = ("revision_keys_",)
# everybody may insert a request; only the daemon answers it
_OPEN_TO_ALL = "requests"
_WRITES = frozenset({sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE})


def owner_of(table: str) -> Owner | None:
    """Return who writes a table, None for one that is not ours."""
    if table.startswith(_INDEXES):
        return Owner.CRAWL
    return TABLES.get(table)


class OwnedConnection(sqlite3.Connection):
    """A connection with the owner on whose behalf it writes."""

    owner = Owner.ALL


@contextmanager
def unrestricted(connection: sqlite3.Connection) -> Iterator[None]:
    """Let a connection write every table within a block: the first process to come creates the schema."""
    owner = getattr(connection, "owner", Owner.ALL)
    keep_to(connection, Owner.ALL)
    try:
        yield
    finally:
        keep_to(connection, owner)


def keep_to(connection: sqlite3.Connection, owner: Owner) -> None:
    """Make a connection refuse writes to tables of other owners, with the error "not authorized".

    SQLite asks the authorizer when it prepares a statement, not for each row, so its cost cannot be measured.
    """
    if isinstance(connection, OwnedConnection):
        connection.owner = owner
    if owner is Owner.ALL:
        connection.set_authorizer(None)
        return

    def authorize(
        action: int, table: str | None, _column: str | None, schema: str | None, _by: str | None
    ) -> int:
        if action not in _WRITES or table is None or schema == "temp":
            return sqlite3.SQLITE_OK
        if table.startswith("sqlite_"):  # the catalogue, where a temporary table is made
            return sqlite3.SQLITE_OK
        may_ask = table == _OPEN_TO_ALL and action == sqlite3.SQLITE_INSERT
        return sqlite3.SQLITE_OK if may_ask or owner_of(table) is owner else sqlite3.SQLITE_DENY

    connection.set_authorizer(authorize)
