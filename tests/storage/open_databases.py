"""Finds connections to databases that somebody forgot to close."""

import gc
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def none_left_open() -> Iterator[None]:
    """Fail if connections opened within the block are still open after it.

    Errors that are kept alive keep the connections of their frames, as a log or a waiting process does.
    """
    before = _list_open()
    yield
    left = [one for one in _list_open() if not any(one is known for known in before)]
    assert left == []


def _list_open() -> list[sqlite3.Connection]:
    return [one for one in gc.get_objects() if isinstance(one, sqlite3.Connection) and _is_open(one)]  # fmt: skip


def _is_open(connection: sqlite3.Connection) -> bool:
    try:
        return connection.in_transaction in {True, False}
    except sqlite3.ProgrammingError:
        return False
