"""The requests table: everybody may add a row, and only the daemon takes it up and answers.

Owner: daemon. If none runs, a command or a crawl that holds the instance lock answers in its place.
"""

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime

from crawler.model.request import Request, RequestKind
from crawler.storage.file.database import to_text
from crawler.storage.file.parameters import numbered


def save_request(
    connection: sqlite3.Connection,
    kind: RequestKind,
    arguments: Mapping[str, object],
    *,
    asked_by: str,
    now: datetime,
) -> int:
    """Save a request and return its id. Call inside a transaction."""
    cursor = connection.execute(
        "INSERT INTO requests (kind, arguments, asked_by, asked_at) VALUES (?, ?, ?, ?)",
        [kind.value, json.dumps(dict(arguments), ensure_ascii=False), asked_by, to_text(now)],
    )
    return cursor.lastrowid or 0


def list_open_requests(connection: sqlite3.Connection) -> tuple[Request, ...]:
    """Return the requests without an answer, oldest first, also those a process that died had taken up."""
    rows = connection.execute(
        "SELECT id, kind, arguments FROM requests WHERE done_at IS NULL ORDER BY id"
    )
    return tuple(
        Request(id=row["id"], kind=row["kind"], arguments=json.loads(row["arguments"]))
        for row in rows
    )


def mark_taken(connection: sqlite3.Connection, request_id: int, *, now: datetime) -> None:
    """Record that a request is being worked on. Call inside a transaction."""
    connection.execute(
        "UPDATE requests SET taken_at = ? WHERE id = ? AND done_at IS NULL",
        [to_text(now), request_id],
    )


def mark_done(
    connection: sqlite3.Connection, request_id: int, answer: str, *, is_done: bool, now: datetime
) -> bool:
    """Save the answer of a request; return whether it was still open. Call inside a transaction.

    is_done  False if it was refused: then ``answer`` is the reason
    """
    cursor = connection.execute(
        """UPDATE requests SET taken_at = coalesce(taken_at, :now), done_at = :now, is_done = :is_done,
               answer = :answer WHERE id = :id AND done_at IS NULL""",
        {"id": request_id, "answer": answer, "is_done": is_done, "now": to_text(now)},
    )
    return cursor.rowcount == 1


def find_request(connection: sqlite3.Connection, request_id: int) -> sqlite3.Row | None:
    """Return a request in any state, with its answer; None without one."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM requests WHERE id = ?", [request_id]
    ).fetchone()
    return row


def list_requests(
    connection: sqlite3.Connection, *, limit: int, is_open: bool = False
) -> tuple[sqlite3.Row, ...]:
    """Return requests, newest first; with ``is_open`` only those without an answer."""
    return tuple(
        connection.execute(
            "SELECT * FROM requests WHERE NOT ?1 OR done_at IS NULL ORDER BY id DESC LIMIT ?2",
            numbered(is_open, limit),
        )
    )


def count_requests(connection: sqlite3.Connection, *, is_open: bool = False) -> int:
    """Return how many requests ``list_requests`` lists without a limit."""
    row = connection.execute(
        "SELECT count(*) FROM requests WHERE NOT ?1 OR done_at IS NULL", numbered(is_open)
    ).fetchone()
    return int(row[0])
