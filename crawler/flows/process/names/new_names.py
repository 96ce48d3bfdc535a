"""``watch rename`` and ``source rename``: a watch or source keeps its history, whatever else was edited too (decision 026)."""

import sqlite3
from datetime import datetime, timedelta

from crawler.config.schema import Config
from crawler.errors import RequestRefused
from crawler.flows.process.configure import apply_config
from crawler.storage.crawl.sources import find_source_row, start_backfill
from crawler.storage.file.database import to_instant
from crawler.storage.process.renames import Table, merge_row, rename_rows, save_next_name
from crawler.storage.watch.watches import find_watch

# an article published before a visit may be listed only after it, as in ``flows.crawl.announce``
_LATE_LISTING = timedelta(hours=1)
_WHAT: dict[Table, str] = {"watches": "watch", "sources": "source"}
_KEPT: dict[Table, str] = {
    "watches": "its mutes, alert history and threads stay with it",
    "sources": "its articles, entries and publishing profile stay with it",
}


def keep_under_new_name(
    connection: sqlite3.Connection,
    config: Config,
    table: Table,
    *,
    old: str,
    new: str,
    now: datetime,
) -> str:
    """Rename a watch or source and return a sentence for the person who asked. Call inside a transaction.

    If the configuration still has the old name, the new one takes effect with the edit. If it has the new name and a row
    was made for that, the old row takes its place and the other one is merged into it.
    raises  RequestRefused if both names, or neither, are configured
    """
    has_old, has_new = _is_configured(config, table, old), _is_configured(config, table, new)
    kept, what = _KEPT[table], _WHAT[table]
    if has_old and has_new:
        raise RequestRefused(
            f"both {old} and {new} are in the configuration; only a {what} that left it can be the other"
        )
    if not has_old and not has_new:
        raise RequestRefused(f"neither {old} nor {new} is in the configuration")
    row, newcomer = _find(connection, table, old), _find(connection, table, new)
    if row is None:
        # a configuration that came into force after the edit has renamed it already
        return f"{new} is in force; {kept}." if newcomer else f"Nothing is stored under {old} yet."
    if has_old:
        save_next_name(connection, table, row["id"], new)
        return f"{old} will be called {new} as soon as the configuration has that name; {kept}."
    rename_rows(connection, table, {row["id"]: new})
    if newcomer is not None and newcomer["is_active"]:
        merge_row(connection, table, newcomer["id"], row["id"])
    apply_config(connection, config, now=now)
    if table == "sources" and newcomer is not None and newcomer["is_active"]:
        _catch_up(connection, row, new, now=now)
    return f"{old} is now called {new}; {kept}."


def _is_configured(config: Config, table: Table, name: str) -> bool:
    found = config.watch_named(name) if table == "watches" else config.source_named(name)
    return found is not None


def _find(connection: sqlite3.Connection, table: Table, name: str) -> sqlite3.Row | None:
    return find_watch(connection, name) if table == "watches" else find_source_row(connection, name)


def _catch_up(
    connection: sqlite3.Connection, row: sqlite3.Row, name: str, *, now: datetime
) -> None:
    """Start a look back to the last visit under the old name: the first one under the new name skipped what came since."""
    last = row["last_success_at"]
    if last is not None:
        start_backfill(connection, name, since=to_instant(last) - _LATE_LISTING, now=now)
