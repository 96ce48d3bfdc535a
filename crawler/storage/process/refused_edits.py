"""Edits of the configuration that are not in force while the daemon works by an earlier one.

Owner: daemon.
"""

import sqlite3
from datetime import datetime

from crawler.model.mail.status_report import RefusedEdit
from crawler.storage.file.database import to_instant, to_instant_or_none, to_text


def keep_refused_edit(connection: sqlite3.Connection, note: str, *, now: datetime) -> None:
    """Record why an edit is not in force; nothing is written if that is recorded already.

    note  the reason; empty: every edit is in force, so an open row ends
    """
    row = connection.execute(
        "SELECT id, note FROM refused_edits WHERE ended_at IS NULL ORDER BY id DESC LIMIT 1"
    ).fetchone()
    if row is None and note:
        connection.execute(
            "INSERT INTO refused_edits (note, refused_at) VALUES (?, ?)", [note, to_text(now)]
        )
    elif row is not None and not note:
        connection.execute(
            "UPDATE refused_edits SET ended_at = ? WHERE ended_at IS NULL", [to_text(now)]
        )
    elif row is not None and row["note"] != note:
        connection.execute("UPDATE refused_edits SET note = ? WHERE id = ?", [note, row["id"]])


def find_refused_edit(connection: sqlite3.Connection) -> RefusedEdit | None:
    """Return the edit that is not in force now, None if there is none."""
    row = connection.execute(
        "SELECT * FROM refused_edits WHERE ended_at IS NULL ORDER BY id DESC LIMIT 1"
    ).fetchone()
    return None if row is None else _read(row)


def find_unreported_edit(connection: sqlite3.Connection, *, before: datetime) -> int | None:
    """Return the id of an edit that was refused before an instant, is still not in force, and is in no notice."""
    row = connection.execute(
        """SELECT id FROM refused_edits
           WHERE ended_at IS NULL AND delivery_id IS NULL AND refused_at <= ? ORDER BY id DESC LIMIT 1""",
        [to_text(before)],
    ).fetchone()
    return None if row is None else int(row["id"])


def mark_edit_reported(connection: sqlite3.Connection, edit_id: int, delivery_id: int) -> None:
    """Record which notice reports an edit."""
    connection.execute(
        "UPDATE refused_edits SET delivery_id = ? WHERE id = ?", [delivery_id, edit_id]
    )


def find_reported_edit(connection: sqlite3.Connection, delivery_id: int) -> RefusedEdit | None:
    """Return the edit that a notice reports, in its present state."""
    row = connection.execute(
        "SELECT * FROM refused_edits WHERE delivery_id = ?", [delivery_id]
    ).fetchone()
    return None if row is None else _read(row)


def _read(row: sqlite3.Row) -> RefusedEdit:
    return RefusedEdit(
        note=row["note"],
        refused_at=to_instant(row["refused_at"]),
        ended_at=to_instant_or_none(row["ended_at"]),
    )
