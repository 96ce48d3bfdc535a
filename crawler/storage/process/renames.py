"""Renamed watches and sources: new names for their rows.

Owner: daemon. Other tables refer to a row by its id; the few places that hold its name are changed with it here.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from crawler.model.mail.alert import name_series
from crawler.storage.file.parameters import numbered

if TYPE_CHECKING:  # listings start faster without pydantic
    from crawler.config.sections.watches import WatchSettings

Table = Literal["watches", "sources"]
_MUTED_BY: dict[Table, str] = {"watches": "watch_id", "sources": "source_id"}


def list_watch_names(connection: sqlite3.Connection) -> tuple[sqlite3.Row, ...]:
    """Return every watch that was ever configured: id, name, next_name, is_active, settings."""
    return tuple(connection.execute("SELECT id, name, next_name, is_active, settings FROM watches"))


def list_source_names(
    connection: sqlite3.Connection, names: Collection[str] | None = None
) -> tuple[sqlite3.Row, ...]:
    """Return the sources that were ever configured, without merged ones: id, name, next_name, is_active, url, kind.

    names  only active sources of these names, those that will be renamed, and inactive ones; None for all
    """
    return tuple(
        connection.execute(
            """SELECT id, name, next_name, is_active, url, kind FROM sources WHERE merged_into IS NULL
                   AND (:names IS NULL OR is_active = 0 OR next_name IS NOT NULL
                        OR name IN (SELECT value FROM json_each(:names)))""",
            {"names": None if names is None else json.dumps(list(names))},
        )
    )


def find_present_name(connection: sqlite3.Connection, name: str) -> str | None:
    """Return the present name of the watch that has a name, or had it first; None without one."""
    row = connection.execute(
        """SELECT name FROM watches WHERE name = ?1 OR (thread_name = ?1 AND merged_into IS NULL)
           ORDER BY name = ?1 DESC, is_active DESC, id DESC LIMIT 1""",
        numbered(name),
    ).fetchone()
    return None if row is None else str(row["name"])


def save_next_name(connection: sqlite3.Connection, table: Table, row_id: int, name: str) -> None:
    """Record the name a row takes as soon as the configuration has it. Call inside a transaction."""
    connection.execute(
        f"UPDATE {table} SET next_name = NULL WHERE next_name = ?",  # noqa: S608  # our own names
        [name],
    )
    connection.execute(
        f"UPDATE {table} SET next_name = ? WHERE id = ?",  # noqa: S608  # our own names
        [name, row_id],
    )


def rename_rows(connection: sqlite3.Connection, table: Table, names: Mapping[int, str]) -> None:
    """Write the new names of rows, by id. Call inside a transaction.

    Names may move in a circle. A row that has one of them and gets no new one becomes inactive, and keeps its history and
    mutes under another name.
    """
    before = {row_id: _find_name(connection, table, row_id) for row_id in names}
    for row_id in (
        names
    ):  # a name is free only when the row that had it has another; none begins with a blank
        _set_name(connection, table, row_id, f" {row_id}")
    for row_id, name in names.items():
        _step_back(connection, table, name)
        _set_name(connection, table, row_id, name)
    if table == "watches":
        _rename_in_settings(connection, names)
        _rename_series(connection, names, before)


def _find_name(connection: sqlite3.Connection, table: Table, row_id: int) -> str:
    row = connection.execute(
        f"SELECT name FROM {table} WHERE id = ?",  # noqa: S608  # our own names
        [row_id],
    ).fetchone()
    return str(row["name"])


def _set_name(connection: sqlite3.Connection, table: Table, row_id: int, name: str) -> None:
    connection.execute(
        f"UPDATE {table} SET name = ?, next_name = NULL WHERE id = ?",  # noqa: S608  # our own names
        [name, row_id],
    )


def _step_back(connection: sqlite3.Connection, table: Table, name: str) -> None:
    """Free a name by renaming the row that has it, which becomes inactive."""
    row = connection.execute(
        f"SELECT id FROM {table} WHERE name = ?",  # noqa: S608  # our own names
        [name],
    ).fetchone()
    if row is None:
        return
    _set_name(connection, table, row["id"], f"{name} (earlier {row['id']})")
    connection.execute(
        f"UPDATE {table} SET is_active = 0 WHERE id = ?",  # noqa: S608  # our own names
        [row["id"]],
    )


def merge_row(connection: sqlite3.Connection, table: Table, row_id: int, into: int) -> None:
    """Merge a row into another that a person said is the same, with its mutes. Call inside a transaction.

    The crawl process moves what it wrote for the row itself: see ``storage.watch.merges``.
    """
    muted_by = _MUTED_BY[table]
    connection.execute(
        f"UPDATE {table} SET merged_into = ? WHERE id = ?",  # noqa: S608  # our own names
        [into, row_id],
    )
    connection.execute(
        f"UPDATE mutes SET {muted_by} = ? WHERE {muted_by} = ?",  # noqa: S608  # our own names
        [into, row_id],
    )


def _rename_in_settings(connection: sqlite3.Connection, names: Mapping[int, str]) -> None:
    for row_id, name in names.items():
        row = connection.execute("SELECT settings FROM watches WHERE id = ?", [row_id]).fetchone()
        facts = {**json.loads(row["settings"]), "name": name}
        text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
        # a row without settings comes from an earlier release
        if row["settings"] != "{}":
            connection.execute("UPDATE watches SET settings = ? WHERE id = ?", [text, row_id])


def _rename_series(
    connection: sqlite3.Connection, names: Mapping[int, str], before: Mapping[int, str]
) -> None:
    """Rename the series of open digests, so that alerts still join them, and keep the first name for threads of mails."""
    connection.executemany(
        "UPDATE watches SET thread_name = coalesce(thread_name, ?) WHERE id = ?",
        [(before[row_id], row_id) for row_id in names],
    )
    for free in (True, False):  # names may move in a circle
        connection.executemany(
            "UPDATE deliveries SET series = ? WHERE kind = 'digest' AND series = ?",
            [
                (f" {row_id}", name_series(before[row_id], ""))
                if free
                else (name_series(name, ""), f" {row_id}")
                for row_id, name in names.items()
            ],
        )


def overwrite_settings(
    connection: sqlite3.Connection, watches: Iterable[tuple[int, "WatchSettings", str]]
) -> None:
    """Rewrite settings in which only names of sources changed, which is no change of the watch. Call inside a transaction.

    watches  id, settings, and the same as JSON
    """
    connection.executemany(
        "UPDATE watches SET query = ?, sources = ?, settings = ? WHERE id = ?",
        [(watch.query, json.dumps(watch.sources), text, row_id) for row_id, watch, text in watches],
    )
