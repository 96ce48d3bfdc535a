"""The keys of addresses as they are made now: an entry that was known under an earlier one is not new."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, urlencode, urlsplit

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import MIGRATIONS
from crawler.text.web.urls import article_key, registrable_domain

# how keys were made until now; this stays as it is, whatever becomes of article_key
_RENDERINGS = frozenset({"www", "m", "mobile", "amp", "wap"})
_AMP_PATH = re.compile(r"^/amp(?=/)|(?:/amp|\.amp)(?=/?$|\.html?$)")
_AMP_PARAMETERS = frozenset({"amp", "outputtype", "_amp"})


@MIGRATIONS()
def m013_keys(database: Database) -> None:
    """Give entries and articles their keys of now, and have each sitemap read anew, by its dates."""
    changed = {
        "entries": list(_find_changed(database, "entries", address="announced_url")),
        "articles": list(_find_changed(database, "articles", address="url")),
    }
    for table, rows in changed.items():
        _write_keys(database, table, [(new, row_id) for row_id, _, new in rows])
    # an entry that has its page for itself goes by the page's key
    database.execute(
        "UPDATE OR IGNORE entries SET entry_key = url_key WHERE url_key IS NOT NULL AND NOT is_shared"
    )
    _rename_sightings(database, {(old, new) for _, old, new in changed["articles"]})
    # the window of a sitemap held a thousand keys at most, and its address alone told what is new
    database.execute(
        """UPDATE ways SET window = x'', etag = NULL, last_modified = NULL, body_hash = NULL
           WHERE kind = 'sitemap'"""
    )


def _find_changed(
    database: Database, table: str, *, address: str
) -> Iterator[tuple[int, str, str]]:
    """Give id, old and new key of each row whose key was made from its address and would be another now."""
    rows = database.execute(
        f"SELECT id, url, {address}, url_key FROM {table} WHERE url_key IS NOT NULL"  # noqa: S608  # our own names
    )
    for row_id, url, address_now, old in rows:
        new = article_key(address_now)
        if new != old and _make_old_key(url) == old:
            yield row_id, old, new


def _write_keys(database: Database, table: str, rows: Iterable[tuple[str, int]]) -> None:
    """Write new keys; of two rows that mean one article now, the first has the key and the other none."""
    rows = list(rows)
    connection = database.conn
    # a key is free only when the row that had it has its own new one
    connection.executemany(
        f"UPDATE {table} SET url_key = NULL WHERE id = ?",  # noqa: S608  # our own names
        [(row_id,) for _, row_id in rows],
    )
    connection.executemany(
        f"UPDATE OR IGNORE {table} SET url_key = ? WHERE id = ?",  # noqa: S608  # our own names
        rows,
    )


def _rename_sightings(database: Database, pairs: Iterable[tuple[str, str]]) -> None:
    connection = database.conn
    connection.execute("CREATE TEMP TABLE renamed (old TEXT PRIMARY KEY, new TEXT NOT NULL)")
    connection.executemany("INSERT OR IGNORE INTO renamed VALUES (?, ?)", pairs)
    connection.execute(
        """UPDATE OR IGNORE furniture_sightings
           SET url_key = (SELECT new FROM renamed WHERE old = furniture_sightings.url_key)
           WHERE url_key IN (SELECT old FROM renamed)"""
    )
    connection.execute("DROP TABLE renamed")


def _make_old_key(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    host, domain = parts.netloc.lower(), registrable_domain(url)
    site = host
    if host.endswith(domain):
        labels = host.removesuffix(domain).rstrip(".").split(".")
        kept = [label for label in labels if label and label not in _RENDERINGS]
        site = ".".join([*kept, domain])
    query = sorted(
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name.lower() not in _AMP_PARAMETERS
    )
    path = _AMP_PATH.sub("", parts.path).rstrip("/")
    return f"{site}{path}" + (f"?{urlencode(query)}" if query else "")
