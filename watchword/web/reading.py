"""Reads the database for a page: in a thread, for no longer than anybody waits, and not on when nobody does."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from crawler.storage.file.database import open_for_reading
from watchword.web.database_path import find_database

# as long as Datasette's own queries may take (datasette_process): a page that reads longer is a fault of ours
_MOST_READ_SECONDS = 5.0
# SQLite calls back after so many steps of its machine: several times a millisecond, so that an abandoned search, whose
# statements are many and short, is ended too
_STEPS = 2_000
# searches and trials read and match texts, which keeps a core busy for up to two seconds; further ones wait their turn
_AT_ONCE = asyncio.Semaphore(2)
_P = ParamSpec("_P")
_T = TypeVar("_T")
_Reader = Callable[Concatenate[sqlite3.Connection, _P], _T]


class TooSlow(Exception):
    """Reading for a page took longer than any page may."""


class VisitorLeft(TooSlow):
    """The browser closed its connection before a page was ready: there is nobody to answer."""


async def read(datasette: Any, reader: _Reader[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Return what a function reads from the database, in a thread and on a connection of its own.

    raises  TooSlow after five seconds; DatabaseUnusable and sqlite3.Error as storage does
    """
    database = find_database(datasette)
    never = threading.Event()
    return await asyncio.to_thread(lambda: _read(database, never, reader, *args, **kwargs))


async def read_long(
    datasette: Any, request: Any, reader: _Reader[_P, _T], *args: _P.args, **kwargs: _P.kwargs
) -> _T:
    """Return what a function reads that takes a core for seconds: two at once, and only as long as the browser waits.

    raises  VisitorLeft once the browser has closed its connection, and what ``read`` raises
    """
    has_left = threading.Event()
    database = find_database(datasette)

    async def read_in_turn() -> _T:
        async with _AT_ONCE:
            if has_left.is_set():
                raise VisitorLeft
            return await asyncio.to_thread(
                lambda: _read(database, has_left, reader, *args, **kwargs)
            )

    watching = asyncio.create_task(_note_leaving(request, has_left))
    try:
        return await read_in_turn()
    finally:
        watching.cancel()


async def _note_leaving(request: Any, has_left: threading.Event) -> None:
    """Wait until the browser closes its connection (a live box does that with every further key)."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    has_left.set()


def _read(
    database: Path,
    has_left: threading.Event,
    reader: _Reader[_P, _T],
    *args: _P.args,
    **kwargs: _P.kwargs,
) -> _T:
    deadline = time.monotonic() + _MOST_READ_SECONDS
    with closing(open_for_reading(database)) as connection:
        connection.set_progress_handler(
            lambda: has_left.is_set() or time.monotonic() > deadline, _STEPS
        )
        try:
            return reader(connection, *args, **kwargs)
        except sqlite3.OperationalError as error:
            if has_left.is_set():
                raise VisitorLeft from error
            if time.monotonic() > deadline:
                raise TooSlow from error
            raise
