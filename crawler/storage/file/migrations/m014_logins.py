"""Logins that earlier releases left in what they wrote: taken out, so that no address and no sentence shows one."""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import MIGRATIONS
from crawler.text.web.logins import hide_login, without_login

_COLUMNS = {
    "sources": ("url", "last_failure", "health_reason"),
    "ways": ("last_failure",),
    "runs": ("note",),
    "source_events": ("reason",),
    "domains": ("quiet_reason",),
    "entries": ("url", "announced_url", "reason"),
    "articles": ("url",),
}


@MIGRATIONS()
def m014_logins(database: Database) -> None:
    """Hide every login, and overwrite where it stood in the file."""
    database.execute("PRAGMA secure_delete = ON")
    connection = database.conn
    connection.create_function("hide_login", 1, _hide, deterministic=True)
    # of an address nothing else is touched: a path may hold what looks like a login in a sentence
    connection.create_function("without_login", 1, _strip, deterministic=True)
    for table, columns in _COLUMNS.items():
        for column in columns:
            hide = "without_login" if column.endswith("url") else "hide_login"
            # or ignore: of two addresses that differ in their login alone, the plain one is known already
            database.execute(
                f"UPDATE OR IGNORE {table} SET {column} = {hide}({column})"  # noqa: S608  # our own names
                f" WHERE {column} LIKE '%@%' AND {hide}({column}) <> {column}"
            )
    # an endpoint whose plain address is known too is one no more; what it announced still refers to it
    database.execute(
        """UPDATE ways SET url = without_login(url) || iif(EXISTS (SELECT 1 FROM ways AS other
               WHERE other.source_id = ways.source_id AND other.kind = ways.kind
                   AND other.url = without_login(ways.url)), '#earlier-' || id, '')
           WHERE url LIKE '%@%' AND without_login(url) <> url"""
    )
    database.execute("DELETE FROM robots WHERE origin LIKE '%@%'")


def _hide(text: str) -> str:
    return hide_login(text)


def _strip(url: str) -> str:
    try:
        return without_login(url)
    except ValueError:  # no address at all
        return hide_login(url)
