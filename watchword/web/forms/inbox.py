"""Requests of people on web pages: a row for the daemon, and its answer if it comes soon."""

import asyncio
import hmac
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from crawler.clock import utc_now
from crawler.errors import DatabaseUnusable
from crawler.model.request import RequestKind
from crawler.storage.file.database import open_for_reading, open_for_writing, transaction
from crawler.storage.file.owners import Owner
from crawler.storage.process.requests import find_request, save_request

# providers send a one-click unsubscribe once and do not try again, so it may wait longer than a person would
_BUSY_SECONDS = 10.0
# a running daemon takes up requests twice a second
_ANSWER_SECONDS = 2.0
_LOOK_SECONDS = 0.1
# longer than any address of ours; a longer one is not gone back to
_MOST_OF_PLACE = 2000
# what can be said while storage is not to be had; nothing was stored then
NOT_NOW = "This could not be saved just now. Nothing was changed; please try again in a minute."
# seconds, as the sentence says
RETRY_AFTER = "60"


# Datasette's kinds of messages
INFO, ERROR = 1, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a request within two seconds.

    is_done  True, False if it was refused, None if there is no answer yet
    text     the daemon's sentence; empty without an answer
    done_at  when, as stored; empty without an answer
    """

    kind: str
    is_done: bool | None
    text: str = ""
    done_at: str = ""


def note_request(
    database: Path, kind: RequestKind, arguments: Mapping[str, object], *, asked_by: str
) -> int:
    """Store a request and return its id. Waits for a lock, so call it in a thread.

    raises  DatabaseUnusable or sqlite3.Error if nothing could be stored
    """
    with (
        closing(
            open_for_writing(database, owner=Owner.PERSON, busy_seconds=_BUSY_SECONDS)
        ) as connection,
        transaction(connection),
    ):
        return save_request(connection, kind, arguments, asked_by=asked_by, now=utc_now())


async def ask(
    database: Path, kind: RequestKind, arguments: Mapping[str, object], *, asked_by: str
) -> Answer:
    """Store a request and return what became of it within two seconds; raises as ``note_request`` does."""
    request_id = await asyncio.to_thread(note_request, database, kind, arguments, asked_by=asked_by)
    return await wait_for_answer(database, request_id, kind)


async def wait_for_answer(database: Path, request_id: int, kind: RequestKind) -> Answer:
    """Return what became of a request; no answer if the daemon takes over two seconds, or the file cannot be read."""
    deadline = time.monotonic() + _ANSWER_SECONDS
    while time.monotonic() < deadline:
        try:
            row = await asyncio.to_thread(_read_request, database, request_id)
        except (DatabaseUnusable, sqlite3.DatabaseError):
            break
        if row is not None and row["done_at"] is not None:
            return Answer(
                kind=row["kind"],
                is_done=bool(row["is_done"]),
                text=row["answer"] or "",
                done_at=row["done_at"],
            )
        await asyncio.sleep(_LOOK_SECONDS)
    return Answer(kind=kind.value, is_done=None)


def _read_request(database: Path, request_id: int) -> sqlite3.Row | None:
    with closing(open_for_reading(database)) as connection:
        return find_request(connection, request_id)


async def read_form(request: Any) -> dict[str, str] | None:
    """Return the fields of a form of ours, the last of each name; None if its token is not this browser's.

    Datasette's own check lets requests without a cookie pass, as are those of people whom a proxy signed in.
    """
    form = parse_qs((await request.post_body()).decode("utf-8", "replace"), keep_blank_values=True)
    fields = {name: values[-1] for name, values in form.items()}
    own = request.scope["csrftoken"]()
    is_own = hmac.compare_digest(fields.get("csrftoken", "").encode(), own.encode())
    return fields if is_own and request.cookies.get("ds_csrftoken") else None


def find_place(stated: str) -> str:
    """Return a path of ours that a form wants to go back to; empty if it could lead to another site."""
    # browsers read "//host", and the same with a backslash, as another host
    is_path = stated.startswith("/") and not stated.startswith("//")
    is_plain = stated.isascii() and stated.isprintable() and not set(stated) & set("\\ ")
    return stated if is_path and is_plain and len(stated) <= _MOST_OF_PLACE else ""
